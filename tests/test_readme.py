"""The README tells the truth: its picture is what mailtrace prints, its commands and its snippet run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.forking import ASK, forked, place
from tests.make_picture import PICTURE, picture
from tests.make_report_pictures import HEIGHT, LADDER, PAGE, ladder
from tests.support import ROOT, SAMPLES

README = (ROOT / "README.md").read_text(encoding="utf-8")

SVG = "{http://www.w3.org/2000/svg}"

SNIFFER = re.compile(r"^sudo tcpdump .* \| ")

EXIT_CODES = {
    0: "done",
    1: "a finding is as bad as `--fail-on` says, an expectation of `check` does not hold, or `crosscheck` found "
    "differences that no known fault of tshark explains",
    2: "the command line, or the file of expectations, is wrong",
    3: "the input cannot be read, or the output cannot be written",
    4: "the capture is damaged or a limit was reached: what could be read is reported, with a note",
    130: "interrupted",
}


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def drawn(svg: str) -> dict[float, list[tuple[float, str, str]]]:
    """Return what a picture shows by line: spans in order, each with its place, look and text.

    Looks are compared as they are drawn, not by the names that rich gives them.
    """
    root = ElementTree.fromstring(svg)
    style = root.findtext(f"{SVG}style", "")
    looks = dict(re.findall(r"\.([\w-]+-r\d+) \{([^}]*)\}", style))
    lines: dict[float, list[tuple[float, str, str]]] = {}
    for span in root.iter(f"{SVG}text"):
        text = (span.text or "").replace("\xa0", " ").strip()
        if text and "y" in span.attrib:
            look = looks.get(span.attrib["class"], "").strip()
            lines.setdefault(float(span.attrib["y"]), []).append((float(span.attrib["x"]), look, text))
    return lines


def environment() -> dict[str, str]:
    """Return an environment in which this checkout's mailtrace runs, whatever is installed."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "COLUMNS": "120"}


def test_picture_shows_what_mailtrace_prints() -> None:
    """Compared span by span, so that another version of rich may write its SVG otherwise."""
    kept = drawn(PICTURE.read_text(encoding="utf-8"))
    assert kept == drawn(picture()), "run `python tests/make_picture.py`"
    text = "\n".join(" ".join(said for _, _, said in spans) for spans in kept.values())
    assert "mailtrace analyze samples/01-report-2008.pcapng" in text
    assert "220 localhost.localdomain ESMTP Sendmail 8.11.2/8.11.2; Sun, 16 Nov 2008 08:52:05 +0900" in text
    assert "+4.994" in text


def test_picture_fetches_nothing() -> None:
    addresses = re.findall(r"(?:https?:)?//[^\s\"')]+", PICTURE.read_text(encoding="utf-8"))
    assert set(addresses) == {"http://www.w3.org/2000/svg"}
    assert "@font-face" not in PICTURE.read_text(encoding="utf-8")


def test_the_same_picture_is_drawn_every_time() -> None:
    assert picture() == picture()


def test_the_ladder_is_what_mailtrace_draws() -> None:
    assert LADDER.read_bytes() == ladder(), "run `python -m tests.make_report_pictures`"


def test_the_picture_of_a_report_is_one_that_a_page_can_show() -> None:
    octets = PAGE.read_bytes()
    assert octets.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(octets[20:24], "big") == HEIGHT + 2
    assert len(octets) < 400_000


def test_readme_opens_with_what_it_does_then_the_picture_then_the_commands() -> None:
    places = [README.index(part) for part in ("reads a packet capture", "](samples/01-report-2008.svg)", "## Start")]
    assert places == sorted(places)


def test_setting_up_is_one_line_each() -> None:
    run, check = (block.strip() for block in blocks("console"))
    make = "python3 -m venv .venv && .venv/bin/pip install "
    assert run == f"{make}. && .venv/bin/mailtrace analyze samples/01-report-2008.pcapng"
    assert check == f"{make}-e '.[dev]' && .venv/bin/pytest -n auto"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"mailtrace": "mailtrace.cli:run"}
    tools = {re.split("[<>=]", each)[0] for each in project["optional-dependencies"]["dev"]}
    assert {"pytest", "pytest-xdist"} <= tools


@pytest.mark.parametrize("script", blocks("sh"), ids=lambda script: script.splitlines()[0])
def test_commands_run(script: str, tmp_path: Path) -> None:
    """Each line runs on the samples; a live capture is played from a file."""
    if "mailtrace crosscheck" in script and shutil.which("tshark") is None:
        pytest.skip("needs tshark")
    shutil.copytree(SAMPLES, tmp_path / "samples", ignore=shutil.ignore_patterns("*.md", "*.py", "*.svg", "*.png"))
    for line in script.splitlines():
        command = SNIFFER.sub("cat samples/01-report-2008.pcapng | ", line)
        assert "tcpdump" not in command
        done = subprocess.run(
            ["bash", "-c", f'set -e -o pipefail; mailtrace() {{ "$PYTHON" -I -S {ASK} "$PLACE" "$@"; }}; {command}'],
            cwd=tmp_path,
            env={**environment(), "PLACE": place(environment())},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, ""), line
        told = done.stdout or b"".join(path.read_bytes() for path in _files(tmp_path))
        assert told, line


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]


def test_snippet_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (snippet,) = blocks("python")
    exec(compile(snippet, "README.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "test 43Q1vx0G007503"
    assert lines[6] == "SMTP conversation 10: UbunClient(Lee):41428 -> serverA:25 accepted as 43Q1vx0G007503"
    assert lines[7].startswith("1 (63, 64) A mail.naver.com? 192.168.111.100 UbunClient(Lee) asks for the IPv4 address")
    assert len(lines) == 6 + 1 + 18


def test_exit_codes_are_listed() -> None:
    assert {int(code): said for code, said in re.findall(r"^\| (\d+) \| (.*) \|$", README, re.MULTILINE)} == EXIT_CODES


def test_options_it_names_exist() -> None:
    shown = "".join(
        forked(command, "--help", environment=environment()).stdout.decode()
        for command in ("analyze", "check", "crosscheck", "export", "frame", "ladder", "live", "redact", "report")
    )
    shown += "--in-bridge"  # of the lab, which has a README of its own
    assert set(re.findall(r"--[a-z][a-z-]+", "".join([*blocks("sh"), README]))) <= set(re.findall(r"--[a-z-]+", shown))


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#\s]+)\)", README)
    outside = {target for target in targets if target.startswith("http")}
    assert all(re.fullmatch(r"https://www\.rfc-editor\.org/rfc/rfc\d+", target) for target in outside)
    assert [target for target in targets if target not in outside and not (ROOT / target).exists()] == []
    assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|usr)/", README)
