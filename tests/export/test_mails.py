"""Mails and attachments as files: exact octets, partial ones marked, the same content once."""

from __future__ import annotations

import json
from base64 import encodebytes
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mailtrace.command_export import ExportRequest, run_export
from tests.export.captures import C, S, conversation, mail, write

MULTIPART = b"""\
Message-ID: <1@example>\r
Subject: =?utf-8?b?7ZqM7J2Y66Gd?=\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
see the files\r
--b\r
Content-Type: application/pdf; name="../../etc/passwd"\r
Content-Disposition: attachment; filename="../../etc/cron.d/x"\r
Content-Transfer-Encoding: base64\r
\r
JVBERi0xLjQ=\r
--b\r
Content-Type: text/plain\r
Content-Disposition: attachment; filename*=utf-8''%ED%9A%8C%EC%9D%98%EB%A1%9D.txt\r
\r
minutes\r
--b--\r
"""


def exported(tmp_path: Path, *kinds: str, **more: Any) -> list[dict[str, Any]]:
    """Export the capture of the test; return the rows of the index."""
    output = tmp_path / "out"
    run_export(ExportRequest([str(tmp_path / "a.pcap")], str(output), frozenset(kinds), **more))
    rows: list[dict[str, Any]] = json.loads((output / "index.json").read_bytes())["files"]
    return rows


def files(path: Path) -> dict[str, bytes]:
    """Return the files below a directory but the index, with what is in them."""
    found = {each.relative_to(path).as_posix(): each for each in path.rglob("*") if each.is_file()}
    return {name: each.read_bytes() for name, each in found.items() if name != "index.json"}


def test_a_mail_and_its_attachments(tmp_path: Path) -> None:
    write(tmp_path / "a.pcap", conversation(mail(1, MULTIPART)))
    rows = exported(tmp_path)
    assert files(tmp_path / "out") == {
        "eml/0001-1.eml": MULTIPART,
        "attachments/0001-1-1-x.pdf": b"%PDF-1.4",
        "attachments/0001-1-2.txt": b"minutes",
    }
    assert [row["kind"] for row in rows] == ["mail", "attachment", "attachment"]
    assert rows[0]["subject"] == "회의록"
    assert rows[0]["sha256"] == sha256(MULTIPART).hexdigest()
    assert (rows[0]["conversation"], rows[0]["mail"], rows[0]["sender"]) == (1, 1, "lee@naver.com")
    assert [row["filename"] for row in rows[1:]] == ["../../etc/cron.d/x", "회의록.txt"]
    assert [(row["part"], row["size_bytes"], row["complete"]) for row in rows[1:]] == [("2", 8, True), ("3", 7, True)]


def test_dots_are_unstuffed(tmp_path: Path) -> None:
    write(tmp_path / "a.pcap", conversation(mail(1, b"Subject: dots\r\n\r\n..\r\n..one\r\n")))
    exported(tmp_path, "eml")
    assert files(tmp_path / "out") == {"eml/0001-1.eml": b"Subject: dots\r\n\r\n.\r\n.one\r\n"}


def test_l221_the_same_content_becomes_one_file(tmp_path: Path) -> None:
    write(tmp_path / "a.pcap", *(conversation(mail(1, MULTIPART), client_port=port) for port in (4001, 4002, 4003)))
    rows = exported(tmp_path, "attachments")
    assert sorted(files(tmp_path / "out")) == ["attachments/0001-1-1-x.pdf", "attachments/0001-1-2.txt"]
    assert [row["conversation"] for row in rows] == [1, 1, 2, 2, 3, 3]
    assert len({row["file"] for row in rows}) == 2


def test_l216_many_attachments_of_one_name_stay_apart(tmp_path: Path) -> None:
    parts = [b"--b\r\nContent-Type: text/plain; name=x.txt\r\n\r\n%d\r\n" % number for number in range(300)]
    text = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"".join(parts) + b"--b--\r\n"
    write(tmp_path / "a.pcap", conversation(mail(1, text)))
    exported(tmp_path, "attachments")
    found = files(tmp_path / "out")
    assert len(found) == 300
    assert (found["attachments/0001-1-1-x.txt"], found["attachments/0001-1-300-x.txt"]) == (b"0", b"299")


def test_l216_many_empty_attachments_are_one_file(tmp_path: Path) -> None:
    part = b"--b\r\nContent-Type: application/x-nothing\r\n\r\n\r\n"
    text = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 300 + b"--b--\r\n"
    write(tmp_path / "a.pcap", conversation(mail(1, text)))
    assert len(exported(tmp_path, "attachments")) == 300
    assert files(tmp_path / "out") == {"attachments/0001-1-1.bin": b""}


