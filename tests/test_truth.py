"""The lab's own truth: what every client sent and received, line by line, and every message byte for byte."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

import mailtrace
from mailtrace.model import Analysis
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
