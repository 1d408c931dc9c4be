"""The sanitiser: nothing that a terminal or a Markdown reader obeys gets through, and the rest stays as it was."""

from __future__ import annotations

import html
import json
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mailtrace.reports.safe import LONGEST_FIELD, encodable, json_safe, markdown, markdown_code, safe

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
HIDDEN = "\u00ad\u034f\u115f\u1160\u180e\u200b\u200c\u200d\u2060\u2064\u3164\ufeff\uffa0\U000e0041\U000e0001\U000e0101"
CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
EVERYTHING_BAD = f"{CONTROLS}\u2028\u2029{BIDI}{HIDDEN}\ud800\udfff\ue000\U0010ffff"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("250 2.1.0 <a@b>... Sender ok", "250 2.1.0 <a@b>... Sender ok"),
        ("확인 바람", "확인 바람"),
        ("\x1b[31mred\x1b]8;;http://x\x07", "\\x1b[31mred\\x1b]8;;http://x\\x07"),
        ("a\r\nb\tc\x00", "a\\r\\nb\\tc\\x00"),
        ("\x7f\x85\x9b", "\\x7f\\x85\\x9b"),
        ("a\u202egnp.exe", "a⟨RLO⟩gnp.exe"),
        ("\u2066x\u2069", "⟨LRI⟩x⟨PDI⟩"),
        ("\u200b\ufeff\u2028\u2029", "⟨ZWSP⟩⟨BOM⟩⟨LS⟩⟨PS⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\ud800", "\\ud800"),
        ("\ue000", "⟨U+E000⟩"),
        ("\u3164", "⟨U+3164⟩"),
        ("a\xa0b\u2003c", "a b c"),
        ("[red]x[/red] \\[bold] [link=http://x]", "[red]x[/red] \\[bold] [link=http://x]"),
        ("각", "각"),  # one syllable sent as two letters
        ("❤️", "❤️"),
        ("e\u0301\u0323", "ẹ\u0301"),
        ("\u0301x", "◌\u0301x"),
        ("Z\u0363\u0364\u0365\u0366\u0367\u0368", "Z\u0363\u0364\u0365\u0366⟨…marks⟩"),
    ],
)
def test_shown(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_nothing_bad_stays() -> None:
    assert not set(safe(EVERYTHING_BAD)) & set(EVERYTHING_BAD)


@given(st.text(st.characters(codec=None)))
def test_always_one_printable_line(text: str) -> None:
    shown = safe(text)
    assert len(shown.splitlines()) <= 1
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]


@pytest.mark.parametrize("flood", ["a" * 10_000_000, "a" + "\u0301" * 1_000_000, "한" * 1_000_000, "\t" * 1_000_000])
def test_floods_are_cut_and_told(flood: str) -> None:
    begun = time.process_time()
    shown = safe(flood)
    assert time.process_time() - begun < 0.05
    assert shown.endswith(f"⟨{len(flood) - 4096} more characters⟩")
    assert len(shown) <= 2 * LONGEST_FIELD + 40


def test_encodable() -> None:
    assert encodable("한 → a", "ascii") == "\\ud55c \\u2192 a"
    assert encodable("한a", "euc-kr") == "한a"


# --- Markdown ---------------------------------------------------------------------------------------------------------

ENGINE = MarkdownIt("js-default", {"html": True})


def rendered(markup: str) -> str:
    """Return the text a reader sees, with tags we did not write refused."""
    page = ENGINE.render(markup)
    tags = {"p", "h2", "code", "table", "thead", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"</?([a-z0-9]+)", page)) <= tags
    return html.unescape(re.sub(r"<[^>]*>", "", page)).replace("\n", "")


MARKDOWN_TRAPS = [
    "a | b || c",
    "`x` ``y`` `",
    "[x](javascript:alert(1))",
    "![](http://tracker/x.png)",
    "<script>alert(1)</script>",
    "<!-- x -->",
    "&lt;b&gt; &#42;",
    "# title",
    "> quote",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "1) item",
    "    code",
    "---",
    "===",
    "~~~",
    "~~x~~ ==x== %%x%% $x$ ^x",
    "**b** __b__ *i* _i_",
    "ends with #",
    "[^1] [[wiki]] ![[embed]] #tag",
    "@torvalds mailto:x@y www.x.com https://x.com :smile: :100: #12 GH-3",
    "\\| \\` \\\\",
    "`a|b` | `",
    "lee|x@naver.com|`y`",
    "| a@b | `",
    "a\\|b@c",
    "a@b\\",
    "ends with backslash\\",
    "::: note",
    "a  b",
]


@pytest.mark.parametrize("text", MARKDOWN_TRAPS)
def test_markdown_reads_literally(text: str) -> None:
    literal = re.sub(" +", " ", text.strip())
    assert re.sub(" +", " ", rendered(markdown(text)).strip()) == literal
    assert re.sub(" +", " ", rendered(f"## {markdown(text)}").strip()) == literal
    table = rendered(f"| a | b |\n|---|---|\n| {markdown(text)} | z |")
    assert re.sub(" +", " ", table[2:-1]).strip() == literal


@pytest.mark.parametrize("text", MARKDOWN_TRAPS)
def test_markdown_code_reads_literally(text: str) -> None:
    table = rendered(f"| a | b |\n|---|---|\n| {markdown_code(text)} | z |")
    assert re.sub(" +", " ", table) == f"ab{re.sub(' +', ' ', text)}z"


@given(st.text("ab|`\\ <>[]()*_#-+.!:@/&;~=\n\x1b1", max_size=20))
def test_markdown_of_anything_reads_literally(text: str) -> None:
    shown = re.sub(" +", " ", safe(text)).strip()
    for written in (markdown(text), markdown_code(text)):
        table = rendered(f"| a | b |\n|---|---|\n| {written} | z |")
        assert re.sub(" +", " ", table[2:-1]).strip() == shown
    assert re.sub(" +", " ", rendered(markdown(text))).strip() == shown


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_json_keeps_values_and_hides_nothing() -> None:
    value = EVERYTHING_BAD.replace("\ud800\udfff", "") + "확인 é 😀"
    encoded = json.dumps(value, ensure_ascii=False).encode()
    spelled = json_safe(encoded)
    assert json.loads(spelled) == value
    unseen = set(CONTROLS + BIDI + HIDDEN + "\u2028\u2029") & set(spelled.decode())
    assert not unseen
    assert "확인 é 😀" in spelled.decode()


def test_json_spelling() -> None:
    assert json_safe('"\x7f\x9b\u202e\U000e0041"'.encode()) == b'"\\u007f\\u009b\\u202e\\udb40\\udc41"'
    assert json_safe(b'"plain"') == b'"plain"'
    assert json_safe('"한글"'.encode()) == '"한글"'.encode()


@given(st.text())
def test_json_of_anything_keeps_values(text: str) -> None:
    assert json.loads(json_safe(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass"))) == text
