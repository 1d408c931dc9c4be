"""A flood of one violation is listed in full at first, then thinned out."""

from __future__ import annotations

from mailtrace.model import Dialogue, Side, Violation
from mailtrace.protocols.violations import Violations


def _listed(count: int) -> list[Violation]:
    dialogue = Dialogue()
    violations = Violations(dialogue)
    for packet in range(1, count + 1):
        violations.add("bare-line-feed", Side.CLIENT, packet, packet)
    return [event for event in dialogue.events if isinstance(event, Violation)]


def test_the_first_25_are_listed() -> None:
    assert [violation.packet for violation in _listed(25)] == list(range(1, 26))


def test_then_each_thousandth_with_its_count() -> None:
    flood = _listed(2500)
    assert [violation.packet for violation in flood[25:]] == [1000, 2000]
    assert flood[25].detail == "a line ended with LF alone instead of CRLF (1,000 times so far)"


def test_each_code_is_counted_apart() -> None:
    dialogue = Dialogue()
    violations = Violations(dialogue)
    for _ in range(30):
        violations.add("bare-line-feed", Side.CLIENT, 1, 1)
    violations.add("bad-path", Side.CLIENT, 2, 2, "detail")
    assert dialogue.events[-1] == Violation("bad-path", Side.CLIENT, 2, 2, "detail")
