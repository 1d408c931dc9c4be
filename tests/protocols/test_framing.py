"""Cutting octets into lines, pieces and dot-blocks."""

from __future__ import annotations

import hashlib
import itertools
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import Data, Gap, GapReason, Side
from mailtrace.protocols.framing import DotBlock, Inbox, Line

KIB = 1024


def _data(octets: bytes, packet: int = 1) -> Data:
    return Data(Side.CLIENT, octets, packet, packet * 1000)


def _gap(missing: int, packet: int = 1) -> Gap:
    return Gap(Side.CLIENT, missing, GapReason.LOST, packet, packet * 1000)


def _inbox(*events: Data | Gap) -> Inbox:
    inbox = Inbox()
    for event in events:
        inbox.add(event)
    return inbox


def _lines(inbox: Inbox) -> list[Line | Gap]:
    return list(iter(inbox.line, None))


def test_lines_of_one_segment() -> None:
    assert _lines(_inbox(_data(b"EHLO a\r\nNOOP\r\nQU", 7))) == [
        Line(b"EHLO a", 7, 7000, (7,)),
        Line(b"NOOP", 7, 7000, (7,)),
    ]


def test_a_line_knows_all_packets_that_carried_it() -> None:
    inbox = _inbox(_data(b"MA", 3), _data(b"IL", 5))
    assert inbox.line() is None
    inbox.add(_data(b"\r", 6))
    inbox.add(_data(b"\nX", 9))
    assert inbox.line() == Line(b"MAIL", 9, 9000, (3, 5, 6, 9))
    assert inbox.line() is None


def test_a_hole_filled_late_completes_the_line() -> None:
    assert _inbox(_data(b"MA", 3), _data(b"IL", 9), _data(b"\r\n", 5)).line() == Line(b"MAIL", 9, 9000, (3, 5, 9))


@pytest.mark.parametrize(
    ("octets", "line", "faults"),
    [
        (b"RSET\n", b"RSET", ("bare-line-feed",)),
        (b"a\rb\r\n", b"a\rb", ("bare-carriage-return",)),
        (b"a\r\r\n", b"a\r", ("bare-carriage-return",)),
        (b"a\0b\r\n", b"a\0b", ("null-octet",)),
        (b"\r\n", b"", ()),
        (b"\n", b"", ("bare-line-feed",)),
    ],
)
def test_the_line_rule(octets: bytes, line: bytes, faults: tuple[str, ...]) -> None:
    """G140: the line rule."""
    assert _inbox(_data(octets)).line() == Line(line, 1, 1000, (1,), faults)


@pytest.mark.parametrize("size", [1, 1000, 200 * KIB])
def test_a_line_of_140_kib_is_cut_and_skipped(size: int) -> None:
    """G141: a line of 140 kib is cut and skipped."""
    octets = b"x" * (140 * KIB) + b"\r\nNOOP\r\n"
    inbox = Inbox()
    found: list[Line | Gap] = []
    for packet, at in enumerate(range(0, len(octets), size), 1):
        inbox.add(_data(octets[at : at + size], packet))
        found += _lines(inbox)
    long, noop = found
    assert isinstance(long, Line)
    assert isinstance(noop, Line)
    assert (long.line, long.faults) == (b"x" * (8 * KIB), ("line-too-long",))
    assert noop.line == b"NOOP"


def test_a_line_of_64_kib_is_kept_whole() -> None:
    line = _inbox(_data(b"x" * (64 * KIB - 1) + b"\r\n")).line()
    assert isinstance(line, Line)
    assert (len(line.line), line.faults) == (64 * KIB - 1, ())


def test_a_hole_drops_the_line_it_cuts_and_marks_the_next() -> None:
    gap = _gap(4, 2)
    assert _lines(_inbox(_data(b"NOOP\r\nMA", 1), gap, _data(b"x\r\ny\r\n", 3))) == [
        Line(b"NOOP", 1, 1000, (1,)),
        gap,
        Line(b"x", 3, 3000, (3,), (), True),
        Line(b"y", 3, 3000, (3,)),
    ]


def test_take_gives_pieces_and_holes_in_place() -> None:
    inbox = _inbox(_data(b"abcd", 1), _gap(3, 2), _data(b"ef", 3))
    assert inbox.waiting == 6
    assert [inbox.take(3), inbox.take(3), inbox.take(3)] == [_data(b"abc", 1), _data(b"d", 1), _gap(3, 2)]
    assert (inbox.take(), inbox.take(), inbox.waiting) == (_data(b"ef", 3), None, 0)


def test_a_begun_line_can_be_taken_as_octets() -> None:
    inbox = _inbox(_data(b"ab", 1), _data(b"cd", 2))
    assert inbox.line() is None
    assert inbox.next_packet() == 1
    assert inbox.peek(3) == b"abc"
    assert (inbox.take(), inbox.take(), inbox.take()) == (_data(b"ab", 1), _data(b"cd", 2), None)


def test_nothing_is_no_segment() -> None:
    inbox = _inbox(_data(b""))
    assert (inbox.idle, inbox.line(), inbox.take()) == (True, None, None)


def test_peek_stops_at_a_hole() -> None:
    assert _inbox(_data(b"ab", 1), _data(b"cd", 2), _gap(1, 3), _data(b"ef", 4)).peek(100) == b"abcd"


def test_what_is_put_back_comes_first() -> None:
    inbox = _inbox(_data(b"abc\r\n", 1), _data(b"d\r\n", 2))
    piece = inbox.take()
    assert isinstance(piece, Data)
    inbox.put_back(piece, 2)
    assert (inbox.waiting, _lines(inbox)) == (6, [Line(b"c", 1, 1000, (1,)), Line(b"d", 2, 2000, (2,))])


