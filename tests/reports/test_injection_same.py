"""The same traffic gives the same octets, whenever, wherever and by whichever process; large traffic gives a report."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from mailtrace import command_table
from mailtrace.command_report import ReportRequest
from mailtrace.formats import TableName
from mailtrace.reports.document.material import Wishes
from mailtrace.reports.tables import TABLES
from tests.bench import generate
from tests.forking import forked
from tests.reports.hostile import MARKUP, capture
from tests.support import SAMPLES

FORMATS = {
    "html": "02-report-2024.pcapng",
    "md": "02-report-2024.pcapng",
    "csv": "02-report-2024.pcapng",
    "tex": "02-report-2024.pcapng",
    "docx": "01-report-2008.pcapng",  # its pictures take their time
}
"""Of whole reports, each with a sample. PDF is made by other programs, which write into it when they did."""


def mailtrace(*arguments: str, folder: Path, seed: int = 0, zone: str = "UTC") -> CompletedProcess[bytes]:
    """Run the command in a folder; sets are walked through in an order that depends on the seed."""
    return forked(*arguments, environment={**os.environ, "PYTHONHASHSEED": str(seed), "TZ": zone}, folder=folder)


def everything_in(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder but the capture."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".pcapng"}


@pytest.mark.parametrize("form", FORMATS)
def test_n240_a_report_is_the_same_again(form: str, tmp_path: Path) -> None:
    """Another folder, another time zone, another seed: neither times nor paths nor the order of sets get into it."""
    made = []
    for number, (name, zone) in enumerate({"one": "UTC", "another place": "Asia/Seoul"}.items(), 1):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(SAMPLES / FORMATS[form], folder / "lab.pcapng")
        where = folder / "lab.pcapng" if number == 1 else Path("lab.pcapng")
        done = mailtrace("report", str(where), "-o", f"report.{form}", folder=folder, seed=number, zone=zone)
        assert (done.returncode, done.stderr) == (0, b"")
        made.append(everything_in(folder))
    assert made[0] == made[1]
    assert all(made[0].values())


@pytest.mark.parametrize("form", ["terminal", "json", "csv", "md", "html", "tex", "docx"])
def test_n240_a_table_is_the_same_again(form: str, tmp_path: Path) -> None:
    path = str(SAMPLES / "03-lab-journey.pcapng")
    made = []
    for seed in (1, 2):
        asked = ("report", path, "--table", "findings", "--format", form, "-o", f"{seed}.out")
        done = mailtrace(*asked, folder=tmp_path, seed=seed)
        assert done.returncode == 0, done.stderr
        made.append((tmp_path / f"{seed}.out").read_bytes())
    assert made[0] == made[1] != b""


def test_n238_what_goes_wrong_is_told_in_one_line(tmp_path: Path) -> None:
    """Whatever the name of a file or of a column has in it."""
    evil = "x\r\nmailtrace: all is well\x1b[2J"
    missing = mailtrace("report", f"{evil}.pcap", "-o", "r.html", folder=tmp_path)
    column = mailtrace("report", "--table", "packets", "--columns", evil, "x.pcap", folder=tmp_path)
    for done in (missing, column):
        assert done.returncode in (2, 3)
        assert done.stderr.count(b"\n") == 1
        assert done.stderr.decode().strip().isprintable()
    written = mailtrace("report", str(capture(tmp_path, MARKUP[:2])), "-o", "a\nb\x1b.csv", folder=tmp_path)
    assert written.returncode == 0
    assert written.stdout.count(b"\n") == 1
    assert written.stdout.decode().strip().isprintable()


def test_n239_a_table_has_a_limit_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Of a capture of any size no document becomes larger than a browser can open."""
    monkeypatch.setattr(command_table, "MOST_ROWS_SHOWN", 3)
    monkeypatch.setattr(command_table, "MOST_ROWS", 5)
    path = str(SAMPLES / "01-report-2008.pcapng")
    for form, rows in {"md": 3, "csv": 5}.items():
        wishes, kind = command_table.table_wishes("packets", None, False, str(tmp_path / "out"), form)
        assert wishes is not None
        request = ReportRequest(
            captures=[path],
            format=kind or "",
            output=str(tmp_path / "out"),
            conversation=None,
            wanted=None,
            wishes=Wishes(),
            full=None,
            names={},
        )
        assert command_table.run_tables(request, wishes) == 4
        text = (tmp_path / "out").read_text(encoding="utf-8-sig")
        assert text.count("192.168.1.2") == rows
        assert capsys.readouterr().err == f"Only the first {rows} of 24 are shown here.\n"


def test_n239_a_report_tells_as_much_as_anybody_reads(tmp_path: Path) -> None:
    """Conversations above a number are listed and not told, so that a report of 10 GB is not a book of 10 GB."""
    generate.write("mail", tmp_path / "many.pcap", 4000)
    done = mailtrace("report", "many.pcap", "-o", "many.md", "--parts", "walkthroughs", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    page = (tmp_path / "many.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^### .* conversation", page, re.MULTILINE)) == 100
    assert re.search(r"^> Only the first 100 of 1\d\d are shown here\.$", page, re.MULTILINE)


def test_every_table_has_a_name_on_the_command_line() -> None:
    assert tuple(TableName) == TABLES
