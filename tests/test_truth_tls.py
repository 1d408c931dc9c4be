"""The lab's truth about encrypted mail: with the keys, every line that the clients logged is found inside TLS."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path

import pytest

import mailtrace
from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.model import Analysis, Command, Content, Continuation, Conversation, Reply, masked, wire_text
from mailtrace.reports.json import render
from tests.support import SAMPLES, needs_tshark
from tests.test_truth import Json, conversation_of, sessions

SAMPLE, TRUTH = SAMPLES / "09-starttls.pcapng", "03-starttls.truth.jsonl"

SECRETS_BLOCK, PACKET_BLOCK = 10, 6

SECRETS = {
    "AUTH PLAIN AGxlZQBsZWU=": "AUTH PLAIN ********",
    "PASS kim": "PASS ********",
    "a2 LOGIN kim kim": "a2 LOGIN kim ********",
}


def blocks() -> list[tuple[int, bytes]]:
    """Return the blocks of the sample, each with its type."""
    octets, at = SAMPLE.read_bytes(), 0
    found = []
    while at < len(octets):
        kind, length = struct.unpack_from("<II", octets, at)
        found.append((kind, octets[at : at + length]))
        at += length
    return found


def keys_in_sample() -> bytes:
    """Return the key log that the sample has inside."""
    (secrets,) = (octets for kind, octets in blocks() if kind == SECRETS_BLOCK)
    return secrets[16 : 16 + struct.unpack_from("<I", secrets, 12)[0]]


def without_secrets(folder: Path) -> tuple[Path, Path]:
    """Write the sample without its keys, and the keys beside it; return both paths."""
    capture, keys = folder / "plain.pcapng", folder / "keys.log"
    capture.write_bytes(b"".join(octets for kind, octets in blocks() if kind != SECRETS_BLOCK))
    keys.write_bytes(keys_in_sample())
    return capture, keys


def with_late_secrets(path: Path, after: int) -> Path:
    """Write the sample with its keys behind `after` of its packets."""
    (secrets,) = (octets for kind, octets in blocks() if kind == SECRETS_BLOCK)
    others = [(kind, octets) for kind, octets in blocks() if kind != SECRETS_BLOCK]
    at = [index for index, (kind, _) in enumerate(others) if kind == PACKET_BLOCK][after]
    before, behind = (b"".join(octets for _, octets in part) for part in (others[:at], others[at:]))
    path.write_bytes(before + secrets + behind)
    return path


def lines_of(conversation: Conversation) -> list[str]:
    """Return every line of a conversation in the order in which it was said."""
    lines: list[str] = []
    closing: list[str] = []
    for event in conversation.dialogue.events:
        if isinstance(event, Content):
            lines += [*event.kept.decode().split("\r\n"), *closing]
            closing = []
            continue
        lines += closing
        closing = []
        if isinstance(event, Command | Continuation):
            lines.append(wire_text(masked(event.line, event.secrets)))
        elif isinstance(event, Reply):
            said = _reply_lines(conversation.protocol, event)
            closing = [said.pop()] if said[-1] == ")" and said[-2].endswith("}") else []
            lines += said
    return [line for line in [*lines, *closing] if line]


def _reply_lines(protocol: str, reply: Reply) -> list[str]:
    """Return a reply as it was on the wire."""
    first, *rest = map(wire_text, reply.lines)
    if protocol == "smtp":
        ends = "-" * len(rest) + " "
        return [f"{reply.status}{end}{line}" for end, line in zip(ends, [first, *rest], strict=True)]
    if protocol == "pop3":
        return [f"{reply.status} {first}".rstrip(), *rest]
    start = reply.tag or "*"
    return [f"{start} {reply.status} {first}" if reply.status in ("OK", "BYE") else f"{start} {first}", *rest]


def logged_lines(session: Json) -> list[str]:
    """Return the lines a client logged, without the dots that end mails and lists, and with secrets masked."""
    lines = [line for _, side, text in session["log"] if side != "T" for line in text.split("\r\n")]
    return [SECRETS.get(line, line) for line in lines if line not in ("", ".")]


def found(analysis: Analysis, session: Json) -> Conversation:
    """Return the conversation of a session."""
    (conversation,) = [
        each
        for each in analysis.conversations
        if [each.key.client.host, each.key.client.port] == session["local"]
        and [each.key.server.host, each.key.server.port] == session["peer"]
    ]
    return conversation


@pytest.mark.parametrize("how", ["key log", "in the file", "in the file, two processes"])
def test_every_session_line_for_line(tmp_path: Path, how: str) -> None:
    """RELIABILITY A33: with a key log or with the secrets in the file, in one process or in two."""
    if how == "key log":
        capture, keys = without_secrets(tmp_path)
        analysis = mailtrace.analyze(capture, keylog=keys)
    else:
        analyzer = Analyzer([str(SAMPLE)])
        analyzer.in_processes = "two" in how
        analysis = analyze_files(analyzer)
    logged = sessions(TRUTH)
    assert len(logged) == 9
    for session in logged:
        conversation = found(analysis, session)
        assert lines_of(conversation) == logged_lines(session), session["session"]
        assert conversation.complete
        assert conversation.dialogue.tls is not None and conversation.dialogue.tls.decrypted


def test_what_json_says() -> None:
    report = json.loads(render(mailtrace.analyze(SAMPLE)))
    for session in sessions(TRUTH):
        (agreed,) = [text.split(" ", 1)[0] for _, side, text in session["log"] if side == "T"]
        conversation = conversation_of(report, session)
        implicit = session["peer"][1] in (465, 993, 995)
        assert conversation["encrypted"] == ("implicit" if implicit else "starttls")
        assert conversation["decrypted"] is True
        assert conversation["protocol"] == session["session"].split("-")[0].replace("starttls", "smtp").removesuffix(
            "s"
        )
        tls = conversation["tls"]
        assert tls["version"] == agreed.replace("TLSv", "TLS ")
        assert (tls["unread"], tls["resumed"], tls["alert"]) == (None, False, "close_notify")
        names = {"192.168.111.100": ["mail.naver.com", "naver.com"], "192.168.111.200": ["mail.daum.net", "daum.net"]}
        assert tls["certificate"]["names"] == names[session["peer"][0]]
        assert tls["certificate"]["not_after"][:10] == "2029-02-24"
    relayed = [each for each in report["conversations"] if each["tls"] and not each["decrypted"]]
    assert [each["server"]["address"] for each in relayed] == ["192.168.111.200"] * 4
    assert {each["tls"]["unread"] for each in relayed} == {"its keys are not known"}
    assert len([each for each in report["messages"] if each["direction"] == "submitted"]) == 4


def test_secrets_behind_packets_open_what_comes_after_them(tmp_path: Path) -> None:
    """RELIABILITY A33: packet 488 is the first of the second POP3 session, the sessions before stay closed."""
    analysis = mailtrace.analyze(with_late_secrets(tmp_path / "late.pcapng", after=487))
    opened = [each.protocol for each in analysis.conversations if each.dialogue.tls and each.dialogue.tls.decrypted]
    assert opened == ["pop3", "pop3", "imap", "imap"]
    assert [note.code for note in analysis.capture.notes] == ["secrets", "late-secrets"]


def test_no_key_is_ever_shown() -> None:
    """RELIABILITY A33."""
    report = render(mailtrace.analyze(SAMPLE), show_secrets=True)
    text = report if isinstance(report, str) else report.decode()
    for line in keys_in_sample().decode().splitlines()[1:]:
        assert line.split()[2][:16] not in text.lower()


@needs_tshark
def test_the_facts_are_those_that_tshark_tells(tmp_path: Path) -> None:
    fields = ("tcp.stream", "frame.number", "tls.handshake.type", "tls.handshake.extensions_server_name")
    capture, keys = without_secrets(tmp_path)
    command = ["tshark", "-r", str(capture), "-o", f"tls.keylog_file:{keys}"]
    command += ["-Y", "tls.handshake.type", "-T", "fields"]
    command += [part for field in (*fields, "x509af.serialNumber") for part in ("-e", field)]
    rows = [line.split("\t") for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()]
    numbers = {"ClientHello": 1, "ServerHello": 2, "HelloRetryRequest": 2, "NewSessionTicket": 4}
    numbers |= {"EncryptedExtensions": 8, "Certificate": 11, "ServerKeyExchange": 12, "CertificateRequest": 13}
    numbers |= {"ServerHelloDone": 14, "CertificateVerify": 15, "ClientKeyExchange": 16, "Finished": 20}
    for conversation in mailtrace.analyze(capture, keylog=keys).conversations:
        if (tls := conversation.dialogue.tls) is None:
            continue
        mine = [row for row in rows if row[0] == str(conversation.tcp_stream)]
        shown = [(int(row[1]), int(kind)) for row in mine for kind in row[2].split(",")]
        assert sorted((m.packet, numbers[m.name]) for m in tls.messages if m.name in numbers) == sorted(shown)
        assert {row[3] for row in mine if row[3]} == ({tls.sni} if tls.sni else set())
        serials = [row[4].split(",")[0].replace(":", "").upper().lstrip("0") for row in mine if row[4]]
        assert not serials or (tls.certificate is not None and tls.certificate.serial == serials[0])
