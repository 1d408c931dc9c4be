"""After a hole anywhere in two mails, later ones are certain and right again; many mails cost what they must."""

from __future__ import annotations

import gc
import random
import time

import pytest

from mailtrace.model import Command, Data, Gap, GapReason, Side, StreamEvent, TransactionOutcome, Transport
from mailtrace.protocols.smtp.session import SmtpSession

C, S = Side.CLIENT, Side.SERVER
BODY = b"Subject: trap\r\n\r\nQUIT\r\nDATA\r\nMAIL FROM:<not@a.command>\r\nbody\r\n"
HOLES = 250

Said = list[tuple[Side, bytes]]


def _envelope(number: int) -> Said:
    return [
        (C, b"MAIL FROM:<a%d@x.example>\r\n" % number),
        (S, b"250 2.1.0 Ok\r\n"),
        (C, b"RCPT TO:<b@x.example>\r\n"),
        (S, b"250 2.1.5 Ok\r\n"),
    ]


def _accepted(number: int) -> Said:
    return [(S, b"250 2.0.0 Ok: queued as ABCDEF%d\r\n" % number)]


def _waiting(number: int) -> Said:
    content = [(C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, BODY[:25]), (C, BODY[25:] + b".\r\n")]
    return [*_envelope(number), *content, *_accepted(number)]


def _pipelined(number: int) -> Said:
    asked = b"".join(octets for side, octets in _envelope(number) if side is C) + b"DATA\r\n"
    answered = [(S, b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n"), (S, b"354 go\r\n")]
    return [(C, asked), *answered, (C, BODY[:25]), (C, BODY[25:] + b".\r\n"), *_accepted(number)]


def _in_chunks(number: int) -> Said:
    chunks = [(C, b"BDAT %d LAST\r\n" % len(BODY)), (C, BODY[:25]), (C, BODY[25:])]
    return [*_envelope(number), *chunks, *_accepted(number)]


WAYS = {"waiting": _waiting, "pipelined": _pipelined, "in chunks": _in_chunks}
GREETED: Said = [(S, b"220 x ESMTP\r\n"), (C, b"EHLO c\r\n"), (S, b"250-x\r\n250 PIPELINING\r\n")]


def _with_a_hole(said: Said, places: int, chance: random.Random) -> list[StreamEvent]:
    """Leave out some octets of one of the first `places` segments, or all of it."""
    events: list[StreamEvent] = []
    hit = chance.randrange(places)
    for packet, (side, octets) in enumerate(said, 1):
        start, stop = 0, 0
        if packet == hit + 1:
            start = chance.choice([0, chance.randrange(len(octets))])
            stop = chance.choice([len(octets), min(len(octets), start + 1 + chance.randrange(30))])
            events.append(Data(side, octets[:start], packet, packet))
            events.append(Gap(side, stop - start, GapReason.LOST, packet, packet))
        if octets[stop:]:
            events.append(Data(side, octets[stop:], packet, packet))
    return [event for event in events if not isinstance(event, Data) or event.data]


@pytest.mark.parametrize("later", WAYS)
@pytest.mark.parametrize("earlier", WAYS)
def test_the_mail_after_the_next_is_right_and_certain(earlier: str, later: str) -> None:
    """G158: the mail after the next is right and certain."""
    first = [*GREETED, *WAYS[earlier](1), *WAYS[earlier](2)]
    said = [*first, *WAYS[later](3), *WAYS[later](4), (C, b"QUIT\r\n"), (S, b"221 Bye\r\n")]
    sent = {line for side, octets in said if side is C for line in octets.split(b"\r\n")}
    chance = random.Random(earlier + later)
    for _ in range(HOLES):
        session = SmtpSession(Transport.TCP)
        events = _with_a_hole(said, len(first), chance)
        for event in events:
            session.feed(event)
        session.finish()
        commands = [event for event in session.dialogue.events if isinstance(event, Command)]
        last = session.dialogue.transactions[-1]
        assert (last.sender, last.outcome, last.queue_id) == (
            "a4@x.example",
            TransactionOutcome.ACCEPTED,
            "ABCDEF4",
        ), events
        assert last.content is not None
        assert (last.content.kept, last.content.complete) == (BODY, True)
        assert [command.verb for command in commands[-4:]][::3] == ["MAIL", "QUIT"]
        assert all(command.certain for command in commands[-4:])
        surely = [command.line for command in commands if command.certain]
        assert set(surely) <= sent - {b"MAIL FROM:<not@a.command>"}
        assert (surely.count(b"QUIT"), surely.count(b"DATA") <= 4) == (1, True)


def _seconds(mails: int) -> float:
    """How long a conversation of so many mails takes."""
    said = [*GREETED, *[step for number in range(mails) for step in _waiting(number)]]
    events = [Data(side, octets, packet, packet) for packet, (side, octets) in enumerate(said, 1)]
    session = SmtpSession(Transport.TCP)
    gc.disable()  # as the analyzer does: what other tests have left behind must not be looked through in this time
    try:
        started = time.process_time()
        for event in events:
            session.feed(event)
        session.finish()
        seconds = time.process_time() - started
    finally:
        gc.enable()
    assert len(session.dialogue.transactions) == mails
    return seconds


def test_four_times_the_mails_take_about_four_times_as_long() -> None:
    small = min(_seconds(1000) for _ in range(3))
    large = min(_seconds(4000) for _ in range(3))
    assert large / small < 4 * 1.8
