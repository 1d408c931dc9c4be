"""The lab's own certificate authority: it certifies servers, and clients trust nobody else."""

from __future__ import annotations

import ssl
from pathlib import Path

from maillab.machines import Host

FOLDER = "/etc/ssl/lab"


class Authority:
    """A certificate authority that lives on one of the machines, for as long as the lab."""

    def __init__(self, host: Host) -> None:
        """Make its key and its certificate."""
        self._host = host
        host.run("mkdir", "-p", FOLDER)
        host.run(
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
            *("-subj", "/O=Mail Lab/CN=Mail Lab Root CA", "-keyout", f"{FOLDER}/ca.key", "-out", f"{FOLDER}/ca.pem"),
        )

    def certify(self, server: Host) -> None:
        """Give a server a key and a certificate for its name and its domain."""
        name, folder = server.machine.hostname, self._host.root / FOLDER.lstrip("/")
        self._host.write(f"{FOLDER}/names", f"subjectAltName=DNS:{name},DNS:{server.machine.domain}\n")
        self._host.run(
            *("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/O=Mail Lab/CN={name}"),
            *("-keyout", f"{FOLDER}/server.key", "-out", f"{FOLDER}/server.request"),
        )
        self._host.run(
            *("openssl", "x509", "-req", "-days", "30", "-in", f"{FOLDER}/server.request"),
            *("-CA", f"{FOLDER}/ca.pem", "-CAkey", f"{FOLDER}/ca.key", "-extfile", f"{FOLDER}/names"),
            *("-out", f"{FOLDER}/server.pem"),
        )
        for file in ("ca.pem", "server.pem", "server.key"):
            server.write(f"{FOLDER}/{file}", (folder / file).read_text())
        server.run("chmod", "600", f"{FOLDER}/server.key")

    def context(self, version: ssl.TLSVersion, keys: Path) -> ssl.SSLContext:
        """What a client needs to speak this version of TLS; its session keys are added to the file `keys`."""
        context = ssl.create_default_context(cafile=self._host.root / FOLDER.lstrip("/") / "ca.pem")
        context.minimum_version = context.maximum_version = version
        context.keylog_filename = str(keys)
        return context
