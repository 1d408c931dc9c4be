"""Connections that open, are refused, stay unanswered, break off; and packets that belong to another's step."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mailtrace.explain.summary import happened, result
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import ClosedHow, Flags, GapReason, Mark, Step, StepKind
from tests.explain.making import CLIENT, SERVER, Talk, analysis


def told(talk: Talk) -> tuple[Step, ...]:
    """Return the steps of one conversation."""
    (walkthrough,) = walkthroughs(analysis(talk.conversation()))
    return walkthrough.steps


def test_a_refused_connection() -> None:
    talk = Talk("unknown")
    talk.packet(1, 0.0, CLIENT, Flags.SYN)
    talk.packet(2, 0.1, SERVER, Flags.RST | Flags.ACK)
    (step,) = told(talk)
    assert (step.packets, step.says) == ((1, 2), ("TCP connection to port 25 (SMTP) refused",))
    assert "no service listens" in step.means
    assert (happened(talk.conversation()), result(talk.conversation())) == (
        "tries to connect to port 25",
        "refused (RST)",
    )


def test_an_unanswered_connection_tells_its_repeats() -> None:
    talk = Talk("unknown")
    for number, seconds in ((1, 0.0), (2, 1.0), (3, 3.0)):
        talk.packet(number, seconds, CLIENT, Flags.SYN, back=talk.sent[CLIENT])
    (step,) = told(talk)
    assert step.packets == (1, 2, 3)
    assert "sent 3 times (again after 1 and 3 s)" in step.means
    assert "firewall" in step.means
    assert result(talk.conversation()) == "no answer"


def test_an_answer_that_had_to_be_repeated() -> None:
    talk = Talk()
    talk.packet(1, 0.0, CLIENT, Flags.SYN)
    talk.packet(2, 0.1, SERVER, Flags.SYN | Flags.ACK)
    talk.ack(3, 0.2, CLIENT)
    talk.packet(4, 1.1, SERVER, Flags.SYN | Flags.ACK, mark=Mark.RETRANSMISSION, back=1)
    talk.ack(5, 1.2, CLIENT)
    (step,) = told(talk)
    assert (step.packets, step.acks) == ((1, 2, 3, 4), (5,))
    assert "The SYN+ACK was sent 2 times" in step.means


def test_a_capture_that_starts_in_the_middle() -> None:
    talk = Talk()
    talk.command(7, 0.0, "QUIT")
    steps = told(talk)
    assert [step.packets for step in steps] == [(7,), (7,)]
    assert "starts in the middle" in steps[0].says[0]


def test_one_direction_only_is_no_refusal() -> None:
    talk = Talk()
    talk.packet(1, 0.0, CLIENT, Flags.SYN)
    talk.ack(2, 0.1, CLIENT)
    talk.command(3, 0.2, "EHLO a.b")
    steps = told(talk)
    assert [step.packets for step in steps] == [(1,), (3,)]
    assert "SYN+ACK was not captured" in steps[0].means


def test_both_sides_close_and_the_first_is_named() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(4, 0.1, "220", "x ESMTP")
    talk.fin(5, 0.2, SERVER)
    talk.fin(6, 0.3, CLIENT)
    talk.ack(7, 0.4, SERVER)
    step = told(talk)[-1]
    assert (step.kind, step.packets, step.acks) == (StepKind.CLOSE, (5, 6), (7,))
    assert step.says == ("connection closed: first by 10.0.0.2, then by 10.0.0.1",)
    assert step.speaker == "10.0.0.2"


def test_a_half_closed_connection_goes_on() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.command(4, 0.1, "QUIT")
    talk.fin(5, 0.2, CLIENT)
    talk.reply(6, 0.3, "221", "bye")
    talk.fin(7, 0.4, SERVER)
    steps = told(talk)
    assert [step.packets for step in steps[1:]] == [(4,), (5,), (6,), (7,)]
    assert steps[2].says == ("10.0.0.1 closes its side of the connection",)
    assert steps[4].says == ("10.0.0.2 closes its side too",)


def test_a_fin_with_the_last_words_shares_their_packet() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(4, 0.1, "221", "bye")
    talk.packets[-1] = replace(talk.packets[-1], flags=int(Flags.FIN | Flags.ACK))
    steps = told(talk)
    assert [(step.kind, step.packets) for step in steps[1:]] == [(StepKind.REPLY, (4,)), (StepKind.CLOSE, (4,))]
    assert "The FIN comes in the packet of the last words." in steps[-1].means


@pytest.mark.parametrize(("closed_before", "says"), [(False, "broken off by"), (True, "answers with RST")])
def test_a_reset(closed_before: bool, says: str) -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    if closed_before:
        talk.fin(4, 0.1, SERVER)
    talk.command(5, 0.2, "EHLO a.b")
    talk.packet(6, 0.3, SERVER, Flags.RST)
    talk.closed = ClosedHow.RST
    assert says in told(talk)[-1].says[0]


def test_hanging_up_without_quit_is_told_once() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.command(4, 0.1, "EHLO a.b")
    talk.fin(5, 0.2, CLIENT)
    talk.fin(6, 0.3, SERVER)
    assert "Nobody said QUIT" in told(talk)[-1].means


def test_a_repeat_belongs_to_what_it_repeats() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    command = talk.command(4, 0.1, "EHLO a.b")
    talk.packet(5, 0.4, CLIENT, Flags.ACK, len(command.line) + 2, Mark.RETRANSMISSION, back=len(command.line) + 2)
    talk.ack(6, 0.5, SERVER)
    step = told(talk)[-1]
    assert (step.packets, step.acks) == ((4, 5), (6,))
    assert step.says == ("EHLO a.b", "(packet 5 sends octets of packet 4 again, 0.30 s later)")


def test_keep_alives_and_unread_octets_have_steps() -> None:
    talk = Talk("unknown", port=2525)
    talk.handshake(1, 0.0)
    talk.data(4, 0.1, CLIENT, 10)
    talk.data(5, 0.2, SERVER, 1)
    talk.packet(6, 60.0, CLIENT, Flags.ACK, 0, Mark.KEEP_ALIVE, back=1)
    steps = told(talk)
    assert [step.packets for step in steps] == [(1, 2, 3), (4, 5), (6,)]
    assert steps[1].says == ("(10 octets from the client and 1 octet from the server, not told in detail)",)
    assert "keep-alive" in steps[2].says[0]


def test_a_gap_stands_before_what_follows_it() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.command(4, 0.1, "EHLO a.b")
    talk.gap(9, 0.6, CLIENT, 1000, GapReason.NOT_CAPTURED)
    talk.command(5, 0.2, "QUIT")
    talk.reply(6, 0.3, "221", "bye")
    steps = told(talk)
    assert [step.says[0] for step in steps[1:]] == [
        "EHLO a.b",
        "(1,000 octets missing from the capture)",
        "QUIT",
        "221 bye",
    ]
    assert "the capture missed them, not the network" in steps[2].means
