"""Damaged SMTP conversations: holes, late starts, one side, slow speakers (G137 to G161), and what must always hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.model import (
    Command,
    Continuation,
    Data,
    Dialogue,
    Gap,
    GapReason,
    StreamEvent,
    TransactionOutcome,
    Transport,
    Violation,
    masked,
)
from mailtrace.protocols.choose import Chooser
from mailtrace.protocols.smtp.session import SmtpSession
from mailtrace.streams.tracker import Tracker
from tests.protocols.said import C, S, Said, codes, stream, told
from tests.protocols.smtp.talk import ENVELOPE, GOODBYE, GREETED, talk
from tests.streams.wire import ACK, CLIENT, PSH, SERVER, Wire


def _over_tcp(order: list[int], *said: tuple[int, bytes]) -> Dialogue:
    """Return what a session understands of segments that were captured in this order (repeats allowed)."""
    wire, heard = Wire(), [1, 1]
    wire.handshake()
    for side, octets in said:
        wire.packet(side, heard[side], heard[1 - side], ACK | PSH, octets)
        heard[side] += len(octets)
    fed = SmtpSession(Transport.TCP)
    tracker = Tracker(fed.feed)
    rows = wire.renumbered([0, 1, 2, *[3 + at for at in order]])
    tracker.feed(rows, 0, bytes(wire.buffer))
    tracker.finish()
    fed.finish()
    return fed.dialogue


TALK = (
    (SERVER, b"220 mx ESMTP\r\n"),
    (CLIENT, b"EHLO a\r\n"),
    (SERVER, b"250 mx\r\n"),
    (CLIENT, b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
    (SERVER, b"250 Ok\r\n250 Ok\r\n354 go\r\n"),
    (CLIENT, b"x\r\n."),
    (CLIENT, b"\r\n"),
    (SERVER, b"250 Ok: queued as ABCDEF\r\n"),
    (CLIENT, b"QUIT\r\n"),
    (SERVER, b"221 Bye\r\n"),
)
TURNS = ["(none) -> 220", "EHLO -> 250", "MAIL -> 250", "RCPT -> 250", "DATA -> 354 250", "QUIT -> 221"]


@pytest.mark.parametrize(
    "order",
    [
        pytest.param([0, 2, 1, 3, 4, 5, 6, 7, 8, 9], id="the answer to EHLO before it"),
        pytest.param([0, 1, 2, 4, 3, 5, 6, 7, 8, 9], id="the answers to a group before it"),
        pytest.param([0, 1, 2, 3, 4, 7, 5, 6, 8, 9], id="the acceptance before the message"),
        pytest.param([0, 1, 2, 3, 4, 5, 7, 6, 8, 9], id="the acceptance before the end of data"),
        pytest.param([0, 1, 2, 3, 4, 5, 6, 7, 9, 8], id="the last answer before QUIT"),
    ],
)
def test_g144_an_answer_captured_before_its_command_is_paired(order: list[int]) -> None:
    """G144: the acknowledgement in the answer tells that the two packets were only swapped."""
    dialogue = _over_tcp(order, *TALK)
    assert [line.removeprefix("turn: ") for line in told(dialogue, "turn")] == TURNS
    assert told(dialogue, "transaction") == ["transaction: a@b -> c@d 250 | accepted 250 ABCDEF"]
    assert codes(dialogue) == []


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5, 5, 6, 6, 7, 8, 9], [0, 1, 2, 3, 4, 6, 5, 6, 5, 7, 8, 9]])
def test_g138_the_end_of_data_repeated(order: list[int]) -> None:
    """G138: over a retransmission, in order or not, the message ends once."""
    dialogue = _over_tcp(order, *TALK)
    assert [(one.kept, one.complete) for one in dialogue.contents] == [(b"x\r\n", True)]
    assert [line.removeprefix("turn: ") for line in told(dialogue, "turn")] == TURNS


@pytest.mark.parametrize("lost", [[5], [6], [5, 6]])
def test_g138_g144_answers_take_their_place_among_what_was_not_captured(lost: list[int]) -> None:
    """G138, G144: the acceptance is that of the message with the hole, and QUIT is answered by 221."""
    dialogue = _over_tcp([at for at in range(10) if at not in lost], *TALK)
    assert [line.removeprefix("turn: ") for line in told(dialogue, "turn")] == TURNS
    assert told(dialogue, "transaction") == ["transaction: a@b -> c@d 250 | accepted 250 ABCDEF"]
    assert [one.complete for one in dialogue.contents] == [False]
    assert codes(dialogue) == []


MAIL: tuple[Said, ...] = (
    *ENVELOPE,
    (C, b"DATA\r\n"),
    (S, b"354 go\r\n"),
    (C, b"Subject: y\r\n\r\nQUIT\r\n.\r\n"),
    (S, b"250 Ok: queued as ABCDEF\r\n"),
)


@pytest.mark.parametrize(
    "rest",
    [
        b"ived: from x\r\nSubject: z\r\n\r\nbody\r\n",
        b"Subject: z\r\n\r\nbody\r\n",
        b"half a line\r\nDATA\r\nQUIT\r\nMAIL FROM:<x@y>\r\nbody\r\n",
        b"\r\n",
        b"PGh0bWw+PGJvZHk+\r\nPHA+\r\n",
    ],
)
@pytest.mark.parametrize("server", ["heard", "not heard"])
def test_g157_a_start_within_a_message(rest: bytes, server: str) -> None:
    """G157: no DATA was seen; behind the end of data commands are commands, lines of the message never surely."""
    said = [(C, rest), (C, b".\r\n"), (S, b"250 Ok\r\n"), *MAIL, *GOODBYE]
    dialogue = talk(*[each for each in said if server == "heard" or each[0] is C])
    surely = [event.line for event in dialogue.events if isinstance(event, Command) and event.certain]
    assert surely == [b"MAIL FROM:<a@b>", b"RCPT TO:<c@d>", b"DATA", b"QUIT"]
    assert dialogue.contents[-1].kept == b"Subject: y\r\n\r\nQUIT\r\n"
    assert [one.complete for one in dialogue.contents][-1]
    assert not any(one.complete for one in dialogue.contents[:-1])


@pytest.mark.parametrize("lost", range(0, 8, 2))
def test_g158_a_hole_in_commands(lost: int) -> None:
    """G158: the reply behind it tells where the client is again; of the lost mail nothing is made up."""
    damaged: list[Said] = list(MAIL)
    octets = damaged[lost][1]
    damaged[lost] = (C, len(octets) if isinstance(octets, bytes) else 0)
    dialogue = talk(*GREETED, *damaged, *MAIL, *MAIL, *GOODBYE)
    last = dialogue.transactions[-1]
    assert (last.sender, last.outcome, last.queue_id) == ("a@b", TransactionOutcome.ACCEPTED, "ABCDEF")
    commands = [event for event in dialogue.events if isinstance(event, Command)]
    assert [command.verb for command in commands[-4:]] == ["MAIL", "RCPT", "DATA", "QUIT"]
    assert all(command.certain for command in commands[-4:])
    assert [command.verb for command in commands].count("QUIT") == 1


@pytest.mark.parametrize(
    ("hello", "content"),
    [
        ([(S, b"220 mx LMTP\r\n"), (C, b"LHLO a\r\n"), (S, b"250 mx\r\n")], b"DATA\r\n"),
        ([(S, b"220 mx ready\r\n"), (C, b"LHLO a\r\n"), (S, b"250 mx\r\n")], b"BDAT 3 LAST\r\nx\r\n"),
        ([(S, b"220 mx LMTP\r\n"), (C, 8)], b"DATA\r\n"),
        ([], b"DATA\r\n"),
    ],
    ids=["said by both", "in a chunk", "the hello is lost", "from the middle"],
)
def test_g159_a_reply_for_each_recipient(hello: list[Said], content: bytes) -> None:
    """G159: LMTP answers a message once for each recipient it took. RFC 2033 section 4.2."""
    recipients = [
        (C, b"MAIL FROM:<a@b>\r\n"), (S, b"250 Ok\r\n"),
        (C, b"RCPT TO:<1@d>\r\n"), (S, b"250 Ok\r\n"), (C, b"RCPT TO:<2@d>\r\n"), (S, b"550 no\r\n"),
        (C, b"RCPT TO:<3@d>\r\n"), (S, b"250 Ok\r\n"), (C, content),
    ]  # fmt: skip
    body = [(S, b"354 go\r\n"), (C, b"x\r\n.\r\n")] if content.startswith(b"DATA") else []
    answers = [(S, b"250 2.0.0 <1@d> Saved\r\n"), (S, b"452 4.2.2 <3@d> full\r\n")]
    dialogue = talk(*hello, *recipients, *body, *answers, *GOODBYE)
    assert told(dialogue, "transaction") == ["transaction: a@b -> 1@d 250, 2@d 550, 3@d 452 | accepted 250"]
    assert told(dialogue, "turn: QUIT") == ["turn: QUIT -> 221"]
    assert codes(dialogue) == []


def test_g159_two_replies_are_no_lmtp_where_smtp_was_seen() -> None:
    """G159: after EHLO a second reply is one too many."""
    recipients = [
        (C, b"RCPT TO:<2@d>\r\n"),
        (S, b"250 Ok\r\n"),
        (C, b"DATA\r\n"),
        (S, b"354 go\r\n"),
        (C, b"x\r\n.\r\n"),
    ]
    dialogue = talk(*GREETED, *ENVELOPE, *recipients, (S, b"250 Ok\r\n"), (S, b"452 full\r\n"), *GOODBYE)
    assert told(dialogue, "transaction") == ["transaction: a@b -> c@d 250, 2@d 250 | accepted 250"]
    assert codes(dialogue) == ["unmatched-reply"]


def test_g160_an_octet_a_minute() -> None:
    """G160: a tarpit's greeting is recognised and understood; nothing gives up on it."""
    chooser = Chooser(Transport.TCP, 25)
    minute = 60_000_000_000
    said = [(S, octet) for octet in b"220-mx.example ESMTP\r\n220-wait\r\n220 now\r\n"] + [
        (C, o) for o in b"EHLO a\r\n"
    ]
    for packet, (side, octet) in enumerate(said, 1):
        chooser.feed(Data(side, bytes([octet]), packet, packet * minute))
    chooser.finish()
    assert chooser.protocol == "smtp"
    greeting, hello = chooser.dialogue.turns
    assert greeting.replies[0].lines == (b"mx.example ESMTP", b"wait", b"now")
    assert (greeting.replies[0].time_ns, hello.command is not None) == (41 * minute, True)


