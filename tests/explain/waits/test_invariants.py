"""Waits tile the duration of any conversation: each nanosecond once, whatever was captured, said or done meanwhile."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from mailtrace.explain.waits import Causes, waits
from mailtrace.explain.waits.table import conversation_times
from mailtrace.model import NO_TIME, Conversation, Flags, GapReason, Mark, Side, TlsFacts, TlsMessage
from tests.explain.making import Talk, lookup
from tests.explain.waits.tiling import broken

FLAGS = some.sampled_from(
    [Flags.SYN, Flags.SYN | Flags.ACK, Flags.ACK, Flags.FIN | Flags.ACK, Flags.RST, Flags.PSH | Flags.ACK]
)
STEP = some.tuples(
    some.sampled_from(["packet", "packet", "command", "reply", "content", "continuation", "dark", "gap", "tls"]),
    some.floats(-0.2, 8, allow_nan=False),
    some.sampled_from(list(Side)),
    FLAGS,
    some.sampled_from(list(Mark)),
    some.integers(0, 1500),
    some.sampled_from(["MAIL FROM:<a@b.c>", "DATA", "BDAT 5", "QUIT", "RETR 1", "IDLE", "FETCH 1", "APPEND x"]),
    some.sampled_from(["220", "250", "354", "451", "+OK", "-ERR"]),
    some.sampled_from(["DATA", "BDAT", "RETR", "FETCH", "APPEND", "XMIT"]),
)
CAUSE = some.tuples(
    some.floats(-2, 30, allow_nan=False),
    some.one_of(some.none(), some.floats(0, 12, allow_nan=False)),
    some.sampled_from(["10.0.0.1", "10.0.0.2"]),
    some.sampled_from(["PTR", "A", "TXT"]),
)
IDENT = some.lists(some.tuples(some.floats(0, 6, allow_nan=False), some.sampled_from(list(Side)), FLAGS), min_size=1)
GREETINGS = some.sampled_from(["", "x ESMTP Sendmail 8.17", "x ESMTP Exim 4.96", "x ESMTP Postfix"])


def made(steps: list[Any], greeting: str, handshake: bool, protocol: str) -> Conversation:
    """Return the conversation that steps make; each adds a packet, and most what it says."""
    talk = Talk(protocol)
    number, seconds = 4, 0.001
    if handshake:
        talk.handshake(1, 0.0)
    else:
        talk.ack(3, 0.0, Side.CLIENT)
    if greeting:
        talk.reply(number, seconds + 1.003, "220", greeting)
        seconds += 1.003
    for what, later, side, flags, mark, length, line, status, how in steps:
        number, seconds = number + 1, seconds + later
        match what:
            case "command":
                talk.command(number, seconds, line)
            case "reply":
                talk.reply(number, seconds, status, "x")
            case "continuation":
                talk.continuation(number, seconds, "x", ())
            case "content":
                talk.data(number, seconds, side, length)
                numbers = sorted(packet.number for packet in talk.packets)
                talk.content(how, (numbers[length % len(numbers)], number), b"x")
            case "tls":
                talk.data(number, seconds, side, length)
                facts = talk.dialogue.tls = talk.dialogue.tls or TlsFacts(unread="x")
                name = ("ClientHello", "Finished", "encrypted")[length % 3]
                facts.messages.append(TlsMessage(side, name, number, talk.packets[-1].time_ns))
            case _:
                talk.packet(number, seconds, side, flags, length, mark, back=length % 7)
                if what == "dark":
                    talk.dark(number, seconds, "starttls")
                elif what == "gap":
                    talk.gap(number, seconds, side, 5, GapReason.LOST)
    return talk.conversation()


def found_for(lookups: list[Any], idents: list[Any]) -> Causes:
    """Return lookups and ident calls; their packets are numbered from 1000."""
    causes = Causes()
    for seconds, took, client, type_ in lookups:
        asked = lookup((1000, 1001), seconds, type_, "1.0.0.10.in-addr.arpa", duration=took, client=client)
        causes.lookups.append(asked)
    for packets in idents:
        talk = Talk("ident", "10.0.0.2", "10.0.0.1", 113, number=2)
        for later, side, flags in packets:
            talk.packet(1000, 0.002 + later, side, flags)
        causes.idents.append(talk.conversation())
    return causes


@settings(max_examples=400, deadline=None)
@given(
    some.lists(STEP, max_size=30), GREETINGS, some.booleans(), some.lists(CAUSE, max_size=5),
    some.lists(IDENT, max_size=2), some.sampled_from(["smtp", "imap", "pop3", "dns", "tls", "unknown"]),
)  # fmt: skip
def test_waits_tile_any_conversation(
    steps: list[Any], greeting: str, handshake: bool, lookups: list[Any], idents: list[Any], protocol: str
) -> None:
    conversation = made(steps, greeting, handshake, protocol)
    causes = found_for(lookups, idents)
    if protocol == "dns":
        conversation.dialogue.lookups.extend(causes.lookups)
    waited = waits(conversation, causes)
    assert broken(conversation, waited, (1000, 1001)) == []
    brief = Conversation(
        conversation.id, conversation.protocol, conversation.key, 0, conversation.packets[:1], conversation.dialogue,
        True, conversation.closed, numbers=(*conversation.numbers, 999),
    )  # fmt: skip
    brief.packets += conversation.packets[-1:]
    assert broken(brief, waits(brief), (1000, 1001)) == []
    table = conversation_times(conversation, waited, ("client", "server"))
    if table is not None:
        assert table.total_ns == conversation.end_ns - conversation.start_ns
        assert sum(share.duration_ns for share in table.shares) == table.total_ns
        spans = sorted(span for share in table.shares for span in share.spans)
        assert sum(length for _, length in spans) == table.total_ns


def test_no_time_no_waits() -> None:
    talk = Talk()
    talk.ack(1, 0, Side.CLIENT)
    assert waits(talk.conversation()) == ()
    talk.packets = [replace(talk.packets[0], time_ns=NO_TIME)]
    assert waits(talk.conversation()) == ()


def test_thousands_of_exchanges_and_lookups_take_no_longer_each() -> None:
    """A tile is looked at once for each layer: with every lookup looked at for every tile this would take minutes."""
    talk = Talk()
    talk.handshake(1, 0.0)
    causes = Causes()
    for turn in range(10_000):
        talk.command(10 + 2 * turn, turn + 0.1, "NOOP")
        talk.reply(11 + 2 * turn, turn + 0.9, "250", "ok")
        causes.lookups.append(lookup((1,), turn + 0.2, "A", "x", duration=0.5))
    conversation = talk.conversation()
    found = waits(conversation, causes)
    assert broken(conversation, found) == []
    assert len(found) == 1 + 4 * 10_000  # the handshake; then client, server, lookup, server
