"""What the packets tell of the network: set-up, losses, ways, and sides that wait for each other."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mailtrace.explain.waits import waits
from mailtrace.model import Flags, Mark, Side, TlsFacts, TlsMessage, WaitKind
from tests.explain.making import CLIENT, SERVER, Talk
from tests.explain.waits.tiling import longest, told

SYN_ACK = Flags.SYN | Flags.ACK


def test_a_syn_is_sent_again_until_somebody_answers() -> None:
    talk = Talk()
    talk.packet(1, 0, CLIENT, Flags.SYN)
    talk.packet(2, 1, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION, back=1)
    talk.packet(3, 3, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION, back=1)
    talk.packet(4, 3.1, SERVER, SYN_ACK)
    talk.ack(5, 3.2, CLIENT)
    talk.reply(6, 3.3, "220", "x")
    assert told(talk.conversation()) == [
        ("syn-retransmission", 3.0, "", (1, 2, 3)),
        ("connect", 0.2, "", (3, 4, 5)),
        ("greeting", 0.1, "", (5, 6)),
    ]


def test_nobody_answers() -> None:
    talk = Talk()
    talk.packet(1, 0, CLIENT, Flags.SYN)
    talk.packet(2, 1, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION, back=1)
    assert told(talk.conversation()) == [("syn-retransmission", 1.0, "", (1, 2))]


def test_refused() -> None:
    talk = Talk()
    talk.packet(1, 0, CLIENT, Flags.SYN)
    talk.packet(2, 0.2, SERVER, Flags.RST | Flags.ACK)
    assert told(talk.conversation()) == [("connect", 0.2, "", (1, 2))]


def test_a_client_that_is_refused_tries_again() -> None:
    """As in a capture of Zeek's, where each of three SYNs is answered with RST."""
    talk = Talk()
    for number, at in ((1, 0), (3, 0.5), (5, 1.0)):
        talk.packet(
            number, at, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION if number > 1 else Mark.NONE, back=number > 1
        )
        talk.packet(number + 1, at + 0.05, SERVER, Flags.RST | Flags.ACK)
    assert told(talk.conversation()) == [
        ("connect", 0.05, "", (1, 2)),
        ("client", 0.45, "retry", (2, 3)),
        ("connect", 0.05, "", (3, 4)),
        ("client", 0.45, "retry", (4, 5)),
        ("connect", 0.05, "", (5, 6)),
    ]


def handshake_of_tls(
    *messages: tuple[int, float, Side, str], octets: int = 90
) -> list[tuple[str, float, str, tuple[int, ...]]]:
    """Return the waits of TLS in a connection that is opened at 0 and begins with packet 4."""
    talk = Talk()
    talk.handshake(1, 0)
    facts = talk.dialogue.tls = TlsFacts(unread="no-keys", client_octets=octets)
    for number, at, side, name in messages:
        talk.data(number, at, side, 100)
        if name:
            facts.messages.append(TlsMessage(side, name, number, talk.packets[-1].time_ns))
    return [wait for wait in told(talk.conversation()) if wait[0] == "tls-handshake"]


def test_tls_is_agreed_upon_with_the_first_hidden_finished_of_both() -> None:
    """What is encrypted later, and the alert that closes, are no more of it. RFC 5246 section 7.3."""
    begun = ((4, 0.1, CLIENT, "ClientHello"), (5, 0.2, SERVER, "ServerHello"), (6, 0.3, CLIENT, "encrypted"))
    agreed = (*begun, (7, 0.4, SERVER, "encrypted"))
    later = ((8, 3.0, CLIENT, ""), (9, 5.0, CLIENT, "encrypted"), (10, 9.0, CLIENT, "Alert"))
    assert handshake_of_tls(*agreed, *later) == [("tls-handshake", 0.3, "", (4, 7))]
    assert handshake_of_tls(*begun, (10, 9.0, CLIENT, "Alert")) == [("tls-handshake", 0.2, "", (4, 6))]
    refused = (*begun, (10, 0.9, SERVER, "Alert"))
    assert handshake_of_tls(*refused, octets=0) == [("tls-handshake", 0.8, "", (4, 10))]


def test_tls_that_hides_the_end_is_agreed_upon_before_the_client_speaks() -> None:
    hidden = (
        (4, 0.1, CLIENT, "ClientHello"),
        (5, 0.2, SERVER, "ServerHello"),
        (6, 0.3, SERVER, ""),
        (7, 0.4, CLIENT, ""),
    )
    assert handshake_of_tls(*hidden, (8, 2.0, CLIENT, "")) == [("tls-handshake", 0.3, "", (4, 7))]


def test_an_answer_to_a_syn_that_comes_late_was_to_a_later_one() -> None:
    """Lab capture 08, packets 85 to 89: the switch held the third SYN back until the answer to it was there."""
    talk = Talk()
    talk.packet(85, 0, CLIENT, Flags.SYN)
    talk.packet(86, 1.013, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION, back=1)
    talk.packet(87, 2.037, SERVER, SYN_ACK)
    talk.ack(88, 2.040, CLIENT)
    talk.packet(89, 2.045, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION, back=1)
    talk.reply(100, 2.1, "220", "x")
    assert told(talk.conversation())[:2] == [
        ("syn-retransmission", 2.037, "", (85, 86, 87)),
        ("connect", 0.003, "", (87, 88)),
    ]


def opened() -> Talk:
    """Return a connection opened and greeted by packet 4."""
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(4, 0.1, "220", "x ESMTP")
    return talk


