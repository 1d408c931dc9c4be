"""A journey in the list: who, over which hosts, how it ended, how long it took."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mailtrace.explain.journeys.summary import chain, outcome, people, span, subject, took_ns
from mailtrace.mail.naming import Naming
from mailtrace.model import Hop, HopKind, Journey, JourneyOutcome, RecipientOutcome
from tests.explain.journeys.telling import HOPS, JOURNEY, NAMES, capture
from tests.explain.making import at

NAMING = Naming(capture().hosts)
CONVERSATIONS = {conversation.id: conversation for conversation in capture().conversations}


def fared(*outcomes: JourneyOutcome, status: str = "450") -> Journey:
    """Return a journey of one hop, with a recipient for each outcome."""
    hop = replace(HOPS[0], status=status)
    recipients = tuple(RecipientOutcome(f"{i}@daum.net", each, "", 0) for i, each in enumerate(outcomes))
    return replace(JOURNEY, hops=(hop,), recipients=recipients)


def test_people() -> None:
    assert people(JOURNEY) == "lee@naver.com -> kim@daum.net"
    assert people(replace(JOURNEY, sender="")) == "<> -> kim@daum.net"
    assert people(replace(JOURNEY, sender=None, recipients=())) == "(sender not seen) -> (no recipient)"
    many = fared(*[JourneyOutcome.FETCHED] * 5)
    assert people(many) == "lee@naver.com -> 0@daum.net, 1@daum.net, 2@daum.net and 2 more"


@pytest.mark.parametrize(
    ("hops", "shown"),
    [
        (HOPS, "lee-pc -> mail.naver.com -> mail.daum.net -> kim-pc"),
        ((*HOPS, replace(HOPS[2], before=1)), "lee-pc -> mail.naver.com -> mail.daum.net -> kim-pc"),
        ((*HOPS[:2], replace(HOPS[1], receiver="10.0.0.9")),
         "lee-pc -> mail.naver.com -> mail.daum.net; mail.naver.com -> 10.0.0.9"),
        ((HOPS[0], replace(HOPS[1], sender="10.0.0.77")), "lee-pc -> mail.naver.com -> mail.daum.net"),
        ((replace(HOPS[0], sender="", receiver="mx"),), "(unknown host) -> mx"),
        ((replace(HOPS[1], conversation=None, sender="mx", receiver="mx", before=None),
          replace(HOPS[1], sender="mx", before=0)), "mx -> mail.daum.net"),
        ((HOPS[1], replace(HOPS[1], conversation=None, sender="mx", receiver="mx", before=0),
          replace(HOPS[1], receiver="10.0.0.9", before=1)), "mail.naver.com -> mail.daum.net -> 10.0.0.9"),
        ((), "(no hop was captured)"),
        (tuple(replace(HOPS[1], receiver=f"10.1.0.{i}", before=i - 1 if i else None) for i in range(14)),
         "mail.naver.com -> " + " -> ".join(f"10.1.0.{i}" for i in range(12)) + " and 2 more"),
    ],
    ids=["all", "fetched twice", "two ways", "one host with two addresses", "unknown", "made there", "made on its way",
         "none", "many"],
)  # fmt: skip
def test_the_way(hops: tuple[Hop, ...], shown: str) -> None:
    assert chain(replace(JOURNEY, hops=hops), NAMING) == shown


def test_outcomes() -> None:
    fetched, rejected, deferred = JourneyOutcome.FETCHED, JourneyOutcome.REJECTED, JourneyOutcome.DEFERRED
    assert outcome(fared(fetched, fetched)).says == "fetched"
    assert outcome(fared(fetched, rejected, fetched)).says == "2 fetched, 1 refused"
    assert outcome(fared(deferred)).says == "refused for now"
    assert outcome(fared(deferred, status="")) == ("broken off", True)
    assert outcome(replace(JOURNEY, recipients=(), outcome=JourneyOutcome.UNKNOWN)) == ("not known", False)


def test_subjects() -> None:
    assert subject(replace(JOURNEY, subject="확인\r\n   바람")) == "확인 바람"
    assert subject(replace(JOURNEY, subject=None)) == "(no subject)"
    unsent = replace(HOPS[0], message=None)
    assert subject(replace(JOURNEY, subject=None, hops=(unsent,))) == "(header not seen)"


def test_the_first_mail_of_a_connection_begins_with_it_and_others_with_their_own_packets() -> None:
    assert span(JOURNEY, CONVERSATIONS) == (at(1.1), at(10.51))
    assert span(replace(JOURNEY, hops=(HOPS[1],)), CONVERSATIONS) == (at(2.2), at(4.26))
    first = replace(HOPS[1], packets=())
    assert span(replace(JOURNEY, hops=(first,)), CONVERSATIONS) == (at(2.0), at(4.26))


def test_how_long_is_not_told_of_what_was_only_seen_at_its_end() -> None:
    assert took_ns(JOURNEY, CONVERSATIONS) == 9_410_000_000
    assert took_ns(replace(JOURNEY, hops=(HOPS[2],)), CONVERSATIONS) is None
    unseen = Hop(HopKind.SUBMITTED, None, None, "a", "b", at(0))
    assert took_ns(replace(JOURNEY, hops=(unseen, *HOPS)), CONVERSATIONS) is None
    assert took_ns(replace(JOURNEY, hops=()), CONVERSATIONS) is None
    assert sorted(NAMES) == sorted(host.address for host in capture().hosts)
