"""Limits of an export, folders, and what happens to files that cannot be saved."""

from __future__ import annotations

import errno
import os
from hashlib import sha256
from pathlib import Path

import pytest

from mailtrace.export import store as module
from mailtrace.export.folder import open_output
from mailtrace.export.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Give a store that writes into `out`."""
    return Store(open_output(str(tmp_path / "out"), []))


def files(path: Path) -> list[str]:
    """Return the files below a directory."""
    return sorted(each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())


def test_files_get_a_folder_for_their_kind(store: Store, tmp_path: Path) -> None:
    drafts = [store.save("eml", "1.eml", b"one"), store.save("", "mail.mbox", b"two"), store.save("eml", "2.eml", b"")]
    for draft in drafts:
        draft.settle()
    assert [draft.file for draft in drafts] == ["eml/1.eml", "mail.mbox", "eml/2.eml"]
    assert files(tmp_path / "out") == ["eml/1.eml", "eml/2.eml", "mail.mbox"]
    assert (drafts[0].size_bytes, drafts[0].sha256) == (3, sha256(b"one").hexdigest())
    assert (store.files, store.octets, store.problems) == (3, 6, {})


def test_l216_a_folder_is_not_filled_without_end(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FOLDER_FILES_LIMIT", 3)
    for number in range(7):
        store.save("eml", f"{number}.eml", b"x").settle()
    assert files(tmp_path / "out") == [
        *("eml-2/3.eml", "eml-2/4.eml", "eml-2/5.eml"),
        *("eml-3/6.eml", "eml/0.eml", "eml/1.eml", "eml/2.eml"),
    ]


def test_l216_the_number_of_files_has_a_limit(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.FILES_LIMIT == 1_000_000
    monkeypatch.setattr(module, "FILES_LIMIT", 2)
    drafts = [store.save("eml", f"{number}.eml", b"x") for number in range(4)]
    index = store.draft("", "index.json", is_limited=False)
    index.write(b"{}")
    index.publish("index.json")
    for draft in (*drafts, index):
        draft.settle()
    assert files(tmp_path / "out") == ["eml/0.eml", "eml/1.eml", "index.json"]
    assert [draft.problem for draft in drafts[2:]] == ["the limit of 1,000,000 files is reached"] * 2
    assert store.problems == {"the limit of 1,000,000 files is reached": 2}


def test_l218_all_files_together_have_a_limit_and_are_hashed_beyond_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.TOTAL_OCTETS_LIMIT == 10 * 2**30
    monkeypatch.setattr(module, "TOTAL_OCTETS_LIMIT", 100)
    whole, beyond, small = (store.save("eml", f"{size}.eml", b"x" * size) for size in (90, 11, 10))
    for draft in (whole, beyond, small):
        draft.settle()
    assert (beyond.file, beyond.problem) == (None, "the limit of 10 GB for all files is reached")
    assert (beyond.size_bytes, beyond.sha256) == (11, sha256(b"x" * 11).hexdigest())
    assert files(tmp_path / "out") == ["eml/10.eml", "eml/90.eml"]


def test_l217_a_full_disk_is_told_and_the_export_goes_on(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        lost = store.save("eml", "1.eml", b"lost")
        lost.settle()
    kept = store.save("eml", "2.eml", b"kept")
    kept.settle()
    assert (lost.file, lost.problem) == (None, "No space left on device")
    assert (kept.file, kept.problem) == ("eml/2.eml", None)
    assert files(tmp_path / "out") == ["eml/2.eml"]
    assert store.problems == {"No space left on device": 1}


def test_closing_removes_what_was_not_finished_and_writes_nothing_more(store: Store, tmp_path: Path) -> None:
    begun, empty = store.draft("streams", "a.bin"), store.draft("", "b.bin")
    begun.write(b"x" * 100_000)
    store.close()
    begun.write(b"x" * 100_000)
    empty.write(b"x" * 100_000)
    empty.publish("b.bin")
    empty.settle()
    assert files(tmp_path / "out") == []
    assert (begun.file, empty.file) == (None, None)
