"""A file of expectations: what is read, and that every mistake is one line with its place and what would be right."""

from __future__ import annotations

import re

import pytest

from mailtrace.errors import UsageError
from mailtrace.expectations.reading import MAX_EXPECTATIONS, read_expectations
from mailtrace.expectations.values import amount
from mailtrace.expectations.words import Amount

GOOD = """
title = "Lab 3"

[[expect]]
title = "Both mails were fetched"
mails = 2
fetched_by = "POP3"
deleted = false

[[ expect ]]
lookups = "all"
names = ["Naver.com.", "daum.net"]
answered = true
"""


def wrong(source: str) -> str:
    """Return the error that a file makes, which must be one line."""
    with pytest.raises(UsageError) as caught:
        read_expectations(source, "lab.toml")
    error = str(caught.value)
    assert "\n" not in error and error.startswith("lab.toml"), error
    return error.removeprefix("lab.toml")


def test_a_file_is_read() -> None:
    title, (mails, lookups) = read_expectations(GOOD, "lab.toml")
    assert title == "Lab 3"
    assert (mails.number, mails.title, mails.kind.many) == (1, "Both mails were fetched", "{count} mails")
    assert mails.asks == 'mails = 2, fetched_by = "POP3", deleted = false'
    assert (mails.picks, mails.demands) == ({}, {"fetched_by": "pop3", "deleted": False})
    assert lookups.title == lookups.asks == 'lookups = "all", names = ["Naver.com.", "daum.net"], answered = true'
    assert lookups.picks == {"names": ("naver.com", "daum.net")}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (3, Amount("at least 3", 3)),
        ("3", Amount("at least 3", 3)),
        ("at least 3", Amount("at least 3", 3)),
        ("Exactly  3", Amount("exactly 3", 3, 3)),
        ("at most 3", Amount("at most 3", 0, 3)),
        (0, Amount("none", 0, 0)),
        ("none", Amount("none", 0, 0)),
        ("ALL", Amount("all", every=True)),
    ],
)
def test_how_many(value: object, read: Amount) -> None:
    assert amount(value) == read


@pytest.mark.parametrize("value", [True, -1, 1.5, "", "three", "exactly", "at most -1", "٣", [], 10**20, "9" * 5000])
def test_no_number(value: object) -> None:
    with pytest.raises(ValueError, match="a number such as 3"):
        amount(value)


MISTAKES = {
    "mails = 3": (': "mails" stands outside of any expectation: begin it with [[expect]]'),
    "[[expects]]\nmails = 3": (': "expects" is not known here: did you mean expect?'),
    "[expect]\nmails = 3": (": there is no expectation: each begins with [[expect]], in double brackets"),
    "": (": there is no expectation: each begins with [[expect]], in double brackets"),
    "title = 3\n[[expect]]\nmails = 3": (": title wants a text in quotes, not 3"),
    "[[expect]]\nmails = \n": (": this is no TOML: Invalid value (at line 2, column 9)"),
    "[[expect]]\nmails = 3\nmails = 4\n": (": this is no TOML: Cannot overwrite a value (at line 3, column 10)"),
    '[[expect]]\ntitle = "x"': (
        ", line 1: expectation 1: it does not say what is counted: one of lookups, mails, relays, "
        "greetings, passwords_in_clear, findings"
    ),
    "\n[[expect]]\nmials = 3": (', line 3: expectation 1: "mials" is not known: did you mean mails?'),
    "[[expect]]\nmails = 1\nlookups = 1": (
        ", line 3: expectation 1: mails and lookups are two expectations: begin the second with [[expect]]"
    ),
    '[[expect]]\nmails = 1\n[[expect]]\n# sevrity\nfindings = 1\n  sevrity = "error"': (
        ', line 6: expectation 2: "sevrity" is not known of findings: did you mean severity?'
    ),
    '[[expect]]\nmails = 1\nseverity = "error"': (
        ', line 3: expectation 1: "severity" is not known of mails: they know subject, sender, '
        "recipient, outcome, end_to_end, domains, within, fetched_by, deleted (findings know "
        "severity)"
    ),
    '[[expect]]\nmails = 1\noutcome = "deliverd"': (
        ', line 3: expectation 1: outcome is "deliverd", but wants one of "fetched", "delivered", '
        '"accepted", "deferred", "bounced", "rejected": did you mean delivered?'
    ),
    '[[expect]]\ngreetings = "all"\nwithin = "2 s"': (
        ', line 3: expectation 1: within is "2 s", but wants a number of seconds, such as 2 or 0.5'
    ),
    '[[expect]]\nmails = 1\ndeleted = "yes"': (
        ', line 3: expectation 1: deleted is "yes", but wants true or false, without quotes'
    ),
    "[[expect]]\nmails = true": (
        ", line 2: expectation 1: mails is true, but wants a number such as 3 (for at least 3), "
        '"exactly 3", "at most 3", "all" or "none"'
    ),
    '[[expect]]\nmails = "all"\nsubject = "x"': (
        ', line 2: expectation 1: mails = "all" does not say what all of them should be: add one of '
        "outcome, end_to_end, domains, within, fetched_by, deleted"
    ),
    '[[expect]]\nfindings = "all"': (
        ', line 2: expectation 1: findings = "all" says nothing: say how many there should be, or "none"'
    ),
    '[[expect]]\nlookups = 1\ntype = "MXX"': (
        ', line 3: expectation 1: type is "MXX", but wants a type of DNS record, such as "MX" or "A": did you mean MX?'
    ),
    '[[expect]]\nfindings = 0\ncodes = ["SMPT001"]': (
        ', line 3: expectation 1: codes is ["SMPT001"], but wants codes or names of rules: no rule '
        "has the code or name 'SMPT001'; `mailtrace rules` lists them"
    ),
    "[[expect]]\nlookups = 1\nnames = []": (
        ", line 3: expectation 1: names is [], but wants a text in quotes, or a list of them, such "
        'as ["naver.com", "daum.net"]'
    ),
    '[[expect]]\nmails = 1\nsubject = ""': (
        ', line 3: expectation 1: subject is "", but wants a text in quotes, such as "test"'
    ),
}


@pytest.mark.parametrize("source", MISTAKES)
def test_a_mistake_is_told_with_its_place(source: str) -> None:
    assert wrong(source) == MISTAKES[source]


def test_a_heading_within_a_text_costs_only_the_line() -> None:
    source = '[[expect]]\ntitle = """\n[[expect]]\n"""\nmials = 1\n'
    assert wrong(source) == ': expectation 1: "mials" is not known: did you mean mails?'


def test_limits() -> None:
    assert "are too many" in wrong("[[expect]]\nmails = 1\n" * (MAX_EXPECTATIONS + 1))
    assert len(wrong(f'[[expect]]\nmails = "{"x" * 5000}"\n')) < 300
    assert "this is no TOML" in wrong("x = " + "[" * 100_000)


@pytest.mark.parametrize("number", ["inf", "nan", "1e300", "-1"])
def test_seconds_are_believable(number: str) -> None:
    assert re.search("wants a number of seconds", wrong(f'[[expect]]\ngreetings = "all"\nwithin = {number}\n'))
