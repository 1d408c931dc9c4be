"""What a server did before it greeted and before it answered, as far as the capture and known programs tell."""

from __future__ import annotations

import pytest

from mailtrace.explain.waits import Causes, causes
from mailtrace.model import Conversation, Flags, Lookup, Mark
from tests.explain.making import CLIENT, SERVER, Talk, lookup, resolver
from tests.explain.waits.tiling import longest, told

SENDMAIL = "mail.naver.com ESMTP Sendmail 8.15.2"
EXIM = "mail.nate.com ESMTP Exim 4.96"
POSTFIX = "mail.nate.com ESMTP Postfix"


def greeted(seconds: float, said: str) -> Conversation:
    """Return a connection opened at 0 and greeted by packet 20."""
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(20, seconds, "220", said)
    return talk.conversation()


def ident(*tries: float, answer: str = "", answered: float = 0.0021) -> Conversation:
    """Return the server's ident call, tried at these times; the answer is `refused`, `answered` or none."""
    talk = Talk("ident", "10.0.0.2", "10.0.0.1", 113, number=2)
    talk.packet(5, tries[0], CLIENT, Flags.SYN)
    for number, seconds in enumerate(tries[1:], 6):
        talk.packet(number, seconds, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION, back=1)
    if answer == "refused":
        talk.packet(9, answered, SERVER, Flags.RST | Flags.ACK)
    elif answer:
        talk.packet(9, answered, SERVER, Flags.SYN | Flags.ACK)
        talk.reply(10, answered + 0.03, "+OK", "USERID : UNIX : lee")
    talk.caused_by = 1
    return talk.conversation()


def asked(*conversations: Conversation) -> Causes:
    """Return what these are for conversation 1."""
    return causes(conversations).get(1, Causes())


@pytest.mark.parametrize(
    ("conversation", "call", "expected"),
    [
        # Report A: no pause was set. The lab's 02 the same, 5.005 s.
        (greeted(5.019, SENDMAIL), ident(0.025, 3.015), [("ident", 4.994, "unanswered", (5, 6))]),
        # Report B, Kim: five seconds of ident, one of pause.
        (
            greeted(6.0044, SENDMAIL),
            ident(0.002, 1.002, 3.002),
            [("ident", 5.0, "unanswered", (5, 6, 7)), ("greet-pause", 1.002, "", (7, 20))],
        ),
        # Report B, Lee: refused at once, so the second has another reason.
        (greeted(1.0055, SENDMAIL), ident(0.0019, answer="refused"), [("greet-pause", 1.003, "", (9, 20))]),
        # The lab: identd answers, 1.04 s.
        (greeted(1.04, SENDMAIL), ident(0.002, answer="answered"), [("greet-pause", 1.008, "", (10, 20))]),
        # The lab: told that it is prohibited, tried once more, given up, and then the pause.
        (
            greeted(2.003, SENDMAIL),
            ident(0.002, 1.002),
            [("ident", 1.0, "unanswered", (5, 6)), ("greet-pause", 1.001, "", (6, 20))],
        ),
        # Exim does not pause; who knows how long another program waits.
        (greeted(5.01, EXIM), ident(0.002, 1.002), [("ident", 5.008, "unanswered", (5, 6))]),
        (greeted(9.5, POSTFIX), ident(0.002, 1.002), [("ident", 9.498, "unanswered", (5, 6))]),
        (greeted(30.002, SENDMAIL), ident(0.002, 1, 3, 7, 15), [("ident", 30.0, "unanswered", (5, 6, 7, 8, 9))]),
    ],
)
def test_the_greeting_waits_for_ident_and_pauses(
    conversation: Conversation, call: Conversation, expected: list[object]
) -> None:
    assert longest(conversation, asked(call)) == expected


def test_a_refused_ident_costs_nothing_and_is_told() -> None:
    found = told(greeted(1.0055, SENDMAIL), asked(ident(0.0019, answer="refused", answered=0.0041)))
    assert [each for each in found if each[0] == "ident"] == [("ident", 0.002, "refused", (5, 9))]


@pytest.mark.parametrize(
    ("seconds", "said", "kind"),
    [
        (1.003, SENDMAIL, "greet-pause"),
        (3.02, SENDMAIL, "greet-pause"),
        (3.4, SENDMAIL, "greeting"),
        (5.01, SENDMAIL, "lookup-not-seen"),  # the pause could be set so, but it is rather a time-out
        (10.03, POSTFIX, "lookup-not-seen"),
        (1.003, POSTFIX, "greeting"),
        (0.4, SENDMAIL, "greeting"),
    ],
)
def test_a_late_greeting_without_any_cause_in_the_capture(seconds: float, said: str, kind: str) -> None:
    assert [each[0] for each in longest(greeted(seconds, said))] == [kind]


def about(name: str, seconds: float, took: float | None, type_: str = "A", answers: tuple[str, ...] = ()) -> Lookup:
    """Return a lookup of the server for conversation 1."""
    return lookup((5, 6), seconds, type_, name, answers=answers, caused_by=1, duration=took)


def test_before_a_server_greets_it_can_only_ask_about_an_address() -> None:
    found = asked(
        resolver(
            2,
            about("1.0.0.10.in-addr.arpa", 0.1, 0.4, "PTR", ("lee-pc.naver.com.",)),
            about("lee-pc.naver.com", 0.6, 0.4),
            about("1.0.0.10.zen.example", 1.1, 0.4),
            about("naver.com", 1.6, 0.4),
        )
    )
    assert [(each[0], each[2]) for each in longest(greeted(3.1, POSTFIX), found)] == [
        ("lookup", "PTR 1.0.0.10.in-addr.arpa"),
        ("lookup", "A lee-pc.naver.com"),
        ("lookup", "A 1.0.0.10.zen.example"),
        ("greeting", ""),
    ]


def test_an_answer_waits_for_lookups_that_time_out() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.command(4, 0.1, "MAIL FROM:<a@b.c>")
    talk.reply(9, 12.5, "250", "ok")
    found = asked(resolver(2, about("b.c", 0.2, None, "AAAA"), about("b.c", 3.2, None), about("x.b.c", 12.1, 0.3)))
    assert longest(talk.conversation(), found) == [
        ("lookup", 3.0, "AAAA b.c", (5, 6)),  # until it asked something else
        ("lookup", 5.0, "A b.c", (5, 6)),  # until a resolver gives up
        ("server", 3.9, "MAIL", (6, 5)),
        ("lookup", 0.3, "A x.b.c", (5, 6)),
    ]


def test_a_client_looks_itself_up_before_it_speaks() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(4, 0.1, "220", "x")
    talk.command(9, 2.1, "EHLO a.b")
    own = lookup((5, 6), 0.3, "PTR", "1.0.0.10.in-addr.arpa", client="10.0.0.1", caused_by=1, duration=1.5)
    assert longest(talk.conversation(), asked(resolver(2, own)), least=0.2) == [
        ("client", 0.2, "EHLO", (4, 5)),
        ("lookup", 1.5, "PTR 1.0.0.10.in-addr.arpa", (5, 6)),
        ("client", 0.3, "EHLO", (6, 9)),
    ]
