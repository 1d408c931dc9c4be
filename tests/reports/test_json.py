"""The JSON contract, key by key, and that it stays valid and harmless whatever was on the wire."""

from __future__ import annotations

import io
import json as standard
from typing import Any

import pytest

from mailtrace.explain.listing import ListingRow
from mailtrace.model import (
    NO_TIME,
    Analysis,
    AttachedMessage,
    CaptureInfo,
    DeliveryReport,
    Dialogue,
    EmbeddedFile,
    Endpoint,
    Packet,
    Person,
    Proxied,
    ReportedRecipient,
    Side,
)
from mailtrace.reports import Report, json, write
from tests.reports.analyses import conversation, filled, submission
from tests.reports.test_safe import BIDI, CONTROLS, EVERYTHING_BAD, HIDDEN


def strict(text: bytes) -> Any:
    """Parse JSON and refuse what strict parsers refuse: repeated keys, NaN, lone surrogates, invalid UTF-8."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    def never(name: str) -> None:
        raise AssertionError(name)

    value = standard.loads(text.decode("utf-8"), object_pairs_hook=once, parse_constant=never)
    standard.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def test_the_whole_report() -> None:
    report = strict(json.render(submission()))
    assert list(report) == [
        "schema",
        "capture",
        "hosts",
        "conversations",
        "messages",
        "journeys",
        "lookups",
        "findings",
    ]
    assert report["schema"] == "mailtrace/1"
    assert report["journeys"] == [] == report["findings"]
    assert report["capture"] == {
        "files": ["lab.pcapng"],
        "packets": 10,
        "bytes": 900,
        "first_time": "2024-04-26T01:57:58.925021000Z",
        "last_time": "2024-04-26T01:57:58.934021000Z",
        "link_types": ["ethernet"],
        "notes": [],
        "counters": {},
    }
    assert report["hosts"][0] == {
        "address": "192.168.111.100",
        "names": ["serverA", "mail.naver.com"],
        "roles": ["mta"],
        "clock": None,
    }


def waited(
    kind: str, second: str, duration: float, packets: list[int], about: str | None, side: str | None
) -> dict[str, Any]:
    """Return how a certain wait of the submission stands in JSON."""
    return {
        "kind": kind,
        "start": f"2024-04-26T01:57:{second}000Z",
        "duration_s": duration,
        "packets": packets,
        "confidence": "certain",
        "about": about,
        "side": side,
    }


def test_a_conversation() -> None:
    shown = strict(json.render(submission()))["conversations"][0]
    turns = shown.pop("turns")
    assert shown == {
        "id": 1,
        "protocol": "smtp",
        "transport": "tcp",
        "tcp_stream": 0,
        "client": {"address": "192.168.111.130", "port": 41428, "name": None},
        "server": {"address": "192.168.111.100", "port": 25, "name": "serverA"},
        "packets": [1, 4, 5, 6, 7, 8, 9, 10],
        "start": "2024-04-26T01:57:58.925021000Z",
        "duration_s": 0.009,
        "complete": True,
        "encrypted": "no",
        "decrypted": False,
        "closed": "fin",
        "caused_by": None,
        "tls": None,
        "transactions": [
            {
                "sender": "lee@naver.com",
                "recipients": [
                    {"address": "kim@daum.net", "accepted": True, "status": "250", "packet": 8, "answer_packet": None},
                    {"address": "no@daum.net", "accepted": False, "status": "550", "packet": 8, "answer_packet": None},
                ],
                "message": 1,
                "status": "250",
                "queue_id": "43Q1vx0G007503",
                "outcome": "accepted",
                "packets": [],
            }
        ],
        "logins": [{"mechanism": "PLAIN", "user": "lee", "accepted": True, "packets": [5, 6]}],
        "waits": [
            waited("greeting", "58.925021", 0.003, [1, 4], None, "server"),
            waited("client", "58.928021", 0.001, [4, 5], "AUTH", "client"),
            waited("server", "58.929021", 0.001, [5, 6], "AUTH", "server"),
            waited("client", "58.930021", 0.001, [6, 7], "MAIL", "client"),
            waited("server", "58.931021", 0.001, [7, 8], "MAIL", "server"),
            waited("idle", "58.932021", 0.002, [8, 10], None, None),
        ],
        "violations": [
            {
                "code": "bare-line-feed",
                "side": "client",
                "packet": 10,
                "time": "2024-04-26T01:57:58.934021000Z",
                "detail": "a line ended with LF alone",
            }
        ],
        "gaps": [
            {
                "side": "server",
                "missing": 12,
                "why": "lost",
                "packet": 9,
                "time": "2024-04-26T01:57:58.933021000Z",
            }
        ],
        "proxied_client": None,
    }
    assert turns[0] == {
        "command": None,
        "replies": [
            {
                "packet": 4,
                "time": "2024-04-26T01:57:58.928021000Z",
                "status": "220",
                "enhanced": None,
                "outcome": "good",
                "lines": ["mail.naver.com ESMTP"],
                "packets": [4],
            }
        ],
        "continuations": [],
    }
    assert turns[1]["command"] == {
        "packet": 5,
        "time": "2024-04-26T01:57:58.929021000Z",
        "verb": "AUTH",
        "argument": "PLAIN ********",
        "line": "AUTH PLAIN ********",
        "packets": [5],
    }
    assert turns[1]["continuations"] == [
        {"packet": 5, "time": "2024-04-26T01:57:58.929021000Z", "line": "********", "packets": [5]}
    ]
    assert turns[2]["command"]["argument"] == "FROM:<lee@naver.com>"


def test_the_client_that_a_proxy_speaks_for() -> None:
    header = Proxied(2, Endpoint("192.0.2.7", 50000), Endpoint("10.0.0.1", 25), "PROXY v2 ...", 4, 4, (3, 4))
    itself = Proxied(2, None, None, "PROXY v2 LOCAL", 4, 4, (4,))
    told = []
    for proxied in (header, itself):
        talk = conversation(1, Dialogue(proxied=proxied), (3, 4))
        analysis = Analysis(CaptureInfo(["x"]), [], [talk], [], [])
        told.append(standard.loads(json.render(analysis))["conversations"][0]["proxied_client"])
    assert told == [{"address": "192.0.2.7", "port": 50000, "version": 2, "packet": 4}, None]


def test_secrets_when_asked_for() -> None:
    turn = strict(json.render(submission(), show_secrets=True))["conversations"][0]["turns"][1]
    assert turn["command"]["line"] == "AUTH PLAIN AGxlZQBsZWU="
    assert turn["command"]["argument"] == "PLAIN AGxlZQBsZWU="
    assert turn["continuations"][0]["line"] == "bGVl"
    assert b"AGxlZQ" not in json.render(submission()) + b"".join(json.lines(submission()))


def test_a_message() -> None:
    shown = strict(json.render(submission()))["messages"][0]
    assert shown.pop("authentication") == {
        "spf": {
            "result": "unknown",
            "because": "the client had logged in, and SPF is about clients that nobody knows",
        },
        "dkim": [],
        "arc": {"result": "none", "because": "the mail has no ARC seals"},
        "dmarc": {
            "result": "unknown",
            "because": "the TXT record for _dmarc.naver.com was not captured",
            "domain": "naver.com",
        },
        "claims": [],
        "checks": [
            {
                "kind": "mx",
                "subject": "daum.net",
                "result": "found",
                "because": "mail for daum.net goes to mail.daum.net",
                "lookups": [1],
                "packets": [2, 3],
            }
        ],
    }
    assert shown == {
        "id": 1,
        "conversation": 1,
        "packets": [9, 10],
        "direction": "submitted",
        "how": "DATA",
        "message_id": "<a@naver.com>",
        "subject": "확인 바람",
        "from": [{"name": "이네이버", "address": "lee@naver.com"}],
        "to": [{"name": "", "address": "kim@daum.net"}],
        "cc": [],
        "date": "Fri, 26 Apr 2024 10:57:59 +0900",
        "size_bytes": 413,
        "sha256": "ab" * 32,
        "complete": True,
        "holes": [],
        "start": "2024-04-26T01:57:58.933021000Z",
        "end": "2024-04-26T01:57:58.934021000Z",
        "queue_id": "43Q1vx0G007503",
        "headers": [["Subject", "확인 바람"]],
        "received": [{"from": "client", "by": "mail.naver.com", "with": "ESMTP", "id": "43Q", "time": None}],
        "parts": [
            {
                "path": "1",
                "content_type": "text/plain",
                "charset": "utf-8",
                "filename": None,
                "size_bytes": 9,
                "sha256": "cd" * 32,
                "text": "확인",
                "charset_guessed": False,
                "disposition": None,
                "nature": None,
                "missing_bytes": 0,
            }
        ],
        "defects": [],
        "source": ("From: =?utf-8?b?7J2064Sk7J2067KE?= <lee@naver.com>\r\nSubject: test\r\n\r\n확인 \\xff\r\n"),
        "source_complete": True,
    }


def test_a_message_that_reports_another_one() -> None:
    analysis = submission()
    message = analysis.messages[0]
    message.reports = DeliveryReport(
        "delivery-status",
        "<1@naver.com>",
        (ReportedRecipient("kim@daum.net", None, "failed", "5.1.1"),),
        "mail.nate.com",
    )
    message.attached = (AttachedMessage("2", "<1@naver.com>", "확인", (Person("", "lee@naver.com"),), None),)
    message.embedded = (EmbeddedFile("1", "uuencode", "a.txt", 3, "ef" * 32),)
    shown = strict(json.render(analysis))["messages"][0]
    recipient = {"address": "kim@daum.net", "original": None, "action": "failed", "status": "5.1.1"}
    assert shown["reports"] == {
        "kind": "delivery-status",
        "message_id": "<1@naver.com>",
        "recipients": [{**recipient, "diagnostic": None, "remote": None}],
        "reporter": "mail.nate.com",
        "queue_id": None,
        "envelope_id": None,
    }
    sender = [{"name": "", "address": "lee@naver.com"}]
    attached = {"path": "2", "message_id": "<1@naver.com>", "subject": "확인", "from": sender, "date": None}
    assert shown["attached"] == [attached]
    embedded = {"path": "1", "encoding": "uuencode", "filename": "a.txt", "size_bytes": 3, "sha256": "ef" * 32}
    assert shown["embedded"] == [embedded]


def test_a_lookup() -> None:
    shown = strict(json.render(submission()))["lookups"][0]
    assert shown == {
        "id": 1,
        "conversation": 2,
        "name": "daum.net",
        "type": "MX",
        "record_type": "MX",
        "class": "IN",
        "rcode": "NOERROR",
        "answers": ["10 mail.daum.net."],
        "packets": [2, 3],
        "start": "2024-04-26T01:57:58.926021000Z",
        "duration_s": 0.0003,
        "caused_by": 1,
        "nodata": False,
        "authoritative": False,
        "authenticated": False,
        "truncated": False,
        "edns": False,
        "retries": 0,
        "opcode": "QUERY",
        "dns_id": 0x1234,
        "authority": [],
        "additional": [],
        "client": "192.168.111.130",
        "server": "192.168.111.100",
    }


def test_lines_hold_the_same_as_the_report() -> None:
    analysis = submission()
    report = strict(json.render(analysis))
    lines = [strict(line) for line in json.lines(analysis)]
    assert [line.pop("type") for line in lines] == [
        "conversation",
        "conversation",
        "message",
        "lookup",
        "capture",
    ]
    for lookup in report["lookups"]:
        del lookup["type"]  # the kind of line has this name; `record_type` says the same
    assert lines[:4] == [*report["conversations"], *report["messages"], *report["lookups"]]
    assert lines[4] == {"schema": "mailtrace/1", **report["capture"], "hosts": report["hosts"]}


def test_a_long_source_is_cut_and_says_so() -> None:
    analysis = submission()
    analysis.messages[0].content.kept = b"x" * 65_537
    shown = strict(next(each for each in json.lines(analysis) if b'"source":' in each))
    assert (len(shown["source"]), shown["source_complete"]) == (65_536, False)
    analysis.messages[0].content.kept_all = False
    analysis.messages[0].content.kept = b"x"
    assert not strict(next(each for each in json.lines(analysis) if b'"source":' in each))["source_complete"]


@pytest.mark.parametrize("time_ns", [NO_TIME, NO_TIME + 1, -1, 0, 2**63 - 1])
def test_any_time(time_ns: int) -> None:
    analysis = submission()
    analysis.conversations[0].packets = (Packet(1, time_ns, Side.CLIENT, 0, 0, 0, 0),)
    start = strict(json.render(analysis))["conversations"][0]["start"]
    assert (start is None) == (time_ns == NO_TIME)


def test_nothing_at_all() -> None:
    report = strict(json.render(Analysis(CaptureInfo([]), [], [], [], [])))
    assert report["conversations"] == [] and report["capture"]["first_time"] is None


@pytest.mark.parametrize("text", [EVERYTHING_BAD, *CONTROLS, *BIDI, *HIDDEN, "\udcff", "\U0010ffff"])
def test_hostile_text_everywhere(text: str) -> None:
    analysis, _, rows = filled(text)
    lines = list(json.lines(analysis))
    for output in (json.render(analysis), *lines, json.packets(rows)):
        strict(output)
        assert not set(output.decode()) & (set(CONTROLS + BIDI + HIDDEN + "\u2028\u2029") - {"\n"})
    assert all(line.count(b"\n") == 1 for line in lines)


def test_hostile_text_keeps_its_value() -> None:
    text = EVERYTHING_BAD.replace("\ud800\udfff", "")
    analysis, _, _ = filled(text)
    assert strict(json.render(analysis))["messages"][0]["subject"] == text
    analysis.messages[0].subject = "\ud800"
    assert strict(json.render(analysis))["messages"][0]["subject"] == "\\ud800"


def test_packets() -> None:
    rows = [ListingRow(1, 489_000, "a", "b", "TCP", 60, "x"), ListingRow(2, None, "", "", "ARP", 42, "")]
    assert strict(json.packets(rows)) == [
        {
            "number": 1,
            "time_s": 0.000489,
            "source": "a",
            "destination": "b",
            "protocol": "TCP",
            "length": 60,
            "info": "x",
        },
        {
            "number": 2,
            "time_s": None,
            "source": "",
            "destination": "",
            "protocol": "ARP",
            "length": 42,
            "info": "",
        },
    ]


def test_written_as_formats() -> None:
    analysis = submission()
    for name, expected in (("json", json.render(analysis)), ("jsonl", b"".join(json.lines(analysis)))):
        out = io.BytesIO()
        write(name, Report(analysis), out)
        assert out.getvalue() == expected
