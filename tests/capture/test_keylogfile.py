"""Key logs are read whole, and what cannot be one is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtrace.capture import keylogfile
from mailtrace.capture.keylogfile import read_keylog
from mailtrace.errors import UnreadableInput


def test_octets_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"# comment\r\nCLIENT_RANDOM 00 11\n\xff")
    assert read_keylog(str(path)) == b"# comment\r\nCLIENT_RANDOM 00 11\n\xff"


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=r"cannot read the key log .*: No such file"):
        read_keylog(str(tmp_path / "none"))
    with pytest.raises(UnreadableInput, match="cannot read the key log"):
        read_keylog(str(tmp_path))


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keylogfile, "LIMIT_BYTES", 8)
    path = tmp_path / "keys"
    path.write_bytes(bytes(8))
    assert read_keylog(str(path)) == bytes(8)
    path.write_bytes(bytes(9))
    with pytest.raises(UnreadableInput, match="no key log"):
        read_keylog(str(path))
