"""The README in Korean says what the README says: the same headings in order, and the same commands."""

from __future__ import annotations

import re

from tests.support import ROOT

ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
KOREAN = (ROOT / "README.ko.md").read_text(encoding="utf-8")

HEADINGS = {
    "mailtrace": "mailtrace",
    "Start": "시작하기",
    "Use": "사용법",
    "Exit codes": "종료 코드",
    "Passwords": "비밀번호",
    "Recipes": "활용 예",
    "Live in a lab": "실습에서 실시간으로",
    "Check what you expect": "기대한 것 확인하기",
    "In Python": "Python에서",
    "What it reads": "읽을 수 있는 것",
    "How fast": "속도",
    "Where things are": "어디에 무엇이 있는가",
    "Licence": "라이선스",
}


def headings(text: str) -> list[tuple[str, str]]:
    """Return the headings of a document with their depth, without the places that links lead to."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^(#+) (.*)$", prose, re.MULTILINE)
    return [(depth, re.sub(r" <a id=.*", "", title)) for depth, title in found]


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the blocks of code with their language, but for what a terminal prints."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(language, code) for language, code in found if language != "text"]


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of prose that begin with what they are about."""
    return re.findall(r"^\*\*[^*]+\*\*", text, re.MULTILINE)


def rows(text: str) -> list[str]:
    """Return the first cells of all tables that are not generated, where they are code."""
    written = re.sub(r"<!-- (\w+): written .*?<!-- end of \1 -->", "", text, flags=re.DOTALL)
    return re.findall(r"^\| (`[^`]+`|\[[^\]]+\]\([^)]+\)|\d+) \|", written, re.MULTILINE)


def test_headings_are_the_same_in_the_same_order() -> None:
    assert headings(KOREAN) == [(depth, HEADINGS[title]) for depth, title in headings(ENGLISH)]


def test_commands_are_the_same() -> None:
    assert blocks(KOREAN) == blocks(ENGLISH)


def test_nothing_is_left_out() -> None:
    assert len(paragraphs(KOREAN)) == len(paragraphs(ENGLISH))
    assert rows(KOREAN) == rows(ENGLISH)
    assert re.findall(r"^!\[.*\]\((.*)\)$", KOREAN, re.MULTILINE) == re.findall(
        r"^!\[.*\]\((.*)\)$", ENGLISH, re.MULTILINE
    )


def test_links_within_the_page_lead_somewhere() -> None:
    places = set(re.findall(r'<a id="([\w-]+)"></a>', KOREAN))
    assert set(re.findall(r"\]\(#([\w-]+)\)", KOREAN)) <= places
