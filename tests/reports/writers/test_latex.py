"""Reports as LaTeX: what was said is text and nothing else, and all that is begun is ended. Compiled only by hand."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest

from mailtrace.reports.document import Column, Document, Fact, Figure, Kind, Paragraph, Section, Table
from mailtrace.reports.writers import latex
from mailtrace.reports.writers.latex import write
from mailtrace.reports.writers.latex.drawing import drawing
from mailtrace.reports.writers.latex.escaping import below, spaced, tex
from tests.reports.hostile import PAYLOADS
from tests.reports.writers.specimen import specimen

PREAMBLE = (Path(latex.__file__).parent / "preamble.tex").read_text(encoding="utf-8")

SPELLINGS = {
    *("textbackslash", "textasciitilde", "textasciicircum", "Other", "B"),
    *("{", "}", "$", "&", "#", "_", "%", " ", "strut", "nobreakspace"),
}
"""Commands that texts may become."""

LATEX = {
    *("begin", "end", "section", "subsection", "subsubsection", "paragraph", "label", "tableofcontents", "clearpage"),
    *("caption", "captionof", "tabularnewline", "hline", "rowcolor", "endfirsthead", "endhead", "hyperref", "item"),
    *("textbf", "newline", "par", "noindent", "linewidth", "ttfamily", "bfseries", "small", "footnotesize"),
    *("scriptsize", "textbullet", "vfill", "path", "baselineskip", "Needspace", "addtocontents", "protect"),
    *("setcounter", "definecolor", "AtBeginDocument", "renewcommand", "contentsname", "figurename", "tablename"),
    *("newcommand", "reportname", "hypersetup"),
}
"""Commands of LaTeX and its packages that a report uses besides its own."""

MORE = (
    "^^5cinput{x} ^^^^0041",
    r"\end{lines}\end{document}",
    "{" * 30,
    "}" * 30,
    "\\" * 41,
    "[opt] *star* []",
    "a" * 300,
    "@" * 99,
    "% comment",
    "\x00\x1f\x7f\ud800",
    "日本語 العربية 😀",
)


def written(document: Document) -> str:
    """Return the file."""
    out = BytesIO()
    write(document, out)
    return out.getvalue().decode("utf-8")


def text_of(document: Document) -> str:
    """Return what follows the preamble."""
    return written(document).removeprefix(PREAMBLE)


def commands(source: str) -> set[str]:
    """Return the names of all commands in some TeX, as TeX reads them."""
    return set(re.findall(r"\\([A-Za-z]+|.)", source))


def own() -> set[str]:
    """Return the commands that the preamble makes."""
    return set(re.findall(r"\\(?:newcommand|DeclareRobustCommand)\\([A-Za-z]+)", PREAMBLE))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, words.", "plain, words."),
        ("100 % of $5 & #1", r"100 \% of \$5 \& \#1"),
        ("a_b{c}", r"a\_b\{c\}"),
        ("~ ^ \\", r"\textasciitilde{} \textasciicircum{} \textbackslash{}"),
        (r"\write18{id}", r"\textbackslash{}write18\{id\}"),
        ("^^5c", r"\textasciicircum{}\textasciicircum{}5c"),
        ("[1] *", "{[}1{]} {*}"),
        ("RFC\N{NO-BREAK SPACE}5321", r"RFC\nobreakspace{}5321"),
        ('"quoted" -- `it\'s`', '"quoted" -- `it\'s`'),
        ("한글 漢字 → é", "한글 漢字 → é"),
        ("дом ⟨RLO⟩", r"\Other{дом} \Other{⟨}RLO\Other{⟩}"),
        ("line\nend\x00", "line\N{REPLACEMENT CHARACTER}end\N{REPLACEMENT CHARACTER}"),
        ("mail.example.org", r"mail.\B{}example.\B{}org"),
        ("aaaaaaaaaaaaaaaaaaaa", r"aaaaaaaa\B{}aaaaaaaa\B{}aaaa"),
    ],
)
def test_n237_signs_are_spelled(text: str, expected: str) -> None:
    # U+FFFD is beyond what fonts surely have, and so are signs of its kind
    assert tex(text).replace("\\Other{\N{REPLACEMENT CHARACTER}}", "\N{REPLACEMENT CHARACTER}") == expected


def test_spaces_are_kept_where_they_mean_something() -> None:
    assert spaced("  two  and one") == r"\ \ two\ \ and one"
    assert spaced("") == r"\strut"
    assert below(("a & b", "c")) == r"a \& b\newline c"


@pytest.mark.parametrize("attack", [*PAYLOADS, *MORE])
def test_n237_no_command_comes_of_a_text(attack: str) -> None:
    source = text_of(specimen(attack))
    assert commands(source) <= own() | LATEX | SPELLINGS
    assert commands(source) <= commands(text_of(specimen("plain"))) | SPELLINGS
    assert "^^" not in source
    assert not re.search(r"(?<!\\)[$#~]", source)


@pytest.mark.parametrize("attack", [*PAYLOADS, *MORE])
def test_n237_what_is_begun_is_ended(attack: str) -> None:
    source = re.sub(r"\\[\\{}%]", "", text_of(specimen(attack)))
    open_: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", source):
        if kind == "begin":
            open_.append(name)
        else:
            assert open_.pop() == name
    assert open_ == []
    depth = 0
    for sign in re.findall(r"[{}]", source):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize("attack", [*PAYLOADS, *MORE])
def test_n237_no_line_is_a_comment_but_ours(attack: str) -> None:
    """A percent sign of ours ends a line; one of theirs is spelled."""
    source = text_of(specimen(attack)).removeprefix("\n% ---- This report\n")
    assert [each for each in re.findall(r"(?<!\\)%.*", source) if each != "%"] == []


def test_nothing_is_read_or_run() -> None:
    assert not re.search(r"\\(input|include|write|openout|openin|immediate|includegraphics)\b", PREAMBLE)
    assert "shell-escape" not in PREAMBLE


def test_headings_tables_and_links() -> None:
    columns = (Column("No.", Kind.NUMBER), Column("Info", Kind.CODE))
    table = Table("packets", "All & more", columns, (("1", "SYN [x]"), ("2", "FIN")), links=("there", ""))
    sections = (Section("One", "one", (table,), (Section("Sub", "sub"),)), Section("Two", "there"))
    source = text_of(Document("T_1", "Lee", "en", (Fact("File", ("x.pcap",)),), sections, "mailtrace 1"))
    assert r"\section{One}\label{one}" in source
    assert r"\subsection{Sub}\label{sub}" in source
    assert r"\caption[]{All \& more}\tabularnewline" in source
    assert r"\head{No.} & \head{Info}\rowend" in source
    assert r"\hyperref[there]{1} & SYN {[}x{]}\rowend" in source
    assert "2 & FIN\\rowend" in source
    assert r"\reporttitle{T\_1}{Lee}" in source
    assert r"\faint{File} & x.pcap\rowend" in source
    assert r"\tableofcontents" in source


def test_words_of_the_language_are_used() -> None:
    source = text_of(Document("T", "", "en", (), (Section("S", "s", (Paragraph("x"),)),), "mailtrace 1"))
    assert r"\AtBeginDocument{\renewcommand{\figurename}{Figure}}" in source
    assert r"\AtBeginDocument{\renewcommand{\tablename}{Table}}" in source
    assert r"\tableofcontents" not in source  # of a section alone


def test_pictures_are_drawn() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><title>t</title><style>x{}</style>'
        '<rect width="100" height="50" fill="#ffffff"/>'
        '<g><rect x="1" y="2" width="10" height="5" fill="#EEF2F6" stroke="#b7c0c9" stroke-width="1.4" rx="4"/></g>'
        '<line x1="0" y1="5" x2="20" y2="5" stroke="#0a58a8" stroke-width="1.4" stroke-dasharray="6 4"/>'
        '<path fill="none" stroke="#0a58a8" stroke-width="2" d="M1 2 H5 V6 L7.5 8 Z"/>'
        '<text x="3" y="4" font-size="12" fill="#1f2328" font-weight="bold" text-anchor="middle"'
        ' font-family="Menlo, monospace">50 % &lt;x&gt;</text></svg>'
    )
    assert drawing(svg) == (
        "\\begin{drawing}{0.750}\n"
        "\\path[fill=cEEF2F6,draw=cB7C0C9,line width=1.05pt,rounded corners=3.0pt] (1,2) rectangle (11,7);\n"
        "\\path[draw=c0A58A8,line width=1.05pt,dash pattern=on 4.50pt off 3.00pt] (0,5) -- (20,5);\n"
        "\\path[draw=c0A58A8,line width=1.50pt] (1,2) -- (5,2) -- (5,6) -- (7.5,8) -- cycle;\n"
        "\\W{base}{c1F2328}{3,4}{\\ttfamily\\bfseries}{9.00}{50 \\% <x>}\n"
        "\\end{drawing}\n"
    )


def test_colours_of_pictures_are_defined() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect x="0" width="9" fill="#12ab34"/></svg>'
    section = Section("S", "s", (Figure("F", "what it shows", svg),))
    assert r"\definecolor{c12AB34}{HTML}{12AB34}" in text_of(Document("T", "", "en", (), (section,), "mailtrace 1"))


def test_a_wide_picture_is_made_to_fit() -> None:
    assert drawing('<svg xmlns="http://www.w3.org/2000/svg" width="966" height="10"></svg>').startswith(
        "\\begin{drawing}{0.500}"
    )


def test_n240_the_same_document_gives_the_same_octets() -> None:
    assert written(specimen("한글 & <x>")) == written(specimen("한글 & <x>"))
