"""The page: every text escaped, nothing that runs or loads, numbered figures and tables, headings in order."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from mailtrace.reports.document import Document, Figure, Section, Table, cleaned
from mailtrace.reports.writers.html import render
from tests.reports.writers.specimen import specimen

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</style><script>alert(1)</script>",
    "</pre></td></table><iframe src=//x>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#x3c;",
)


class Seen(HTMLParser):
    """What a browser would see in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and its attributes."""
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br", "col", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that what ends is what began last."""
        if tag not in ("rect",):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)


HARMLESS_TAGS = set(Seen(render(cleaned(specimen("plain")))).tags)


@pytest.mark.parametrize("attack", ATTACKS)
def test_texts_are_only_texts(attack: str) -> None:
    seen = Seen(render(cleaned(specimen(attack))))
    assert seen.open == []
    assert set(seen.tags) == HARMLESS_TAGS
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert not [value for name, value in seen.attributes if name == "href" and not (value or "").startswith("#")]
    assert not {name for name, _ in seen.attributes} & {"src", "srcset", "style", "action", "background", "data"}
    assert sum(text.count(attack) for text in seen.texts) > 80


def test_nothing_runs_and_nothing_is_loaded() -> None:
    assert not HARMLESS_TAGS & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "audio", "video"}
    assert "@import" not in render(specimen()) and "url(" not in render(specimen())


def test_the_policy_allows_the_styles_and_nothing_else() -> None:
    drawn = "<svg><style>rect{fill:red}</style></svg>"
    page = render(Document("t", "", "en", (), (Section("s", "s", (Figure("c", "a", drawn),)),), "m"))
    styles = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    assert len(styles) == 2
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in styles
    )
    policy = f"default-src 'none'; style-src {hashes}; base-uri 'none'; form-action 'none'"
    assert ("content", policy) in Seen(page).attributes


def test_the_same_document_gives_the_same_octets() -> None:
    assert render(specimen()) == render(specimen())


def test_language_title_and_author() -> None:
    page = render(specimen("메일", "ko"))
    assert '<html lang="ko">' in page
    assert "<title>메일</title>" in page
    assert '<meta name="author" content="메일">' in page


def test_headings_go_down_one_by_one() -> None:
    assert re.findall(r"<h(\d)", render(specimen())) == ["1", "2", "3"]


def test_the_contents_lead_to_the_sections() -> None:
    page = render(specimen("x"))
    assert re.findall('href="#([^"]+)"', page) == ["outer", "inner"]
    assert re.findall(' id="([^"]+)"', page) == ["outer", "inner"]


def test_tables_and_figures_are_numbered() -> None:
    page = render(specimen("x"))
    assert re.findall("<figcaption><b>((?:Table|Figure) [0-9]+)</b> x", page) == [
        "Table 1",
        "Figure 1",
        "Table 2",
        "Figure 2",
    ]


def test_a_row_leads_to_its_section() -> None:
    table = next(block for block in specimen("x").sections[0].blocks if isinstance(block, Table))
    linked = Table(
        table.name, table.caption, table.columns, (("7", "a", "b", "c"), ("8", "a", "b", "c")), ("inner", "")
    )
    page = render(Document("t", "", "en", (), (Section("s", "inner", (linked,)),), "m"))
    assert '<a href="#inner">7</a>' in page and ">8</td>" in page and ">8</a>" not in page


def test_a_picture_is_described() -> None:
    page = render(specimen("x"))
    assert '<div class="scroll" role="region" tabindex="0" aria-label="x"><svg' in page


def test_the_bar_is_drawn_in_the_order_of_time() -> None:
    page = render(specimen("x"))
    bar = page[page.index('<svg class="bar"') : page.index('<table class="shares"')]
    assert re.findall('class="(s.)" x="([0-9]+)" y="0" width="([0-9]+)"', bar) == [
        ("s0", "0", "2500"),
        ("s1", "2500", "2500"),
        ("s0", "5000", "2500"),
        ("s1", "7500", "2500"),
    ]


def test_lone_surrogates_do_no_harm(tmp_path: object) -> None:
    from io import BytesIO

    from mailtrace.reports.writers.html import write

    out = BytesIO()
    write(cleaned(specimen("a\ud800b")), out)
    assert b"a\\ud800b" in out.getvalue()
