"""A server's proof that it knows the password, too, helps whoever guesses it: no output shows it unless asked to."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from functools import cache
from pathlib import Path

import pytest

from tests.support import SAMPLES
from tests.test_cli import run

LOGINS = SAMPLES / "10-logins.pcapng"

OUTPUTS = [
    ("analyze", LOGINS),
    ("analyze", LOGINS, "--level", "expert"),
    *(("analyze", LOGINS, "--format", form) for form in ("json", "jsonl", "markdown")),
    ("analyze", LOGINS, "--packets", "1-311"),
    ("ladder", LOGINS),
    ("report", LOGINS, "--format", "md"),
    ("report", LOGINS, "--table", "turns", "--format", "csv"),
]


@cache
def proofs() -> dict[int, bytes]:
    """Return the proofs as they stand in the capture's octets, in base64, by the packet."""
    from scapy.layers.inet import TCP
    from scapy.utils import PcapNgReader

    found = {}
    with PcapNgReader(str(LOGINS)) as packets:
        for number, packet in enumerate(packets, 1):
            octets = bytes(packet[TCP].payload) if TCP in packet else b""
            for word in re.findall(rb"(?m)^(?:334|\+) ([A-Za-z0-9+/]+=*)\r$", octets):
                if len(word) % 4 == 0 and b64decode(word).startswith((b"v=", b"rspauth=")):
                    found[number] = word
    return found


def secrets() -> list[bytes]:
    """Return how a proof could be read: as it was sent, and in clear."""
    clear = [b64decode(word).partition(b"=")[2] for word in proofs().values()]
    return [*proofs().values(), *clear]


def test_the_sample_has_proofs_of_all_three_protocols() -> None:
    assert len(proofs()) >= 4


@pytest.mark.parametrize("arguments", OUTPUTS, ids=lambda words: " ".join(map(str, (words[0], *words[2:]))))
def test_no_output_shows_a_proof(arguments: tuple[str | Path, ...]) -> None:
    told = run(*arguments)
    assert told.returncode == 0
    assert [secret for secret in secrets() if secret in told.stdout] == []


@pytest.mark.parametrize("packet", proofs())
def test_a_frame_hides_a_proof_in_its_octets_too(packet: int) -> None:
    word = proofs()[packet]
    for options, is_there in (((), False), (("--show-secrets",), True)):
        told = json.loads(run("frame", LOGINS, packet, "--format", "json", *options).stdout)
        assert (word.hex() in "".join(told["octets"])) is is_there
        assert (word.decode() in str(told["range"]["lines"])) is is_there


def test_who_asks_for_secrets_sees_proofs() -> None:
    for form in ("terminal", "json", "jsonl"):
        told = run("analyze", LOGINS, "--format", form, "--show-secrets").stdout
        assert [word for word in proofs().values() if word not in told] == [], form


def test_a_walkthrough_says_what_a_proof_is() -> None:
    told = run("analyze", LOGINS, "--lang", "en").stdout.decode()
    assert told.count("The server proves that it knows the password, too.") == len(proofs())
