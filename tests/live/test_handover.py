"""The queue between the two threads: every packet is handed over, or counted as lost; B53, B54."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mailtrace.errors import UnreadableInput
from mailtrace.live import handover
from mailtrace.live.handover import Captured, Handover, Loss
from mailtrace.model import RawBatch
from tests.live.feeding import Fed, batch_of, until

SECOND = 1_700_000_000 * 10**9


class Record:
    """A recorder that remembers."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.dropped: int | None = None
        self.notes: list[object] = []

    def write(self, batch: RawBatch) -> None:
        self.numbers += _numbers(batch)

    def close(self, dropped: int) -> None:
        self.dropped = dropped


def _numbers(batch: RawBatch) -> list[int]:
    return list(range(batch.first_number, batch.first_number + len(batch.start)))


def _all(under_test: Handover) -> list[Captured]:
    """Take everything up to the end."""
    found = []
    while not under_test.is_over:
        captured = under_test.take(1.0)
        if captured is not None:
            found.append(captured)
    return found


@contextmanager
def _started(under_test: Handover) -> Iterator[Handover]:
    under_test.start()
    try:
        yield under_test
    finally:
        under_test.close()


def test_frames_are_handed_over_in_order() -> None:
    source = Fed([batch_of(1, [SECOND, SECOND + 1]), batch_of(3, [SECOND + 2])])
    source.stop()
    with _started(Handover(source)) as under_test:
        found = _all(under_test)
    assert [_numbers(each.batch) for each in found] == [[1, 2], [3]]
    assert [each.losses for each in found] == [[], []]
    assert source.is_closed


def test_b54_what_finds_no_room_is_counted_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """B54: what came is what was analysed and what the queue let go, exactly."""
    monkeypatch.setattr(handover, "QUEUE_LIMIT_BYTES", 3 * (1_000 + handover.BATCH_COST_BYTES))
    record = Record()
    source = Fed(batch_of(1 + 10 * at, [SECOND + 100 * at + each for each in range(10)]) for at in range(7))
    source.dropped = 0
    with _started(Handover(source, record)) as under_test:
        until(lambda: len(record.numbers) == 70)
        under_test.take(1.0)
        source.put(batch_of(71, [SECOND + 800]))
        source.stop()
        found = _all(under_test)
    assert [_numbers(each.batch)[0] for each in found] == [11, 21, 71]
    losses = [loss for each in found for loss in each.losses]
    assert losses == [Loss(SECOND + 300, SECOND + 609, 40, by_queue=True)]
    assert record.numbers == list(range(1, 72)), "the record has what the analysis had no time for"
    assert record.dropped == 0


def test_b54_a_file_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "QUEUE_LIMIT_BYTES", 3 * (1_000 + handover.BATCH_COST_BYTES))
    source = Fed([batch_of(1 + 10 * at, [SECOND] * 10) for at in range(20)], is_network=False)
    source.stop()
    with _started(Handover(source)) as under_test:
        found = _all(under_test)
    assert [number for each in found for number in _numbers(each.batch)] == list(range(1, 201))


def test_b53_losses_of_the_kernel_have_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover.time, "time_ns", lambda: SECOND + 5 * 10**9)
    record = Record()
    source = Fed()
    with _started(Handover(source, record)) as under_test:
        source.dropped = 12
        source.put(batch_of(1, [SECOND]))
        (first,) = [captured for captured in [under_test.take(5.0)] if captured is not None]
        source.dropped = 15
        source.stop()
        until(lambda: under_test.is_over)
        last = under_test.take_losses()
    assert first.losses == [Loss(SECOND + 4 * 10**9, SECOND + 5 * 10**9, 12, by_queue=False)]
    assert last == [Loss(SECOND + 4 * 10**9, SECOND + 5 * 10**9, 3, by_queue=False)]
    assert record.dropped == 15


def test_it_ends_after_as_many_packets_as_are_wanted() -> None:
    record = Record()
    source = Fed([batch_of(1, [SECOND] * 4), batch_of(5, [SECOND] * 4)])
    with _started(Handover(source, record, limit=6)) as under_test:
        found = _all(under_test)
    assert [number for each in found for number in _numbers(each.batch)] == [1, 2, 3, 4, 5, 6]
    assert record.numbers == [1, 2, 3, 4, 5, 6]


def test_keys_come_with_the_frames_behind_them() -> None:
    source = Fed()
    source.secrets.append(b"keys")
    source.put(batch_of(1, [SECOND]))
    source.stop()
    with _started(Handover(source)) as under_test:
        (found,) = _all(under_test)
    assert found.secrets == [b"keys"]


def test_what_goes_wrong_is_raised_where_it_is_seen() -> None:
    source = Fed([batch_of(1, [SECOND])])
    source.put(UnreadableInput("'x' is not a capture"))
    with _started(Handover(source)) as under_test:
        until(lambda: under_test.waits)
        assert under_test.take(1.0) is not None
        with pytest.raises(UnreadableInput, match="not a capture"):
            while True:
                under_test.take(1.0)
    assert source.is_closed


def test_it_can_be_closed_before_it_began() -> None:
    source = Fed()
    Handover(source).close()
    assert source.is_closed
