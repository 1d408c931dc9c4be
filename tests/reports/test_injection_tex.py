"""Hostile traffic in LaTeX: no command and no sign of it comes through, so that it can run and read nothing."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.forking import forked
from tests.reports.hostile import FORMULAS, MARKDOWN, MARKUP, TEMPLATES, TERMINAL, TEX, capture
from tests.support import SAMPLES

SIGNS = frozenset(
    (
        *("\\textbackslash", "\\textasciicircum", "\\textasciitilde", "\\ "),
        *("\\#", "\\$", "\\%", "\\&", "\\_", "\\{", "\\}"),
    )
)
"""How signs are written that TeX would act on."""

PAYLOADS = (*TEX, *MARKUP[:2], *TEMPLATES, *MARKDOWN[-3:], *FORMULAS[:2], *TERMINAL)

OWN = ("--title", "\\input{/etc/passwd}%$", "--author", "#&_{}^^5cx", "--name", "10.0.0.1=\\write18{id}")


def body(path: Path, folder: Path, *more: str) -> str:
    """Return the report of a capture as LaTeX, from the beginning of its document on."""
    out = folder / "report.tex"
    done = forked("report", path, "-o", out, "--lang", "en", *more, environment=os.environ)
    assert (done.returncode, done.stderr) == (0, b"")
    return out.read_text(encoding="utf-8").partition("\\begin{document}")[2]


def commands(text: str) -> set[str]:
    """Return the commands of a text."""
    return set(re.findall(r"\\(?:[A-Za-z@]+|.)", text))


def test_n237_no_command_comes_from_the_traffic(tmp_path: Path) -> None:
    """A report of hostile traffic has the commands of any report, and those that show a sign."""
    text = body(capture(tmp_path, PAYLOADS), tmp_path, *OWN)
    ordinary = commands(body(SAMPLES / "02-report-2024.pcapng", tmp_path)) | {"\\textbullet"}  # it has no list
    assert commands(text) - ordinary - SIGNS == set()
    assert "^^" not in text
    assert not re.search(r"(?<!\\)[$#]", text)
    assert not re.search(r"(?<!\\)%(?!\n)", text)
    assert "write18" in text
    assert text.count("\\end{document}") == 1
