"""Ladders as text: columns line up by display cells, in any script, and narrow pages lose nothing."""

from __future__ import annotations

import unicodedata

import pytest

from mailtrace.model import StepKind
from mailtrace.reports.ladder import text
from mailtrace.reports.ladder.figures import Arrow, Ladder, Lane, Manner, Note, Pause
from mailtrace.reports.safe import safe
from tests.reports.ladder.examples import HOSTILE, hostile_ladder, ladder

SECOND_NS = 1_000_000_000

SMALL = Ladder(
    "SMTP conversation 1: 이 → b",
    "accepted",
    (Lane("이", ("192.168.1.2",)), Lane("서버B", ("mail server",))),
    (
        Arrow(StepKind.CONNECT, Manner.TOGETHER, 0, 1, (1, 2, 3), 0, ("opened",)),
        Pause(4_994_000_000, "ident, 아무도"),
        Arrow(StepKind.REPLY, Manner.ANSWERS, 1, 0, (6,), 5_019_184_000, ("220 서버B ready",)),
        Arrow(StepKind.COMMAND, Manner.ASKS, 0, 1, (7,), 5_020_000_000, ("HELO SOFT4",)),
        Arrow(StepKind.REPLY, Manner.REFUSES, 1, 0, (9,), 5_021_000_000, ("550 no",)),
        Arrow(StepKind.CONTENT, Manner.BRINGS, 0, 1, (16, 18), 5_032_000_000, ("제목 회의",), 2 * SECOND_NS),
        Note(StepKind.TROUBLE, ("12 octets are missing",), 0, 1, (19,), 7_100_000_000),
        Arrow(StepKind.IDENT, Manner.LOST, 1, 0, (20,), 7_200_000_000, ("who?",)),
    ),
)

WRITTEN = """\
SMTP conversation 1: 이 → b
accepted

                     이                서버B
                 192.168.1.2        mail server
                      │                  │
                      │      opened      │
+0.000  1-3           │◀────────────────▶│
                      ┊                  ┊
     ┊  4.99 s        ┊   ident, 아무도  ┊
                      ┊                  ┊
                      │ 220 서버B ready  │
+5.019  6             │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌│
                      │    HELO SOFT4    │
+5.020  7             │─────────────────▶│
                      │      550 no      │
+5.021  9             │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌×╌╌│
                      │    제목 회의     │
+5.032  16, 18        │═════════════════▶│
        took 2.00 s   │                  │
                      │                  │
+7.100  19           ! 12 octets are missing
                      │                  │
                      │       who?       │
+7.200  20            │  ×───────────────│
"""


def cells(line: str) -> int:
    """Return how many columns a line takes."""
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in line
    )


def lanes_at(line: str, signs: str = "│┊") -> list[int]:
    """Return the columns in which lanes stand."""
    return [cells(line[:at]) for at, char in enumerate(line) if char in signs]


def test_a_ladder_as_it_is_shown() -> None:
    assert text(SMALL, 60) == WRITTEN


@pytest.mark.parametrize("hosts", range(2, 9))
def test_lanes_stand_in_the_same_columns_everywhere(hosts: int) -> None:
    lines = text(ladder(hosts), 120).splitlines()
    lanes = {tuple(lanes_at(line)) for line in lines if len(lanes_at(line)) == hosts and "┊  " not in line[:20]}
    assert len(lanes) == 1
    (columns,) = lanes
    for line in lines:
        if "─" in line or "╌" in line or "═" in line:
            assert set(lanes_at(line, "│")) <= set(columns)


def test_plain_text_is_ascii() -> None:
    ladder_of_two = ladder(2, ("a", "b"), arrows=0)
    shown = text(
        Ladder("t", "a → b", ladder_of_two.lanes, SMALL.rungs[:1] + SMALL.rungs[3:5] + SMALL.rungs[6:]), 80, plain=True
    )
    assert shown.isascii()
    assert "a -> b" in shown and "<----" in shown and ".x..|" in shown


def test_hostile_text_is_harmless() -> None:
    shown = text(hostile_ladder(), 100)
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert safe(HOSTILE[12])[:8] in shown


def test_a_narrow_page_is_made_as_wide_as_the_hosts_need() -> None:
    shown = text(ladder(8), 40)
    heads = shown.splitlines()
    assert sum(line.count("192.168.") for line in heads) == 8
    assert len(lanes_at(next(line for line in heads if "│" in line))) == 8


@pytest.mark.parametrize("width", [80, 81, 100])
def test_nothing_reaches_over_the_page_where_the_hosts_find_room(width: int) -> None:
    note = Note(StepKind.HOP, ("홉 1: 192.150.187.22가 192.150.186.11에 메일을 제출 (SMTP 대화 1) " * 2,), 0, 1)
    lanes = (Lane("192.150.187.22"), Lane("192.150.186.11"))
    arrows = ladder(2, ("x" * 200,)).rungs
    assert max(map(cells, text(Ladder("t", "s", lanes, (note, *arrows)), width).splitlines())) <= width


def test_the_same_ladder_is_written_the_same() -> None:
    assert text(ladder(5), 100) == text(ladder(5), 100)


def test_what_was_left_out_is_counted() -> None:
    assert text(ladder(2), 100).endswith("3 more arrows are not drawn.\n")
