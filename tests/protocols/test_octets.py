"""Collecting a message: size and hash of all of it, the octets up to a limit."""

from __future__ import annotations

import hashlib

import pytest

from mailtrace.protocols.octets import Octets

MIB = 1024 * 1024
PIECE = bytes(range(256)) * 4096
"""One MiB."""


def test_a_large_message_is_kept_whole() -> None:
    octets = Octets("BDAT")
    for _ in range(5):
        octets.add(PIECE)
    content = octets.content()
    assert (content.kept, content.size_bytes, content.kept_all) == (PIECE * 5, 5 * MIB, True)
    assert content.sha256 == hashlib.sha256(PIECE * 5).hexdigest()


def test_above_the_limit_only_size_and_hash_are_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtrace.protocols.octets.KEPT_LIMIT", 6 * MIB - 7)
    octets = Octets("BDAT")
    for _ in range(8):
        octets.add(PIECE)
    content = octets.content()
    assert (content.size_bytes, content.kept_all) == (8 * MIB, False)
    assert content.kept == (PIECE * 6)[:-7]
    assert content.sha256 == hashlib.sha256(PIECE * 8).hexdigest()


def test_exactly_at_the_limit_all_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtrace.protocols.octets.KEPT_LIMIT", 6 * MIB)
    octets = Octets("BDAT")
    octets.add(bytes(6 * MIB))
    assert octets.content().kept_all
    octets.add(b"x")
    assert not octets.content().kept_all


def test_large_messages_share_the_room_while_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtrace.protocols.octets.LARGE_TOTAL", 8 * MIB)
    first, second, small = Octets("DATA"), Octets("DATA"), Octets("DATA")
    for _ in range(6):
        first.add(PIECE)
        second.add(PIECE)
    small.add(PIECE)
    kept = [(len(each.content().kept) // MIB, each.content().kept_all) for each in (first, second, small)]
    assert kept == [(6, True), (6, True), (1, True)]
    for _ in range(3):
        first.add(PIECE)
        second.add(PIECE)
    assert [(len(each.content().kept) // MIB, each.content().kept_all) for each in (first, second)] == [
        (8, False),
        (8, False),
    ]
    assert second.content().sha256 == hashlib.sha256(PIECE * 9).hexdigest()
    del first, second
    third = Octets("DATA")
    for _ in range(9):
        third.add(PIECE)
    assert third.content().kept_all  # the room of those that are gone is free again


def test_a_hole_stands_as_nul_octets() -> None:
    octets = Octets("BDAT")
    octets.add(b"ab")
    octets.hole(3)
    octets.add(b"c")
    content = octets.content()
    assert (content.kept, content.size_bytes, content.holes) == (b"ab\0\0\0c", 6, ((2, 3),))
    assert content.sha256 == hashlib.sha256(b"ab\0\0\0c").hexdigest()


def test_a_forged_hole_costs_little() -> None:
    octets = Octets("DATA")
    octets.hole(2**31)
    content = octets.content()
    assert (content.size_bytes, content.kept, content.kept_all) == (2**31, b"", False)
    octets = Octets("DATA")
    for _ in range(100):
        octets.add(b"x")
        octets.hole(MIB)
    content = octets.content()
    assert (content.size_bytes, content.kept_all) == (100 * MIB + 100, False)
    assert len(content.kept) <= 4 * MIB + 100
    assert content.sha256 == hashlib.sha256((b"x" + bytes(MIB)) * 100).hexdigest()


def test_an_empty_message_has_no_packets() -> None:
    content = Octets("BDAT").content()
    assert (content.size_bytes, content.packets, content.packet, content.complete) == (0, (), 0, False)
