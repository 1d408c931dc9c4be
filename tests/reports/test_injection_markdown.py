"""Hostile traffic in Markdown: two engines, one of them GitHub's own, render it to text and nothing that is active."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt

from mailtrace.reports.safe import safe
from tests.forking import forked
from tests.reports.hostile import PAYLOADS, capture

HARMLESS = frozenset(
    (
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em"),
        *("table", "thead", "tbody", "tr", "th", "td", "br"),
    )
)
"""Elements that the reports of mailtrace consist of: no link, no picture, no HTML of somebody's own."""

STYLES = re.compile(r"(text-align:(left|right|center)|left|right|center|language-(text|mermaid)|\d+)")
"""Values that attributes may have."""


def github(text: str) -> str:
    """Render with GitHub's engine; raw HTML is let through, so that it would be seen."""
    extensions = ("table", "autolink", "strikethrough", "tasklist")
    return str(cmarkgfm.markdown_to_html_with_extensions(text, Options.CMARK_OPT_UNSAFE, extensions))


def markdown_it(text: str) -> str:
    """Render with the engine of editors, set as theirs: addresses become links, bare names such as daum.net do not."""
    engine = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    assert engine.linkify is not None
    engine.linkify.set({"fuzzy_link": False})
    return str(engine.render(text))


class Rendered(HTMLParser):
    """What a rendered document consists of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.values: set[str] = set()
        self.text: list[str] = []
        self.diagrams: list[str] = []
        self._in_diagram = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.values |= {value or "" for _, value in attrs}
        if ("class", "language-mermaid") in attrs or ("lang", "mermaid") in attrs:
            self._in_diagram = True
            self.diagrams.append("")

    def handle_endtag(self, tag: str) -> None:
        """Note the end of an element."""
        self._in_diagram = self._in_diagram and tag not in ("code", "pre")

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if self._in_diagram:
            self.diagrams[-1] += data
        else:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        """Note what is not shown."""
        self.tags.add("comment")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the report of hostile traffic."""
    folder = tmp_path_factory.mktemp("markdown")
    path = folder / "report.md"
    own = ["--title", "![x](http://192.0.2.1/t)", "--author", "<b>x</b>", "--name", "10.0.0.1=[a](javascript:x)"]
    done = forked("report", capture(folder), "-o", path, "--lang", "en", *own, environment=os.environ)
    assert (done.returncode, done.stderr) == (0, b"")
    return path.read_text(encoding="utf-8")


@pytest.fixture(params=[github, markdown_it], ids=["github", "markdown-it"])
def engine(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Give one of the engines."""
    render: Callable[[str], str] = request.param
    return render


def test_engines_make_active_what_is_not_escaped(engine: Callable[[str], str]) -> None:
    """Else all that follows would prove nothing."""
    seen = Rendered(engine("x <script>y</script> [a](/b) ![b](c.png) http://example.com\n\n| a |\n|---|\n| b |"))
    assert {"script", "a", "img", "table"} <= seen.tags


def test_n234_nothing_is_active(report: str, engine: Callable[[str], str]) -> None:
    seen = Rendered(engine(report))
    assert seen.tags - HARMLESS == set()
    assert [value for value in seen.values if not STYLES.fullmatch(value)] == []
    shown = " ".join("".join(seen.text).split())
    assert [payload for payload in PAYLOADS if " ".join(safe(payload.expandtabs()).split()) not in shown] == []


FIRST_WORDS = ("sequenceDiagram", "flowchart")

ACTIVE = re.compile(
    r"^\s*(click|links?|call|href|style|linkStyle|classDef|include)\b|%%|[<>](?!br/>)|`|://", re.MULTILINE
)
"""What lets a diagram of Mermaid call, fetch or restyle something, once its own arrows and line breaks are left out."""

ARROWS = re.compile(r"<br/>|<<-->>|<<->>|--?>>?|--?x|--?\)")


def test_n234_diagrams_have_no_links_and_no_directives(report: str) -> None:
    """Mermaid reads a language of its own: what it could act on is spelled as entities in it, or not there."""
    diagrams = Rendered(github(report)).diagrams
    assert diagrams
    for diagram in diagrams:
        assert diagram.startswith(FIRST_WORDS)
        assert ACTIVE.findall(ARROWS.sub("", diagram)) == []