def test_an_inbox_is_idle_only_when_nothing_is_amiss() -> None:
    inbox = _inbox(_data(b"NOOP\r\n"))
    assert (inbox.idle, inbox.line(), inbox.line(), inbox.idle) == (False, Line(b"NOOP", 1, 1000, (1,)), None, True)
    begun = _inbox(_data(b"a"))
    assert (begun.line(), begun.idle) == (None, False)
    assert (begun.take(), begun.take(), begun.idle) == (_data(b"a"), None, True)
    holed = _inbox(_gap(3))
    assert (holed.line(), holed.line(), holed.idle) == (_gap(3), None, False)


def _block(*pieces: bytes) -> tuple[bytes, bytes, bool, list[bytes]]:
    """Return the message, what was left over, whether it ended, and the variants."""
    block = DotBlock("DATA")
    rest = b""
    for packet, piece in enumerate(pieces, 1):
        if block.ended:
            rest += piece
        else:
            rest += piece[block.feed(_data(piece, packet)) :]
    if not block.ended:
        block.flush()
    return block.octets.content().kept, rest, block.ended, [found.octets for found in block.variants]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b".x\r\n.\r\n", b"x\r\n"),
        (b"a\r\n...\r\n..b\r\n.\r\n", b"a\r\n..\r\n.b\r\n"),
        (b"a.\r\nb.c\r\n.\r\n", b"a.\r\nb.c\r\n"),
        (b"a\r\r\n.\r\n", b"a\r\r\n"),
        (b"a\n..b\r\n.\r\n", b"a\n..b\r\n"),
    ],
)
def test_dots_are_unstuffed(sent: bytes, message: bytes) -> None:
    """G139: dots are unstuffed."""
    assert _block(sent + b"QUIT\r\n") == (message, b"QUIT\r\n", True, [])
    single = [sent[at : at + 1] for at in range(len(sent))]
    assert _block(*single, b"QUIT\r\n") == (message, b"QUIT\r\n", True, [])


@pytest.mark.parametrize(
    "variant",
    [
        *(b"\n.\n", b"\n.\r", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r.\n", b"\r\n.\n", b"\r\n.\r", b"\r\n.\r\r\n"),
        *(b"\r\r\n.\r\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\n\0.\r\n"),
    ],
)
def test_only_crlf_dot_crlf_ends(variant: bytes) -> None:
    """G136, H162: only crlf dot crlf ends."""
    sent = b"a" + variant + b"b\r\n.\r\n"
    for pieces in ([sent], [sent[at : at + 1] for at in range(len(sent))]):
        message, rest, ended, variants = _block(*pieces)
        assert (rest, ended, variants) == (b"", True, [variant])
        assert message == b"a" + variant.replace(b"\r\n.", b"\r\n") + b"b\r\n"


def test_packets_of_a_block_include_that_of_its_end() -> None:
    block = DotBlock("RETR")
    for packet, piece in ((4, b"a\r\n"), (6, b"."), (9, b"\r\n")):
        block.feed(_data(piece, packet))
    content = block.octets.content()
    assert (content.how, content.packets, content.start_ns, content.end_ns) == ("RETR", (4, 6, 9), 4000, 9000)
    assert (content.complete, content.size_bytes, content.packet) == (True, 3, 9)


def test_a_hole_in_a_block() -> None:
    block = DotBlock("DATA")
    block.feed(_data(b"abc\r\n", 1))
    block.gap(_gap(2, 2))
    block.feed(_data(b".d\r\n.\r\n", 3))
    content = block.octets.content()
    assert (content.kept, content.holes, content.complete) == (b"abc\r\n\0\0.d\r\n", ((5, 2),), False)
    assert (content.size_bytes, content.packets) == (11, (1, 3))


ALPHABET = b"\r\n.x\0"
DOT_LINE = re.compile(rb"(?:\r{0,2}\n|\r)\0?\.(?=(\0?(?:\r{0,2}\n|\r))?)")


def _slowly(sent: bytes) -> tuple[bytes, bytes, bool]:
    """Read a whole block the plain way: find its end, then take away the first dot of each line."""
    text = b"\r\n" + sent
    end = text.find(b"\r\n.\r\n")
    whole = text if end < 0 else text[: end + 2]
    return whole.replace(b"\r\n.", b"\r\n")[2:], b"" if end < 0 else text[end + 5 :], end >= 0


def test_every_short_block_however_it_is_cut() -> None:
    for length in range(7):
        for sent in map(bytes, itertools.product(ALPHABET[:4], repeat=length)):
            expected = _slowly(sent)
            assert _block(sent)[:3] == expected, sent
            assert _block(*(sent[at : at + 1] for at in range(length)))[:3] == expected, sent


@given(
    st.lists(st.sampled_from([bytes([octet]) for octet in ALPHABET] + [b"\r\n.", b"\r\n"]), max_size=60), st.randoms()
)
def test_cuts_change_nothing(tokens: list[bytes], chance: random.Random) -> None:
    sent = b"".join(tokens)
    places = sorted(chance.sample(range(len(sent) + 1), min(len(sent), chance.randrange(5))))
    pieces = [sent[start:stop] for start, stop in itertools.pairwise([0, *places, len(sent)])]
    assert _block(*pieces) == _block(sent)
    assert _block(sent)[:3] == _slowly(sent)


@given(st.binary(max_size=300))
def test_stuffing_is_undone(message: bytes) -> None:
    message = message.replace(b"\r", b"").replace(b"\n", b"\r\n") + b"\r\n"
    stuffed = (b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:]
    block = DotBlock("DATA")
    assert block.feed(_data(stuffed + b".\r\n")) == len(stuffed) + 3
    content = block.octets.content()
    assert (content.kept, content.sha256) == (message, hashlib.sha256(message).hexdigest())
