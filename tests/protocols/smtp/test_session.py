"""What dialogues cannot show of a session: limits, packets, the classes of replies, and any octets at all."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from mailtrace.model import (
    Closed,
    Command,
    Content,
    Data,
    Encryption,
    Event,
    Gap,
    GapReason,
    Outcome,
    Reply,
    Side,
    StreamEvent,
    TransactionOutcome,
    Transport,
    Violation,
    masked,
)
from mailtrace.protocols.smtp.session import SmtpSession

C, S = Side.CLIENT, Side.SERVER


def _session(*said: tuple[Side, bytes], finish: bool = True) -> SmtpSession:
    session = SmtpSession(Transport.TCP)
    for packet, (side, octets) in enumerate(said, 1):
        session.feed(Data(side, octets, packet, packet * 1000))
    if finish:
        session.finish()
    return session


def _violations(session: SmtpSession) -> list[str]:
    return [event.code for event in session.dialogue.events if isinstance(event, Violation)]


GREETED = ((S, b"220 mx ESMTP\r\n"), (C, b"EHLO a\r\n"), (S, b"250 mx\r\n"))
ENVELOPE = ((C, b"MAIL FROM:<a@b>\r\n"), (S, b"250 2.1.0 Ok\r\n"), (C, b"RCPT TO:<c@d>\r\n"), (S, b"250 Ok\r\n"))


def test_every_event_knows_its_packets() -> None:
    session = _session(
        *GREETED,
        *ENVELOPE,
        (C, b"DA"),
        (C, b"TA\r\n"),
        (S, b"354"),
        (S, b" go\r\n"),
        (C, b"x\r\n"),
        (C, b".\r\n"),
        (S, b"250 Ok\r\n"),
    )
    data, go_ahead, content, accepted = session.dialogue.events[-4:]
    assert isinstance(data, Command)
    assert (data.packets, data.packet, data.time_ns, data.argument_at) == ((8, 9), 9, 9000, 4)
    assert isinstance(go_ahead, Reply)
    assert (go_ahead.packets, go_ahead.packet, go_ahead.outcome) == ((10, 11), 11, Outcome.MORE)
    assert isinstance(content, Content)
    assert (content.packets, content.start_ns, content.end_ns) == ((12, 13), 12000, 13000)
    assert isinstance(accepted, Reply)
    assert session.dialogue.contents == [content]
    assert session.dialogue.transactions[0].packets == (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
    assert session.dialogue.transactions[0].content is content


def test_transactions_know_all_their_packets() -> None:
    session = _session(
        *GREETED,
        *ENVELOPE,
        (C, b"DATA\r\n"),
        (S, b"354 go\r\n"),
        (C, b"x\r\n.\r\n"),
        (S, b"250 Ok\r\n"),
        (C, b"QUIT\r\n"),
    )
    assert session.dialogue.transactions[0].packets == (4, 5, 6, 7, 8, 9, 10, 11)


def test_recipients_know_what_named_them() -> None:
    recipient = _session(*GREETED, *ENVELOPE).dialogue.transactions[0].recipients[0]
    assert (recipient.address, recipient.accepted, recipient.status, recipient.packet) == ("c@d", True, "250", 6)


def test_unanswered_content_is_unknown_not_aborted() -> None:
    session = _session(*GREETED, *ENVELOPE, (C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, b"x\r\n.\r\n"), finish=False)
    session.feed(Closed(C, "rst", 11, 11000))
    session.finish()
    transaction = session.dialogue.transactions[0]
    assert (transaction.outcome, transaction.status) == (TransactionOutcome.UNKNOWN, None)
    assert transaction.content is not None
    assert transaction.content.complete


def test_a_capture_that_ends_in_a_message_leaves_it_unknown() -> None:
    """G146: a capture that ends in a message leaves it unknown."""
    session = _session(*GREETED, *ENVELOPE, (C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, b"half"))
    assert session.dialogue.transactions[0].outcome is TransactionOutcome.UNKNOWN
    assert [(content.kept, content.complete) for content in session.dialogue.contents] == [(b"half", False)]


def test_injected_secrets_are_masked() -> None:
    session = _session(
        *GREETED, (C, b"STARTTLS\r\nAUTH PLAIN AGxlZQBsZWU=\r\n"), (S, b"220 go\r\n"), (C, b"\x16\x03\x01")
    )
    details = [event.detail for event in session.dialogue.events if isinstance(event, Violation)]
    assert details == [
        "the client sent more in clear behind STARTTLS without waiting for the answer: AUTH PLAIN ********"
    ]
    assert session.dialogue.encryption is Encryption.STARTTLS


def test_variants_are_spelled_out() -> None:
    session = _session(*GREETED, (C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, b"x\n.\r\ny\r\n\0.\r\n.\r\n"))
    details = [event.detail for event in session.dialogue.events if isinstance(event, Violation)]
    assert details == ["<LF>.<CR><LF>", "<CR><LF><NUL>.<CR><LF>"]


def test_ten_thousand_commands_before_any_reply() -> None:
    """G149: ten thousand commands before any reply."""
    session = _session(
        (S, b"220 mx ESMTP\r\n"),
        (C, b"RSET\r\n" * 10_000),
        (S, b"250 Ok\r\n" * 10_000),
        (C, b"QUIT\r\n"),
        (S, b"221 Bye\r\n"),
    )
    turns = session.dialogue.turns
    asked = [turn for turn in turns if turn.command is not None]
    assert len(asked) == 10_001
    assert [bool(turn.replies) for turn in asked] == [True] * 1000 + [False] * 9000 + [True]
    assert sum(len(turn.replies) for turn in turns) == 10_002
    assert "too-many-pending-commands" in _violations(session)


def test_recipients_are_listed_up_to_a_limit() -> None:
    """G151: recipients are listed up to a limit."""
    said = [(C, b"RCPT TO:<c@d>\r\n" * 500), (S, b"250 Ok\r\n" * 500)] * 21
    session = _session(*GREETED, *ENVELOPE[:2], *said)
    assert len(session.dialogue.transactions[0].recipients) == 10_000
    assert "too-many-recipients" in _violations(session)


def test_a_reply_of_many_lines_is_kept_up_to_a_limit() -> None:
    """G142: a reply of many lines is kept up to a limit."""
    session = _session(*GREETED, (C, b"HELP\r\n"), *[(S, b"214-x\r\n" * 100)] * 100, (S, b"214 end\r\n"))
    reply = session.dialogue.turns[-1].replies[0]
    assert (len(reply.lines), reply.packet, "reply-too-long" in _violations(session)) == (1000, 105, True)
    assert reply.packets[-1] == 105


def test_what_waits_for_data_to_be_answered_is_bounded() -> None:
    line = b"x" * 70 + b"\r\n"
    session = _session(*GREETED, (C, b"DATA\r\n"), *[(C, line * 20)] * 100, finish=False)
    assert session.client.waiting == 0
    session.feed(Data(C, b".\r\n", 105, 105))
    assert session.dialogue.contents[0].size_bytes == 100 * 20 * 72


def test_an_auth_line_of_12_kib_is_one_response() -> None:
    """G152: an auth line of 12 kib is one response."""
    token = b"QUFB" * 3072
    session = _session(
        *GREETED,
        (C, b"AUTH GSSAPI\r\n"),
        (S, b"334 \r\n"),
        (C, token[:5000]),
        (C, token[5000:] + b"\r\n"),
        (S, b"235 Ok\r\n"),
    )
    said = session.dialogue.turns[-1].continuations[0]
    assert (said.line, said.packets) == (token, (6, 7))
    assert masked(said.line, said.secrets) == b"********"
    assert session.dialogue.logins[0].packets == (4, 5, 6, 7, 8)


def test_the_next_mail_after_a_hole_is_certain() -> None:
    """G158: the next mail after a hole is certain."""
    for missing in range(len(ENVELOPE)):
        session = SmtpSession(Transport.TCP)
        said = [*GREETED, *ENVELOPE, (C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, b"x\r\n.\r\n"), (S, b"250 Ok\r\n")]
        later = [
            *ENVELOPE,
            (C, b"DATA\r\n"),
            (S, b"354 go\r\n"),
            (C, b"QUIT\r\n.\r\n"),
            (S, b"250 Ok: queued as ABCDEF\r\n"),
        ]
        for packet, (side, octets) in enumerate([*said, *later, *later], 1):
            if packet == len(GREETED) + missing + 1:
                session.feed(Gap(side, len(octets), GapReason.LOST, packet, packet))
            else:
                session.feed(Data(side, octets, packet, packet))
        session.finish()
        last = session.dialogue.transactions[-1]
        assert (last.sender, last.outcome, last.queue_id) == ("a@b", TransactionOutcome.ACCEPTED, "ABCDEF"), missing
        assert last.content is not None
        assert (last.content.kept, last.content.complete) == (b"QUIT\r\n", True)
        commands = [event for event in session.dialogue.events if isinstance(event, Command)]
        assert all(command.certain for command in commands[-3:])


TOKENS = [
    *(
        b"220 mx ESMTP\r\n",
        b"250 Ok\r\n",
        b"250-x\r\n",
        b"354 go\r\n",
        b"334 \r\n",
        b"235 Ok\r\n",
        b"550 no\r\n",
        b"421 bye\r\n",
    ),
    *(
        b"EHLO a\r\n",
        b"LHLO a\r\n",
        b"MAIL FROM:<a@b>\r\n",
        b"RCPT TO:<c@d>\r\n",
        b"DATA\r\n",
        b"BDAT 5\r\n",
        b"BDAT 3 LAST\r\n",
    ),
    *(
        b"RSET\r\n",
        b"QUIT\r\n",
        b"AUTH LOGIN\r\n",
        b"AUTH PLAIN AGEAYg==\r\n",
        b"*\r\n",
        b"STARTTLS\r\n",
        b"Subject: x\r\n",
    ),
    *(b"\r\n", b".\r\n", b"\n", b"\r", b"\n.\n", b"..x\r\n", b"\xff\0", b"x"),
]


TLS = b"\x16\x03\x01\0\x05"
_TEXT = st.binary(max_size=6).map(lambda octets: octets.translate(None, b"\x14\x15\x16\x17\x18\x80"))


@st.composite
def _events(draw: st.DrawFn) -> list[StreamEvent]:
    """Any sequence of pieces, holes and closes of both sides; packet numbers mostly rise."""
    events: list[StreamEvent] = []
    packet = 50
    for _ in range(draw(st.integers(0, 40))):
        side = draw(st.sampled_from(Side))
        packet += draw(st.integers(-1, 2))
        kind = draw(st.integers(0, 12))
        if kind == 0:
            events.append(Gap(side, draw(st.integers(1, 20)), GapReason.LOST, packet, packet))
        elif kind == 1:
            events.append(Closed(side, draw(st.sampled_from(["fin", "rst", "open"])), packet, packet))
        else:
            octets = b"".join(draw(st.lists(st.sampled_from(TOKENS) | _TEXT, min_size=1, max_size=4)))
            octets = TLS if kind == 2 else octets or b"x"
            events.append(Data(side, octets, packet, packet))
    return events


@settings(max_examples=150, deadline=None)
@given(_events())
def test_nothing_raises_and_views_agree_with_events(events: list[StreamEvent]) -> None:
    session = SmtpSession(Transport.TCP)
    for event in events:
        session.feed(event)
    session.finish()
    dialogue = session.dialogue
    replies = [event for event in dialogue.events if isinstance(event, Reply)]
    commands = [event for event in dialogue.events if isinstance(event, Command)]
    assert sorted(id(reply) for turn in dialogue.turns for reply in turn.replies) == sorted(map(id, replies))
    assert [turn.command for turn in dialogue.turns if turn.command is not None] == commands
    assert dialogue.contents == [event for event in dialogue.events if isinstance(event, Content)]


def _without_details(session: SmtpSession) -> list[Event]:
    """Leave out how much of an injected text was there when it was reported."""
    return [
        structs.replace(event, detail="") if isinstance(event, Violation) else event
        for event in session.dialogue.events
    ]


@settings(max_examples=150, deadline=None)
@given(_events(), st.integers(1, 7))
def test_cuts_change_no_event(events: list[StreamEvent], size: int) -> None:
    whole, cut = SmtpSession(Transport.TCP), SmtpSession(Transport.TCP)
    for event in events:
        whole.feed(event)
        if isinstance(event, Data):
            for at in range(0, len(event.data), size):
                cut.feed(Data(event.side, event.data[at : at + size], event.packet, event.time_ns))
        else:
            cut.feed(event)
    whole.finish()
    cut.finish()
    assert _without_details(cut) == _without_details(whole)
