"""Where the time went, as people read it."""

from __future__ import annotations

import pytest

from mailtrace.explain.journeys.telling import journey_walkthroughs
from mailtrace.explain.waits.table import Told, words
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Confidence, Flags, Mark, TimeTable, Wait, WaitKind
from tests.explain.journeys.telling import JOURNEY, capture
from tests.explain.making import CLIENT, SERVER, Talk, analysis

NAMES = {"10.0.0.1": "lee-pc", "10.0.0.2": "serverA"}


def table(seconds: float = 6.002) -> TimeTable | None:
    """Return where the time went of a greeting that took so long: ident is not answered, then the server pauses."""
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(20, seconds, "220", "mail.naver.com ESMTP Sendmail 8.15.2")
    for number in range(21, 41, 2):
        talk.command(number, seconds + 0.01 * number, "NOOP")
        talk.reply(number + 1, seconds + 0.01 * number + 0.001, "250", "ok")
    ident = Talk("ident", "10.0.0.2", "10.0.0.1", 113, number=2)
    ident.packet(5, 0.002, CLIENT, Flags.SYN)
    ident.packet(6, 1.002, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION, back=1)
    ident.caused_by = 1
    return walkthroughs(analysis(talk.conversation(), ident.conversation(), names=NAMES))[0].times


def test_the_longest_first_and_all_of_it() -> None:
    times = table()
    assert times is not None
    assert [(share.what, round(share.duration_ns / 1e9, 2), share.packets) for share in times.shares] == [
        ("ident, nobody answered", 5.0, (5, 6)),
        ("greeting pause", 1.0, (6, 20)),
        ("lee-pc before NOOP", 0.38, tuple(range(20, 40))),
        ("all else", 0.01, ()),
    ]
    assert times.shares[0].confidence is Confidence.CERTAIN and times.shares[1].confidence is Confidence.LIKELY
    assert times.shares[0].why.startswith("serverA asked on port 113 of lee-pc who is calling.")
    assert sum(share.duration_ns for share in times.shares) == times.total_ns == 6_393_000_000


def test_the_greeting_is_added_up() -> None:
    times = table()
    assert times is not None and times.sums == (
        "greeting 6.00 s = ident 5.00 s (packets 5-6, nobody answered on port 113) "
        "+ greet pause 1.00 s (likely: FEATURE(greet_pause), packets 6, 20)",
    )


def test_what_was_quick_has_no_table() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(4, 0.4, "220", "x")
    assert walkthroughs(analysis(talk.conversation()))[0].times is None


def test_each_kind_has_its_words() -> None:
    """A conversation in which much goes wrong: whatever is told has a name and no field is left open."""
    talk = Talk("smtp")
    talk.packet(1, 0, CLIENT, Flags.SYN)
    talk.packet(2, 1, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION, back=1)
    talk.packet(3, 1.001, SERVER, Flags.SYN | Flags.ACK)
    talk.ack(4, 1.002, CLIENT)
    talk.reply(5, 3, "220", "x ESMTP Postfix")
    talk.command(6, 5, "DATA")
    talk.reply(7, 6, "354", "go on")
    talk.data(8, 7, CLIENT, 100)
    talk.data(9, 8, CLIENT, 100)
    talk.content("DATA", (8, 9), b"x")
    talk.reply(10, 12, "250", "taken")
    talk.fin(11, 14, SERVER)
    talk.fin(12, 15, CLIENT)
    times = walkthroughs(analysis(talk.conversation(), names=NAMES))[0].times
    assert times is not None
    assert [share.what for share in times.shares] == [
        "serverA takes the mail",
        "lee-pc before DATA",
        "nothing asked for",
        "serverA before its greeting",
        "TCP set-up, tried again",
        "serverA answers DATA",
        "lee-pc before the mail",
        "the mail on its way",
        "closing",
        "all else",
    ]


def test_a_journey_names_hops_and_what_is_between_them() -> None:
    (page,) = journey_walkthroughs(capture(JOURNEY), [JOURNEY])
    assert page.times is not None
    assert [(share.what, round(share.duration_ns / 1e9, 1)) for share in page.times.shares[:4]] == [
        ("in the mailbox", 5.7),
        ("hop 2: mail.daum.net takes the mail", 2.0),
        ("queue of mail.naver.com", 1.0),
        ("hop 3: kim-pc between commands", 0.3),
    ]
    assert page.times.sums == ()


@pytest.mark.parametrize("kind", list(WaitKind))
def test_every_kind_is_called_something(kind: WaitKind) -> None:
    for about in ("", "refused", "mail", "X"):
        if kind is WaitKind.IDENT and about != "refused":
            continue
        what, why = words(Told(Wait(kind, 0, 1, (1, 2), Confidence.CERTAIN, about, SERVER), ("lee-pc", "serverA")))
        assert what and why and "{" not in what + why