def test_g160_a_greeting_that_floods() -> None:
    """G160: a greeting of ten thousand lines is one greeting."""
    dialogue = talk((S, b"220-x\r\n" * 10_000), (S, b"220 mx ESMTP\r\n"), *GREETED[1:], *GOODBYE)
    assert codes(dialogue) == ["reply-too-long"]
    assert told(dialogue, "turn") == ["turn: (none) -> 220", "turn: EHLO -> 250", "turn: QUIT -> 221"]


@pytest.mark.parametrize("first", [b"EHLO a\r\n", b"HELO a\r\n", b"EHLO a\r\nMAIL FROM:<a@b>\r\n", b"LHLO a\r\n"])
def test_g161_a_client_that_speaks_before_the_greeting(first: bytes) -> None:
    """G161: named; the greeting stays a greeting, and the replies belong to the commands."""
    commands = first.count(b"\r\n")
    dialogue = talk((C, first), (S, b"220 mx ESMTP\r\n"), (S, b"250 Ok\r\n" * commands), *GOODBYE)
    assert codes(dialogue) == ["early-talker"]
    turns = told(dialogue, "turn")
    assert "turn: (none) -> 220" in turns
    assert [line.split(" -> ")[1] for line in turns if "(none)" not in line] == ["250"] * commands + ["221"]


