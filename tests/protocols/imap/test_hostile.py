"""Hostile and faulty IMAP, item by item of the acceptance list (I171 to I184); dialogues hold what they can show."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from mailtrace.model import Closed, Command, Data, Reply, Side, Transport, masked
from mailtrace.protocols.imap.session import ImapSession
from tests.protocols.imap.saying import GOODBYE, LEFT, OPENED, READY, left, talk, verbs
from tests.protocols.said import C, S, Said, codes, told

MIB = 2**20


@pytest.mark.parametrize("count", [b"2147483648", b"9223372036854775808", b"1" + b"0" * 30, b"9" * 5000])
@pytest.mark.parametrize("end", [b"}", b"+}"])
def test_i171_huge_literals_of_the_client_are_passed_over_by_count(count: bytes, end: bytes) -> None:
    """I171: from 1 GiB on nothing is collected; all that follows belongs to the literal."""
    dialogue = talk(
        *OPENED, (C, b"a1 APPEND INBOX {" + count + end + b"\r\n"), (S, b"+ go\r\n"), (C, b"x\r\na2 NOOP\r\n")
    )
    assert verbs(dialogue) == ["SELECT", "APPEND"]
    assert codes(dialogue) == ["literal-too-long"]
    assert dialogue.contents == []


@pytest.mark.parametrize("count", [b"2147483648", b"9223372036854775808", b"1" + b"0" * 30])
def test_i171_huge_literals_of_the_server_are_passed_over_by_count(count: bytes) -> None:
    """I171: the same of what a server sends; the reply is told as far as it came."""
    dialogue = talk(
        *OPENED, (C, b"a1 FETCH 1 BODY[]\r\n"), (S, b"* 1 FETCH (BODY[] {" + count + b"}\r\nSub\r\na1 OK\r\n")
    )
    assert told(dialogue, "reply")[-1].startswith("reply: FETCH 1 FETCH (BODY[] {")
    assert codes(dialogue) == ["literal-too-long"]
    assert dialogue.contents == []


def test_i171_a_gibibyte_is_skipped_without_holding_it() -> None:
    """I171: what is skipped costs no memory, and the session goes on behind it."""
    session = ImapSession(Transport.TCP)
    piece = bytes(MIB)
    session.feed(Data(S, b"* OK ready\r\n", 1, 1))
    session.feed(Data(C, b"a1 APPEND INBOX {1073741824+}\r\n", 2, 2))
    tracemalloc.start()
    for packet in range(3, 1027):
        session.feed(Data(C, piece, packet, packet))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    session.feed(Data(C, b"\r\nz9 LOGOUT\r\n", 1027, 1027))
    session.feed(Data(S, b"a1 OK\r\n* BYE\r\nz9 OK bye\r\n", 1028, 1028))
    session.finish()
    assert peak < MIB
    assert left(session.dialogue) == ["reply: a1 OK", *LEFT[1:]]


@pytest.mark.parametrize("line", [b"{-5}", b"{}", b"{x}", b"{5 }", b"{+5}", b"~{}", b"{5++}", b"{0x5}"])
def test_i171_what_cannot_be_counted_is_no_literal(line: bytes) -> None:
    """I171: it costs its line, and is named."""
    dialogue = talk(*OPENED, (C, b"a1 CREATE " + line + b"\r\n"), (S, b"a1 BAD what\r\n"), *GOODBYE)
    assert codes(dialogue) in (["bad-literal"], [])
    assert verbs(dialogue) == ["SELECT", "CREATE", "LOGOUT"]
    assert left(dialogue) == LEFT


@pytest.mark.parametrize("line", [b'"a {5}"', b"{5} ", b"a{5}", b'"a {5}', b"{5}x"])
def test_i171_braces_elsewhere_are_text(line: bytes) -> None:
    """I171: a literal stands at the end of its line, on its own, outside of quotes."""
    dialogue = talk(*OPENED, (C, b"a1 CREATE " + line + b"\r\n"), (S, b"a1 OK done\r\n"), *GOODBYE)
    assert left(dialogue) == LEFT


def test_i171_leading_zeros_and_a_minus_sign_are_counted() -> None:
    """I171: `{0005}` is five; `{5-}` is counted if the server asks for it."""
    said = (*OPENED, (C, b"a1 CREATE {0005}\r\n"), (S, b"+\r\n"), (C, b"a\r\nb \r\n"), (S, b"a1 OK\r\n"))
    dialogue = talk(*said, (C, b"a2 CREATE {5-}\r\n"), (S, b"+\r\n"), (C, b"a\r\nb \r\n"), (S, b"a2 OK\r\n"), *GOODBYE)
    assert told(dialogue, "continuation") == ["continuation: a\\r\\nb"] * 2
    assert left(dialogue) == LEFT


def test_i174_literals_above_4096_octets_without_waiting() -> None:
    """I174: LITERAL- allows 4096, clients send more: the count counts. RFC 7888 section 5."""
    mail = b"Subject: x\r\n\r\n" + b"y" * 5000
    dialogue = talk(*OPENED, (C, b"a1 APPEND INBOX {%d+}\r\n%b\r\n" % (len(mail), mail)), (S, b"a1 OK\r\n"), *GOODBYE)
    assert [each.kept for each in dialogue.contents] == [mail]
    assert left(dialogue) == LEFT


def test_i175_pieces_fetched_in_turn_are_joined_each_with_its_own() -> None:
    """I175: two mails in alternation, by UID; each is whole at the end, with the packets of its pieces."""
    said: list[Said] = []
    for origin, text in ((0, b"abcd"), (4, b"efg")):
        for number, uid in ((1, 7), (2, 9)):
            said += [
                (C, b"t%d%d UID FETCH %d (BODY.PEEK[]<%d.4>)\r\n" % (number, origin, uid, origin)),
                (S, b"* %d FETCH (UID %d BODY[]<%d> {%d}\r\n%b)\r\n" % (number, uid, origin, len(text), text)),
                (S, b"t%d%d OK\r\n" % (number, origin)),
            ]
    dialogue = talk(*OPENED, *said, *GOODBYE)
    assert [(each.kept, each.complete, each.packets) for each in dialogue.contents] == [
        (b"abcdefg", True, (5, 11)),
        (b"abcdefg", True, (8, 14)),
    ]


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(b"* 1 EXPUNGE\r\n", id="another mail has the number now"),
        pytest.param(b"* 1 FETCH (UID 8 BODY[]<4> {2}\r\nxx)\r\n", id="another UID"),
        pytest.param(b"* 1 FETCH (BODY[]<3> {2}\r\nxx)\r\n", id="they overlap"),
    ],
)
def test_i175_pieces_that_need_not_belong_together_stay_apart(between: bytes) -> None:
    """I175: what is not certain is not joined, and none of it counts as whole."""
    dialogue = talk(
        *OPENED,
        (C, b"a1 FETCH 1 BODY[]<0.4>\r\n"),
        (S, b"* 1 FETCH (UID 7 BODY[]<0> {4}\r\nabcd)\r\na1 OK\r\n"),
        (C, b"a2 FETCH 1 BODY[]<4.4>\r\n"),
        (S, between + b"* 1 FETCH (BODY[]<4> {2}\r\nef)\r\na2 OK\r\n"),
    )
    assert not any(each.complete and each.kept.startswith(b"abcd") for each in dialogue.contents)
    assert dialogue.contents[0].kept == b"abcd"


def test_i176_parentheses_by_the_hundred_thousand() -> None:
    """I176: nothing recurses, nothing takes long, and the next line is read (CVE-2026-27857)."""
    deep = b"(" * 30_000 + b")" * 30_000
    began = time.process_time()
    dialogue = talk(
        *OPENED,
        (
            C,
            b"a1 SEARCH "
            + deep
            + b"\r\n"
            + b"a2 SEARCH "
            + b"(" * 60_000
            + b"\r\n"
            + b"a3 ID "
            + b")" * 60_000
            + b"\r\n",
        ),
        (C, b"a4 SEARCH " + b"(" * 500_000 + b"\r\n"),
        (S, b"a1 BAD\r\na2 BAD\r\na3 BAD\r\na4 BAD\r\n"),
        (C, b"a5 FETCH 1 BODYSTRUCTURE\r\n"),
        (S, b"* 1 FETCH (BODYSTRUCTURE " + deep + b")\r\n* 1 FETCH (BODYSTRUCTURE ((((\r\na5 OK\r\n"),
        *GOODBYE,
    )
    assert time.process_time() - began < 3
    assert left(dialogue) == LEFT
    assert codes(dialogue) == ["line-too-long"]


def test_i177_quotes_and_backslashes_by_the_ten_thousand() -> None:
    """I177: linear, whatever is open or escaped."""
    began = time.process_time()
    for octets in (b'"' * 60_000, b'"' + b"\\" * 60_000, b'"\\"' * 20_000, b'" ' * 30_000):
        dialogue = talk(*OPENED, (C, b"a1 LOGIN " + octets + b" {5}\r\n"), (S, b"a1 BAD\r\n"), *GOODBYE)
        assert left(dialogue) == LEFT
    assert time.process_time() - began < 4


def test_i178_tags_of_64_kib_pair_and_the_map_is_capped() -> None:
    """I178: a long tag is a tag; of 100,000 commands never completed the last 1,000 are remembered."""
    tag = b"T" * 60_000
    dialogue = talk(*OPENED, (C, tag + b" NOOP\r\n"), (S, tag + b" OK\r\n"), *GOODBYE)
    assert [len(turn.replies) for turn in dialogue.turns] == [1, 1, 1, 2]
    session = ImapSession(Transport.TCP)
    began = time.process_time()
    session.feed(Data(S, b"* OK ready\r\n", 1, 1))
    session.feed(Data(C, b"".join(b"t%d NOOP\r\n" % number for number in range(20_000)), 2, 2))
    session.feed(Data(S, b"t0 OK early\r\nt19999 OK late\r\n", 3, 3))
    session.finish()
    assert time.process_time() - began < 5
    last = session.dialogue.turns[20_000]
    assert [reply.lines for reply in last.replies] == [(b"late",)]
    assert session.dialogue.turns[1].replies == []
    assert codes(session.dialogue).count("too-many-pending-commands") == 25 + 19


def test_i178_completions_that_nobody_asked_for_are_capped() -> None:
    """I178: a server alone, or gone mad, costs bounded state and linear time."""
    session = ImapSession(Transport.TCP)
    began = time.process_time()
    session.feed(Data(S, b"".join(b"t%d OK\r\n" % number for number in range(20_000)), 1, 1))
    session.finish()
    assert time.process_time() - began < 5
    assert len(session.dialogue.turns) == 20_000
    assert codes(session.dialogue) == []


def test_i179_a_flood_of_untagged_data_is_kept_up_to_a_limit() -> None:
    """I179: of a flood only the first 100,000 replies are listed, the rest is named; IDLE ends as it should."""
    session = ImapSession(Transport.TCP)
    for packet, octets in enumerate((b"* OK ready\r\n", b"a1 IDLE\r\n", b"+ idling\r\n"), 1):
        session.feed(Data(C if packet == 2 else S, octets, packet, packet))
    flood = b"* 5 EXISTS\r\n" * 1000
    began = time.process_time()
    for packet in range(4, 204):
        session.feed(Data(S, flood, packet, packet))
    assert time.process_time() - began < 15
    session.feed(Data(C, b"DONE\r\nz9 LOGOUT\r\n", 300, 300))
    session.feed(Data(S, b"a1 OK done\r\n* BYE\r\nz9 OK bye\r\n", 301, 301))
    session.finish()
    idle = session.dialogue.turns[1]
    assert len(idle.replies) == 100_001
    assert idle.replies[-1].tag == "a1"
    assert [type(event) for event in session.dialogue.events].count(Reply) == 100_004
    assert codes(session.dialogue).count("too-many-replies") == 25 + 100


def test_i179_hours_of_idle_change_nothing() -> None:
    """I179: time plays no part, and mail that arrives stands in the turn of IDLE."""
    session = ImapSession(Transport.TCP)
    hour = 3600 * 10**9
    session.feed(Data(S, b"* OK ready\r\n", 1, 0))
    session.feed(Data(C, b"a1 IDLE\r\n", 2, 1))
    for at in range(30):
        session.feed(Data(S, b"* OK Still here\r\n* %d EXISTS\r\n" % at, 3 + at, at * hour))
    session.feed(Data(C, b"DONE\r\n", 40, 30 * hour))
    session.feed(Data(S, b"a1 OK\r\n", 41, 30 * hour))
    session.feed(Closed(Side.SERVER, "fin", 42, 30 * hour))
    session.finish()
    assert [len(turn.replies) for turn in session.dialogue.turns] == [1, 61]


@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_i181_no_secret_is_shown_however_it_is_cut(step: int) -> None:
    """I181: LOGIN with literals, quotes and both, AUTHENTICATE with and without initial response."""
    said: list[Said] = [
        *READY,
        (C, b"a1 LOGIN {3+}\r\nlee {9+}\r\ntopsecret\r\n"),
        (C, b'a2 LOGIN lee "topsecret"\r\n'),
        (C, b'a3 LOGIN {3+}\r\nlee "topsecret"\r\n'),
        (C, b"a4 LOGIN lee topsecret\r\n"),
        (C, b"a5 LOGIN\tlee topsecret\r\n"),
        (C, b"a6 AUTHENTICATE PLAIN topsecret\r\n"),
        (C, b"a7 AUTHENTICATE topsecret\r\n"),
        (C, b"a8 AUTHENTICATE LOGIN\r\ntopsecret\r\n"),
    ]
    pieces: list[Said] = []
    for side, what in said:
        assert isinstance(what, bytes)
        pieces += [(side, what[at : at + step]) for at in range(0, len(what), step)]
    dialogue = talk(*pieces)
    for line in told(dialogue, "command", "continuation", "login"):
        assert "secret" not in line
    for event in dialogue.events:
        if isinstance(event, Command) and b"secret" in event.line:
            assert b"secret" not in masked(event.line, event.secrets)


def test_i182_codes_are_the_text_of_the_server() -> None:
    """I182: an alert is a reply like any other; what looks like a tag or a literal in it is text."""
    dialogue = talk(*OPENED, (S, b"* OK [ALERT] Click \x1b[31m here\r\n* NO {3}\r\n* BAD ]a0 OK {2}\r\n"), *GOODBYE)
    assert told(dialogue, "reply")[2:-2] == [
        "reply: OK [ALERT] Click \\x1b[31m here",
        "reply: NO {3}",
        "reply: BAD ]a0 OK {2}",
    ]
    assert left(dialogue) == LEFT


def test_i184_one_side_alone_gives_its_mails() -> None:
    """I184: of a server alone the mails fetched, of a client alone the mails appended."""
    mail = b"Subject: x\r\n\r\n* 1 FETCH (\r\n"
    server = talk((S, b"* 9 FETCH (BODY[] {%d}\r\n%b UID 4)\r\na1 OK\r\n" % (len(mail), mail)))
    client = talk((C, b"a1 APPEND INBOX {%d}\r\n%b\r\n" % (len(mail), mail)))
    for dialogue in (server, client):
        assert [(each.kept, each.complete) for each in dialogue.contents] == [(mail, True)]


def _late(*said: tuple[int, Side, bytes]) -> list[str]:
    """Return the turns of a conversation whose pieces come out of order, each with its packet."""
    session = ImapSession(Transport.TCP)
    for packet, side, octets in said:
        session.feed(Data(side, octets, packet, packet))
    session.finish()
    assert codes(session.dialogue) == []
    return told(session.dialogue, "turn")


def test_i178_a_command_that_is_delivered_late_gets_its_replies() -> None:
    """I178: a hole in one side delays it; tags and packet numbers tell what belongs together."""
    assert _late(
        (1, S, b"* OK ready\r\n"),
        (3, S, b"* 4 EXISTS\r\na1 OK done\r\n"),
        (5, S, b"* SEARCH 2\r\na2 OK done\r\n"),
        (7, S, b"* 5 EXISTS\r\n"),
        (2, C, b"a1 SELECT INBOX\r\n"),
        (4, C, b"a2 SEARCH ALL\r\n"),
        (6, C, b"a3 IDLE\r\n"),
        (9, S, b"a3 OK done\r\n"),
    ) == [
        "turn: (none) -> OK",
        "turn: SELECT -> EXISTS OK",
        "turn: SEARCH -> SEARCH OK",
        "turn: IDLE -> EXISTS OK",
    ]


def test_i173_a_literal_that_is_delivered_late_was_agreed_to() -> None:
    """I173: the server's `+` was seen before the command that it answers; the completion as well."""
    session = ImapSession(Transport.TCP)
    for packet, side, octets in (
        (1, S, b"* OK ready\r\n"),
        (3, S, b"+ go\r\n"),
        (5, S, b"a1 OK done\r\n"),
        (2, C, b"a1 APPEND INBOX {4}\r\n"),
        (4, C, b"a2 \n\r\n"),
        (6, C, b"a3 NOOP\r\n"),
    ):
        session.feed(Data(side, octets, packet, packet))
    session.finish()
    assert [each.kept for each in session.dialogue.contents] == [b"a2 \n"]
    assert told(session.dialogue, "turn") == ["turn: (none) -> OK", "turn: APPEND -> + OK", "turn: NOOP ->"]


