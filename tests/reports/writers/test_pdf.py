"""Reports as PDF: which program is asked, what comes of one that fails or hangs, and that the octets do not change."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import pytest

from mailtrace.errors import UnreadableInput
from mailtrace.reports.writers import check, pdf, programs
from tests.reports.writers.specimen import specimen
from tests.support import needs_chromium

CHROMIUM = """#!/bin/sh
for each; do
    case "$each" in
        --print-to-pdf=*) out="${each#--print-to-pdf=}" ;;
        file://*) page="${each#file://}" ;;
    esac
done
grep -q "<!DOCTYPE html>" "$page" || exit 1
printf '%%PDF-1.4 of the page /CreationDate (D:20261127143230+00) (node00000066)(node00000003)(node00000066)' > "$out"
"""
"""Does as Chromium does, in little."""

OFFICE = """#!/bin/sh
while [ "$1" != --outdir ]; do shift; done
printf '%%PDF-1.6 of the docx /CreationDate(D:20261127143230Z) /ID [ <%032d>\\n<%032d> ]' 7 8 > "$2/report.pdf"
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """Let these be the only programs besides those that scripts need."""
    for name, script in scripts.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    monkeypatch.setattr(programs.shutil, "which", lambda name: str(folder / name) if name in scripts else None)


def written() -> bytes:
    """Return the PDF of a report."""
    out = BytesIO()
    pdf.write(specimen(), out)
    return out.getvalue()


def test_without_a_program_it_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    with pytest.raises(UnreadableInput, match=r"needs Chromium or LibreOffice.*chromium or libreoffice-writer"):
        check("pdf")
    check("docx")


def test_chromium_prints_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, chromium=CHROMIUM, soffice=OFFICE)
    assert written() == (
        b"%PDF-1.4 of the page /CreationDate (D:19800101000000+00) (node00000002)(node00000001)(node00000002)"
    )


def test_without_chromium_libreoffice_prints_the_docx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, soffice=OFFICE)
    nothing = b"0" * 32
    expected = b"%PDF-1.6 of the docx /CreationDate(D:19800101000000Z) /ID [ <" + nothing + b">\n<" + nothing + b"> ]"
    assert written() == expected


def test_one_that_fails_is_followed_by_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, chromium="#!/bin/sh\nexit 3\n", soffice=OFFICE)
    assert written().startswith(b"%PDF-1.6 of the docx")


def test_where_all_fail_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, chromium="#!/bin/sh\nexit 3\n")
    with pytest.raises(UnreadableInput, match=r"chromium made no PDF: write \.html"):
        written()


def test_one_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PRINTING_SECONDS", 1)
    install(tmp_path, monkeypatch, chromium=f"#!/bin/sh\n(sleep 3; touch {tmp_path}/late) &\nwait\n")
    with pytest.raises(UnreadableInput):
        written()
    time.sleep(3)
    assert not (tmp_path / "late").exists()


def test_chromium_is_as_new_and_meets_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, chromium=f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/arguments\n')
    with pytest.raises(UnreadableInput):
        written()
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in arguments
    (profile,) = (each.partition("=")[2] for each in arguments if each.startswith("--user-data-dir="))
    assert "mailtrace-" in profile
    assert not Path(profile).parent.exists()  # gone with all that was in it


@needs_chromium
def test_n240_the_same_document_gives_the_same_pdf() -> None:
    first = written()
    time.sleep(1)  # a date in it would be another
    assert first.startswith(b"%PDF-")
    assert written() == first
