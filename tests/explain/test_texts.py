"""The sentences: every one that is asked for exists, none is left over, and RFCs are cited in one way."""

from __future__ import annotations

import ast
import re
import string

import pytest

from mailtrace.explain.english import ENGLISH
from mailtrace.explain.texts import counted, listed, numbers, rounded, seconds, text
from mailtrace.protocols.dns import words as dns_words
from mailtrace.protocols.ident import words as ident_words
from mailtrace.protocols.imap import words as imap_words
from mailtrace.protocols.pop3 import words as pop3_words
from mailtrace.protocols.smtp import words as smtp_words
from mailtrace.protocols.word import Word
from tests.support import ROOT

SOURCE = re.compile(r"RFC \d+( (section|appendix) [A-Z0-9][0-9.]*)?")


SPEAKERS = [path for path in sorted((ROOT / "mailtrace" / "explain").rglob("*.py")) if path.parent.name != "english"]
"""Files that ask for sentences; those in `english` have them."""


def asked_for() -> tuple[set[str], list[re.Pattern[str]]]:
    """Return the keys that the code asks for as they are, and patterns for those it makes."""
    whole: set[str] = set()
    made: list[re.Pattern[str]] = []
    for path in SPEAKERS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [re.escape(p.value) if isinstance(p, ast.Constant) else "[A-Za-z0-9.-]+" for p in node.values]
                ends = [p.value for p in (node.values[0], node.values[-1]) if isinstance(p, ast.Constant)]
                if any(str(end).strip(".").replace(".", "").replace("-", "").isalnum() for end in ends):
                    made.append(re.compile("".join(map(str, parts))))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
    return whole, made


def test_no_sentence_is_left_over() -> None:
    whole, made = asked_for()
    table = (ROOT / "mailtrace" / "explain" / "english" / "tables.py").read_text(encoding="utf-8")
    unused = [
        key
        for key in ENGLISH
        if key not in whole and not any(p.fullmatch(key) for p in made) and f'"{key}"' not in table
    ]
    assert unused == []


def test_every_sentence_asked_for_by_name_exists() -> None:
    missing = []
    for path in SPEAKERS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in ("text", "once") and isinstance(node.args[0].value, str) and node.args[0].value not in ENGLISH:
                missing.append((path.name, node.args[0].value))
    assert missing == []


def test_sentences_are_templates_with_named_fields() -> None:
    for key, sentence in ENGLISH.items():
        names = [name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None]
        assert all(name.isidentifier() for name in names), key


@pytest.mark.parametrize("module", [smtp_words, pop3_words, imap_words, dns_words, ident_words])
def test_words_have_a_meaning_and_cite_rfcs_in_one_way(module: object) -> None:
    tables = [table for name, table in vars(module).items() if name.isupper() and isinstance(table, dict)]
    assert tables
    for word in (word for table in tables for word in table.values()):
        assert isinstance(word, Word)
        assert word.means.strip() == word.means != ""
        assert word.source is None or SOURCE.fullmatch(word.source), word


def test_numbers_as_people_read_them() -> None:
    assert counted("octets", 1) == "1 octet"
    assert counted("octets", 14545) == "14,545 octets"
    assert numbers([16, 18, 19, 20, 18]) == "16, 18-20"
    assert listed(["1"]) == "1"
    assert listed(["1", "2", "4"]) == "1, 2 and 4"
    assert [seconds(ns) for ns in (4_994_047_000, 12_300_000_000, 21_000_000, 176_000, 0)] == [
        "4.99", "12.3", "0.021", "0.0002", "0",
    ]  # fmt: skip
    assert [rounded(ns) for ns in (2_990_277_000, 1_500_000_000)] == ["3", "1.5"]
    assert text("gap", octets="5 octets") == "(5 octets missing from the capture)"
