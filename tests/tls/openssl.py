"""TLS connections made by OpenSSL in memory: the records are its own, and so are the keys it logs."""

from __future__ import annotations

import _ssl
import ctypes
import datetime
import ipaddress
import ssl
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from mailtrace.model import Data, Side

CLIENT, SERVER = Side.CLIENT, Side.SERVER

NO_ENCRYPT_THEN_MAC = 0x0008_0000
"""An option of OpenSSL that Python has no name for."""

HOST = "mail.example.org"
NOON = datetime.datetime(2026, 11, 22, 12, 0, 0, tzinfo=datetime.UTC)
SERIAL = 0x1234567890ABCDEF


@cache
def certificate_pem(kind: str = "rsa", host: str = HOST) -> bytes:
    """Return a self-signed certificate and its key, for ten days around `NOON`."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, host), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example")]
    )
    names = [x509.DNSName(host), x509.DNSName("*.example.org"), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(SERIAL)
        .not_valid_before(NOON)
        .not_valid_after(NOON + datetime.timedelta(days=10))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    return certificate.public_bytes(encoding) + key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none)


class Pair:
    """A client and a server; `wire` is what they sent so far, each piece a packet, `keylog` the keys OpenSSL wrote."""

    def __init__(
        self,
        folder: Path,
        *,
        version: str = "TLSv1_2",
        ciphers: str = "ALL:@SECLEVEL=0",
        kind: str = "rsa",
        options: int = 0,
        alpn: tuple[list[str], list[str]] | None = None,
        client_certificate: bool = False,
        before: Pair | None = None,
        suites: str = "",
    ) -> None:
        """Set both sides up; `before` is a connection to resume, `alpn` what client and server speak."""
        self.wire: list[Data] = []
        self._log = folder / "keys.log"
        pem = folder / f"{kind}.pem"
        pem.write_bytes(certificate_pem(kind))
        if before is None:
            self.contexts = self._contexts(pem, version, ciphers, options, alpn, client_certificate)
        else:
            self.contexts = before.contexts
        self._bios = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in (CLIENT, SERVER)]
        session = before.ends[CLIENT].session if before is not None else None
        self.ends = (
            self.contexts[0].wrap_bio(*self._bios[CLIENT], server_hostname=HOST, session=session),
            self.contexts[1].wrap_bio(*self._bios[SERVER], server_side=True),
        )
        if suites:
            for end in self.ends:
                call(end, "SSL_set_ciphersuites", suites.encode())

    def _contexts(
        self,
        pem: Path,
        version: str,
        ciphers: str,
        options: int,
        alpn: tuple[list[str], list[str]] | None,
        client_certificate: bool,
    ) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        contexts = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for side, context in enumerate(contexts):
            context.set_ciphers(ciphers)
            with warnings.catch_warnings(action="ignore"):  # some versions are old
                context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
            context.options |= options
            if alpn is not None:
                context.set_alpn_protocols(alpn[side])
        client, server = contexts
        client.check_hostname = False
        client.verify_mode = ssl.CERT_NONE
        client.keylog_filename = str(self._log)
        server.load_cert_chain(pem)
        if client_certificate:
            client.load_cert_chain(pem)
            server.load_verify_locations(pem)
            server.verify_mode = ssl.CERT_REQUIRED
        return contexts

    @property
    def keylog(self) -> bytes:
        """The keys in the format of SSLKEYLOGFILE."""
        return self._log.read_bytes()

    def handshake(self) -> Pair:
        """Shake hands, and let the client read what the server still says."""
        done = [False, False]
        while not all(done):
            for side in (CLIENT, SERVER):
                done[side] = self._do(side, self.ends[side].do_handshake)
        self._do(CLIENT, lambda: self.ends[CLIENT].read(1))
        return self

    def say(self, side: Side, *octets: bytes) -> None:
        """Let one side say something, each piece in a record of its own, all in one packet; the other reads it."""
        for piece in octets:
            self.ends[side].write(piece)
        self._flush(side)
        wanted = sum(map(len, octets))
        while wanted:
            wanted -= len(self.ends[side.other].read(wanted))

    def close(self, side: Side) -> None:
        """Let one side say close_notify."""
        self._do(side, self.ends[side].unwrap)

    def update_keys(self, side: Side, both: bool = False) -> None:
        """Let one side change its keys, and ask the other for the same; the message goes with what it says next."""
        call(self.ends[side], "SSL_key_update", 1 if both else 0)

    def say_early(self, octets: bytes, taken: bool) -> None:
        """Let the client send octets with its hello; the server reads them if they are `taken`."""
        done = ctypes.c_size_t()
        client, server = (_pointer(end) for end in self.ends)
        assert LIBRARY.SSL_write_early_data(client, octets, len(octets), ctypes.byref(done)) == 1
        self._flush(CLIENT)
        if taken:
            room = ctypes.create_string_buffer(len(octets))
            for expected in (1, 0):  # it is here; there is no more yet
                assert LIBRARY.SSL_read_early_data(server, room, len(octets), ctypes.byref(done)) == expected
                self._flush(SERVER)
            assert room.raw == octets

    def _do(self, side: Side, action: Callable[[], Any]) -> bool:
        """Do something that may have to wait for the other side; send what comes of it; tell whether it is done."""
        try:
            action()
            return True
        except ssl.SSLWantReadError:
            return False
        finally:
            self._flush(side)

    def _flush(self, side: Side) -> None:
        octets = self._bios[side][1].read()
        if octets:
            number = len(self.wire) + 1
            self.wire.append(Data(side, octets, number, number * 1_000_000))
            self._bios[side.other][0].write(octets)


LIBRARY = ctypes.CDLL(_ssl.__file__)
"""OpenSSL, for what Python does not offer."""


def call(end: ssl.SSLObject, function: str, argument: Any) -> None:
    """Call a function of OpenSSL on a connection."""
    assert getattr(LIBRARY, function)(_pointer(end), argument) == 1


def set_early_data(end: ssl.SSLObject, octets: int) -> None:
    """Let a server take so many octets of early data, now and when this connection is resumed."""
    call(end, "SSL_set_max_early_data", octets)


def _pointer(end: ssl.SSLObject) -> ctypes.c_void_p:
    """Return what OpenSSL knows a connection by: it is the fourth word of Python's object."""
    return ctypes.c_void_p.from_address(id(end._sslobj) + 3 * ctypes.sizeof(ctypes.c_void_p))  # type: ignore[attr-defined]
