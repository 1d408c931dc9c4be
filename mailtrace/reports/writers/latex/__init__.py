"""The document as LaTeX, for XeLaTeX with kotex: one file that holds its figures, too."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from mailtrace.reports.document import Document, label
from mailtrace.reports.writers import paper
from mailtrace.reports.writers.latex.blocks import facts, faint, section, used_colours
from mailtrace.reports.writers.latex.drawing import colour_name
from mailtrace.reports.writers.latex.escaping import command, environment, tex

PREAMBLE = Path(__file__).parent / "preamble.tex"
"""All commands that the text uses, and how they look."""

LOOKS = (paper.CLIENT, paper.SERVER, paper.LOOKUP, paper.MAIL, paper.QUIET, paper.WAIT, paper.BAD)


def write(document: Document, out: BinaryIO) -> None:
    """Write the file, in UTF-8."""
    pieces = (
        PREAMBLE.read_text(encoding="utf-8"),
        "\n% ---- This report\n",
        *(f"{line}\n" for line in _settings(document)),
        "\n",
        environment("document", _text(document)),
        "\n",
    )
    out.write("".join(pieces).encode("utf-8"))


def _settings(document: Document) -> list[str]:
    """Return what differs from report to report: colours, words of its language, and what it is called."""
    used = {digits.upper() for look in LOOKS for digits in look} | used_colours(document.sections)
    words = {
        r"\contentsname": label("contents"),
        r"\figurename": label("figure", number="").strip(),
        r"\tablename": label("table", number="").strip(),
    }
    title, author = tex(document.title), tex(document.author)
    return [
        *(command("definecolor", colour_name(digits), "HTML", digits) for digits in sorted(used)),
        *(command("AtBeginDocument", command("renewcommand", name, tex(word))) for name, word in words.items()),
        command("newcommand", r"\reportname", title),
        command("hypersetup", f"pdftitle={{{title}}},pdfauthor={{{author}}},pdfcreator={{{tex(document.maker)}}}"),
    ]


def _text(document: Document) -> str:
    title = command("reporttitle", tex(document.title), tex(document.author))
    sections = "".join(map(section, document.sections))
    end = rf"\vfill{faint(label('made', maker=document.maker))}"
    contents = "\\tableofcontents\n\\clearpage\n" if paper.listed(document) else ""
    return f"{title}\n{facts(document.facts)}\n{contents}{sections}\n{end}"
