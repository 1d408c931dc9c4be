"""A few seconds of the TLS fuzz targets over mutated connections of OpenSSL; the seed is fixed."""

from __future__ import annotations

import random
from pathlib import Path
from time import process_time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.model import Data, Gap, GapReason
from mailtrace.tls.keys import Keys
from tests.fuzz.fuzz_tls import Wire, events_of, fuzz_certificate, fuzz_one
from tests.tls.openssl import CLIENT, SERVER, Pair, certificate_pem

SECONDS = 4

Seed = tuple[Wire, Keys, tuple[bytes, bytes]]


def _seed(folder: Path, **options: str) -> Seed:
    """Return a connection, its keys, and what both sides say in it."""
    folder.mkdir()
    pair = Pair(folder, **options).handshake()  # type: ignore[arg-type]
    said = [b"", b""]
    for turn in range(6):
        for side in (SERVER, CLIENT):
            octets = b"%d %s line\r\n" % (turn, side.name.encode()) * (1 + turn * 40)
            pair.say(side, octets)
            said[side] += octets
    pair.close(CLIENT)
    keys = Keys()
    keys.add(pair.keylog)
    return pair.wire, keys, (said[CLIENT], said[SERVER])


def _seeds(folder: Path) -> list[Seed]:
    return [
        _seed(folder / "a", version="TLSv1_3"),
        _seed(folder / "b", version="TLSv1_2"),
        _seed(folder / "c", version="TLSv1_2", ciphers="AES128-SHA:@SECLEVEL=0"),
        _seed(folder / "d", version="TLSv1", ciphers="AES128-SHA:@SECLEVEL=0"),
    ]


def _mutate(wire: Wire, chance: random.Random) -> list[Data | Gap]:
    """Return a connection with a few changes of the kinds that hurt readers."""
    events = list(wire)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(events))
        event = events[at]
        kind = chance.randrange(7)
        octets = bytearray(event.data if isinstance(event, Data) else b"")
        place = chance.randrange(len(octets) + 1)
        if kind == 0 and place < len(octets):
            octets[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            octets[place:place] = chance.randbytes(chance.choice([1, 3, 5, 40]))
        elif kind == 2:
            del octets[place : place + chance.choice([1, 2, 5, 100])]
        elif kind == 3:
            octets[place : place + 5] = bytes((chance.randrange(20, 25), 3, 3)) + chance.randbytes(2)
        elif kind == 4:
            events[at] = Gap(
                event.side, chance.choice([1, 5, 100, 20_000]), GapReason.LOST, event.packet, event.time_ns
            )
            continue
        elif kind == 5:
            events.insert(chance.randrange(len(events)), event)
            continue
        else:
            events[at], events[at - 1] = events[at - 1], event
            continue
        events[at] = Data(event.side, bytes(octets), event.packet, event.time_ns)
    return events


def test_mutated_connections(tmp_path: Path) -> None:
    """RELIABILITY F127."""
    seeds, chance = _seeds(tmp_path), random.Random(20240607)
    for wire, keys, spoken in seeds:
        fuzz_one(wire, keys, spoken)
    began = process_time()
    while process_time() - began < SECONDS:
        wire, keys, spoken = chance.choice(seeds)
        mutated = _mutate(wire, chance)
        try:
            fuzz_one(mutated, keys, spoken)
        except Exception:
            print(mutated)
            raise


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_mutated_certificates(kind: str) -> None:
    """RELIABILITY F128."""
    chance = random.Random(20240607)
    pem = x509.load_pem_x509_certificate(certificate_pem(kind))
    der = pem.public_bytes(serialization.Encoding.DER)
    began = process_time()
    while process_time() - began < SECONDS / 4:
        octets = bytearray(der)
        for _ in range(chance.randrange(1, 5)):
            place = chance.randrange(len(octets))
            octets[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        fuzz_certificate(bytes(octets))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600))
def test_any_octets(data: bytes) -> None:
    fuzz_one(events_of(data), Keys(), (b"", b""))
