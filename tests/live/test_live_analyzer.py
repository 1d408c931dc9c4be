"""The analyzer of a live capture: what is open can be looked at, silence makes final, memory has a limit; B53, B57."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

import mailtrace.live_analyzer as live_analyzer
from mailtrace.analyzer import analyze_files
from mailtrace.live import handover as handover_module
from mailtrace.live.handover import Handover
from mailtrace.live.watching import Moment, Nobody
from mailtrace.live_analyzer import LiveAnalyzer
from mailtrace.model import Analysis, ClosedHow, RawBatch
from tests.live.feeding import Fed, single_packets
from tests.support import SAMPLES

REPORT = SAMPLES / "01-report-2008.pcapng"
"""Conversation 1 is SMTP and ends with packets 23 and 24; conversation 2 is an ident call in packets 4 and 5."""

DAY_NS = 86_400 * 10**9


class Looking:
    """Looks on, and does with each moment what the test wants."""

    def __init__(self, look: Callable[[Moment], None]) -> None:
        self._look = look

    def show(self, moment: Moment) -> None:
        self._look(moment)

    def close(self) -> None:
        pass


def analyzed(batches: list[RawBatch], is_network: bool = False) -> Analysis:
    """Return what is found in batches that come one after the other."""
    source = Fed(batches, is_network)
    source.stop()
    handover = Handover(source)
    handover.start()
    analysis = analyze_files(LiveAnalyzer(handover, Nobody(), keeps_all=True))
    handover.close()
    return analysis


def test_what_is_open_can_be_looked_at() -> None:
    seen: dict[int, list[tuple[int, str, int, ClosedHow]]] = {}
    later: dict[int, int] = {}
    said: dict[int, int] = {}

    def look(moment: Moment) -> None:
        now = moment.changed(0)
        seen.setdefault(moment.packets, [(each.id, each.protocol, len(each.packets), each.closed) for each in now])
        later.setdefault(moment.packets, len(moment.changed(moment.packets)))
        said.setdefault(moment.packets, sum(len(each.dialogue.turns) for each in now))

    source = Fed(single_packets(REPORT), is_network=False)
    source.stop()
    handover = Handover(source)
    handover.start()
    finals = [final for some in LiveAnalyzer(handover, Looking(look), keeps_all=False).finals() for final in some]
    handover.close()
    assert seen[1] == [(1, "unknown", 1, ClosedHow.OPEN)]
    assert seen[10] == [(1, "smtp", 8, ClosedHow.OPEN), (2, "unknown", 2, ClosedHow.OPEN)]
    assert said[10] == 3, "greeting, HELO and MAIL"
    assert seen[24] == [(1, "smtp", 22, ClosedHow.FIN), (2, "unknown", 2, ClosedHow.OPEN)]
    assert set(later.values()) == {0}
    assert [final.conversation.id for final in finals] == [1, 2]


@pytest.mark.parametrize(("is_network", "final"), [(True, [1]), (False, [])])
def test_silence_makes_final_what_has_closed(
    is_network: bool, final: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a network: a file has a time of its own, and its next packet may be of the same moment."""
    now = [time.monotonic()]
    monkeypatch.setattr(live_analyzer, "monotonic", lambda: now[0])
    found: list[int] = []
    moments = [0]

    def look(moment: Moment) -> None:
        found.extend(each.conversation.id for each in moment.finals)
        moments[0] += 1
        if moment.packets == 24:
            now[0] += 0.5
        if moments[0] == 60:
            source.stop()

    source = Fed(single_packets(REPORT), is_network)
    handover = Handover(source)
    handover.start()
    before_the_end: list[list[int]] = []
    for _ in LiveAnalyzer(handover, Looking(look), keeps_all=False).finals():
        before_the_end.append(list(found))
    handover.close()
    assert before_the_end[-3] == final
    assert sorted(found) == [1, 2]


@pytest.mark.parametrize("jump_ns", [DAY_NS, -DAY_NS])
def test_b57_a_clock_that_jumps_by_a_day_loses_nothing(jump_ns: int) -> None:
    packets = list(single_packets(REPORT))
    jumped = [replace(each, time_ns=each.time_ns + jump_ns) for each in packets[12:]]
    analysis = analyzed([*packets[:12], *jumped], is_network=True)
    assert [(each.protocol, len(each.packets)) for each in analysis.conversations] == [("smtp", 22), ("ident", 2)]
    assert [message.subject for message in analysis.messages] == ["tes"]


def test_the_summary_has_room_for_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_analyzer, "SUMMARY_LIMIT_BYTES", 40_000)
    analysis = analyzed(list(single_packets(SAMPLES / "03-lab-journey.pcapng")))
    (note,) = [note for note in analysis.capture.notes if note.code == "summary-limit"]
    kept, left_out = len(analysis.conversations), 28 - len(analysis.conversations)
    assert 0 < kept < 28
    assert note.damage
    assert f"the first {kept} conversations, {left_out} more are left out" in note.message


def test_b53_a_hole_is_tied_to_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packet 12, RCPT, is lost: its reply proves that it was there."""
    packets = list(single_packets(REPORT))
    when_ns = int(packets[11].time_ns[0])
    monkeypatch.setattr(handover_module.time, "time_ns", lambda: when_ns)
    source = Fed(packets[:11])
    handover = Handover(source)
    handover.start()
    while not source.is_drained:
        time.sleep(0.005)
    source.dropped = 1
    for packet in packets[12:]:
        source.put(packet)
    source.stop()
    analysis = analyze_files(LiveAnalyzer(handover, Nobody(), keeps_all=True))
    handover.close()
    notes = {note.code: note for note in analysis.capture.notes}
    assert notes["packets-lost"].message == "packets that were lost while this was captured: 1"
    assert notes["holes-explained"].message == "holes in conversations at moments at which packets were lost: 1"
    assert len(notes["holes-explained"].packets) == 1
