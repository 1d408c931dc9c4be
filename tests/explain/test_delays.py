"""Why a step came late: certain where the capture proves it, likely where it does not."""

from __future__ import annotations

import pytest

from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Command, Conversation, Flags, Lookup, Mark, Outcome, Reply, Step, Turn
from tests.explain.making import CLIENT, SERVER, Talk, analysis, at, lookup, resolver

SENDMAIL = "mail.naver.com ESMTP Sendmail 8.15.2"
POSTFIX = "mail.nate.com ESMTP Postfix"


def told(*conversations: Conversation) -> tuple[Step, ...]:
    """Return the steps of the first conversation."""
    return walkthroughs(analysis(*conversations))[0].steps


def greeted(seconds: float, said: str) -> Conversation:
    """Return a connection opened at 0 and greeted by packet 20."""
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(20, seconds, "220", said)
    return talk.conversation()


def ident(answered: bool) -> Conversation:
    """Return the server's ident question, refused at once or repeated after 1 and 3 s."""
    talk = Talk("ident", "10.0.0.2", "10.0.0.1", 113, number=2)
    talk.packet(5, 0.002, CLIENT, Flags.SYN)
    if answered:
        talk.packet(6, 0.0021, SERVER, Flags.RST | Flags.ACK)
    else:
        for number, seconds in ((6, 1.002), (7, 3.002)):
            talk.packet(number, seconds, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION, back=1)
    talk.caused_by = 1
    return talk.conversation()


@pytest.mark.parametrize(
    ("seconds", "said", "answered", "expected"),
    [
        (5.002, SENDMAIL, False, "It comes 5.00 s late because of step 2: the server waited for the ident answer"),
        (
            6.002,
            SENDMAIL,
            False,
            "It comes 6.00 s late because of step 2: Sendmail waits 5 s for ident. The other 1.00 s",
        ),
        (
            1.003,
            SENDMAIL,
            True,
            "Step 2 is not the reason, it was over at once: most likely this is Sendmail's greeting",
        ),
        (1.003, POSTFIX, True, "Step 2 is not the reason, it was over at once: most likely the server pauses"),
    ],
)
def test_the_greeting_waits_for_ident_or_for_something_else(
    seconds: float, said: str, answered: bool, expected: str
) -> None:
    steps = told(greeted(seconds, said), ident(answered))
    assert expected in steps[2].means


def test_a_late_greeting_without_any_cause_in_the_capture() -> None:
    assert "most likely it is Sendmail's pause on purpose" in told(greeted(1.003, SENDMAIL))[1].means
    assert "What the server did meanwhile is not in this capture" in told(greeted(1.003, POSTFIX))[1].means
    assert "after the connection opened" not in told(greeted(0.3, POSTFIX))[1].means


def test_a_connection_stands_when_it_was_agreed_on_and_not_when_that_was_said_again() -> None:
    """Lab capture 08, packets 5 to 28: the client's last word of the handshake was lost behind the capture."""
    talk = Talk()
    talk.handshake(5, 0.0)
    talk.packet(12, 1.025, SERVER, Flags.SYN | Flags.ACK, 0, Mark.RETRANSMISSION, back=1)
    talk.ack(13, 1.026, CLIENT)
    talk.reply(28, 2.105, "220", SENDMAIL)
    greeting = told(talk.conversation())[1].means
    assert "It comes 2.10 s after the connection opened, which adds up so: lost packets of 10.0.0.1" in greeting


def test_the_greeting_waits_for_a_lookup() -> None:
    slow = lookup((5, 6), 0.1, "PTR", "1.0.0.10.in-addr.arpa", "SERVFAIL", caused_by=1, duration=4.0)
    steps = told(greeted(4.2, POSTFIX), resolver(2, slow))
    assert "because the server waited for step 2" in steps[2].means
    assert "The answer took 4.00 s." in steps[1].means


def test_questions_told_together_do_not_wait_for_each_other() -> None:
    """Report B, packets 3 and 14: six seconds lie between two questions that have nothing to do with each other."""
    first = lookup((1, 2), 0.0, "A", "a.example", answers=("192.0.2.1",))
    second = lookup((3, 4), 6.0, "MX", "b.example", answers=("10 mail.b.example.",))
    steps = told(resolver(1, first), resolver(2, second))
    assert [step.packets for step in steps] == [(1, 2), (3, 4)]
    assert "before it" not in steps[1].means


