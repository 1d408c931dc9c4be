"""What independent tools agree on about captures of other projects, held against the analysis, case by case."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

import mailtrace
from mailtrace.model import Analysis, Conversation, Message, Reply, Turn, masked, wire_text
from tests.support import ROOT, shared

Facts = dict[str, Any]

LOST_THREAD = {"S08 zeek/smtp/smtp-bdat-gap.pcap"}
"""Here the facts' own reader loses the thread behind a hole: it takes the DATA command for part of the hole, and the
mail after it for commands. Verbs are not compared, and the second message, which that reader missed, may follow."""

FACTS_FILE = ROOT.parent / "shared" / "captures" / "public" / "FACTS.json"
CASES: dict[str, Facts] = (
    {case["id"] + " " + case["file"]: case for case in json.loads(FACTS_FILE.read_text())["cases"]}
    if FACTS_FILE.exists()
    else {"absent": {}}
)


def _analysis(case: Facts) -> Analysis:
    return mailtrace.analyze(shared("captures/public/" + case["file"]))


def _bare(address: str | None) -> str | None:
    return None if address is None else address.strip().removeprefix("<").removesuffix(">")


def _session(analysis: Analysis, facts: Facts) -> Conversation:
    return next(each for each in analysis.conversations if each.tcp_stream == facts["stream"])


def _sessions(case: Facts, *protocols: str) -> list[Facts]:
    return [each for each in case.get("facts", {}).get("sessions", []) if each["proto"] in protocols]


def _said(facts: Facts) -> tuple[list[str], list[str]]:
    """Return verbs and statuses; where the facts do not list them, from the dialogue as they tell it."""
    said = [(line[:2], line[3:]) for line in facts["dialogue"]]
    verbs = [text.split(" ")[0].upper() for who, text in said if who == "C:" and text[:1] not in "<\0"]
    statuses = [text.split(" ")[0] for who, text in said if who == "S:" and not text.startswith("<multi-line")]
    return facts.get("commands", verbs), facts.get("reply_codes", statuses)


@pytest.mark.parametrize("name", CASES)
def test_commands_and_replies(name: str) -> None:
    case = CASES[name]
    shared("captures")
    analysis = _analysis(case)
    for facts in _sessions(case, "smtp", "pop3"):
        conversation = _session(analysis, facts)
        assert conversation.protocol == facts["proto"]
        turns = conversation.dialogue.turns
        verbs, statuses = _said(facts)
        if name not in LOST_THREAD:
            assert [turn.command.verb for turn in turns if turn.command is not None] == verbs
        replies = [each for each in conversation.dialogue.events if isinstance(each, Reply)]
        assert [reply.status for reply in replies] == statuses
        if "server" in facts:
            server, client = conversation.key.server, conversation.key.client
            assert f"{server.host}:{server.port}" == facts["server"]
            assert f"{client.host}:{client.port}" == facts["client"]


@pytest.mark.parametrize("name", CASES)
def test_messages_and_envelopes(name: str) -> None:
    case = CASES[name]
    shared("captures")
    analysis = _analysis(case)
    for facts in _sessions(case, "smtp", "pop3"):
        conversation = _session(analysis, facts)
        found = [each for each in analysis.messages if each.conversation == conversation.id]
        expected = facts.get("messages", [])
        if name in LOST_THREAD:
            found = found[: len(expected)]
        assert [(m.content.size_bytes, m.content.sha256) for m in found] == [
            (each["size"], each["sha256"]) for each in expected
        ]
        for message, told in zip(found, expected, strict=True):
            assert message.content.how == told["how"].split(" ")[0]
            assert message.content.complete == told["complete_body"]
            if "envelope" in told:
                _assert_envelope(conversation, message, told, name not in LOST_THREAD)


def _assert_envelope(conversation: Conversation, message: Message, told: Facts, decided: bool) -> None:
    transaction = next(each for each in conversation.dialogue.transactions if each.content is message.content)
    envelope = told["envelope"]
    assert transaction.sender == _bare(envelope["from"])
    accepted = [each.address for each in transaction.recipients if each.accepted or each.status is None]
    assert accepted == [_bare(each) for each in envelope["to"]]
    if decided:  # the 250 behind a chunk that is not the last accepts no mail
        assert transaction.status == told.get("final_reply")


@pytest.mark.parametrize("name", CASES)
def test_logins(name: str) -> None:
    case = CASES[name]
    shared("captures")
    analysis = _analysis(case)
    for facts in _sessions(case, "smtp", "pop3"):
        logins = _session(analysis, facts).dialogue.logins
        for login, told in zip(logins, facts.get("auth", []), strict=True):
            assert login.mechanism == told["mechanism"]
            assert login.user == told["user"]


@pytest.mark.parametrize("name", CASES)
def test_imap_commands_and_logins(name: str) -> None:
    case = CASES[name]
    shared("captures")
    analysis = _analysis(case)
    for facts in _sessions(case, "imap"):
        conversation = _session(analysis, facts)
        assert conversation.protocol == "imap"
        asked = [turn for turn in conversation.dialogue.turns if turn.command is not None]
        assert [_asked(turn) for turn in asked] == [
            (each["tag"], each["command"].replace("<secret>", "********"), each["status"]) for each in facts["commands"]
        ]
        logins = conversation.dialogue.logins
        assert [(each.mechanism, each.user, "OK" if each.accepted else "NO") for each in logins] == [
            (each["mechanism"], each["user"], each["final_code"]) for each in facts.get("auth", [])
        ]


def _asked(turn: Turn) -> tuple[str, str, str]:
    """Return tag, command line behind it, and how it was completed."""
    assert turn.command is not None
    assert turn.command.tag is not None
    line = wire_text(masked(turn.command.line, turn.command.secrets))
    return turn.command.tag, line.removeprefix(turn.command.tag + " "), turn.replies[-1].status


@pytest.mark.parametrize("name", CASES)
def test_imap_mails_and_headers(name: str) -> None:
    """Whole mails are messages, headers on their own stand in their reply: both octet for octet."""
    case = CASES[name]
    shared("captures")
    analysis = _analysis(case)
    for facts in _sessions(case, "imap"):
        conversation = _session(analysis, facts)
        found = [each.content for each in analysis.messages if each.conversation == conversation.id]
        told = facts.get("messages", [])
        assert [(each.size_bytes, each.sha256, each.complete) for each in found] == [
            (each["size"], each["sha256"], True) for each in told if not each.get("header_only")
        ]
        replies = [event for event in conversation.dialogue.events if isinstance(event, Reply)]
        heads = [b"\r\n".join([*each.lines[1:-1], b""]) for each in replies if b"BODY[HEADER" in each.lines[0]]
        assert [(len(head), sha256(head).hexdigest()) for head in heads] == [
            (each["size"], each["sha256"]) for each in told if each.get("header_only")
        ]


@pytest.mark.parametrize("name", CASES)
def test_lookups(name: str) -> None:
    case = CASES[name]
    shared("captures")
    analysis = _analysis(case)
    facts = case.get("facts", {})
    asked = [(each.packets[0], each.name.lower().rstrip("."), each.type) for each in analysis.lookups]
    for query in facts.get("dns_queries", []):
        assert (query["frame"], query["name"].lower().rstrip("."), query["type"]) in asked
    for response in facts.get("dns_responses", []):
        lookup = next(each for each in analysis.lookups if response["frame"] in each.packets)
        assert lookup.rcode == response["rcode"]
        for key in ("a", "aaaa", "cname", "ptr", "ns"):
            for value in response.get(key, []):
                records = [*lookup.answers, *lookup.authority, *lookup.additional]
                assert value in {record.rstrip(".").split(" ")[-1] for record in records}
        for preference, exchange in response.get("mx", []):
            assert f"{preference} {exchange}" in {answer.rstrip(".") for answer in lookup.answers}
        for text in response.get("txt", []):
            assert text in {answer.strip('"') for answer in lookup.answers}


@pytest.mark.parametrize("name", CASES)
def test_nothing_secret_is_shown(name: str) -> None:
    case = CASES[name]
    shared("captures")
    for conversation in _analysis(case).conversations:
        for turn in conversation.dialogue.turns:
            if turn.command is not None and turn.command.verb in ("PASS", "APOP", "LOGIN"):
                shown = wire_text(masked(turn.command.line, turn.command.secrets))
                assert shown.endswith("********")
