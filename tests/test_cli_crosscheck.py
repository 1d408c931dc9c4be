"""`mailtrace crosscheck` from outside, and the options it shares with `analyze`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import SAMPLES, needs_tshark
from tests.test_cli import fails, run

REPORT_2008 = SAMPLES / "01-report-2008.pcapng"
JOURNEY = SAMPLES / "03-lab-journey.pcapng"


@needs_tshark
def test_known_faults_are_no_failure() -> None:
    done = run("crosscheck", JOURNEY)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert "110 agree" in text and "0 unexplained" in text and "Known: retr-in-pieces (2 differences)" in text


@needs_tshark
def test_json() -> None:
    done = run("crosscheck", "--format", "json", REPORT_2008)
    assert (done.returncode, done.stderr) == (0, b"")
    record = json.loads(done.stdout)
    assert record["facts"] == {"mailtrace": 14, "tshark": 14, "agreed": 13}
    (difference,) = record["differences"]
    assert (difference["kind"], difference["packets"], difference["fault"]) == ("message", [16, 18], "last-line-end")


@needs_tshark
def test_what_nothing_explains_makes_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of known faults is emptied."""
    from mailtrace.command_crosscheck import crosscheck
    from mailtrace.crosscheck import faults

    monkeypatch.setattr(faults, "KNOWN_FAULTS", ())
    assert crosscheck(str(REPORT_2008), "json", None, None) == 1


@needs_tshark
def test_damage_makes_the_exit_code(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(REPORT_2008.read_bytes()[:2_000])
    done = run("crosscheck", cut)
    assert (done.returncode, done.stderr) == (4, b"")
    assert "tshark did not end well" in done.stdout.decode()


@needs_tshark
def test_decode_as_tells_both(tmp_path: Path) -> None:
    """With the mail port changed to 2525 in every packet, tshark sees nothing unless it is told."""
    moved = tmp_path / "moved.pcapng"
    moved.write_bytes(REPORT_2008.read_bytes().replace(b"\x0d\xf9\x00\x19", b"\x0d\xf9\x09\xdd"))
    other = moved.read_bytes().replace(b"\x00\x19\x0d\xf9", b"\x09\xdd\x0d\xf9")
    moved.write_bytes(other)
    told = json.loads(run("crosscheck", "-f", "json", "--decode-as", "2525=smtp", moved).stdout)
    assert told["facts"] == {"mailtrace": 14, "tshark": 14, "agreed": 13}
    untold = json.loads(run("crosscheck", "-f", "json", moved).stdout)
    assert untold["facts"]["tshark"] == 0 and untold["unexplained"] == 0


def test_tshark_is_missing(tmp_path: Path) -> None:
    done = run("crosscheck", REPORT_2008, PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.decode().count("\n") == 1 and b"apt install tshark" in done.stderr


def test_what_cannot_be_read(tmp_path: Path) -> None:
    for code, path, said in ((3, tmp_path / "none.pcap", b"no such file"), (2, "-", b"give a file")):
        done = run("crosscheck", path)
        assert (done.returncode, done.stdout) == (code, b"")
        assert said in done.stderr or b"needs tshark" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--decode-as", "2525"], "PORT=PROTOCOL"),
        (["--decode-as", "=smtp"], "PORT=PROTOCOL"),
        (["--decode-as", "0=smtp"], "from 1 to 65535"),
        (["--decode-as", "65536=smtp"], "from 1 to 65535"),
        (["--decode-as", "٢٥=smtp"], "PORT=PROTOCOL"),
        (["--decode-as", "25=x400"], "knows smtp"),
    ],
)
def test_wrong_decode_as(arguments: list[str], said: str) -> None:
    assert said in fails(2, *arguments, REPORT_2008)


def test_wrong_key_log(tmp_path: Path) -> None:
    assert "cannot read the key log" in fails(3, "--keylog", tmp_path / "none", REPORT_2008)


def test_key_log_and_decode_as_are_taken(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_bytes(b"# none\n")
    done = run("analyze", "--keylog", keys, "--decode-as", "2525=SMTP", "--decode-as", "2526=pop3", REPORT_2008)
    assert (done.returncode, done.stderr) == (0, b"")
