"""Every text of a document is made safe, whatever block it stands in; pictures and anchors are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from mailtrace.reports.document import cleaned
from tests.reports.writers.specimen import SVG, specimen

EVIL = "\x1b[31m\u202eevil\x07\tx\u200b"
HARMLESS = "\\x1b[31m⟨RLO⟩evil\\x07     x⟨ZWSP⟩"


def texts(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with the name of its field."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each, field)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from texts(getattr(value, name), name)


def test_no_text_is_forgotten() -> None:
    before, after = list(texts(specimen(EVIL))), list(texts(cleaned(specimen(EVIL))))
    assert [field for field, text in before if text == EVIL] == [field for field, text in after if text == HARMLESS]
    assert len([text for _, text in after if text == HARMLESS]) > 80
    assert all(text.isprintable() for field, text in after if field not in ("mermaid", "svg"))


def test_figures_and_anchors_stay() -> None:
    after = list(texts(cleaned(specimen(EVIL))))
    assert ("svg", SVG) in after
    assert ("mermaid", "sequenceDiagram\n    A->>B: hello\n") in after
    assert ("anchor", "inner") in after


def test_a_tab_is_room_in_columns() -> None:
    assert ("lines", "a       b") in texts(cleaned(specimen("a\tb")))
