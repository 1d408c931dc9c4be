"""Names of exported files: only ours, whatever the mail asks for."""

from __future__ import annotations

import re

import pytest

from mailtrace.export.names import attachment_name, ending_for, numbered

HARMLESS = re.compile(r"[0-9][A-Za-z0-9._-]{0,118}[A-Za-z0-9_]")

WISHES = {
    "report.pdf": "0010-1-2-report.pdf",
    "../../x": "0010-1-2-x.bin",
    "/etc/passwd": "0010-1-2-passwd.bin",
    "..\\..\\x": "0010-1-2-x.bin",
    "C:\\x": "0010-1-2-x.bin",
    "\\\\srv\\x.doc": "0010-1-2-x.doc",
    "//x": "0010-1-2-x.bin",
    ".": "0010-1-2.bin",
    "..": "0010-1-2.bin",
    "": "0010-1-2.bin",
    ".bashrc": "0010-1-2.bashrc",
    "con.txt": "0010-1-2-con.txt",
    "nul": "0010-1-2-nul.bin",
    "name.txt. . ": "0010-1-2-name.txt",
    "a:b": "0010-1-2-a_b.bin",
    "a.txt:stream": "0010-1-2-a_txt_stream.bin",
    "-rf.txt": "0010-1-2-rf.txt",
    "~": "0010-1-2.bin",
    "a\0b.txt": "0010-1-2-a_b.txt",
    "a\nb.txt": "0010-1-2-a_b.txt",
    "\x1b[31mred.txt": "0010-1-2-31mred.txt",
    "\u202etxt.exe": "0010-1-2-txt.exe_",
    "%2e%2e%2fx.txt": "0010-1-2-2e_2e_2fx.txt",
    "\uff0e\uff0e\uff0fx.txt": "0010-1-2-x.txt",
    "회의록.hwp": "0010-1-2.hwp",
    "보고서 2024.hwp": "0010-1-2-2024.hwp",
    "archive.tar.gz": "0010-1-2-archive_tar.gz",
    "invoice.pdf.exe": "0010-1-2-invoice_pdf.exe_",
    "run.SH": "0010-1-2-run.sh_",
    "x.lnk": "0010-1-2-x.lnk_",
    "x.desktop": "0010-1-2-x.desktop_",
    "page.verylongending": "0010-1-2-page_verylongending.bin",
    "문서.한글": "0010-1-2.bin",
}


@pytest.mark.parametrize(("wished", "name"), WISHES.items(), ids=lambda text: ascii(text))
def test_l214_a_name_from_a_mail_becomes_a_harmless_one(wished: str, name: str) -> None:
    assert attachment_name("0010-1", 2, wished, "bin") == name
    assert HARMLESS.fullmatch(name)


def test_l214_a_name_of_4_kb_is_cut_and_keeps_its_ending() -> None:
    name = attachment_name("123456789-1234567", 10_000, "x" * 4096 + ".pdf", "bin", ".partial")
    assert name == "123456789-1234567-10000-" + "x" * 60 + ".partial.pdf"
    assert len(name.encode()) <= 120


@pytest.mark.parametrize("pair", [("A.txt", "a.TXT"), ("e\u0301.txt", "\u00e9.txt"), ("a.txt", "a.txt")])
def test_l214_names_that_are_one_for_some_systems_stay_two(pair: tuple[str, str]) -> None:
    names = {attachment_name("0001-1", number, wished, "bin").lower() for number, wished in enumerate(pair, 1)}
    assert len(names) == 2


def test_l219_no_name_ends_so_that_a_click_starts_it() -> None:
    for ending in ("exe", "bat", "cmd", "com", "scr", "js", "vbs", "ps1", "hta", "jar", "msi", "lnk", "url", "desktop"):
        assert attachment_name("0001-1", 1, f"x.{ending}", "bin").endswith(f".{ending}_")


def test_a_name_without_ending_gets_one_that_fits_the_type() -> None:
    assert attachment_name("0001-1", 1, None, ending_for("image/png")) == "0001-1-1.png"
    assert attachment_name("0001-1", 1, "letter", ending_for("message/rfc822")) == "0001-1-1-letter.eml"
    assert (ending_for("application/x-strange"), ending_for("text/x-strange")) == ("bin", "txt")


def test_numbers_of_conversations_sort_as_text() -> None:
    assert [numbered(10, 2), numbered(9, 1), numbered(123_456, 7)] == ["0010-2", "0009-1", "123456-7"]