def test_l222_a_mail_with_a_hole_is_marked_and_its_hole_is_told(tmp_path: Path) -> None:
    text = b"Subject: long\r\n\r\n" + b"0123456789abcdef\r\n" * 200
    said = mail(1, text)
    write(tmp_path / "a.pcap", conversation(said, lost={10}))
    rows = exported(tmp_path, "eml", "mbox")
    expected = text[:1400] + bytes(1400) + text[2800:]
    assert files(tmp_path / "out")["eml/0001-1.partial.eml"] == expected
    (row,) = rows
    assert (row["complete"], row["holes"], row["size_bytes"]) == (False, [[1400, 1400]], len(text))
    assert row["sha256"] == sha256(expected).hexdigest()
    assert row["mbox"][0] == 0


def test_l222_an_attachment_of_a_mail_with_a_hole_is_marked(tmp_path: Path) -> None:
    body = b"Content-Type: application/octet-stream; name=x.bin\r\n\r\n" + b"z" * 76 + b"\r\n"
    said = mail(1, body + b"y" * 4000 + b"\r\n")
    write(tmp_path / "a.pcap", conversation(said, lost={10}))
    rows = exported(tmp_path, "attachments")
    assert [(row["file"], row["complete"]) for row in rows] == [("attachments/0001-1-1-x.partial.bin", False)]


def test_l222_a_mail_that_breaks_off_is_marked(tmp_path: Path) -> None:
    said = mail(1, b"Subject: broken off\r\n\r\nonly this\r\n")[:10]
    write(tmp_path / "a.pcap", conversation(said))
    rows = exported(tmp_path, "eml")
    assert [(row["file"], row["complete"]) for row in rows] == [("eml/0001-1.partial.eml", False)]
    assert files(tmp_path / "out")["eml/0001-1.partial.eml"] == b"Subject: broken off\r\n\r\nonly this\r\n"


def test_a_large_mail_is_saved_to_the_byte(tmp_path: Path) -> None:
    picture = bytes(range(256)) * 24_000  # 8 MB in base64
    head = b"Subject: photo\r\nContent-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    text = head + encodebytes(picture).replace(b"\n", b"\r\n")
    write(tmp_path / "a.pcap", conversation(mail(1, text)))
    rows = exported(tmp_path, "eml", "attachments")
    saved = files(tmp_path / "out")
    assert saved["eml/0001-1.eml"] == text
    assert saved["attachments/0001-1-1-a.jpg"] == picture
    assert [row["complete"] for row in rows] == [True, True]


def test_a_mail_longer_than_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr("mailtrace.protocols.octets.ORDINARY", 0)
    monkeypatch.setattr("mailtrace.protocols.octets.KEPT_LIMIT", 20)
    text = b"Subject: long\r\n\r\nmore than twenty octets\r\n"
    write(tmp_path / "a.pcap", conversation(mail(1, text)))
    output = tmp_path / "out"
    assert run_export(ExportRequest([str(tmp_path / "a.pcap")], str(output), frozenset({"eml"}))) == 4
    (row,) = json.loads((output / "index.json").read_bytes())["files"]
    assert files(output) == {"eml/0001-1.partial.eml": text[:20]}
    assert (row["size_bytes"], row["sha256"], row["complete"]) == (20, sha256(text[:20]).hexdigest(), False)
    assert (row["whole_size_bytes"], row["whole_sha256"]) == (len(text), sha256(text).hexdigest())
    assert b"longer than what is kept" in capsysbinary.readouterr().out


def test_mails_in_one_mbox_stand_where_the_index_says(tmp_path: Path) -> None:
    first, second = b"Subject: one\r\n\r\nFrom me\r\n", b"Subject: two\r\n\r\n2\r\n"
    write(tmp_path / "a.pcap", conversation(mail(1, first)), conversation(mail(2, second, sender=""), client_port=9))
    rows = exported(tmp_path, "mbox")
    whole = files(tmp_path / "out")["mail.mbox"]
    entries = [whole[at : at + size] for at, size in (row["mbox"] for row in rows)]
    assert entries[0].startswith(b"From lee@naver.com Tue Nov 14 22:13:20 2023\nSubject: one\n\n>From me\n")
    assert entries[1].startswith(b"From MAILER-DAEMON Tue Nov 14 22:13:20 2023\nSubject: two\n\n2\n")
    assert b"".join(entries) == whole
    assert [row.get("file") for row in rows] == [None, None]


def test_only_one_conversation(tmp_path: Path) -> None:
    write(tmp_path / "a.pcap", *(conversation(mail(1, MULTIPART), client_port=port) for port in (4001, 4002)))
    exported(tmp_path, "eml", conversation=2)
    assert list(files(tmp_path / "out")) == ["eml/0002-1.eml"]


def test_a_mail_fetched_by_pop3(tmp_path: Path) -> None:
    said = [(S, b"+OK\r\n"), (C, b"RETR 1\r\n"), (S, b"+OK\r\nSubject: x\r\n\r\n..y\r\n.\r\n"), (C, b"QUIT\r\n")]
    write(tmp_path / "a.pcap", conversation(said, port=110))
    exported(tmp_path, "eml")
    assert files(tmp_path / "out") == {"eml/0001-1.eml": b"Subject: x\r\n\r\n.y\r\n"}
