"""Streams as files: the octets that were reassembled, by side, secrets hidden, TLS opened where there are keys."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mailtrace.command_export import ExportRequest, run_export
from tests.export.captures import C, S, conversation, mail, write
from tests.support import SAMPLES, shared

LOGIN = [
    (S, b"+OK\r\n"),
    (C, b"USER kim\r\n"),
    (S, b"+OK\r\n"),
    (C, b"PASS se"),
    (C, b"same\r\n"),
    (S, b"+OK\r\n"),
    (C, b"QUIT\r\n"),
    (S, b"+OK\r\n"),
]


def exported(capture: Path, output: Path, **more: Any) -> list[dict[str, Any]]:
    """Export the streams of a capture; return the rows of the index."""
    run_export(ExportRequest([str(capture)], str(output), frozenset({"streams"}), **more))
    rows: list[dict[str, Any]] = json.loads((output / "index.json").read_bytes())["files"]
    return rows


def streams(output: Path) -> dict[str, bytes]:
    """Return the streams that were written, by name."""
    return {path.name: path.read_bytes() for path in sorted((output / "streams").iterdir())}


def test_both_sides_of_a_conversation(tmp_path: Path) -> None:
    rows = exported(write(tmp_path / "a.pcap", conversation(LOGIN, port=110)), tmp_path / "out")
    assert streams(tmp_path / "out") == {
        "0001-pop3-client.bin": b"USER kim\r\nPASS ******\r\nQUIT\r\n",
        "0001-pop3-server.bin": b"+OK\r\n+OK\r\n+OK\r\n+OK\r\n",
    }
    assert [(row["side"], row["complete"], row["is_masked"]) for row in rows] == [
        ("client", True, True),
        ("server", True, True),
    ]
    assert rows[1]["sha256"] == sha256(b"+OK\r\n" * 4).hexdigest()


def test_secrets_are_shown_on_request(tmp_path: Path) -> None:
    capture = write(tmp_path / "a.pcap", conversation(LOGIN, port=110))
    rows = exported(capture, tmp_path / "out", show_secrets=True)
    assert streams(tmp_path / "out")["0001-pop3-client.bin"] == b"USER kim\r\nPASS sesame\r\nQUIT\r\n"
    assert "is_masked" not in rows[0]


def test_a_hole_stands_as_nul_octets(tmp_path: Path) -> None:
    said = mail(1, b"Subject: x\r\n\r\n" + b"y" * 4000 + b"\r\n")
    rows = exported(write(tmp_path / "a.pcap", conversation(said, lost={10})), tmp_path / "out")
    whole = b"".join(octets for side, octets in said if side == C)
    start = whole.index(b"Subject") + 1400
    assert (
        streams(tmp_path / "out")["0001-smtp-client.partial.bin"] == whole[:start] + bytes(1400) + whole[start + 1400 :]
    )
    assert (rows[0]["complete"], rows[0]["holes"]) == (False, [[start, 1400]])


def test_p256_a_password_cut_by_a_hole_is_hidden(tmp_path: Path) -> None:
    said = [(S, b"+OK\r\n"), (C, b"USER kim\r\n"), (S, b"+OK\r\n"), (C, b"PASS open"), (C, b"sesa"), (C, b"me-now\r\n")]
    said += [(S, b"+OK\r\n"), (C, b"STAT\r\n"), (S, b"+OK 0 0\r\n"), (C, b"QUIT\r\n"), (S, b"+OK\r\n")]
    exported(write(tmp_path / "a.pcap", conversation(said, lost={4}, port=110)), tmp_path / "out")
    client = streams(tmp_path / "out")["0001-pop3-client.partial.bin"]
    assert client == b"USER kim\r\n*********" + bytes(4) + b"******\r\nSTAT\r\nQUIT\r\n"


def test_conversations_side_by_side_and_packets_out_of_order(tmp_path: Path) -> None:
    one, two = (conversation(mail(port, b"Subject: %d\r\n\r\nx\r\n" % port), client_port=port) for port in (4001, 4002))
    one[5], one[7] = one[7], one[5]
    mixed = [frame for pair in zip(one, two, strict=True) for frame in pair]
    exported(write(tmp_path / "a.pcap", mixed), tmp_path / "out")
    for number, port in ((1, 4001), (2, 4002)):
        expected = b"".join(octets for side, octets in mail(port, b"Subject: %d\r\n\r\nx\r\n" % port) if side == C)
        assert streams(tmp_path / "out")[f"{number:04}-smtp-client.bin"] == expected


def test_parts_of_one_capture(tmp_path: Path) -> None:
    frames = conversation(LOGIN, port=110)
    first, second = write(tmp_path / "a.pcap", frames[:8]), write(tmp_path / "b.pcap", frames[8:])
    run_export(ExportRequest([str(first), str(second)], str(tmp_path / "out"), frozenset({"streams"})))
    assert streams(tmp_path / "out")["0001-pop3-client.bin"] == b"USER kim\r\nPASS ******\r\nQUIT\r\n"


def test_lookups_over_udp_have_no_stream(tmp_path: Path) -> None:
    rows = exported(SAMPLES / "02-report-2024.pcapng", tmp_path / "out")
    assert {row["protocol"] for row in rows} == {"smtp", "pop3"}


def test_p256_no_password_of_the_samples_is_in_a_stream(tmp_path: Path) -> None:
    exported(SAMPLES / "02-report-2024.pcapng", tmp_path / "out")
    clients = b"".join(octets for name, octets in streams(tmp_path / "out").items() if "client" in name)
    assert clients.count(b"PASS ***\r\n") == 2
    assert b"PASS k" not in clients and b"PASS l" not in clients


def test_what_is_inside_tls_is_told_with_keys(tmp_path: Path) -> None:
    exported(SAMPLES / "09-starttls.pcapng", tmp_path / "out", conversation=1)
    client = streams(tmp_path / "out")["0001-smtp-client.bin"]
    assert client.startswith(
        b"EHLO client\r\nSTARTTLS\r\nEHLO client\r\nAUTH PLAIN ************\r\nMAIL FROM:<lee@naver.com>\r\n"
    )
    assert client.endswith(b"\r\n.\r\nQUIT\r\n")


def test_what_is_inside_tls_stays_as_it_is_without_keys(tmp_path: Path) -> None:
    exported(shared("captures/lab/03-starttls.pcapng"), tmp_path / "out", conversation=1)
    client = streams(tmp_path / "out")["0001-smtp-client.bin"]
    assert client.startswith(b"EHLO client\r\nSTARTTLS\r\n\x16\x03\x01")


EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

CASES = [
    "arkime/imap.pcap",
    "zeek/smtp.pcap",
    "zeek/pop3/pop3.pcap",
    "zeek/smtp/smtp-bdat-gap.pcap",
    "zeek/smtp-one-side-only.pcap",
    "OISF/smtp-pipelining.pcap",
]


@pytest.mark.parametrize("file", CASES)
def test_streams_are_those_that_other_programs_find(file: str, tmp_path: Path) -> None:
    """FACTS.json has their hashes: whole direction, first copy wins, holes filled with NUL octets."""
    facts = json.loads(shared("captures/public/FACTS.json").read_bytes())
    (case,) = (each for each in facts["cases"] if each["file"] == file)
    rows = exported(shared(f"captures/public/{file}"), tmp_path / "out", show_secrets=True)
    theirs = [digest for each in case["facts"]["sessions"] for digest in each["stream_sha256"].values()]
    assert sorted(row["sha256"] for row in rows) == sorted(digest for digest in theirs if digest != EMPTY)


def test_p256_what_is_not_understood_is_not_written(tmp_path: Path) -> None:
    said = [(S, b"\x01\x02hello\n"), (C, b"\x03secret\n"), (S, b"\x04\n"), (C, b"\x05\n")]
    capture = write(tmp_path / "a.pcap", conversation(said, port=25))
    rows = exported(capture, tmp_path / "out")
    assert streams(tmp_path / "out") == {"0001-unknown-server.bin": b"\x01\x02hello\n\x04\n"}
    assert [(row["side"], row["file"], row["size_bytes"]) for row in rows] == [
        ("client", None, 10),
        ("server", "streams/0001-unknown-server.bin", 10),
    ]
    assert "--show-secrets" in rows[0]["problem"]
    exported(capture, tmp_path / "shown", show_secrets=True)
    assert streams(tmp_path / "shown")["0001-unknown-client.bin"] == b"\x03secret\n\x05\n"


CANARY = b"canary-7f3a"
IN_BASE64 = b64encode(b"\0kim\0" + CANARY)
ALONE = b64encode(CANARY)

LOGINS = {
    "smtp-plain": (25, [(S, b"220 x ESMTP\r\n"), (C, b"EHLO a\r\n"), (S, b"250-x\r\n250 AUTH PLAIN LOGIN\r\n"),
                        (C, b"AUTH PLAIN " + IN_BASE64 + b"\r\n"), (S, b"235 ok\r\n"), (C, b"QUIT\r\n")]),
    "smtp-plain-later": (25, [(S, b"220 x ESMTP\r\n"), (C, b"EHLO a\r\n"), (S, b"250-x\r\n250 AUTH PLAIN LOGIN\r\n"),
                              (C, b"AUTH PLAIN\r\n"), (S, b"334 \r\n"), (C, IN_BASE64 + b"\r\n"),
                              (S, b"235 ok\r\n"), (C, b"QUIT\r\n")]),
    "smtp-login": (587, [(S, b"220 x ESMTP\r\n"), (C, b"EHLO a\r\n"), (S, b"250-x\r\n250 AUTH PLAIN LOGIN\r\n"),
                         (C, b"AUTH LOGIN\r\n"), (S, b"334 VXNlcm5hbWU6\r\n"), (C, b"a2lt\r\n"),
                         (S, b"334 UGFzc3dvcmQ6\r\n"), (C, ALONE[:5]), (C, ALONE[5:] + b"\r\n"),
                         (S, b"535 no\r\n"), (C, b"QUIT\r\n")]),
    "smtp-pipelined": (25, [(S, b"220 x ESMTP\r\n"),
                            (C, b"EHLO a\r\nAUTH PLAIN " + IN_BASE64 + b"\r\nMAIL FROM:<a@b>\r\nQUIT\r\n"),
                            (S, b"250-x\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n221 bye\r\n")]),
    "pop3-pass": (110, [(S, b"+OK\r\n"), (C, b"USER kim\r\nPASS " + CANARY + b"\r\nSTAT\r\nQUIT\r\n"),
                        (S, b"+OK\r\n+OK\r\n+OK 0 0\r\n+OK\r\n")]),
    "pop3-apop": (110, [(S, b"+OK <1@x>\r\n"), (C, b"APOP kim " + CANARY * 3 + b"\r\n"), (S, b"+OK\r\n"),
                        (C, b"QUIT\r\n"), (S, b"+OK\r\n")]),
    "pop3-auth": (110, [(S, b"+OK\r\n"), (C, b"AUTH PLAIN\r\n"), (S, b"+ \r\n"), (C, IN_BASE64 + b"\r\n"),
                        (S, b"+OK\r\n"), (C, b"QUIT\r\n"), (S, b"+OK\r\n")]),
    "imap-login": (143, [(S, b"* OK IMAP4rev1\r\n"), (C, b'a1 LOGIN kim "' + CANARY + b'"\r\n'),
                         (S, b"a1 OK\r\n"), (C, b"a2 LOGOUT\r\n"), (S, b"* BYE\r\na2 OK\r\n")]),
    "imap-literal": (143, [(S, b"* OK IMAP4rev1\r\n"), (C, b"a1 LOGIN {3}\r\n"), (S, b"+ go\r\n"),
                           (C, b"kim {11}\r\n"), (S, b"+ go\r\n"), (C, CANARY + b"\r\n"), (S, b"a1 OK\r\n"),
                           (C, b"a2 LOGOUT\r\n"), (S, b"* BYE\r\na2 OK\r\n")]),
    "imap-authenticate": (143, [(S, b"* OK IMAP4rev1\r\n"), (C, b"a1 AUTHENTICATE PLAIN " + IN_BASE64 + b"\r\n"),
                                (S, b"a1 OK\r\n"), (C, b"a2 LOGOUT\r\n"), (S, b"* BYE\r\na2 OK\r\n")]),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGINS)
@pytest.mark.parametrize("cut", [0, 1, 7])
def test_p256_no_login_leaves_its_secret_in_a_stream(name: str, cut: int, tmp_path: Path) -> None:
    """However the client's octets are cut into segments; all else stays, at its place."""
    port, said = LOGINS[name]
    if cut:
        said = [
            (side, octets[at : at + (cut if side == C else len(octets))])
            for side, octets in said
            for at in range(0, len(octets), cut if side == C else len(octets))
        ]
    exported(write(tmp_path / "a.pcap", conversation(said, port=port)), tmp_path / "out")
    (client,) = (octets for name, octets in streams(tmp_path / "out").items() if "client" in name)
    whole = b"".join(octets for side, octets in said if side == C)
    assert len(client) == len(whole) and client.count(b"\r\n") == whole.count(b"\r\n")
    assert client != whole
    for secret in (CANARY, IN_BASE64, ALONE):
        assert not any(secret[at : at + 5] in client for at in range(len(secret) - 4))
