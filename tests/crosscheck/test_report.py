"""The second opinion as people and programs get it."""

from __future__ import annotations

import io
import json

from mailtrace.crosscheck.facts import Difference, Fact, Kind
from mailtrace.crosscheck.faults import KNOWN_FAULTS, Explained
from mailtrace.crosscheck.report import Opinions, write_json, write_terminal
from tests.explain.making import Talk

RETR = next(each for each in KNOWN_FAULTS if each.name == "retr-in-pieces")


def text(opinions: Opinions) -> str:
    """Return the report for people."""
    out = io.BytesIO()
    write_terminal(opinions, out)
    return out.getvalue().decode()


def opinions(*cases: Explained, complaint: str | None = None) -> Opinions:
    """Return opinions on a capture with ten facts of ours."""
    return Opinions("x.pcap", "4.0.17", 10, 9, cases, complaint)


def only_theirs(says: str) -> Explained:
    """Return a command that only tshark sees, unexplained."""
    return Explained(Difference(None, Fact(Kind.COMMAND, 3, says, (12,))), None, None)


def test_agreement_is_said() -> None:
    assert text(opinions()) == (
        "x.pcap · mailtrace tells 10 facts · tshark 4.0.17 tells 9 · 10 agree\nThe two agree in everything.\n"
    )


def test_unexplained_comes_in_full_and_faults_with_their_places() -> None:
    conversation = Talk("pop3", port=110, number=4).conversation()
    mail = Difference(Fact(Kind.MESSAGE, 0, "<1@x>", (97,), ("413 octets",)), None)
    shown = text(
        opinions(
            Explained(mail, conversation, RETR),
            Explained(mail, conversation, RETR),
            Explained(
                Difference(Fact(Kind.REPLY, 0, "250", (5,)), Fact(Kind.REPLY, 0, "250", (9,))), conversation, None
            ),
        )
    ).splitlines()
    assert shown[1:8] == [
        "2 differences explained by known faults of tshark, 1 unexplained.",
        "",
        "packet 5, conversation 4 (pop3): reply",
        "  mailtrace  250",
        "  tshark     250 in packet 9",
        "",
        "Known: retr-in-pieces (2 differences)",
    ]
    known = " ".join(" ".join(shown[8:]).split())
    place = "packet 97, conversation 4 (pop3): message <1@x>, 413 octets, only in mailtrace (2 times)"
    assert known == f"{RETR.says} {place}"


def test_words_that_only_tshark_takes_for_commands_are_masked() -> None:
    """They may be a password, as the second line of AUTH LOGIN is."""
    shown = text(opinions(only_theirs("BGVL"), only_theirs("NOOP")))
    assert "BGVL" not in shown and "tshark     ********" in shown and "tshark     NOOP" in shown
    out = io.BytesIO()
    write_json(opinions(only_theirs("BGVL")), out)
    assert b"BGVL" not in out.getvalue()


def test_text_from_the_wire_is_made_safe() -> None:
    evil = Difference(Fact(Kind.MESSAGE, 0, "<\x1b[31m\u202e@x>", (97,), ()), None)
    shown = text(opinions(Explained(evil, None, None), complaint="\x1b]0;x\x07"))
    assert "\x1b" not in shown and "\u202e" not in shown
    out = io.BytesIO()
    write_json(opinions(Explained(evil, None, None)), out)
    assert b"\x1b" not in out.getvalue() and "\u202e".encode() not in out.getvalue()


def test_json() -> None:
    out = io.BytesIO()
    conversation = Talk("pop3", port=110, number=4).conversation()
    mail = Difference(Fact(Kind.MESSAGE, 0, "<1@x>", (97,), ("413 octets",)), None)
    write_json(opinions(Explained(mail, conversation, RETR), only_theirs("NOOP"), complaint="cut short"), out)
    assert json.loads(out.getvalue()) == {
        "schema": "mailtrace-crosscheck/1",
        "capture": "x.pcap",
        "tshark": "4.0.17",
        "tshark_complaint": "cut short",
        "facts": {"mailtrace": 10, "tshark": 9, "agreed": 9},
        "unexplained": 1,
        "differences": [
            {
                "kind": "message",
                "conversation": 4,
                "protocol": "pop3",
                "tcp_stream": 0,
                "packets": [97],
                "mailtrace": {"says": "<1@x>", "details": ["413 octets"], "packets": [97]},
                "tshark": None,
                "fault": "retr-in-pieces",
                "explanation": RETR.says,
            },
            {
                "kind": "command",
                "conversation": None,
                "protocol": None,
                "tcp_stream": 3,
                "packets": [12],
                "mailtrace": None,
                "tshark": {"says": "NOOP", "details": [], "packets": [12]},
                "fault": None,
                "explanation": None,
            },
        ],
    }
