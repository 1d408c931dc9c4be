"""The map of the hosts and the way of a mail, from real captures and from captures made by hand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mailtrace.model import (
    Analysis,
    CaptureInfo,
    Endpoint,
    Hop,
    HopKind,
    Host,
    Journey,
    JourneyOutcome,
    RecipientOutcome,
)
from mailtrace.reports.ladder import topology_of, way_of
from mailtrace.reports.ladder.figures import Lane
from mailtrace.reports.ladder.ring import Box, laid_out
from mailtrace.reports.ladder.topology import MAX_HOSTS
from mailtrace.reports.ladder.way import MAX_HOPS
from tests.reports.ladder.test_rungs import analysis


def test_the_map_of_2024() -> None:
    drawn = topology_of(analysis("02-report-2024.pcapng"))
    assert drawn.hosts == (
        Lane("UbunClient(Lee)", ("192.168.111.130", "mail client")),
        Lane("serverA", ("192.168.111.100", "mail server, POP3 server, name server")),
        Lane("serverB", ("192.168.111.200", "mail server, POP3 server")),
        Lane("WinClient(Kim)", ("192.168.111.133", "mail client")),
    )
    links = {(drawn.hosts[link.one].name, drawn.hosts[link.other].name): link.says for link in drawn.links}
    assert links == {
        ("UbunClient(Lee)", "serverA"): ("SMTP 10", "POP3 35", "DNS (10 conversations)", "IDENT 11"),
        ("serverA", "serverB"): ("SMTP 13, 29", "DNS (8 conversations)", "IDENT 15, 30"),
        ("serverB", "WinClient(Kim)"): ("SMTP 24", "POP3 20", "IDENT 26"),
        ("serverA", "WinClient(Kim)"): ("DNS (7 conversations)",),
    }


def test_the_way_of_2024() -> None:
    found = analysis("02-report-2024.pcapng")
    drawn = way_of(found, found.journeys[0])
    assert drawn.title == "test: lee@naver.com → kim@daum.net"
    assert [(stop.name, stop.column, stop.row) for stop in drawn.stops] == [
        ("UbunClient(Lee)", 0, 0),
        ("serverA", 1, 0),
        ("serverB", 2, 0),
        ("WinClient(Kim)", 3, 0),
    ]
    assert [(leg.above, leg.below, leg.good, leg.captured) for leg in drawn.legs] == [
        (("SMTP conversation 10", "+1.083 s"), ("as 43Q1vx0G007503",), True, True),
        (("SMTP conversation 13", "+2.095 s"), ("as 43Q1w1lW007636",), True, True),
        (("POP3 conversation 20", "+13.056 s"), (), True, True),
    ]
    assert drawn.stops[3].fates == (("kim@daum.net: fetched", True),)


def hop(kind: HopKind, sender: str, receiver: str, before: int | None, status: str | None = None) -> Hop:
    return Hop(kind, None, None, sender, receiver, None, before=before, status=status)


def made(hops: tuple[Hop, ...], recipients: tuple[RecipientOutcome, ...] = ()) -> tuple[Analysis, Journey]:
    journey = Journey(1, None, "s", "a@x", recipients, hops, JourneyOutcome.UNKNOWN)
    hosts = [Host(f"192.0.2.{at}", (f"h{at}",), ()) for at in range(9)]
    return Analysis(CaptureInfo([]), hosts, [], [], [], [journey]), journey


def test_a_mail_that_parts_has_a_row_for_each_branch() -> None:
    """It goes from h0 over h1 to h2, h3 and h4; what came to h2 goes on to h5, and h3 refuses it first."""
    hops = (
        hop(HopKind.SUBMITTED, "192.0.2.0", "192.0.2.1", None),
        hop(HopKind.RELAYED, "192.0.2.1", "192.0.2.2", 0),
        hop(HopKind.DEFERRED, "192.0.2.1", "192.0.2.3", 0, "450"),
        hop(HopKind.RELAYED, "192.0.2.1", "192.0.2.3", 0),
        hop(HopKind.RETRIEVED, "192.0.2.2", "192.0.2.5", 1),
        hop(HopKind.REFUSED, "192.0.2.3", "192.0.2.4", 3, "550"),
    )
    ends = (
        RecipientOutcome("k@y", JourneyOutcome.FETCHED, "", 4),
        RecipientOutcome("l@y", JourneyOutcome.REJECTED, "", 5),
        RecipientOutcome("m@y", JourneyOutcome.UNKNOWN, ""),
    )
    drawn = way_of(*made(hops, ends))
    assert [(stop.name, stop.column, stop.row) for stop in drawn.stops] == [
        ("h0", 0, 0),
        ("h1", 1, 0),
        ("h2", 2, 0),
        ("h3", 2, 1),
        ("h3", 2, 2),
        ("h5", 3, 0),
        ("h4", 3, 2),
    ]
    assert [leg.good for leg in drawn.legs] == [True, True, False, True, True, False]
    assert [leg.below for leg in drawn.legs if not leg.good] == [("put off: 450",), ("refused: 550",)]
    assert all(leg.above == ("not captured",) for leg in drawn.legs)
    fates = {stop.name: stop.fates for stop in drawn.stops if stop.fates}
    assert fates == {
        "h0": (("m@y: not known", None),),
        "h3": (("l@y: refused", False),),
        "h5": (("k@y: fetched", True),),
    }


def test_a_mail_in_circles_is_cut_and_counted() -> None:
    hops = tuple(
        hop(HopKind.RELAYED, f"192.0.2.{at % 2}", f"192.0.2.{(at + 1) % 2}", at - 1 if at else None) for at in range(40)
    )
    drawn = way_of(*made(hops))
    assert (len(drawn.legs), drawn.more) == (MAX_HOPS, 16) == (24, 16)


def test_a_journey_without_a_hop_has_an_empty_way() -> None:
    drawn = way_of(*made(()))
    assert (drawn.stops, drawn.legs, drawn.more) == ((), (), 0)


def test_hosts_beyond_the_limit_are_counted() -> None:
    found = analysis("02-report-2024.pcapng")
    one = found.conversations[9]
    many = []
    for at in range(30):
        copy = type(one)(
            at + 1,
            one.protocol,
            replace(one.key, client=Endpoint(f"198.51.100.{at + 1}", 1025)),
            None,
            one.packets,
            one.dialogue,
            one.complete,
            one.closed,
        )
        many.append(copy)
    drawn = topology_of(Analysis(found.capture, found.hosts, many, [], []))
    assert (len(drawn.hosts), drawn.more) == (MAX_HOSTS, 19) == (12, 19)
    assert all(max(link.one, link.other) < 12 for link in drawn.links)


def test_an_empty_capture_has_an_empty_map() -> None:
    drawn = topology_of(Analysis(CaptureInfo([]), [], [], [], []))
    assert (drawn.hosts, drawn.links, drawn.more) == ((), (), 0)


@pytest.mark.parametrize("hosts", range(2, 13))
def test_texts_of_a_map_are_free(hosts: int) -> None:
    links = [
        (one, other) for one in range(hosts) for other in range(one + 1, hosts) if (one + other) % 3 or other == one + 1
    ]
    placed = laid_out([(150.0, 60.0)] * hosts, links, [(110.0, 44.0)] * len(links))
    boxes: list[Box] = [*placed.hosts, *placed.texts]
    assert not any(one.meets(other) for at, one in enumerate(boxes) for other in boxes[at + 1 :])
    for at, line in enumerate(placed.lines):
        others = [box for number, box in enumerate(placed.hosts) if number not in (line.one, line.other)]
        assert all(line.within(box) is None for box in others)
        assert all(line.within(text) is None for number, text in enumerate(placed.texts) if number != at)


def test_lines_do_not_cross_where_that_can_be_helped() -> None:
    """Four hosts in a row, given out of order: on the ring they stand as they speak."""
    placed = laid_out([(100.0, 50.0)] * 4, [(0, 2), (2, 1), (1, 3)], [(40.0, 20.0)] * 3)
    begins = [(line.begin, line.end) for line in placed.lines]
    first, last = begins[0], begins[2]

    def side(one: tuple[float, float], other: tuple[float, float], point: tuple[float, float]) -> bool:
        return (other[0] - one[0]) * (point[1] - one[1]) > (other[1] - one[1]) * (point[0] - one[0])

    crossing = side(*first, last[0]) != side(*first, last[1]) and side(*last, first[0]) != side(*last, first[1])
    assert not crossing
