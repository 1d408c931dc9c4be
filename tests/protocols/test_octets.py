"""Collecting a message: size and hash of all of it, the octets up to a limit."""

from __future__ import annotations

import hashlib

from mailtrace.protocols.octets import Octets

MIB = 1024 * 1024


def test_above_the_limit_only_size_and_hash_are_of_all() -> None:
    octets = Octets("BDAT")
    piece = bytes(range(256)) * 4096
    for _ in range(5):
        octets.add(piece)
    content = octets.content()
    assert (content.size_bytes, len(content.kept), content.kept_all) == (5 * MIB, 4 * MIB, False)
    assert content.sha256 == hashlib.sha256(piece * 5).hexdigest()
    assert content.kept == piece * 4


def test_exactly_at_the_limit_all_is_kept() -> None:
    octets = Octets("BDAT")
    octets.add(bytes(4 * MIB))
    assert octets.content().kept_all


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
    assert (content.size_bytes, len(content.kept), content.kept_all) == (2**31, 4 * MIB, False)


def test_an_empty_message_has_no_packets() -> None:
    content = Octets("BDAT").content()
    assert (content.size_bytes, content.packets, content.packet, content.complete) == (0, (), 0, False)
