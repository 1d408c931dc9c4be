"""What holds of journeys whatever the traffic: nothing is lost, told twice or out of order, or differs next time."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as some

from tests.mail.journeys.post import KIM, LEE, A, B, C, Post, mail, stamp

HOSTS = some.sampled_from([LEE, KIM, A, B, C])
NAMES = some.sampled_from([None, "<1@x>", "<2@x>"])
ADDRESSES = some.lists(some.sampled_from(["kim@daum.net", "park@nate.com", "lee@naver.com"]), max_size=3)
STAMPS = some.lists(some.sampled_from(["QA", "QB", "QC"]), max_size=3)
QUEUES = some.sampled_from([None, "QA", "QB", "QC"])
STATUSES = some.sampled_from(["250", "451", "550", None])
EVENT = some.tuples(
    *(some.sampled_from(["smtp", "smtp", "envelope", "RETR", "TOP", "FETCH", "APPEND", "call", "dark"]), HOSTS, HOSTS),
    *(some.integers(0, 59), NAMES, ADDRESSES, STAMPS, QUEUES, STATUSES),
)


def traffic(events: list[tuple]) -> Post:  # type: ignore[type-arg]
    """Return the traffic that events make."""
    post = Post()
    for kind, client, server, second, name, to, stamps, queue_id, status in events:
        octets = mail(name, f"{second % 3}\r\n", "".join(stamp(LEE, "mail.naver.com", each, second) for each in stamps))
        match kind:
            case "smtp" | "envelope":
                carried = octets if kind == "smtp" else None
                post.smtp(client, server, second, to, carried, status=status, queue_id=queue_id)
            case "call":
                post.call(client, server, second, status)
            case "dark":
                post.dark(client, server, second)
            case _:
                post.fetch(client, server, second, "kim", octets, how=kind)
    return post


@settings(max_examples=150, deadline=None)
@given(some.lists(EVENT, max_size=12))
def test_every_sighting_is_one_hop_behind_the_one_it_continues(events: list[tuple]) -> None:  # type: ignore[type-arg]
    post = traffic(events)
    journeys = post.journeys()
    assert journeys == post.journeys()
    assert [each.id for each in journeys] == list(range(1, len(journeys) + 1))
    hops = [hop for journey in journeys for hop in journey.hops]
    seen = Counter(hop.message for hop in hops if hop.message is not None)
    named = [each for each in post.messages if each.message_id or each.content.how in ("DATA", "APPEND", "RETR")]
    assert seen == Counter(each.id for each in named)
    envelopes = Counter(each.id for each in post.conversations if each.dialogue.transactions)
    assert envelopes == Counter(hop.conversation for hop in hops if hop.conversation in envelopes)
    for journey in journeys:
        assert journey.hops
        for place, hop in enumerate(journey.hops):
            assert hop.before is None or 0 <= hop.before < place
            assert 0 < hop.score <= 100
            assert hop.score == 100 or hop.evidence
        assert all(each.hop is not None and each.hop < len(journey.hops) for each in journey.recipients)
        assert len({each.address.lower() for each in journey.recipients}) == len(journey.recipients)
