"""Messages of published captures, against what an independent extractor found in them (FACTS.json)."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

import mailtrace
from mailtrace.model import Message
from tests.support import ROOT, shared

FACTS = ROOT.parent / "shared" / "captures" / "public" / "FACTS.json"

DATES = {
    "Mon, 5 Oct 2009 11:36:07 +0530": "2009-10-05T11:36:07+05:30",
    "Tue, 12 Dec 2023 17:37:16 +0100": "2023-12-12T17:37:16+01:00",
    "Thu, 22 Aug 2013 19:18:52 +0000": "2013-08-22T19:18:52+00:00",
    "Thu,  4 Mar 2021 10:38:07 +0100": "2021-03-04T10:38:07+01:00",
}
PEOPLE = {
    '"Gurpartap Singh" <gurpartap@patriots.in>': [("Gurpartap Singh", "gurpartap@patriots.in")],
    '"Buchanan, Bill" <B.Buchanan@napier.ac.uk>': [("Buchanan, Bill", "B.Buchanan@napier.ac.uk")],
    "1&1 Internet Ltd. <support@1and1.co.uk>": [("1&1 Internet Ltd.", "support@1and1.co.uk")],
    "felica4uu@hotmail.com, davis_mark1@outlook.com": [
        ("", "felica4uu@hotmail.com"),
        ("", "davis_mark1@outlook.com"),
    ],
    "robin@icir.org": [("", "robin@icir.org")],
}


def cases() -> list[Any]:
    """Return one test case for each whole message of FACTS.json."""
    if not FACTS.exists():
        return []
    return [
        pytest.param(case["file"], message, id=f"{case['id']}-{message['sha256'][:8]}")
        for case in json.loads(FACTS.read_text())["cases"]
        for session in case["facts"].get("sessions", [])
        for message in session.get("messages", [])
        if not message.get("header_only")  # heads fetched over IMAP are no messages
        and message["complete_body"]  # how missing octets are filled in, and so hashed, is every tool's own choice
    ]


@cache
def messages(file: str) -> dict[str, Message]:
    """Return the messages of a public capture by their hash."""
    analysis = mailtrace.analyze(str(shared(f"captures/public/{file}")))
    return {message.content.sha256: message for message in analysis.messages}


@pytest.mark.parametrize(("file", "facts"), cases())
def test_messages_as_others_see_them(file: str, facts: dict[str, Any]) -> None:
    message = messages(file)[facts["sha256"]]
    assert message.content.size_bytes == facts["size"]
    assert message.subject == facts.get("subject")
    assert message.message_id == facts.get("message_id")
    assert [describe(part) for part in message.parts] == [
        (part["type"], part.get("filename"), part.get("disposition"), part["size"], part["sha256"])
        for part in facts["parts"]
    ]
    if facts.get("date") in DATES:
        assert message.date == DATES[facts["date"]]
    for key, people in (("from", message.from_), ("to", message.to), ("cc", message.cc)):
        if facts.get(key) in PEOPLE:
            assert [(person.name, person.address) for person in people] == PEOPLE[facts[key]]


def describe(part: Any) -> tuple[str, str | None, str | None, int, str]:
    """Return a part the way FACTS.json tells it."""
    return part.content_type, part.filename, part.disposition, part.size_bytes, part.sha256
