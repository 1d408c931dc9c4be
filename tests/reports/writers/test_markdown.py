"""The document as Markdown: what it looks like, and that no text becomes markup."""

from __future__ import annotations

import re

from mailtrace.reports.document import Document, Paragraph, Section, Steps, Waits, cleaned
from mailtrace.reports.writers.markdown import render
from tests.reports.writers.specimen import blocks, specimen


def rendered(*wanted: type) -> str:
    """Return the blocks of some kinds, with a harmless text."""
    chosen = tuple(block for block in blocks("x") if isinstance(block, wanted))
    page = render(Document("Title", "", "en", (), (Section("Part", "part", chosen),), "mailtrace 1"))
    return page.removeprefix("# Title\n\n\n\n## Part\n\n").removesuffix("\n\n*Made by mailtrace 1*\n")


def test_steps_are_a_table_and_long_ones_stand_below() -> None:
    assert rendered(Steps) == (
        "| Step | Packets (ACKs) | Time | After | Who | What was said | What it means |\n"
        "|---|---|---|---|---|---|---|\n"
        "| 3 | 16, 18 (17) | +0.001 | +0.001 | x → x | `x` ... | x (RFC 5321 4.2) |\n"
        "\n"
        "Step 3:\n"
        "\n"
        "```text\nx\nx\nx\nx\n```"
    )


def test_waits_are_a_bar_and_a_table() -> None:
    assert rendered(Waits) == (
        "**x: 2.000 s**\n"
        "\n"
        "x\n"
        "\n"
        f"```text\n{'a' * 18}{'b' * 18}{'a' * 18}{'b' * 18}\n```\n"
        "\n"
        "|  | Duration | Share | What took it | Packets | Why |\n"
        "|---|---:|---:|---|---|---|\n"
        "| a | 1.000 s | 50.0 \\% | x | 1-2 | x |\n"
        "| b | 1.000 s | 50.0 \\% | x |  |  |"
    )


def test_tones_of_paragraphs() -> None:
    assert rendered(Paragraph) == "x\n\nx\n\n**x**\n\n> x\n\n> x"


def test_headings_figures_and_tables() -> None:
    page = render(specimen("x"))
    assert re.findall("^(#+) x$", page, re.MULTILINE) == ["#", "##", "###"]
    assert re.findall(r"^\*\*((?:Table|Figure) [0-9])\*\* x$", page, re.MULTILINE) == [
        "Table 1",
        "Figure 1",
        "Table 2",
        "Figure 2",
    ]
    assert page.count("```mermaid\nsequenceDiagram\n    A->>B: hello\n```") == 2


def test_no_fence_is_closed_from_within() -> None:
    page = render(cleaned(specimen("```` mermaid")))
    fences = [line for line in page.splitlines() if line.startswith("```")]
    opened = ""
    for fence in fences:
        if not opened:
            opened = fence.rstrip("abcdefghijklmnopqrstuvwxyz")
        elif fence == opened:
            opened = ""
        else:
            assert len(fence) - len(fence.lstrip("`")) < len(opened)
    assert opened == "" and "`````text" in page


def test_texts_do_not_become_markup() -> None:
    page = render(cleaned(specimen("<b>[a](http://evil.example) ![](x) | @you")))
    outside = re.sub(r"(`+)(?:text|mermaid)\n.*?\n\1", "", page, flags=re.DOTALL)
    without_code = re.sub(r"(`+)[^`\n]+\1", "", outside)
    assert "http:" not in without_code and "@" not in without_code
    assert not re.search(r"(?<!\\)<(?!br>)", without_code)
    assert not re.search(r"(?<!\\)\[", without_code)
