"""Where the time of a journey went: within its hops as in their conversations, and between them in queues."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mailtrace.explain.waits import causes, waits
from mailtrace.explain.waits.journeys import journey_waits
from mailtrace.model import Conversation, Hop, HopKind, Journey, JourneyOutcome
from tests.explain.journeys.telling import JOURNEY, A, B, capture
from tests.explain.making import Talk, at, lookup, resolver

Told = tuple[str, float, int]
"""Kind, seconds, and the place of the hop, counted from 1 and negative for the time before it began."""


def told(journey: Journey, conversations: dict[int, Conversation]) -> list[Told]:
    """Return the waits of a journey in short, after seeing that each begins where the one before ends."""
    found = journey_waits(journey, conversations, waits, causes(conversations.values()))
    for before, after in pairwise(found):
        if after.wait.start_ns != before.wait.end_ns:
            raise ValueError(f"{after} does not follow {before}")
    place = [-each.place - 1 if each.between else each.place + 1 for each in found]
    return [
        (each.wait.kind.value, round(each.wait.duration_ns / 1e9, 2), at) for each, at in zip(found, place, strict=True)
    ]


def test_from_lee_to_kim() -> None:
    conversations = {each.id: each for each in capture(JOURNEY).conversations}
    conversations[2].dialogue.transactions[0].packets = (44, 51)
    found = told(JOURNEY, conversations)
    assert sum(each[1] for each in found) == pytest.approx(10.51 - 1.1, abs=0.02)
    assert [each for each in found if each[1] >= 0.1 or each[2] < 0] == [
        ("queue", 0.8, -2),  # from 1.2, when serverA took it, to 2.0, when it called serverB
        ("greeting", 0.1, 2),
        ("client", 0.1, 2),
        ("server", 2.0, 2),
        ("mailbox", 5.74, -3),
        ("greeting", 0.1, 3),
        ("client", 0.1, 3),
        ("server", 0.1, 3),
        ("client", 0.1, 3),
    ]


def test_a_long_lookup_before_the_next_hop_is_no_queue() -> None:
    """Lab capture 08, packets 428 to 431: captured, and lost behind the place of the capture."""
    conversations = {each.id: each for each in capture(JOURNEY).conversations}
    conversations[2].dialogue.transactions[0].packets = (44, 51)
    quick = lookup((30, 31), 1.25, "AAAA", "daum.net", duration=0.1, client=A, caused_by=2)
    missed = lookup((32, 33, 34, 35), 1.4, "MX", "daum.net", client=A, caused_by=2, retries=1)
    missed.missed_ns = 500_000_000
    conversations[9] = resolver(9, quick, missed)
    assert [each for each in told(JOURNEY, conversations) if each[2] == -2] == [
        ("queue", 0.2, -2),
        ("lookup", 0.5, -2),
        ("queue", 0.1, -2),
    ]


def attempt(number: int, seconds: float, status: str, says: str) -> Conversation:
    """Return a conversation of 0.3 s in which one server offers a mail to another one."""
    talk = Talk(client=A, server=B, number=number)
    talk.handshake(100 * number, seconds)
    talk.reply(100 * number + 3, seconds + 0.1, "220", "mail.nate.com ESMTP Postfix")
    talk.command(100 * number + 4, seconds + 0.2, "RCPT TO:<kim@daum.net>")
    talk.reply(100 * number + 5, seconds + 0.3, status, says)
    talk.transaction("lee@naver.com", {"kim@daum.net": status}, None, status)
    talk.dialogue.transactions[0].packets = (100 * number + 4, 100 * number + 5)
    return talk.conversation()


def hop(kind: HopKind, number: int, seconds: float) -> Hop:
    """Return the hop of such a conversation."""
    packets = (100 * number + 4, 100 * number + 5)
    return Hop(kind, number, None, A, B, at(seconds + 0.3), ("kim@daum.net",), packets=packets)


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        (
            "4.2.0 <kim@daum.net>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/",
            "greylisting",
        ),
        ("4.3.2 system not accepting messages", "deferred"),
    ],
)
def test_refused_for_now_and_tried_again(says: str, kind: str) -> None:
    conversations = {1: attempt(1, 0, "450", says), 2: attempt(2, 300.3, "250", "2.1.5 Ok")}
    hops = (hop(HopKind.DEFERRED, 1, 0), hop(HopKind.RELAYED, 2, 300.3))
    journey = Journey(1, None, None, "lee@naver.com", (), hops, JourneyOutcome.ACCEPTED)
    found = told(journey, conversations)
    assert [each for each in found if each[1] > 1] == [(kind, 300.0, -2)]
    assert sum(each[1] for each in found) == pytest.approx(300.6, abs=0.01)


def test_two_at_once_share_the_time() -> None:
    conversations = {1: attempt(1, 0, "250", "Ok"), 2: attempt(2, 0.25, "250", "Ok")}
    hops = (hop(HopKind.RELAYED, 1, 0), hop(HopKind.RELAYED, 2, 0.25))
    journey = Journey(1, None, None, None, (), hops, JourneyOutcome.ACCEPTED)
    found = told(journey, conversations)
    assert sum(each[1] for each in found) == pytest.approx(0.55, abs=0.02)
    assert {each[2] for each in found} == {1, 2}


def test_a_journey_whose_beginning_is_not_there_has_no_waits() -> None:
    hops = (hop(HopKind.RELAYED, 9, 0), hop(HopKind.RELAYED, 2, 0.25))
    journey = Journey(1, None, None, None, (), hops, JourneyOutcome.ACCEPTED)
    assert told(journey, {2: attempt(2, 0.25, "250", "Ok")}) == told(journey, {2: attempt(2, 0.25, "250", "Ok")})
    retrieved = (Hop(HopKind.RETRIEVED, 2, None, B, A, at(0.3)),)
    journey = Journey(1, None, None, None, (), retrieved, JourneyOutcome.FETCHED)
    assert told(journey, {2: attempt(2, 0.25, "250", "Ok")}) == []
