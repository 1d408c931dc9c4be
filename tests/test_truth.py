"""The lab's own truth: what every client sent and received, line by line, and every message byte for byte."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

import mailtrace
from mailtrace.model import Analysis, Command, Content, Continuation, Endpoint, Gap, Mark, Reply, masked, wire_text
from mailtrace.reports.json import render
from tests.support import ROOT, SAMPLES

LAB = ROOT / "tests" / "data" / "lab"

Json = dict[str, Any]


def analysis_of(sample: str) -> Analysis:
    """Return the analysis of a sample by the beginning of its name."""
    (path,) = SAMPLES.glob(f"{sample}*.pcapng")
    return mailtrace.analyze(path)


def sessions(name: str) -> list[Json]:
    """Return what the client scripts logged, one session each."""
    logged = [json.loads(line) for line in (LAB / name).read_text(encoding="utf-8").splitlines()]
    return [each for each in logged if "session" in each]


def conversation_of(report: Json, session: Json) -> Json:
    """Return the conversation of one client session, by its four addresses."""
    local, peer = session["local"], session["peer"]
    (found,) = [
        each
        for each in report["conversations"]
        if [each["client"]["address"], each["client"]["port"]] == local
        and [each["server"]["address"], each["server"]["port"]] == peer
    ]
    return found


def told_lines(report: Json, conversation: Json) -> list[str]:
    """Return every line of a conversation as the JSON has it, in the order of the packets that completed it."""
    told: list[tuple[int, int, list[str]]] = []
    order = 0
    for turn in conversation["turns"]:
        for command in [turn["command"]] if turn["command"] else []:
            told.append((command["packet"], order, [command["line"]]))
        for each in turn["continuations"]:
            told.append((each["packet"], order, [each["line"]]))
        for reply in turn["replies"]:
            order += 1
            told.append(
                (reply["packet"], order, [f"{reply['status']} {reply['lines'][0]}".rstrip(), *reply["lines"][1:]])
            )
        order += 1
    for message in report["messages"]:
        if message["conversation"] == conversation["id"]:
            told.append((message["packets"][-1], order, message["source"].split("\r\n")))
    return [line for _, _, some in sorted(told, key=lambda each: each[:2]) for line in some]


def logged_lines(session: Json) -> list[str]:
    """Return the lines of a session as logged, without reply codes and with the password masked.

    Not asked for: a lone dot (the end of a mail or list is told by its place), an empty line (part of its message), and
    the big mail that the log only counts (`<33072 bytes>`).
    """
    lines = [line for _, _, text in session["log"] for line in text.removesuffix("\r\n").split("\r\n")]
    masked = ["PASS ********" if line.startswith("PASS ") else line for line in lines]
    bare = [line[4:] if line[:3].isdigit() and line[3:4] in ("-", " ") else line for line in masked]
    return [line for line in bare if line not in ("", ".", "<33072 bytes>")]


@pytest.mark.parametrize(
    "sample, truth",
    [
        ("03", "01-lab-journey.truth.jsonl"),
        ("04", "02-ident-drop.truth.jsonl"),
        ("06", "08-lossy.truth.jsonl"),
        ("07", "10-dnsauth.truth.jsonl"),
    ],
)
def test_every_line_of_the_clients_is_in_the_json_in_order(sample: str, truth: str) -> None:
    report = json.loads(render(analysis_of(sample)))
    for session in sessions(truth):
        told = iter(told_lines(report, conversation_of(report, session)))
        previous = "(the beginning)"
        for line in logged_lines(session):
            found = any(line == each or each.endswith(" " + line) for each in told)
            assert found, f"{session['session']}: {line!r} not found after {previous!r}"
            previous = line


def imap_lines(analysis: Analysis, session: Json) -> list[str]:
    """Return every line of an IMAP conversation in the order in which it was said, mails among their reply's lines."""
    local, peer = (Endpoint(*session[key]) for key in ("local", "peer"))
    (found,) = [each for each in analysis.conversations if (each.key.client, each.key.server) == (local, peer)]
    told: list[str] = []
    open_reply: list[str] = []
    for event in found.dialogue.events:
        if isinstance(event, Content):
            text = event.kept.decode().split("\r\n")
            told += [*text, *open_reply] if event.how == "FETCH" else text
            open_reply = []
            continue
        told += open_reply
        open_reply = []
        if isinstance(event, Command | Continuation):
            told.append(wire_text(masked(event.line, event.secrets)))
        elif isinstance(event, Reply):
            lines = [wire_text(line) for line in event.lines]
            condition = event.status in ("OK", "NO", "BAD", "BYE")
            start = event.tag or ("+" if event.status == "+" else "*")
            lines[0] = f"{start} {event.status} {lines[0]}" if condition else f"{start} {lines[0]}"
            if lines[0].endswith("}") and lines[1:] == [")"]:  # the mail comes before the rest
                lines, open_reply = lines[:1], lines[1:]
            told += lines
    return told


IMAP_SECRETS = {"lee {3}": "lee ********", "lee": "********", "A1 LOGIN lee wrongpw": "A1 LOGIN lee ********"}


def test_every_line_of_the_imap_clients_is_told_in_order() -> None:
    analysis = mailtrace.analyze(LAB / "04-imap.pcapng")
    for session in sessions("04-imap.truth.jsonl")[1:]:
        lines = [line for _, _, text in session["log"] for line in text.removesuffix("\r\n").split("\r\n")]
        logged = [IMAP_SECRETS.get(line, line) for line in lines if line]
        if "DONE" in logged:  # the client read the second line of packet 126 only after it had said DONE
            at = logged.index("DONE")
            logged[at : at + 2] = reversed(logged[at : at + 2])
        assert [line for line in imap_lines(analysis, session) if line] == logged


