"""`mailtrace ladder` from outside."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support import SAMPLES
from tests.test_cli import run

REPORT_2008 = SAMPLES / "01-report-2008.pcapng"
REPORT_2024 = SAMPLES / "02-report-2024.pcapng"

ENDINGS = "the name of the file tells what to draw: it ends in .svg, .png, .mmd, .txt"


def drawn(*arguments: object) -> str:
    """Run `mailtrace ladder`, which must succeed; return what it writes to standard output."""
    done = run("ladder", *arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def fails(code: int, *arguments: object) -> str:
    """Run `mailtrace ladder`, which must fail with one line; return it."""
    done = run("ladder", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (code, b"", 1), done.stderr
    return done.stderr.decode().removeprefix("mailtrace: ").rstrip("\n")


def test_all_mails_are_drawn_on_the_terminal() -> None:
    shown = drawn(REPORT_2024)
    assert shown.startswith('Journey 1: "test", lee@naver.com → kim@daum.net\n')
    assert '\n\nJourney 2: "Re: test2", kim@daum.net → lee@naver.com\n' in shown
    assert re.search(r"^ \+0\.003  65-67 +│◀─+▶│", shown, re.MULTILINE)


def test_one_conversation() -> None:
    shown = drawn(REPORT_2008, "--conversation", 1)
    assert shown.startswith("SMTP conversation 1: 192.168.1.2:3577 → 192.168.10.2:25\n")
    assert "4.99 s" in shown and "HELO SOFT4" in shown


def test_the_name_of_the_file_tells_what_to_draw(tmp_path: Path) -> None:
    for ending in ("svg", "png", "mmd", "txt"):
        assert drawn(REPORT_2024, "--journey", 1, "-o", tmp_path / f"ladder.{ending}") == ""
    root = ElementTree.parse(tmp_path / "ladder.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (tmp_path / "ladder.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert (tmp_path / "ladder.mmd").read_text(encoding="utf-8").startswith("sequenceDiagram\n")
    assert "이네이버" in (tmp_path / "ladder.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["svg", "png", "mmd", "txt"])
def test_the_same_capture_gives_the_same_file(ending: str, tmp_path: Path) -> None:
    one, other = tmp_path / f"one.{ending}", tmp_path / f"other.{ending}"
    for path in (one, other):
        drawn(REPORT_2008, "-o", path)
    assert one.read_bytes() == other.read_bytes()


def test_a_picture_holds_one_ladder(tmp_path: Path) -> None:
    said = fails(2, REPORT_2024, "-o", tmp_path / "all.svg")
    assert said == (
        ".svg holds one ladder; say which by --conversation or --journey:"
        " the capture has 35 conversations and 2 mails on their way"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--conversation", 36), "there is no conversation 36; the capture has 35"),
        (("--journey", 3), "there is no journey 3; the capture has 2"),
        (("--journey", 1, "--conversation", 1), "a journey tells all of a mail: leave out --conversation"),
        (
            ("-o", "ladder.gif"),
            "the name of the file tells what to draw: it ends in .svg, .png, .mmd, .txt, not '.gif'",
        ),
        (("-o", "ladder"), "the name of the file tells what to draw: it ends in .svg, .png, .mmd, .txt, not ''"),
    ],
)
def test_wrong_usage(arguments: tuple[object, ...], said: str) -> None:
    assert fails(2, REPORT_2024, *arguments) == said


def test_the_capture_is_never_written_over(tmp_path: Path) -> None:
    capture = tmp_path / "capture.txt"
    capture.write_bytes(REPORT_2008.read_bytes())
    assert "is the capture itself" in fails(2, capture, "-o", capture)
    assert capture.read_bytes() == REPORT_2008.read_bytes()


def test_secrets_are_masked_unless_asked_for() -> None:
    assert "PASS ********" in drawn(REPORT_2024, "--conversation", 20)
    assert "PASS kim" in drawn(REPORT_2024, "--conversation", 20, "--show-secrets")


def test_names_of_the_user() -> None:
    shown = drawn(REPORT_2008, "--conversation", 1, "--name", "192.168.1.2=Tester")
    assert "Tester" in shown.splitlines()[3]


def test_korean(tmp_path: Path) -> None:
    drawn(REPORT_2024, "--journey", 1, "--lang", "ko", "-o", tmp_path / "ladder.svg")
    texts = [element.text for element in ElementTree.parse(tmp_path / "ladder.svg").iter() if element.text]
    assert "시각" in texts and "패킷" in texts


def test_a_capture_without_mail_has_no_ladder(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    for output in ((), ("-o", tmp_path / "ladder.svg"), ("-o", tmp_path / "ladder.txt")):
        assert fails(2, empty, *output) == "there is nothing to draw: the capture has no conversation"