def test_g161_a_client_that_is_turned_away() -> None:
    """G161: a greeting may refuse; the command before it has no answer."""
    dialogue = talk((C, b"EHLO a\r\n"), (S, b"554 no service\r\n"))
    assert (codes(dialogue), told(dialogue, "turn")) == (["early-talker"], ["turn: EHLO ->", "turn: (none) -> 554"])


SECRET = b"c2VjcmV0"
TRAP = b"Subject: trap\r\n\r\nQUIT\r\nDATA\r\nMAIL FROM:<not@a.command>\r\nRCPT TO:<nor@this>\r\nRSET\r\nbody\r\n"
GROUP = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
DONE: Said = (S, b"250 Ok\r\n")
BLOCKS: dict[str, list[Said]] = {
    "mail": [*ENVELOPE, (C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, TRAP[:30]), (C, TRAP[30:] + b".\r\n"), DONE],
    "group": [(C, GROUP), (S, b"250 Ok\r\n250 Ok\r\n"), (S, b"354 go\r\n"), (C, TRAP), (C, b".\r\n"), DONE],
    "chunks": [*ENVELOPE, (C, b"BDAT 30\r\n"), (C, TRAP[:30]), (S, b"250 Ok\r\n"),
               (C, b"BDAT %d LAST\r\n" % len(TRAP[30:])), (C, TRAP[30:]), (S, b"250 Ok\r\n")],
    "login": [(C, b"AUTH LOGIN\r\n"), (S, b"334 VXNlcm5hbWU6\r\n"), (C, SECRET + b"\r\n"), (S, b"334 UGFzc3dvcmQ6\r\n"),
              (C, SECRET + b"\r\n"), (S, b"235 Ok\r\n")],
    "refused": [*ENVELOPE[:2], (C, b"RCPT TO:<e@f>\r\n"), (S, b"550 no\r\n"), (C, b"RSET\r\n"), (S, b"250 Ok\r\n")],
    "noop": [(C, b"NOOP\r\n"), (S, b"250 Ok\r\n")],
}  # fmt: skip
LAST: list[Said] = [
    *ENVELOPE,
    (C, b"DATA\r\n"),
    (S, b"354 go\r\n"),
    (C, TRAP + b".\r\n"),
    (S, b"250 Ok: queued as ABCDEF\r\n"),
]


