"""tshark through pyshark: what it says arrives, and whatever goes wrong with it is one line and leaves no process."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from mailtrace.capture import tshark
from mailtrace.capture.tshark import Dissection, find_tshark, read_with_tshark
from mailtrace.errors import UnreadableInput
from tests.support import SAMPLES, needs_tshark

REPORT_2008 = SAMPLES / "01-report-2008.pcapng"


def read(path: Path) -> tuple[list[Dissection], list[bytes], str | None]:
    """Return all that tshark sees."""
    packets: list[Dissection] = []
    mails: list[bytes] = []
    complaint = read_with_tshark(str(path), packets.append, mails.append)
    return packets, mails, complaint


def played(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Put a script in the place of tshark; it tells a version, then does what `lines` say."""
    script = folder / "tshark"
    told = 'case "$1" in -v|--version) echo "TShark (Wireshark) 4.0.17 (Git)."; exit;; esac'
    script.write_text("\n".join(["#!/bin/sh", told, f"echo $$ >{folder}/pid", *lines, ""]))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def is_gone(folder: Path) -> bool:
    """Tell whether the played tshark has ended and was waited for."""
    return not Path("/proc", (folder / "pid").read_text().strip()).exists()


@needs_tshark
def test_packets_and_mails() -> None:
    packets, mails, complaint = read(REPORT_2008)
    assert complaint is None
    by_number = {packet.number: packet for packet in packets}
    assert sorted(by_number) == [6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 21, 22]
    assert by_number[10].stream == 0
    assert [layer.name for layer in by_number[10].layers] == ["tcp", "smtp"]
    (smtp,) = (layer for layer in by_number[10].layers if layer.name == "smtp")
    assert smtp.first("smtp.req.command") == "MAIL"
    assert smtp.first("smtp.response.code") is None
    assert len(mails) == 1 and b"Subject: tes\r\n" in mails[0]


@needs_tshark
@pytest.mark.filterwarnings("error")
def test_no_deprecated_call_is_made() -> None:
    """pyshark's own way to an event loop warns, and is gone from later Pythons."""
    assert read(REPORT_2008)[0]


@needs_tshark
def test_config_in_the_current_directory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    for text in (f"[tshark]\ntshark_path = {program}\n", "[other]\nx = 1\n", "no config at all"):
        (tmp_path / "config.ini").write_text(text)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setitem(sys.modules, "pyshark", None)  # to be loaded anew, here
        for name in [each for each in sys.modules if each.startswith("pyshark")]:
            monkeypatch.delitem(sys.modules, name)
        assert read(REPORT_2008)[0]
    assert not (tmp_path / "ran").exists()


@needs_tshark
def test_cut_capture_is_read_up_to_the_cut(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(REPORT_2008.read_bytes()[:2_000])
    packets, _, complaint = read(cut)
    assert [packet.number for packet in packets][-1] == 15
    assert complaint is not None and "cut short" in complaint


@needs_tshark
def test_no_capture(tmp_path: Path) -> None:
    other = tmp_path / "other.pcap"
    other.write_bytes(b"no capture at all")
    with pytest.raises(UnreadableInput, match="tshark cannot read"):
        read(other)


def test_tshark_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnreadableInput, match=r"needs tshark.*apt install tshark"):
        read(REPORT_2008)


def test_something_else_is_called_tshark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "tshark"
    script.write_text("#!/bin/sh\necho hello\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnreadableInput, match="does not tell its version"):
        find_tshark()


def test_pyshark_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    played(tmp_path, monkeypatch)
    monkeypatch.setitem(sys.modules, "pyshark", None)
    with pytest.raises(UnreadableInput, match=r"needs pyshark.*pip install pyshark"):
        read(REPORT_2008)


def test_tshark_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    played(tmp_path, monkeypatch, 'echo "tshark: it is broken" >&2', "exit 2")
    with pytest.raises(UnreadableInput, match=r"tshark cannot read .*: it is broken$"):
        read(REPORT_2008)
    assert is_gone(tmp_path)


def test_tshark_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    played(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(tshark, "SILENCE_SECONDS", 0.2)
    begun = time.monotonic()
    with pytest.raises(UnreadableInput, match="said nothing"):
        read(REPORT_2008)
    assert time.monotonic() - begun < 20
    assert is_gone(tmp_path)


def test_tshark_does_not_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    played(tmp_path, monkeypatch, "exec >&-", "exec sleep 60")
    monkeypatch.setattr(tshark, "DYING_SECONDS", 1)
    with pytest.raises(UnreadableInput, match="did not end"):
        read(REPORT_2008)
    assert is_gone(tmp_path)


def test_an_error_while_reading_ends_tshark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As an interruption does."""
    packet = (
        '<packet><proto name="geninfo"><field name="num" show="1" value="1"/><field name="len" show="1" value="1"/>'
    )
    rest = '<field name="caplen" show="1" value="1"/><field name="timestamp" show="1" value="1"/></proto>'
    frame = '<proto name="frame"><field name="frame.number" show="1"/></proto></packet>'
    played(tmp_path, monkeypatch, f"echo '{packet}{rest}{frame}'", "exec sleep 60")

    def stop(_: Dissection) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_with_tshark(str(REPORT_2008), stop, lambda _: None)
    assert is_gone(tmp_path)
