r"""Text that TeX takes for nothing but text: every sign with a meaning is spelled out, whatever was said on a wire.

No category code is changed anywhere, so there is one rule for all places. A backslash and a caret become commands of
ours, so `\write18`, `\input` and `^^5c` are letters on paper. Brackets are put into braces, since TeX would look for
them behind the end of a row. Source: The TeXbook chapters 7 and 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SPELLED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "\N{NO-BREAK SPACE}": r"\nobreakspace{}",
}
"""What stands for each sign; a star behind the end of a row would mean something, too."""

_SIGNS = re.compile("[" + re.escape("".join(SPELLED)) + "]")

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""What is no letter; texts of a document have none, and a file must not break where one has."""

_OTHER = re.compile(
    "[^\x20-\x7e\xa1-\u017f\u2010-\u2015\u2018-\u201e\u2022\u2026\u2192"  # Latin, quotes, dashes, an arrow
    "\u1100-\u11ff\u3000-\u30ff\u3130-\u318f\uac00-\ud7a3\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uffee]+"
)
"""Letters that a font of the document may not have; Korean, Chinese and Japanese ones have fonts of their own."""

LONG_WORD = 14
"""A word of more letters may be broken: behind a sign, and at the latest after `PIECE` letters."""

PIECE = 8

_WORD = re.compile(rf"\S{{{LONG_WORD},}}")
_PIECES = re.compile(rf"[^@.\-/_,;:=?&<>()|]{{1,{PIECE}}}[@.\-/_,;:=?&<>()|]*|[@.\-/_,;:=?&<>()|]{{1,{PIECE}}}")

BREAK = "\x00"
"""Stands for a place to break at, until signs are spelled."""


def tex(text: str, *, breaks: bool = True) -> str:
    """Return a text for prose, cells and headings; `breaks`: long words can be broken."""
    clean = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
    pieces = _WORD.sub(lambda word: BREAK.join(_PIECES.findall(word[0])), clean) if breaks else clean
    return _OTHER.sub(_other, _SIGNS.sub(lambda sign: SPELLED[sign[0]], pieces)).replace(BREAK, r"\B{}")


def _other(run: re.Match[str]) -> str:
    return BREAK.join(rf"\Other{{{each}}}" if each else "" for each in run[0].split(BREAK))


def spaced(text: str) -> str:
    """Return a line whose spaces are kept: the first, and where there are several."""
    return re.sub(r"^ | (?= )|(?<= ) ", r"\\ ", tex(text)) or r"\strut"


def below(texts: Iterable[str]) -> str:
    """Return lines one below the other, in a cell."""
    return r"\newline ".join(map(tex, texts))


def command(name: str, *arguments: str) -> str:
    """Return a command with its arguments, which are spelled already."""
    return f"\\{name}" + "".join(f"{{{each}}}" for each in arguments)


def environment(name: str, body: str, *arguments: str) -> str:
    """Return an environment with its arguments and what is in it, which are spelled already."""
    return f"{command('begin', name, *arguments)}\n{body}\n{command('end', name)}"
