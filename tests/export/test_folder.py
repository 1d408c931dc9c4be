"""Files appear whole or not at all, and nothing else is touched: links, files that are there, crashes, full disks."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mailtrace.errors import UnreadableInput, UsageError
from mailtrace.export.folder import Folder, open_output
from tests.support import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a folder to write into, `out`."""
    return open_output(str(tmp_path / "out"), [])


def names(path: Path) -> list[str]:
    """Return what is in a directory."""
    return sorted(each.name for each in path.iterdir())


def test_a_file_is_saved(folder: Folder, tmp_path: Path) -> None:
    folder.save("a.eml", b"octets\r\n")
    folder.inside("eml").save("b.eml", b"")
    assert (tmp_path / "out/a.eml").read_bytes() == b"octets\r\n"
    assert (tmp_path / "out/eml/b.eml").read_bytes() == b""
    assert names(tmp_path / "out") == ["a.eml", "eml"]


def test_l215_l219_files_are_their_owners_alone_and_never_executable(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = open_output(str(tmp_path / "out"), [])
        inside = folder.inside("eml")
        inside.save("run.sh", b"#!/bin/sh\n")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("out", "out/eml", "out/eml/run.sh")]
    assert modes == [0o700, 0o700, 0o600]


def test_l215_a_file_that_is_there_is_not_overwritten(folder: Folder, tmp_path: Path) -> None:
    there = tmp_path / "out/a.eml"
    there.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        folder.save("a.eml", b"theirs")
    assert there.read_bytes() == b"mine"
    assert names(tmp_path / "out") == ["a.eml"]


@pytest.mark.parametrize("name", ["a.eml", "a.eml.part"])
@pytest.mark.parametrize("exists", [True, False])
def test_l215_a_link_planted_for_a_name_is_not_followed(
    folder: Folder, tmp_path: Path, name: str, exists: bool
) -> None:
    target = tmp_path / "target"
    if exists:
        target.write_bytes(b"mine")
    (tmp_path / "out" / name).symlink_to(target)
    with pytest.raises(FileExistsError):
        folder.save("a.eml", b"theirs")
    assert target.exists() == exists and (not exists or target.read_bytes() == b"mine")
    assert names(tmp_path / "out") == [name]


def test_l215_a_directory_swapped_for_a_link_changes_nothing(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").rename(tmp_path / "moved")
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere")
    folder.save("a.eml", b"octets")
    assert (names(tmp_path / "moved"), names(tmp_path / "elsewhere")) == (["a.eml"], [])


def test_l215_an_output_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnreadableInput, match="it is a symbolic link"):
        open_output(str(tmp_path / "out"), [])


def test_outputs_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path, said in (("file", "is not a directory"), ("no/out", "does not exist"), ("a\0b", "NUL")):
        with pytest.raises(UnreadableInput, match=said):
            open_output(str(tmp_path / path), [])


@pytest.mark.parametrize("name", ["index.json", "index.json.part"])
def test_l215_an_output_with_an_earlier_export_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UsageError, match=r"has 'index\.json' already"):
        open_output(str(tmp_path), ["index.json"])


def test_an_output_with_other_things_is_taken(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"")
    open_output(str(tmp_path), ["index.json"]).save("index.json", b"{}")
    assert names(tmp_path) == ["index.json", "notes.txt"]


def test_l215_without_hard_links_nothing_is_overwritten_either(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    folder.save("a.eml", b"octets")
    with pytest.raises(FileExistsError):
        folder.save("a.eml", b"others")
    assert names(tmp_path / "out") == ["a.eml"]
    assert (tmp_path / "out/a.eml").read_bytes() == b"octets"


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_l217_a_disk_that_fails_leaves_no_file(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int, call: str
) -> None:
    def fails(*_: object) -> int:
        raise OSError(fault, os.strerror(fault))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fails)
        with pytest.raises(OSError, match=os.strerror(fault)):
            folder.save("a.eml", b"octets")
    assert names(tmp_path / "out") == []


def test_l217_a_name_too_long_for_the_file_system(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        folder.save("x" * 300, b"octets")
    assert names(tmp_path / "out") == []


def test_a_file_left_before_it_is_published_is_gone(folder: Folder, tmp_path: Path) -> None:
    with folder.growing("a.bin") as growing:
        growing.file.write(b"x" * 200_000)
        assert names(tmp_path / "out") == ["a.bin.part"]
    growing.file.write(b"x" * 200_000)
    assert names(tmp_path / "out") == []


KILLED = """
import os, signal, sys
from mailtrace.export.folder import open_output
folder = open_output(sys.argv[1], [])
folder.save("whole.eml", b"w" * 300_000)
growing = folder.growing("half.eml")
growing.file.write(b"h" * 300_000)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_l220_a_crash_leaves_whole_files_and_parts_only(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert names(tmp_path / "out") == ["half.eml.part", "whole.eml"]
    assert (tmp_path / "out/whole.eml").read_bytes() == b"w" * 300_000


def test_l220_a_name_is_given_only_to_what_is_on_the_disk(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("fsync", "link"):
        real = getattr(os, name)

        def noted(*given: object, name: str = name, real: object = real, **more: object) -> object:
            calls.append(name)
            return real(*given, **more)  # type: ignore[operator]

        monkeypatch.setattr(os, name, noted)
    folder.save("a.eml", b"octets")
    assert calls == ["fsync", "link"]
