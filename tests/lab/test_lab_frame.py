"""The lab as its user meets it, and its parts that need neither root nor servers."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from maillab.command import main
from maillab.scenarios import SCENARIOS, mails, story

from tests.support import SAMPLES

LAB = SAMPLES / "lab"
NAMES = [
    *("journey", "ident-drop", "starttls", "imap", "logins", "errors", "greylist", "chunking", "dnsauth", "fan-out"),
]

SEVENTEEN = [192, 243, 208, 327, 165, 2163, 981, 233, 219, 303, 382, 669, 1721, 197, 0, 298, 250]
"""Octets of each mail of the scenario `chunking`."""


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Call the command of the lab."""
    return subprocess.run([LAB / "run", *words], capture_output=True, text=True, timeout=60, check=False)


def test_help_names_every_scenario_with_its_story() -> None:
    help_text = run("--help").stdout
    for name in NAMES:
        assert f"  {name:11} {story(name)}\n" in help_text


def test_the_scenarios_are_those_of_the_readme() -> None:
    assert list(SCENARIOS) == NAMES
    listed = re.findall(r"^\| `([a-z-]+)` \|", (LAB / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == NAMES


def test_without_a_purpose_it_is_wrong_usage() -> None:
    done = run("journey")
    assert done.returncode == 2
    assert "say what it is played for" in done.stderr


def test_an_unknown_scenario_is_wrong_usage() -> None:
    assert run("holiday", "-o", "x.pcapng").returncode == 2


def test_who_is_not_root_is_told_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("sys.argv", ["run", "journey", "-o", str(tmp_path / "x.pcapng")])
    assert main() == 3
    assert capsys.readouterr().err == (
        "samples/lab/run: must be run as root, since it makes networks: sudo samples/lab/run ...\n"
    )
    assert not (tmp_path / "x.pcapng").exists()


def test_install_tells_who_is_not_root_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        [LAB / "install"], capture_output=True, text=True, env=os.environ | {"PATH": path}, check=False
    )
    assert done.returncode == 3
    assert done.stderr == "samples/lab/install: must be run as root: sudo samples/lab/install\n"


def test_where_nothing_is_installed_it_says_how_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("maillab.command.INSTALLED", tmp_path)
    monkeypatch.setattr("sys.argv", ["run", "journey", "-o", str(tmp_path / "x.pcapng")])
    assert main() == 3
    assert capsys.readouterr().err == (
        "samples/lab/run: the machines of the lab are not installed yet; to install them: sudo samples/lab/install\n"
    )


def test_configuration_asks_for_nothing_that_is_not_filled_in() -> None:
    text = "".join(path.read_text() for path in (LAB / "configuration").rglob("*") if path.is_file())
    assert set(re.findall(r"@([A-Z]+)@", text)) == {"DOMAIN", "HOSTNAME", "NAMESERVER"}


def test_the_seventeen_mails_are_as_long_as_they_were() -> None:
    assert [(mails.FILES / f"m{number:02}.eml").stat().st_size for number in range(1, 18)] == SEVENTEEN


def test_dates_are_korean() -> None:
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0900", mails.now())


def test_encoded_words_are_what_mail_programs_write() -> None:
    assert mails.encoded("둘째") == "=?utf-8?b?65GY7Ke4?="
