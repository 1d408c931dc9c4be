"""Hostile traffic in a page: opened in a real browser it asks for nothing, says nothing, and shows every text as text.

The page forbids itself all that could run or load; so it is opened a second time without that, and nothing may happen
either.
"""

from __future__ import annotations

import os
import re
from html import unescape
from pathlib import Path

import pytest

from mailtrace.reports.safe import safe
from tests.forking import forked
from tests.reports.browser import Browser, Seen, browser
from tests.reports.hostile import ELSEWHERE, PAYLOADS, capture
from tests.support import needs_chromium

LIVE = """(() => {
  const found = new Set();
  for (const element of document.querySelectorAll('*')) {
    const name = element.tagName.toLowerCase();
    found.add(name);
    for (const attribute of element.attributes) {
      const value = attribute.value;
      if (/^on|^(src|srcdoc|srcset|action|formaction|data|poster|background|ping|manifest)$/i.test(attribute.name))
        found.add(`${name} ${attribute.name}`);
      if (/href$/i.test(attribute.name) && !value.startsWith('#'))
        found.add(`${name} ${attribute.name}=${value}`);
      if (name === 'meta' && /refresh/i.test(value))
        found.add(`${name} ${value}`);
      if (attribute.name === 'style' || /url *\\(/i.test(value))
        found.add(`${name} ${attribute.name}=${value}`);
    }
  }
  return [[...found], document.title, document.documentElement.textContent];
})()"""
"""What could be active in a page, its title, and all its text."""

HARMLESS = frozenset(
    (
        *("html", "head", "meta", "title", "style", "body", "header", "main", "nav", "section", "footer", "aside"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "span", "b", "i", "em", "strong", "code", "pre", "small"),
        *("a", "br", "hr", "ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "blockquote", "cite", "time"),
        *("table", "caption", "colgroup", "col", "thead", "tbody", "tr", "th", "td", "figure", "figcaption"),
        *("svg", "desc", "g", "defs", "rect", "line", "path", "circle", "polygon", "polyline", "text", "tspan"),
    )
)
"""Elements that only show something."""

SVG = "http://www.w3.org/2000/svg"

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of hostile traffic, with a title, an author and a name that are no better."""
    folder = tmp_path_factory.mktemp("html")
    path = folder / "report.html"
    own = ["--title", "</title><script>alert(90)</script>", "--author", '"><img src=x onerror=alert(91)>']
    own += ["--name", "10.0.0.1=<script>alert(92)</script>"]
    done = forked("report", capture(folder), "-o", path, "--lang", "en", *own, environment=os.environ)
    assert (done.returncode, done.stderr) == (0, b"")
    return path


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """Give a browser."""
    with browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@needs_chromium
def test_the_browser_sees_what_it_is_here_to_see(reader: Browser, tmp_path: Path) -> None:
    """Else all that follows would prove nothing."""
    evil = tmp_path / "evil.html"
    evil.write_text(f"<script>alert(1)</script><img src=http://{ELSEWHERE}/i><svg onload=alert(2)>", encoding="utf-8")
    seen = reader.open(evil, LIVE)
    assert (seen.requests, sorted(seen.dialogs)) == ([f"http://{ELSEWHERE}/i"], ["1", "2"])
    assert {"script", "img", "img src", "svg onload"} <= set(seen.found[0])
    evil.write_text("<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><b onclick=x>", "utf-8")
    assert "Refused" in "".join(reader.open(evil).complaints) or reader.open(evil, LIVE).found[0].count("b onclick")


@needs_chromium
@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "unguarded"])
def test_n231_n232_n233_nothing_runs_and_nothing_is_asked_for(
    page: Path, reader: Browser, tmp_path: Path, guarded: bool
) -> None:
    """Mails are shown as text, HTML or not; the page has no script and no frame at all."""
    opened = page
    if not guarded:
        opened = tmp_path / "unguarded.html"
        bare, cut = POLICY.subn("", page.read_text(encoding="utf-8"))
        assert cut == 1
        opened.write_text(bare, encoding="utf-8")
    seen: Seen = reader.open(opened, LIVE)
    assert (seen.requests, seen.dialogs, seen.complaints) == ([], [], [])
    live, title, text = seen.found
    assert set(live) - HARMLESS == set()
    assert title == "</title><script>alert(90)</script>"
    plain = " ".join(text.split())
    assert [payload for payload in PAYLOADS if " ".join(safe(payload.expandtabs()).split()) not in plain] == []


@needs_chromium
def test_n231_a_ladder_is_a_picture_and_nothing_else(reader: Browser, tmp_path: Path) -> None:
    """An SVG that is opened by itself has no policy that would forbid it anything."""
    command = ["ladder", capture(tmp_path), "--lang", "en"]
    for number in (2, 8, 55):
        path = tmp_path / f"{number}.svg"
        done = forked(*command, "--conversation", number, "-o", path, environment=os.environ)
        assert (done.returncode, done.stderr) == (0, b"")
        seen = reader.open(next(iter(sorted(tmp_path.glob(f"{number}*.svg")))), LIVE)
        assert (seen.requests, seen.dialogs, seen.complaints) == ([], [], [])
        assert set(seen.found[0]) - HARMLESS - {f"svg xmlns={SVG}"} == set()


def test_n231_the_page_forbids_itself_everything_else(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    (found,) = POLICY.findall(text)
    policy = unescape(found)
    assert "default-src 'none'" in policy
    assert not re.search(r"script-src|img-src|connect-src|unsafe|http:|https:|data:", policy)
    assert text.index(found) < text.index("<style>")