def _without(said: list[Said], lost: int) -> list[StreamEvent]:
    """Return the events with one segment missing."""
    events = stream(said)
    hole = events[lost]
    missing = len(hole.data) if isinstance(hole, Data) else 0
    events[lost] = Gap(hole.side, missing, GapReason.LOST, hole.packet, hole.time_ns)
    return events


def _understood(events: list[StreamEvent]) -> Dialogue:
    fed = SmtpSession(Transport.TCP)
    for event in events:
        fed.feed(event)
    fed.finish()
    return fed.dialogue


def _surely(dialogue: Dialogue) -> list[bytes]:
    return [event.line for event in dialogue.events if isinstance(event, Command) and event.certain]


CHOSEN = st.lists(st.sampled_from(sorted(BLOCKS)), min_size=1, max_size=4)


@settings(max_examples=300, deadline=None)
@given(CHOSEN, st.integers(0, 10**6))
def test_one_lost_segment_invents_nothing_and_is_overcome(blocks: list[str], chance: int) -> None:
    """G158 and the invariants on holes: nothing certain is made up, and one whole mail later all is certain again."""
    said: list[Said] = [*GREETED, *[each for block in blocks for each in BLOCKS[block]]]
    whole = [*said, *LAST, *LAST, *GOODBYE]
    clean = _understood(stream(whole))
    dialogue = _understood(_without(whole, chance % len(said)))
    commands = _surely(clean)
    for line in _surely(dialogue):
        assert line in commands
        commands.remove(line)
    complete = [one.kept for one in clean.contents]
    assert all(one.kept in complete for one in dialogue.contents if one.complete)
    last = dialogue.transactions[-1]
    assert (last.sender, last.outcome, last.queue_id) == ("a@b", TransactionOutcome.ACCEPTED, "ABCDEF")
    assert last.content is not None
    assert (last.content.kept, last.content.complete) == (TRAP, True)
    assert _surely(dialogue)[-4:] == [b"MAIL FROM:<a@b>", b"RCPT TO:<c@d>", b"DATA", b"QUIT"]


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(BLOCKS)), min_size=1, max_size=4),
    st.integers(0, 10**6),
    st.sampled_from(["both", "client"]),
)
def test_no_lost_segment_uncovers_a_secret(blocks: list[str], chance: int, heard: str) -> None:
    """G152: whatever is lost, of both sides or of a capture of one, passwords stay hidden."""
    said: list[Said] = [*GREETED, *[each for block in ["login", *blocks] for each in BLOCKS[block]], *LAST, *GOODBYE]
    said = [each for each in said if heard == "both" or each[0] is C]
    dialogue = _understood(_without(said, chance % len(said)))
    shown = [
        masked(event.line, event.secrets) for event in dialogue.events if isinstance(event, Command | Continuation)
    ]
    shown += [event.detail.encode() for event in dialogue.events if isinstance(event, Violation)]
    shown += [one.kept for one in dialogue.contents]
    assert SECRET not in b"|".join(shown)
