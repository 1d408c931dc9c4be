"""`mailtrace report` from outside: what stands in it, how it is narrowed down, what is refused."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.test_cli import REPORT_2008, REPORT_2024, run


def report(*arguments: object) -> str:
    """Return a report as Markdown."""
    done = run("report", *arguments, "--format", "md")
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def headings(page: str, level: int = 2) -> list[str]:
    """Return the headings of a level."""
    return re.findall(rf"^{'#' * level} (.*)$", page, re.MULTILINE)


def refused(*arguments: object) -> str:
    """Run it, which must fail with one line about usage; return that."""
    done = run("report", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    return done.stderr.decode()


def test_the_parts_come_in_the_order_of_a_report() -> None:
    assert headings(report(REPORT_2024)) == [
        "What was captured",
        "The hosts",
        "Mails on their way",
        "Conversations, step by step",
        "Lookups in the DNS",
        "The mails",
        "Findings",
        "Glossary",
        "To check this report",
    ]


def test_what_was_captured() -> None:
    page = report(REPORT_2008, "--parts", "summary")
    assert f"- **SHA-256:** `{hashlib.sha256(REPORT_2008.read_bytes()).hexdigest()}`" in page
    assert "- **Packets:** 24, 3,089 octets" in page
    assert "- **End:** 2008-11-15 23:52:05.492 UTC (5.080 s later)" in page


def test_hosts_with_their_link_addresses() -> None:
    page = report(REPORT_2024, "--parts", "topology")
    assert "| UbunClient(Lee) | 192.168.111.130 | `00:0c:29:c3:bc:f4` |" in page
    assert "takes mail (SMTP server); hands out mailboxes (POP3 server); answers lookups (name server)" in page


def test_the_title_and_the_author() -> None:
    page = report(REPORT_2008, "--parts", "summary", "--title", "Lab 3", "--author", "이네이버")
    assert page.startswith("# Lab 3\n\n이네이버\n")
    assert report(REPORT_2008, "--parts", "summary").startswith("# The mail in 01-report-2008.pcapng\n")


def test_one_conversation_with_all_that_happened_for_it() -> None:
    """Lookups and ident are told inside, and their packets are listed with it."""
    page = report(REPORT_2024, "--conversation", "10", "--parts", "walkthroughs,packets")
    assert headings(page, 3) == ["SMTP conversation 10: UbunClient(Lee):41428 → serverA:25"]
    listed = [int(number) for number in re.findall(r"^\| (\d+) \| 3[0-9]\.\d{6} \|", page, re.MULTILINE)]
    assert listed == [*range(63, 93), 94, 96, *range(98, 103)]


def test_a_mail_is_told_along_its_way() -> None:
    page = report(REPORT_2024, "--journey", "1", "--parts", "journeys,walkthroughs")
    assert headings(page, 4)[:4] == [
        "Hop 1: UbunClient(Lee) hands the mail in at serverA (SMTP conversation 10)",
        "Hop 2: serverA passes the mail on to serverB (SMTP conversation 13)",
        "Hop 3: WinClient(Kim) fetches the mail from serverB (POP3 conversation 20, logged in as kim)",
        "How it ended",
    ]
    assert page.count("`MAIL FROM:<lee@naver.com>`") == 1


def test_a_range_of_packets_is_one_table() -> None:
    page = report(REPORT_2024, "--packets", "63-102", "--parts", "packets")
    assert "## Packets 63 to 102" in page
    listed = [int(number) for number in re.findall(r"^\| (\d+) \| \d+\.\d{6} \|", page, re.MULTILINE)]
    assert listed == list(range(63, 103))


def test_packets_in_full_are_chosen_or_named() -> None:
    page = report(REPORT_2024, "--parts", "packets")
    assert re.findall(r"^#+ Packet (\d+): ", page, re.MULTILINE) == [
        *("70", "73", "76", "80", "86", "89", "91", "94", "174", "181", "193", "195", "15")
    ]
    named = report(REPORT_2024, "--parts", "packets", "--full", "450,14")
    assert re.findall(r"^#+ Packet (\d+): ", named, re.MULTILINE) == ["450", "14"]
    assert "0030  " in named


def test_a_packet_in_full_of_no_conversation() -> None:
    page = report(REPORT_2024, "--parts", "packets", "--full", "450", "--conversation", "10")
    assert "### Other packets in full" in page


def test_passwords_are_masked_in_every_part() -> None:
    page = report(REPORT_2024)
    assert "PASS ********" in page and "PASS kim" not in page and "PASS lee" not in page
    assert "50 41 53 53 20 ** ** **  0d 0a" in page.replace("20 14 6e e9 00 00 ", "") or "** ** **" in page
    assert "PASS kim" in report(REPORT_2024, "--show-secrets", "--parts", "packets")


def test_experts_get_the_facts_alone() -> None:
    page = report(REPORT_2008, "--level", "expert")
    assert "What it means" not in page and "Why it matters" not in page


def test_the_format_is_told_by_the_name(tmp_path: Path) -> None:
    for name, begin in (("a.html", b"<!DOCTYPE html>\n"), ("a.HTM", b"<!DOCTYPE html>\n"), ("a.md", b"# The mail in")):
        assert run("report", REPORT_2008, "-o", tmp_path / name).returncode == 0
        assert (tmp_path / name).read_bytes().startswith(begin)


def test_the_same_capture_gives_the_same_octets(tmp_path: Path) -> None:
    first = run("report", REPORT_2024, "-f", "html").stdout
    assert first == run("report", REPORT_2024, "-f", "html").stdout
    assert len(first) > 100_000


def test_a_report_of_no_mail(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    assert headings(report(empty)) == [
        "What was captured",
        "The hosts",
        "Findings",
        "To check this report",
    ]
    assert run("report", empty, "-f", "html").returncode == 0


def test_damage_is_told_and_is_exit_code_4(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(REPORT_2008.read_bytes()[:-30])
    done = run("report", cut, "-f", "md")
    assert done.returncode == 4
    assert b"> Not whole: the file is cut" in done.stdout


@pytest.mark.parametrize(
    "arguments", [("-f", "md"), ("-f", "tex"), ("--table", "hosts"), ("--table", "hosts", "-f", "csv")]
)
def test_a_dash_is_standard_output(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("report", REPORT_2008, *arguments, "-o", "-")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == run("report", REPORT_2008, *arguments).stdout != b""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-o", "x.xyz"), "does not end in any of .html"),
        ((), "say where to write the report"),
        (("-o", "-"), "say where to write the report, such as -o report.html, or with --format what to write"),
        (("-o", "-", "-f", "docx"), "docx cannot be written to standard output"),
        (("-f", "docx"), "docx cannot be written to standard output: give a name for it"),
        (("-o", "-", "-f", "pdf"), "pdf cannot be written to standard output"),
        (("-f", "md", "--parts", "nothing"), "--parts takes one or more of summary, topology"),
        (("-f", "md", "--full", "1,x"), "--full takes packet numbers"),
        (("-f", "md", "--full", "900"), "there is no packet 900; the capture has 459"),
        (("-f", "md", "--packets", "900-901"), "there is no packet 900; the capture has 459"),
        (("-f", "md", "--conversation", "99"), "there is no conversation 99; the capture has 35"),
        (("-f", "md", "--journey", "9"), "there is no journey 9; the capture has 2"),
        (("-f", "md", "--journey", "1", "--conversation", "2"), "give one of them"),
        (("-f", "md", "-o", str(REPORT_2024)), "is the capture itself"),
    ],
)
def test_usage(arguments: tuple[str, ...], says: str) -> None:
    assert says in refused(REPORT_2024, *arguments)


def test_standard_input_cannot_be_read_twice() -> None:
    assert "report reads the capture twice" in refused("-", "-f", "md")
