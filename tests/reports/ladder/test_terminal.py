"""Ladders on a terminal: colours where it has them, its own signs where it does not know ours."""

from __future__ import annotations

import io

import pytest

from mailtrace.reports.ladder import text
from mailtrace.reports.ladder.terminal import write_text
from mailtrace.reports.ladder.textladder import lines
from tests.reports.ladder.examples import ladder
from tests.reports.ladder.test_textladder import SMALL


def test_ladders_in_a_file_are_plain_text_with_a_line_between() -> None:
    out = io.BytesIO()
    write_text([SMALL, SMALL], out, 60)
    assert out.getvalue().decode() == f"{text(SMALL, 60)}\n{text(SMALL, 60)}"


def test_colours_repeat_what_shapes_say() -> None:
    drawn = {line.plain.strip(): line for line in lines(SMALL, 60)}
    styles = {
        said: {str(span.style) for span in line.spans}
        for key, line in drawn.items()
        for said in ("HELO SOFT4", "550 no", "4.99 s", "12 octets")
        if said in key
    }
    assert "cyan" in styles["HELO SOFT4"]
    assert "bold red" in styles["550 no"]
    assert "bold yellow" in styles["4.99 s"]
    assert "bold red" in styles["12 octets"]


def test_an_old_terminal_gets_what_it_can_show_in_straight_lanes() -> None:
    shown = [line.plain for line in lines(SMALL, 60, plain=True, encoding="ascii")]
    assert all(line.isascii() for line in shown)
    lanes = {tuple(at for at, sign in enumerate(line) if sign == "|") for line in shown if line.count("|") == 2}
    assert len(lanes) == 1
    assert any(r"\uc81c" in line for line in shown)


@pytest.mark.parametrize("width", [60, 100, 160])
def test_no_line_ends_in_blanks(width: int) -> None:
    assert not any(line.plain.endswith(" ") for line in lines(ladder(4), width))
