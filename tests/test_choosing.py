"""Finding mails by what is known of them, and what then belongs to them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mailtrace.choosing import Wanted, narrowed_to, wanted_journeys
from mailtrace.errors import UsageError
from mailtrace.model import Journey, JourneyOutcome, RecipientOutcome
from tests.explain.journeys.telling import HOPS, JOURNEY, capture

OUTCOME = JourneyOutcome.ACCEPTED


def journey(number: int, message_id: str | None, subject: str | None, sender: str | None, *to: str) -> Journey:
    recipients = tuple(RecipientOutcome(address, OUTCOME, "") for address in to)
    return Journey(number, message_id, subject, sender, recipients, (), OUTCOME)


MAILS = [
    journey(1, "<1@naver.com>", "확인 바람", "lee@naver.com", "kim@daum.net"),
    journey(2, "<11@naver.com>", "Re: 확인 바람", "kim@daum.net", "lee@naver.com", "park@nate.com"),
    journey(3, None, None, None),
    journey(4, "<4@NATE.com>", "Straße", "Lee@Naver.com", "ahn.lee@naver.com"),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [1, 2, 3, 4]),
        (Wanted(journey=2), [2]),
        (Wanted(message_id="<1@naver.com>"), [1]),
        (Wanted(message_id="1@naver.com"), [1]),
        (Wanted(message_id="@naver"), [1, 2]),
        (Wanted(message_id="<4@nate.com>"), [4]),
        (Wanted(sender="lee@naver.com"), [1, 4]),
        (Wanted(sender=" <LEE@naver.com> "), [1, 4]),
        (Wanted(sender="daum"), [2]),
        (Wanted(recipient="lee@naver.com"), [2]),
        (Wanted(recipient="@naver.com"), [2, 4]),
        (Wanted(recipient="park"), [2]),
        (Wanted(subject="바람"), [1, 2]),
        (Wanted(subject="re: "), [2]),
        (Wanted(subject="STRASSE"), [4]),
        (Wanted(subject="바람", sender="lee"), [1]),
        (Wanted(journey=1, subject="nothing like it"), []),
        (Wanted(sender="nobody@nowhere"), []),
    ],
    ids=repr,
)
def test_what_is_found(wanted: Wanted, found: list[int]) -> None:
    assert [each.id for each in wanted_journeys(MAILS, wanted)] == found


def test_a_number_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="there is no journey 5; the capture has 4"):
        wanted_journeys(MAILS, Wanted(journey=5))


def test_what_belongs_to_a_journey() -> None:
    """Its conversations, with the lookups and ident calls made for it, and its mails: not what else was said there."""
    whole = capture(JOURNEY)
    for number, message in enumerate(whole.messages, 1):
        message.id = number
    first = replace(JOURNEY, hops=HOPS[:1], lookups=(2,))
    whole.lookups[0].conversation, whole.lookups[1].conversation = 4, 5
    kept = narrowed_to(whole, [first])
    assert [each.id for each in kept.conversations] == [1, 5, 6]
    assert [each.id for each in kept.messages] == [1]
    assert [each.id for each in kept.lookups] == [2]
    assert list(kept.journeys) == [first]
    assert kept.known == whole.lookups


def test_nothing_found_is_nothing_kept() -> None:
    kept = narrowed_to(capture(JOURNEY), [])
    assert (kept.conversations, kept.messages, kept.lookups, kept.journeys) == ([], [], [], [])
