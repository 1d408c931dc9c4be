"""Comments of exported packets from outside: they say of a packet what `mailtrace analyze` tells of its step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import SAMPLES, needs_tshark
from tests.test_cli import run
from tests.test_cli_export import tshark

pytestmark = needs_tshark

REPORT_2008 = SAMPLES / "01-report-2008.pcapng"
REPORT_2024 = SAMPLES / "02-report-2024.pcapng"
JOURNEY = SAMPLES / "03-lab-journey.pcapng"

COLUMNS = "80"
"""So wide that each step stands below the one before, and not in columns."""

SHORTENED = re.compile(r"\(\d+ more lines\)|\(외 \d+줄\)|.*\.\.\.|RFC \d+( section .*)?")
"""Lines of comments that `analyze` has in full, or sets otherwise."""


def commented(output: Path, *arguments: object) -> list[list[str]]:
    """Export packets; return the lines of the comment of each that has one."""
    done = run("export", *arguments, "-o", output, "--pcapng")
    assert done.returncode == 0, done.stderr
    shown = tshark("-r", output / "packets.pcapng", "-T", "fields", "-e", "frame.comment")
    return [row.split(r"\n") for row in shown.splitlines() if row]


PACKETS = re.compile(r"([Pp]ackets?|패킷)[\d,-]+[이가]?")
"""Packets by number: in the file with the comments they have others."""


def squeezed(text: str) -> str:
    """Return text without blanks, at which a page breaks lines, and without the numbers of packets."""
    return PACKETS.sub(r"\1", re.sub(r"\s", "", text))


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(
    "arguments",
    [[REPORT_2008], [REPORT_2024], [REPORT_2024, "--conversation", 24], [JOURNEY, "--conversation", 13]],
    ids=lambda arguments: " ".join(str(each).rpartition("/")[2] for each in arguments),
)
def test_comments_are_what_analyze_tells(lang: str, arguments: list[object], tmp_path: Path) -> None:
    """Every line of every comment stands in the walkthroughs."""
    comments = commented(tmp_path / "out", *arguments, "--lang", lang)
    page = run("analyze", *arguments, "--lang", lang, COLUMNS=COLUMNS).stdout.decode()
    lines = [line for comment in comments for line in comment[1:] if not SHORTENED.fullmatch(line)]
    told = squeezed(page)
    assert len(lines) > 30
    assert [line for line in lines if squeezed(line) not in told] == []


def test_a_late_greeting_is_explained_by_the_ident_call(tmp_path: Path) -> None:
    """Only packets of the conversation are there; that the call is step 4 is told of it all the same."""
    comments = commented(tmp_path / "out", REPORT_2024, "--conversation", 24)
    first = {comment[0]: comment for comment in comments}
    greeting = " ".join(first["Step 5 of conversation 24: serverB to WinClient(Kim)"])
    assert "It comes 6.00 s late because of step 4: Sendmail waits 5 s for ident." in greeting
    assert "Nothing in the capture explains that" not in str(comments)
    assert not any("Step 4 " in comment[0] for comment in comments)


def test_a_late_greeting_in_korean(tmp_path: Path) -> None:
    comments = commented(tmp_path / "out", REPORT_2008, "--lang", "ko")
    (greeting,) = (comment for comment in comments if any(line.startswith("220 ") for line in comment))
    assert "2단계 때문에 인사말이 4.99초 늦게 옵니다." in greeting[2]


def test_the_packets_of_a_journey_are_told_by_their_conversations(tmp_path: Path) -> None:
    """All of them, what the journey of one mail leaves out, too, and with the same names."""
    comments = commented(tmp_path / "out", REPORT_2024, "--journey", 1)
    heads = [comment[0] for comment in comments]
    assert {re.sub(r"^Step \d+ of |:.*|, .*", "", head) for head in heads} >= {
        f"conversation {number}" for number in (10, 13, 20)
    }
    begun = [head for head in heads if ": " in head]
    assert begun and all("192.168." not in head for head in begun)
