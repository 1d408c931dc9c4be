"""The glossary of `mailtrace explain`: every word of the protocols has a page, and every page leads on."""

from __future__ import annotations

import re

import pytest

from mailtrace.cli import main
from mailtrace.explain.english import glossary as english
from mailtrace.explain.glossary import Entry, look_up, similar
from mailtrace.model import Confidence, GapReason, HopKind, JourneyOutcome, Verdict, WaitKind
from mailtrace.protocols.dns import words as dns
from mailtrace.protocols.ident import words as ident
from mailtrace.protocols.imap import words as imap
from mailtrace.protocols.pop3 import words as pop3
from mailtrace.protocols.smtp import words as smtp

REGISTERED = {
    "0.0",
    *(f"1.{detail}" for detail in range(11)),
    *(f"2.{detail}" for detail in range(5)),
    *(f"3.{detail}" for detail in range(7)),
    *(f"4.{detail}" for detail in range(8)),
    *(f"5.{detail}" for detail in range(7)),
    *(f"6.{detail}" for detail in range(11)),
    *(f"7.{detail}" for detail in range(31)),
}
"""Subjects and details in IANA's registry of enhanced status codes, as of 2024."""

RFC_5321_CODES = {
    *("211", "214", "220", "221", "250", "251", "252", "354", "421", "450", "451", "452", "455"),
    *("500", "501", "502", "503", "504", "550", "551", "552", "553", "554", "555"),
}
"""All reply codes of RFC 5321 section 4.2.3."""

SOURCE = re.compile(r"RFC \d+( section \d+(\.\d+)*| appendix [A-Z](\.\d+)*)?")


def every() -> list[Entry]:
    """Return all pages."""
    tables = (
        *(smtp.COMMANDS, smtp.REPLIES, smtp.EXTENSIONS, smtp.PARAMETERS, smtp.MECHANISMS),
        *(pop3.COMMANDS, pop3.CAPABILITIES, pop3.RESPONSE_CODES),
        *(imap.COMMANDS, imap.CAPABILITIES, imap.RESPONSE_CODES),
        *(dns.TYPES, dns.RCODES, ident.ANSWERS, ident.ERRORS),
    )
    names = [name for table in tables for name in table]
    names += [f"5.{detail}" for detail in smtp.ENHANCED]
    terms = (*english.TERMS, *english.CLASS_TERMS, *english.POP3_STATUS, *english.IMAP_RESPONSES)
    names += [name for term in terms for name in (term.name, *term.also)]
    pages = {name: look_up(name) for name in names}
    assert [name for name, found in pages.items() if not found] == []
    return [entry for found in pages.values() for entry in found]


def test_the_codes_of_the_registries_are_all_there() -> None:
    assert set(smtp.ENHANCED) == REGISTERED
    assert set(smtp.REPLIES) >= RFC_5321_CODES


def test_every_word_has_its_lesson() -> None:
    assert set(english.SMTP_VERBS) == set(smtp.COMMANDS)
    assert set(english.POP3_VERBS) == set(pop3.COMMANDS)
    assert set(english.IMAP_VERBS) == set(imap.COMMANDS)
    assert set(english.REPLY_LESSONS) == set(smtp.REPLIES)
    assert set(english.ENHANCED_ADVICE) == set(smtp.ENHANCED)
    assert set(english.POP3_CODES) == set(pop3.RESPONSE_CODES)
    assert set(english.CODE_LESSONS) == set(imap.RESPONSE_CODES)
    assert set(english.TYPE_LESSONS) <= set(dns.TYPES)
    assert set(english.RCODE_LESSONS) <= set(dns.RCODES)


def test_pages_are_sentences_with_sources_and_lead_to_pages() -> None:
    for entry in every():
        assert entry.means[0] == entry.means[0].upper() and entry.means.endswith((".", '."', '"')), entry
        assert all(paragraph.endswith((".", "?")) for paragraph in entry.know), entry
        assert entry.source is None or SOURCE.fullmatch(entry.source), entry
        assert [other for other in entry.see if not look_up(other)] == [], entry
        assert entry.name not in entry.see, entry