def test_a_reply_is_lost_and_sent_again() -> None:
    talk = opened()
    talk.command(5, 0.2, "NOOP")
    reply = talk.reply(6, 0.3, "250", "ok")
    length = sum(len(line) + 6 for line in reply.lines)
    talk.packet(7, 0.5, CLIENT, Flags.ACK | Flags.PSH, 6, Mark.RETRANSMISSION, back=6)
    talk.packets[-1] = replace(talk.packets[-1], acknowledged=talk.sent[SERVER] - length)
    talk.packet(8, 1.9, SERVER, Flags.ACK | Flags.PSH, length, Mark.RETRANSMISSION, back=length)
    talk.command(9, 2.0, "QUIT")
    assert longest(talk.conversation()) == [("retransmission", 1.6, "", (6, 8))]


def test_what_was_acknowledged_is_repeated_for_nothing() -> None:
    talk = opened()
    command = talk.command(5, 0.2, "NOOP")
    talk.ack(6, 0.21, SERVER)
    length = len(command.line) + 2
    talk.packet(7, 0.5, CLIENT, Flags.ACK | Flags.PSH, length, Mark.RETRANSMISSION, back=length)
    talk.reply(8, 3.2, "250", "ok")
    assert longest(talk.conversation()) == [("server", 3.0, "NOOP", (5, 8))]


def test_the_last_word_of_the_handshake_is_lost() -> None:
    """Lab capture 08, packets 6, 7 and 12: captured, and lost behind the capture. So the client's packet was lost."""
    talk = Talk()
    talk.handshake(5, 0.0)
    talk.packet(12, 1.025, SERVER, SYN_ACK, 0, Mark.RETRANSMISSION, back=1)
    talk.ack(13, 1.026, CLIENT)
    talk.reply(28, 2.1, "220", "x")
    assert next(wait.side for wait in waits(talk.conversation()) if wait.kind is WaitKind.LOSS) is CLIENT
    assert longest(talk.conversation()) == [
        ("retransmission", 1.025, "", (7, 12)),
        ("greeting", 1.075, "", (12, 28)),
    ]


def transfer(first: int, silence: float, second: int, acks: bool = True, way: float = 0.0001) -> list[tuple]:  # type: ignore[type-arg]
    """Return the waits of at least 10 ms of a mail in two pieces; an acknowledgement comes between, then the second."""
    talk = Talk()
    talk.packet(1, 0, CLIENT, Flags.SYN)
    talk.packet(2, way, SERVER, SYN_ACK)
    talk.ack(3, way + 0.0001, CLIENT)
    talk.reply(4, 1.1, "220", "x ESMTP")
    talk.command(5, 1.101, "DATA")
    talk.reply(6, 1.102, "354", "go on")
    talk.data(7, 1.103, CLIENT, first)
    if not acks:
        talk.ack(8, 1.1031, SERVER)
    talk.ack(9, 1.1031 + silence, SERVER)
    talk.data(10, 1.1032 + silence, CLIENT, second)
    talk.content("DATA", (7, 10), b"x")
    talk.reply(11, 1.104 + silence, "250", "taken")
    return [each for each in told(talk.conversation()) if each[1] >= 0.01 and each[0] != "greeting"]


def test_report_b_frames_89_to_91_are_a_delayed_ack() -> None:
    assert transfer(72, 0.052, 346) == [("delayed-ack", 0.052, "", (7, 9, 10))]


@pytest.mark.parametrize(
    ("first", "silence", "second", "acks", "way", "expected"),
    [
        (72, 0.7, 346, True, 0.0001, "transfer"),  # nobody delays an acknowledgement so long
        (1460, 0.052, 1460, True, 0.0001, "transfer"),  # nothing was kept back
        (1460, 0.052, 3, True, 0.04, "transfer"),  # the way alone takes that long
        (1460, 0.4, 1460, False, 0.0001, "zero-window"),  # acknowledged before, so it says that there is room again
    ],
)
def test_other_silences_within_a_mail(
    first: int, silence: float, second: int, acks: bool, way: float, expected: str
) -> None:
    assert [each[0] for each in transfer(first, silence, second, acks, way) if each[0] != "connect"] == [expected]


def test_a_receiver_without_room_is_probed() -> None:
    talk = opened()
    talk.command(5, 0.2, "DATA")
    talk.reply(6, 0.3, "354", "go on")
    talk.data(7, 0.4, CLIENT, 1460)
    talk.ack(8, 0.401, SERVER)
    talk.packet(9, 0.8, CLIENT, Flags.ACK, 0, Mark.KEEP_ALIVE, back=1)
    talk.ack(10, 0.801, SERVER)
    talk.packet(11, 1.8, CLIENT, Flags.ACK, 0, Mark.KEEP_ALIVE, back=1)
    talk.ack(12, 2.6, SERVER)
    talk.data(13, 2.601, CLIENT, 1460)
    talk.content("DATA", (7, 13), b"x")
    talk.reply(14, 2.7, "250", "taken")
    assert longest(talk.conversation(), least=0.3) == [
        ("zero-window", 0.399, "", (8, 9, 10)),
        ("zero-window", 0.999, "", (10, 11, 12)),
        ("zero-window", 0.8, "", (11, 12, 13)),
    ]


def test_a_long_way_is_nobodys_fault() -> None:
    talk = Talk()
    talk.packet(1, 0.0, CLIENT, Flags.SYN)
    talk.packet(2, 0.6, SERVER, SYN_ACK)
    talk.ack(3, 0.6001, CLIENT)
    talk.reply(4, 0.7, "220", "x ESMTP")
    talk.command(5, 0.8, "EHLO a.b")
    talk.reply(6, 3.4, "250", "hello")
    assert longest(talk.conversation()) == [
        ("connect", 0.6, "", (1, 2, 3)),
        ("network", 0.6, "", (5,)),
        ("server", 2.0, "EHLO", (5, 6)),
    ]