def test_an_answer_waits_for_a_lookup_that_was_asked_twice() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.command(4, 0.1, "MAIL FROM:<a@b.c>")
    talk.reply(9, 5.3, "250", "ok")
    asked: Lookup = lookup((5, 6, 7, 8), 0.2, "A", "b.c", answers=("192.0.2.1",), caused_by=1, duration=1.7, retries=1)
    asked.missed_ns = 5_100_000_000
    steps = told(talk.conversation(), resolver(2, asked))
    assert "it never arrived, so that the lookup took 5.10 s" in steps[2].means
    assert "The 5.10 s before it are the time step 3 took." in steps[3].means


def test_a_repeat_explains_the_time_before_the_next_step() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    command = talk.command(4, 0.1, "EHLO a.b")
    talk.packet(5, 2.1, CLIENT, Flags.ACK, len(command.line) + 2, Mark.RETRANSMISSION, back=len(command.line) + 2)
    talk.reply(6, 2.2, "250", "hello")
    assert "Step 2 took most of the 2.10 s before it" in told(talk.conversation())[2].means
    assert "(packet 5)" in told(talk.conversation())[2].means


def test_who_let_the_other_wait() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(4, 0.1, "220", "x ESMTP")
    talk.command(5, 3.1, "EHLO a.b")
    talk.reply(6, 5.1, "250", "hello")
    talk.fin(7, 65.1, SERVER)
    steps = told(talk.conversation())
    assert "The server had to wait 3.00 s for it: 10.0.0.1 took its time." in steps[2].means
    assert "10.0.0.2 took 2.00 s to answer." in steps[3].means
    assert "10.0.0.2 waited 60.0 s before that." in steps[4].means


def test_who_closes_waited_since_the_last_word_not_since_the_first_of_many() -> None:
    """An encrypted part is one step, however long it takes."""
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.command(4, 0.1, "STLS")
    talk.reply(5, 0.2, "+OK", "begin")
    talk.dark(6, 0.3, "starttls")
    talk.data(6, 0.3, CLIENT, 50)
    talk.data(7, 4.9, SERVER, 90)
    talk.fin(8, 4.901, SERVER)
    steps = told(talk.conversation())
    assert steps[-1].packets == (8,)
    assert "waited" not in steps[-1].means


def test_a_long_way_is_no_fault_of_anybody() -> None:
    talk = Talk()
    talk.packet(1, 0.0, CLIENT, Flags.SYN)
    talk.packet(2, 0.6, SERVER, Flags.SYN | Flags.ACK)
    talk.ack(3, 0.6001, CLIENT)
    talk.reply(4, 0.7, "220", "x ESMTP")
    talk.command(5, 0.8, "EHLO a.b")
    talk.reply(6, 1.4, "250", "hello")
    assert "the way to the other side and back alone takes about 0.60 s" in told(talk.conversation())[3].means


def test_a_greeting_that_waits_for_several_things_is_added_up() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(20, 4.0, "220", POSTFIX)
    slow = lookup((5, 6), 0.2, "PTR", "1.0.0.10.in-addr.arpa", "SERVFAIL", caused_by=1, duration=1.5)
    steps = told(talk.conversation(), resolver(2, slow))
    assert (
        "It comes 4.00 s after the connection opened, which adds up so: 10.0.0.2 before its greeting 2.50 s (packets "
        "3, 5-6, 20) + lookup PTR 1.0.0.10.in-addr.arpa 1.50 s (packets 5-6)."
    ) in steps[2].means


def test_the_greeting_is_as_late_as_a_time_out() -> None:
    assert "as long as programs wait for an answer that does not come" in told(greeted(5.003, POSTFIX))[1].means


def test_a_greeting_in_parts_and_a_line_typed_key_by_key() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.data(4, 0.1, SERVER, 30)
    talk.data(5, 6.1, SERVER, 30)
    first = Reply("220", Outcome.GOOD, (b"a", b"b"), 5, at(6.1), (4, 5))
    talk.dialogue.turns.append(Turn(None, [first]))
    talk.dialogue.events.append(first)
    for number in range(6, 12):
        talk.data(number, 5.2 + 0.2 * number, CLIENT, 1)
    typed = Command("HELO", b"HELO", 4, 11, at(7.4), tuple(range(6, 12)))
    talk.dialogue.turns.append(Turn(typed))
    talk.dialogue.events.append(typed)
    talk.waiting.append(talk.dialogue.turns[-1])
    talk.reply(12, 7.5, "250", "hello")
    steps = told(talk.conversation())
    assert "Its last line comes 6.00 s after the first." in steps[1].means
    assert "The 6.30 s before it are the time step 2 took." in steps[2].means
    assert "Of the 1.10 s before it, 1.00 s are those in which step 3 was typed, key by key" in steps[3].means
