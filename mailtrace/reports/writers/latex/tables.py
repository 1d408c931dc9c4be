"""Tables in LaTeX: all may be longer than a page, and then begin anew with their heads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailtrace.reports.document import Kind
from mailtrace.reports.writers.latex.escaping import command, environment, tex

SMALL, SMALLER = r"\footnotesize", r"\scriptsize"
"""Sizes of letters in tables."""

CELLS = {Kind.TEXT: "textcell", Kind.LABEL: "textcell", Kind.CODE: "codecell", Kind.NUMBER: "numbercell"}
"""Commands that begin a cell, by what stands in it."""

ROW_END = r"\rowend"

ROOM = r"\Needspace{7\baselineskip}"
"""A table does not begin where only its heads would find room: TeX would set them on the next page, too."""


def table(
    rows: Iterable[Iterable[str]],
    shares: Iterable[float],
    kinds: Sequence[Kind],
    *,
    heads: Iterable[str] = (),
    caption: str = "",
    size: str = SMALL,
) -> str:
    """Return a table of cells, spelled already; `shares` are the columns' parts of the width.

    Without a caption it has no number. The heads and the caption are plain text.
    """
    columns = "".join(_column(kind, share) for kind, share in zip(kinds, shares, strict=True))
    cells = " & ".join(command("head", tex(head)) for head in heads)
    top = f"\\hline\\rowcolor{{deep}}{cells}{ROW_END}" if cells else r"\hline"
    titles = f"{top}\\endfirsthead\n{top}\\endhead" if cells else top
    title = f"\\caption[]{{{tex(caption)}}}\\tabularnewline\n" if caption else ""
    body = "\n".join(f"{' & '.join(row)}{ROW_END}" for row in rows)
    kind = "longtable" if caption else "longtable*"  # the latter does not count
    return f"{ROOM}{{{size}{environment(kind, f'{title}{titles}{chr(10)}{body}', columns)}}}"


def _column(kind: Kind, share: float) -> str:
    width = command("share", f"{share:.4f}")
    return f">{{{command(CELLS[kind])}}}p{{{width}}}"
