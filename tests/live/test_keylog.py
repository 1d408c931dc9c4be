"""A key log that is still being written gives each line once, when it is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtrace.errors import UnreadableInput
from mailtrace.live.keylog import FollowedKeyLog


def test_lines_come_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"one\ntw")
    log = FollowedKeyLog(str(path))
    assert log.take() == b"one\n"
    assert log.take() == b""
    with path.open("ab") as file:
        file.write(b"o\nthree\n")
    assert log.take() == b"two\nthree\n"
    log.close()


def test_it_may_come_into_being_later(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    log = FollowedKeyLog(str(path))
    assert log.take() == b""
    path.write_bytes(b"one\n")
    assert log.take() == b"one\n"
    log.close()


def test_it_may_be_emptied_or_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"one\nhal")
    log = FollowedKeyLog(str(path))
    assert log.take() == b"one\n"
    path.write_bytes(b"2\n")
    assert log.take() == b"2\n"
    (tmp_path / "new").write_bytes(b"three\n")
    (tmp_path / "new").rename(path)
    assert log.take() == b"three\n"
    path.unlink()
    assert log.take() == b""
    log.close()


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="cannot read the key log"):
        FollowedKeyLog(str(tmp_path))
