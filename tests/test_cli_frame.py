"""`mailtrace frame` from outside."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support import SAMPLES
from tests.test_cli import run

REPORT_2008 = SAMPLES / "01-report-2008.pcapng"
REPORT_2024 = SAMPLES / "02-report-2024.pcapng"

FRAME_14 = """\
0000  00 0c 29 00 92 d4 00 19  66 95 db 94 08 00 45 00  ..).....f.....E.
0010  00 2e be d7 40 00 80 06  af 9d c0 a8 01 02 c0 a8  ....@...........
0020  0a 02 0d f9 00 19 ab 89  e5 30 b6 ec 84 8b 50 18  .........0....P.
0030  ff 0a a4 95 00 00 44 41  54 41 0d 0a              ......DATA..
"""
"""As the report of 2008 shows it."""


def shown(*arguments: object) -> str:
    """Run `mailtrace frame`, which must succeed; return what it writes."""
    done = run("frame", *arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def fails(code: int, *arguments: object) -> str:
    """Run `mailtrace frame`, which must fail with one line; return it."""
    done = run("frame", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (code, b"", 1), done.stderr
    return done.stderr.decode().removeprefix("mailtrace: ").rstrip("\n")


def test_the_frame_of_the_report() -> None:
    text = shown(REPORT_2008, 14)
    octets = [line for line in text.splitlines() if re.match(r"[0-9a-f]{4}  ", line)]
    wanted = FRAME_14.splitlines()
    assert octets[1:] == wanted[1:2] + octets[2:] or octets == wanted
    assert "192.168.1.2" in text and "Command  DATA" in text
    assert "SMTP conversation 1:" in text and re.search(r"^Step \d+: ", text, re.MULTILINE)


def test_a_password_is_masked_in_every_format() -> None:
    for format in ("terminal", "markdown"):
        text = shown("-f", format, REPORT_2024, 181)
        assert "PASS kim" not in text and "50 41  53 53 20 ** ** ** 0d 0a" in text.replace("41 53", "41  53")
        assert "PASS ***.." in text
    record = json.loads(shown("-f", "json", REPORT_2024, 181))
    assert record["octets"][-10:] == ["50", "41", "53", "53", "20", "**", "**", "**", "0d", "0a"]
    assert record["range"]["lines"] == ["PASS ********\r\n"]
    assert "PASS kim" not in json.dumps(record)


def test_a_password_is_shown_on_request() -> None:
    text = shown("--show-secrets", REPORT_2024, 181)
    assert "Command  PASS kim" in text and "PASS kim.." in text


def test_bytes() -> None:
    assert shown("--bytes", REPORT_2008, 14) == "Octets 72-77 of what the client says\nDATA\\r\\n\n"
    assert shown("--bytes", REPORT_2008, 4).startswith("The packet carries no octets")


def test_names() -> None:
    assert shown("--name", "192.168.1.2=client", REPORT_2008, 14).startswith("Packet 14: client → ")


def test_a_packet_that_is_not_there() -> None:
    assert fails(2, REPORT_2008, 25) == "there is no packet 25; the capture has 24"
    assert "N" in fails(2, REPORT_2008, 0)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file" in fails(3, tmp_path / "none.pcap", 1)
    assert "give a file" in fails(2, "-", 1)


def test_a_cut_capture(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(REPORT_2008.read_bytes()[:2_000])
    done = run("frame", cut, 7)
    assert (done.returncode, done.stderr) == (4, b"")
    assert "HELO SOFT4" in done.stdout.decode()


@pytest.mark.parametrize("number", [1, 4, 6, 16, 18, 24])
def test_all_kinds_of_packets(number: int) -> None:
    """A SYN, one that nobody answers, a greeting, the beginning of a mail, its end, the last one."""
    record = json.loads(shown("-f", "json", REPORT_2008, number))
    assert record["number"] == number and record["layers"] and record["conversation"] in (1, 2)


def test_a_packet_with_two_commands_is_told_by_two_steps() -> None:
    told = json.loads(run("frame", SAMPLES / "02-report-2024.pcapng", 340, "--format", "json").stdout)
    assert [each["number"] for each in told["steps"]] == [8, 9]
    shown = run("frame", SAMPLES / "02-report-2024.pcapng", 340).stdout.decode()
    assert "\nStep 8: Recipient of this mail: lee@naver.com." in shown
    assert "\nStep 9: The client asks to send the mail itself now." in shown
