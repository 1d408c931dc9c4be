"""Pictures: a PNG of the right size, each text in a font that has its letters, and a helpful word without Cairo."""

from __future__ import annotations

import re
import struct
import sys

import pytest

from mailtrace.errors import UnreadableInput
from mailtrace.reports.ladder import png, svg
from mailtrace.reports.ladder.png import with_fonts
from tests.reports.ladder.examples import hostile_ladder, ladder


def test_a_picture_has_the_size_of_the_figure() -> None:
    (drawn,) = svg(ladder(2, arrows=4))
    width, height = (float(each) for each in re.findall(r'(?:width|height)="([\d.]+)"', drawn)[:2])
    picture = png(drawn, 2.0)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == pytest.approx((2 * width, 2 * height), abs=2)
    assert png(drawn, 2.0) == picture


def test_hostile_text_is_drawn() -> None:
    assert png(svg(hostile_ladder())[0], 0.5)[:4] == b"\x89PNG"


def test_each_text_names_a_single_font() -> None:
    named = with_fonts(svg(ladder(3))[0])
    families = re.findall(r'<text [^>]*font-family="([^"]*)"', named)
    assert len(families) == named.count("<text ")
    assert not any("," in family for family in families)
    assert re.sub(r' ?font-family="[^"]*"', "", named) == re.sub(r' ?font-family="[^"]*"', "", svg(ladder(3))[0])


def test_without_fontconfig_there_is_a_font_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["mailtrace.reports.ladder.png"]
    monkeypatch.setenv("PATH", "")
    module._font.cache_clear()
    families = set(re.findall(r'<text [^>]*font-family="([^"]*)"', with_fonts(svg(ladder(2))[0])))
    module._font.cache_clear()
    assert families == {"DejaVu Sans", "DejaVu Sans Mono"}


def test_without_cairo_the_user_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    with pytest.raises(UnreadableInput, match=r"PNG needs the Cairo library .* write \.svg instead"):
        png(svg(ladder(2, arrows=1))[0])
