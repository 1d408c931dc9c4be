"""Hostile traffic in tables for spreadsheets and programs: no cell is a formula, everything is read back as it was."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from mailtrace.reports.tables import TABLES
from mailtrace.reports.tables import csv as csv_of
from mailtrace.reports.tables.values import Heading, Shape, Sheet
from tests.forking import forked
from tests.reports.hostile import FORMULAS, capture

MARK = b"\xef\xbb\xbf"


def sheet(*texts: str | int | None, shape: Shape = Shape.TEXT) -> Sheet:
    """Return a table of one column."""
    return Sheet("packets", "Packets", [Heading("info", "Info", shape)], [[text] for text in texts], len(texts))


def written(table: Sheet, *, raw: bool = False) -> bytes:
    """Return a table as CSV."""
    out = io.BytesIO()
    csv_of.write(table, out, raw=raw)
    return out.getvalue()


FORMULA = re.compile(r"""(^|;)[\s"]*[=+\-@＝＋－＠]""")
"""Where a spreadsheet may take a cell, or what stands behind a `;` in it, for a formula."""


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("＝1", "'＝1"),
        ("  =1", "'  =1"),
        ('"=1', "'\"=1"),
        ("a;=1", "a;'=1"),
        ("\t=1", "\\t=1"),
        ("\r=1", "\\r=1"),
        ("\n=1", "\\n=1"),
        ("\0=1", "\\x00=1"),
        ("a,b", "a,b"),
        ('a "b"', 'a "b"'),
        ("a-b", "a-b"),
        ("이네이버", "이네이버"),
    ],
)
def test_n235_what_looks_like_a_formula_is_text(text: str, cell: str) -> None:
    octets = written(sheet(text))
    assert octets == MARK + b'"Info"\r\n"' + cell.replace('"', '""').encode() + b'"\r\n'
    assert list(csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline=""))) == [["Info"], [cell]]


def test_n235_numbers_stay_numbers() -> None:
    assert written(sheet(7, -7, None, shape=Shape.NUMBER)) == MARK + b'"Info"\r\n7\r\n-7\r\n\r\n'
    assert (
        written(sheet(1_500_000_000, -5, shape=Shape.DURATION)) == MARK + b'"Info"\r\n1.500000000\r\n-0.000000005\r\n'
    )


def test_n235_raw_leaves_formulas() -> None:
    assert written(sheet("=1+1"), raw=True) == MARK + b'"Info"\r\n"=1+1"\r\n'


def report(folder: Path, *more: str) -> None:
    """Run `mailtrace report` on hostile traffic."""
    done = forked("report", capture(folder), "--lang", "en", *more, environment=os.environ, folder=folder)
    assert done.returncode == 0, done.stderr


def test_n235_no_cell_of_any_table_is_a_formula(tmp_path: Path) -> None:
    report(tmp_path, "-o", "report.csv")
    cells = []
    for name in TABLES:
        octets = (tmp_path / f"report-{name}.csv").read_bytes()
        text = octets.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert len({len(row) for row in rows}) == 1, name
        assert len(rows) - 1 == text.count("\r\n") - 1 == text.count("\n") - 1, name
        cells += [cell for row in rows[1:] for cell in row]
    numbers = re.compile(r"-?\d+(\.\d+)?")
    assert [cell for cell in cells if FORMULA.search(cell) and not numbers.fullmatch(cell)] == []
    assert [cell for cell in cells if not cell.isprintable()] == []
    assert any("'" + FORMULAS[0] == cell for cell in cells)


def strict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, none of whose keys stands in it twice."""
    assert len({key for key, _ in pairs}) == len(pairs)
    return dict(pairs)


def unheard_of(name: str) -> None:
    """Refuse what is no JSON."""
    raise ValueError(name)


@pytest.mark.parametrize("name", ["messages", "turns", "lookups"])
def test_n236_tables_are_strict_json(name: str, tmp_path: Path) -> None:
    report(tmp_path, "--table", name, "-o", "table.json")
    text = (tmp_path / "table.json").read_text(encoding="utf-8")
    rows = json.loads(text, object_pairs_hook=strict, parse_constant=unheard_of)
    assert len(rows) == len(text.splitlines()) > 50
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_n236_results_for_machines_are_strict_json(form: str, tmp_path: Path) -> None:
    done = forked("analyze", "--format", form, capture(tmp_path), environment=os.environ)
    assert done.returncode == 0
    text = done.stdout.decode()
    for line in text.splitlines() if form == "jsonl" else [text]:
        assert json.loads(line, object_pairs_hook=strict, parse_constant=unheard_of)