@pytest.mark.parametrize(
    ("word", "name", "kind", "source"),
    [
        ("354", "354", "reply code of SMTP", "RFC 5321 section 4.1.1.4"),
        ("5.1.1", "5.1.1", "enhanced status code", "RFC 3463 section 3.2"),
        ("4.7.1", "4.7.1", "enhanced status code", "RFC 3463 section 3.8"),
        ("x.7.26", "x.7.26", "enhanced status code", "RFC 7372 section 3.4"),
        ("ehlo", "EHLO", "command of SMTP", "RFC 5321 section 4.1.1.1"),
        ("Greylisting", "greylisting", "term", "RFC 6647"),
        ("graylisting", "greylisting", "term", "RFC 6647"),
        ("mx", "MX", "record type of DNS", "RFC 1035 section 3.3.9"),
        ("nxdomain", "NXDOMAIN", "response code of DNS", "RFC 1035 section 4.1.1"),
        ("uid fetch", "FETCH", "command of IMAP", "RFC 9051 section 6.4.5"),
        ("UID EXPUNGE", "UID EXPUNGE", "command of IMAP", "RFC 9051 section 6.4.9"),
        ("-ERR", "-ERR", "answer of POP3", "RFC 1939 section 3"),
        ("5xx", "5yz", "reply codes of SMTP", "RFC 5321 section 4.2.1"),
        ("dot stuffing", "dot-stuffing", "term", "RFC 5321 section 4.5.2"),
        ("MTA", "MTA", "term", "RFC 5598 section 4.3.2"),
        ("MAIL FROM", "MAIL", "command of SMTP", "RFC 5321 section 4.1.1.2"),
        ("MX record", "MX", "record type of DNS", "RFC 1035 section 3.3.9"),
        ("From header", "From", "term", "RFC 5322 section 3.6.2"),
        ("not captured", "not captured", "term", None),
        ("587", "submission", "term", "RFC 6409 section 3"),
        ("25", "port 25", "term", "RFC 5321 section 4.5.4.2"),
        ("599", "599", "reply code of SMTP", "RFC 5321 section 4.2.1"),
        ("5.9.9", "5.9.9", "enhanced status code", "RFC 3463 section 2"),
    ],
)
def test_a_word_is_found(word: str, name: str, kind: str, source: str | None) -> None:
    first = look_up(word)[0]
    assert (first.name, first.kind, first.source) == (name, kind, source)


def test_the_words_of_reports_are_all_there() -> None:
    enums = (WaitKind, HopKind, JourneyOutcome, Verdict, GapReason, Confidence)
    words = [member.value for enum in enums for member in enum]
    assert [word for word in words if not look_up(word)] == []


def test_a_word_with_several_meanings_has_several_pages() -> None:
    assert [entry.kind for entry in look_up("LIST")] == ["command of POP3", "command of IMAP", "term"]
    assert [entry.kind for entry in look_up("IMAP LIST")] == ["command of IMAP"]
    assert [entry.kind for entry in look_up("SPF")] == ["term", "record type of DNS"]


def test_classes_are_told_with_the_code() -> None:
    (refused,) = look_up("4.2.2")
    assert refused.means == "The mailbox is full."
    assert refused.know == (
        "The recipient has to delete mails, or to get more room. As 4.2.2 the sender goes on trying.",
        "The class 4 means not now: the sender keeps the mail and tries again, for some days.",
        "The subject 2 is about the recipient's mailbox.",
    )
    (unknown,) = look_up("471")
    assert unknown.means == "A code that no RFC names; its digits still tell something."
    assert unknown.know[0].startswith("The first digit 4 means not now")


UNKNOWN = ["", " ", "199", "600", "6.1.1", "5.1", "5.1.1.1", "nothing", "\x1b[31m", "x" * 100_000]


@pytest.mark.parametrize("word", UNKNOWN)
def test_what_is_unknown_has_no_page(word: str) -> None:
    assert look_up(word) == ()


def test_what_is_nearly_right_is_proposed() -> None:
    assert similar("greylistning")[0] == "greylisting"
    assert similar("HELLO")[0] in ("HELO", "EHLO")
    assert "dot-stuffing" in similar("stuffing")
    assert similar("qqqqqqqq") == []


def explained(word: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    """Return exit code, output and errors of `mailtrace explain`."""
    monkeypatch.setattr("sys.argv", ["mailtrace", "explain", "--", word])
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as end:
        main()
    shown = capsys.readouterr()
    return int(end.value.code or 0), shown.out, shown.err


def test_explain_prints_the_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = explained("5.1.1", capsys, monkeypatch)
    assert code == 0
    assert out.splitlines() == [
        "5.1.1 · enhanced status code",
        "",
        "No such mailbox.",
        "",
        "The part before the @ does not exist there: a typing error, or the person has left.",
        "",
        "The class 5 means no, for good: the mail goes back to its sender as a bounce.",
        "",
        "The subject 1 is about addresses.",
        "",
        "Source: RFC 3463 section 3.2.",
    ]


def test_explain_proposes_what_is_near(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = explained("greylistning", capsys, monkeypatch)
    assert (code, out) == (2, "")
    assert "greylisting" in err


def test_explain_is_safe_with_any_word(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = explained("\x1b]0;x\x07", capsys, monkeypatch)
    assert code == 2
    assert "\x1b" not in err