def test_i173_a_client_that_does_not_wait_is_held_up_to_a_limit() -> None:
    """I173: where the server's answer does not come, the count decides in the end."""
    mail = b"Subject: x\r\n\r\n" + b"y" * 100_000
    dialogue = talk(
        *OPENED, (C, b"a1 APPEND INBOX {%d}\r\n%b\r\n" % (len(mail), mail)), (S, b"+ go\r\na1 OK\r\n"), *GOODBYE
    )
    assert [(each.size_bytes, each.complete) for each in dialogue.contents] == [(len(mail), True)]
    assert told(dialogue, "turn")[2] == "turn: APPEND -> + OK"
    assert left(dialogue) == LEFT


def test_p256_a_password_is_no_name_where_the_name_is_missing() -> None:
    """P256: AUTHENTICATE LOGIN, whose first response fell into a hole of the capture; the second is hunter2."""
    login = [(C, b"a1 AUTHENTICATE LOGIN\r\n"), (S, b"+ VXNlcm5hbWU6\r\n"), (C, len(b"bGVl\r\n"))]
    dialogue = talk(
        *READY, *login, (S, b"+ UGFzc3dvcmQ6\r\n"), (C, b"aHVudGVyMg==\r\n"), (S, b"a1 OK done\r\n"), *GOODBYE
    )
    assert [login.user for login in dialogue.logins] == [None]
