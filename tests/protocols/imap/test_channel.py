"""Where the octets change their form: COMPRESS=DEFLATE (I180), and STARTTLS with somebody who can read TLS."""

from __future__ import annotations

import zlib

import pytest

from mailtrace.model import Data, Encryption, Gap, GapReason, Transport, Violation
from mailtrace.protocols.imap import deflate
from mailtrace.protocols.imap.session import ImapSession
from tests.protocols.imap.saying import GOODBYE, LEFT, OPENED, left, talk, verbs
from tests.protocols.said import C, S, Said, codes, told
from tests.protocols.transcripts import shown

AGREED: tuple[Said, ...] = (*OPENED, (C, b"a1 COMPRESS DEFLATE\r\n"))
OK = b"a1 OK begin\r\n"


class Side:
    """Compresses what one side says; every piece ends with a flush, as RFC 4978 section 4 wants."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(wbits=-15)

    def __call__(self, octets: bytes, flush: int = zlib.Z_SYNC_FLUSH) -> bytes:
        """Return the compressed form."""
        return self._deflate.compress(octets) + self._deflate.flush(flush)


FETCHED = b"* 1 FETCH (BODY[] {14}\r\nSubject: x\r\n\r\n)\r\na2 OK done\r\n"


@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_i180_both_sides_are_inflated_with_the_packets_of_the_segments(size: int) -> None:
    """I180: Z_SYNC_FLUSH boundaries anywhere; a mail has the packets of the compressed segments."""
    client, server = Side(), Side()
    said: list[Said] = [*AGREED, (S, OK)]
    for side, octets in (
        (C, client(b"a2 FETCH 1 BODY[]\r\n")),
        (S, server(FETCHED)),
        (C, client(b"z9 LOGOUT\r\n", zlib.Z_FULL_FLUSH)),
        (S, server(b"* BYE\r\n", zlib.Z_PARTIAL_FLUSH) + server(b"z9 OK bye\r\n")),
    ):
        said += [(side, octets[at : at + size]) for at in range(0, len(octets), size)]
    dialogue = talk(*said)
    assert left(dialogue) == LEFT
    assert [(each.kept, each.complete) for each in dialogue.contents] == [(b"Subject: x\r\n\r\n", True)]
    assert codes(dialogue) == []
    if size == 10_000:
        assert dialogue.contents[0].packets == (7,)
        assert dialogue.turns[3].command is not None
        assert dialogue.turns[3].command.packets == (6,)


def test_i180_compression_begins_within_a_segment() -> None:
    """I180: the server's first compressed octets share the segment of its agreement."""
    client, server = Side(), Side()
    dialogue = talk(
        *AGREED, (S, OK + server(b"* 4 EXISTS\r\n")), (C, client(b"a2 NOOP\r\n")), (S, server(b"a2 OK\r\n"))
    )
    assert told(dialogue, "reply")[-2:] == ["reply: EXISTS 4 EXISTS", "reply: a2 OK"]


def test_i180_refused_all_goes_on_uncompressed() -> None:
    """I180: NO means that the octets stay as they are, those that were sent at once as well."""
    dialogue = talk(*OPENED, (C, b"a1 COMPRESS DEFLATE\r\na2 NOOP\r\n"), (S, b"a1 NO\r\na2 OK\r\n"), *GOODBYE)
    assert verbs(dialogue) == ["SELECT", "COMPRESS", "NOOP", "LOGOUT"]
    assert left(dialogue) == LEFT


def test_i180_a_hole_ends_one_side_and_says_so() -> None:
    """I180: behind a hole nothing of that side can be read; the other side goes on."""
    client, server = Side(), Side()
    said: list[Said] = [*AGREED, (S, OK), (C, client(b"a2 NOOP\r\n")), (S, 9), (S, server(b"a2 OK\r\n"))]
    dialogue = talk(*said, (C, client(b"a3 NOOP\r\n")))
    assert codes(dialogue) == ["compressed-octets-missing"]
    assert told(dialogue, "gap", "command")[-3:] == ["command: a2 NOOP", "gap: server 9", "command: a3 NOOP"]