def test_the_imap_json_has_tags_folders_mails_and_who_logged_in() -> None:
    report = json.loads(render(mailtrace.analyze(LAB / "04-imap.pcapng")))
    reader, stranger = (each for each in report["conversations"] if each["protocol"] == "imap")
    asked = [turn["command"] for turn in reader["turns"] if turn["command"]]
    assert [each["tag"] for each in asked] == [f"a{number:03}" for number in range(1, 34)]
    folders = {each["verb"]: each.get("mailbox") for each in asked}
    assert [folders[verb] for verb in ("CREATE", "COPY", "APPEND", "SELECT", "MOVE", "LIST", "UID FETCH")] == [
        *("보낸편지함",) * 4,
        "INBOX",
        None,
        None,
    ]
    told = [reply for turn in reader["turns"] for reply in turn["replies"]]
    assert [each["mailbox"] for each in told if "mailbox" in each] == [
        *("INBOX", "보낸편지함", "INBOX", "INBOX", "보낸편지함")
    ]
    assert [each["tag"] for each in told if "tag" in each] == [f"a{number:03}" for number in range(1, 34)]
    assert [
        (each["direction"], each["size_bytes"], each["complete"], each["subject"])
        for each in report["messages"]
        if each["conversation"] == reader["id"]
    ] == [
        ("retrieved", 597, True, "첫째"),
        ("retrieved", 100, False, None),
        ("appended", 356, True, "보낸 편지함에 저장"),
        ("appended", 306, True, "LITERAL+"),
    ]
    assert [(each["mechanism"], each["user"], each["accepted"]) for each in reader["logins"] + stranger["logins"]] == [
        ("LOGIN", "lee", True),
        ("LOGIN", "lee", False),
    ]


def test_all_17_messages_of_chunking_byte_for_byte() -> None:
    expected = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((LAB / "07-messages").glob("m*.eml"))]
    accepted = [
        transaction.content
        for conversation in analysis_of("05").conversations
        for transaction in conversation.dialogue.transactions
        if transaction.content is not None and conversation.key.client.host == "192.168.111.130"
        if transaction.status == "250"
    ]
    assert len(expected) == 17
    assert [each.sha256 for each in accepted] == expected
    assert all(each.complete for each in accepted)


def test_bytes_of_the_kept_messages_are_those_of_the_hash() -> None:
    for path in sorted(SAMPLES.glob("*.pcapng")):
        for message in mailtrace.analyze(path).messages:
            if message.content.kept_all and not message.content.holes:
                assert hashlib.sha256(message.content.kept).hexdigest() == message.content.sha256, path.name


def _octets(text: str) -> bytes:
    r"""Return what the log's `\xNN` and UTF-8 stand for."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode())


def _logged_message(session: Json) -> bytes | None:
    """Return the message that a session sent or fetched, dots unstuffed; None when the log only counts its octets."""
    asked, body = "", b""
    reading = False
    for _, who, text in session["log"]:
        if reading and re.fullmatch(r"<\d+ bytes>", text):
            return None
        if reading:
            body += _octets(text)
            if body == b".\r\n" or body.endswith(b"\r\n.\r\n"):
                break
        elif who == "C":
            asked = text.split(" ")[0]
        else:
            reading = text.startswith("354") or (asked == "RETR" and text.startswith("+OK"))
    return re.sub(rb"(?m)^\.", b"", body[:-3])


def test_every_message_of_the_lossy_network_has_its_hash() -> None:
    """All six mails that the clients sent or fetched, though segments were lost, repeated and swapped."""
    logged = [json.loads(line) for line in (LAB / "08-lossy.truth.jsonl").read_text(encoding="utf-8").splitlines()]
    blob = next(each["sha256_blob"] for each in logged if "sha256_blob" in each)
    analysis = analysis_of("06")
    report = json.loads(render(analysis))
    hashed = 0
    for session in sessions("08-lossy.truth.jsonl"):
        conversation = conversation_of(report, session)
        (message,) = [each for each in analysis.messages if each.conversation == conversation["id"]]
        expected = _logged_message(session)
        assert message.content.complete, session["session"]
        if expected is None:  # the log only counts it, and has the hash of what is attached
            assert (message.content.size_bytes, message.parts[0].sha256) == (33072 + 2, blob)
        else:
            assert message.content.sha256 == hashlib.sha256(expected).hexdigest(), session["session"]
            hashed += 1
    assert hashed == 5
    fetched = next(each for each in analysis.messages if each.content.size_bytes == 33_560)
    assert fetched.parts[0].sha256 == blob


def test_what_the_lossy_network_lost_is_named() -> None:
    """The switch dropped 8 packets before the capture and 16 behind it, and swapped others: each is a mark.

    What was dropped behind the capture comes twice (tshark says the same of these packets); what was dropped before it
    comes later than its neighbours, or was a question that is asked again. No octet is missing in the end.
    """
    analysis = analysis_of("06")
    marked: dict[Mark, set[int]] = {mark: set() for mark in Mark}
    for packet in (packet for each in analysis.conversations for packet in each.packets):
        marked[packet.mark].add(packet.number)
    assert marked[Mark.RETRANSMISSION] >= {12, 52, 55, 86, 150, 160, 162, 292, 313, 401, 409, 526, 578, 583, 584}
    assert marked[Mark.OUT_OF_ORDER] == {393, 405, 412, 507, 579}
    repeated = [(each.name, each.packets) for each in analysis.lookups if each.retries]
    assert ("naver.com", (341, 347, 348)) in repeated
    assert ("naver.com", (453, 459, 460)) in repeated
    assert not any(isinstance(event, Gap) for each in analysis.conversations for event in each.dialogue.events)
    assert all(each.complete for each in analysis.conversations if each.protocol in ("smtp", "pop3"))