def test_i180_bad_data_ends_one_side_and_says_so() -> None:
    """I180: what is no deflate stream is named once."""
    dialogue = talk(*AGREED, (S, OK), (C, b"\xff\xff\xff\xff"), (C, b"more"), (S, Side()(b"* 4 EXISTS\r\n")))
    assert [(each.code, each.side, each.packet) for each in dialogue.events if isinstance(each, Violation)] == [
        ("bad-compression", C, 6)
    ]
    assert told(dialogue, "reply")[-1] == "reply: EXISTS 4 EXISTS"


def test_i180_an_ended_stream_is_named() -> None:
    """I180: a final block ends what can be read, and what came before counts."""
    ended = Side()(b"* 4 EXISTS\r\n", zlib.Z_FINISH)
    dialogue = talk(*AGREED, (S, OK), (S, ended + b"* 5 EXISTS\r\n"))
    assert told(dialogue, "reply")[-1] == "reply: EXISTS 4 EXISTS"
    assert codes(dialogue) == ["compression-ended"]


def test_i180_a_bomb_is_stopped_by_its_ratio() -> None:
    """I180: 200:1 is allowed up to 16 MiB; then it stops, having inflated little more."""
    bomb = Side()(b"* OK " + b" " * (64 * 2**20))
    inflater = deflate.Inflater()
    made = sum(len(each.data) for each in inflater.feed(Data(S, bomb, 1, 1)) if isinstance(each, Data))
    assert inflater.trouble == "compression-bomb"
    assert 16 * 2**20 < made < 17 * 2**20
    assert inflater.feed(Data(S, b"x", 2, 2)) == []


def test_i180_the_total_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """I180: whatever the ratio."""
    monkeypatch.setattr(deflate, "TOTAL_LIMIT", 100_000)
    inflater = deflate.Inflater()
    inflater.feed(Data(S, Side()(bytes(range(256)) * 1000), 1, 1))
    assert inflater.trouble == "compression-bomb"


def test_tls_is_handed_over_with_what_was_not_read() -> None:
    """After STARTTLS the one who reads TLS gets all the rest, and what is inside goes on without a greeting."""
    sealed: list[Data | Gap] = []
    session = ImapSession(Transport.TCP)
    session.secure = sealed.extend
    hello, answer = b"\x16\x03\x01\0\x01x", b"\x16\x03\x03\0\x01x"
    session.feed(Data(S, b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", 1, 1))
    session.feed(Data(C, b"a1 STARTTLS\r\n", 2, 2))
    session.feed(Data(S, b"a1 OK begin\r\n", 3, 3))
    session.feed(Data(C, hello, 4, 4))
    assert sealed == [Data(C, hello, 4, 4)]
    session.feed(Data(C, b"a1 CAPABILITY\r\na2 XOTHER\r\n", 6, 6))  # from here on what is inside TLS
    session.feed(Data(S, b"* CAPABILITY IMAP4rev1\r\na1 OK\r\na2 BAD\r\n", 7, 7))
    session.finish()
    assert session.dialogue.encryption is Encryption.STARTTLS
    assert shown(session.dialogue, ())[2:] == [
        "reply: a1 OK begin",
        "dark: starttls",
        "command: a1 CAPABILITY",
        "command: a2 XOTHER",
        "reply: CAPABILITY CAPABILITY IMAP4rev1",
        "reply: a1 OK",
        "reply: a2 BAD",
    ]
    assert answer not in [each.data for each in sealed if isinstance(each, Data)]


def test_a_hello_and_an_answer_that_came_together_are_handed_over_in_order() -> None:
    """The server's side can be delivered first: both go to TLS by their packets, holes included."""
    sealed: list[Data | Gap] = []
    session = ImapSession(Transport.TCP)
    session.secure = sealed.extend
    session.feed(Data(S, b"* OK ready\r\n", 1, 1))
    session.feed(Data(C, b"a1 STARTTLS\r\n\x16\x03\x01\0\x01x", 2, 2))
    session.feed(Data(S, b"a1 OK begin\r\n\x16\x03\x03\0\x01y", 3, 3))
    session.feed(Gap(S, 5, GapReason.LOST, 4, 4))
    assert sealed == [Data(C, b"\x16\x03\x01\0\x01x", 2, 2), Data(S, b"\x16\x03\x03\0\x01y", 3, 3)]
