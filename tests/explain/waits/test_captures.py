"""Waits of real captures: what those who recorded them say they were, and that they tile everything."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import mailtrace
from mailtrace.analyzer import narrowed
from mailtrace.explain.waits import causes, waits
from mailtrace.model import Analysis
from mailtrace.reports.json import render
from tests.explain.waits.tiling import broken
from tests.support import SAMPLES, shared

LAB = (
    "01-lab-journey", "02-ident-drop", "03-starttls", "03-starttls-dsb", "04-imap", "07-chunking", "08-lossy",
    "10-dnsauth",
)  # fmt: skip


@cache
def analysis(path: Path) -> Analysis:
    """Return the analysis of a capture."""
    return mailtrace.analyze(path)


def long_waits(name: str, first: int, least: float = 0.5) -> list[tuple[str, float, str, tuple[int, ...]]]:
    """Return the long waits of the conversation that begins with a packet, their seconds to the hundredth."""
    whole = analysis(SAMPLES / name)
    conversation = next(each for each in whole.conversations if each.numbers[0] == first)
    found = waits(conversation, causes(whole.conversations).get(conversation.id))
    return [
        (each.kind.value, round(each.duration_ns / 1e9, 2), each.about, each.packets)
        for each in found
        if each.duration_ns >= least * 1e9
    ]


@pytest.mark.parametrize(
    ("name", "first", "expected"),
    [
        ("01-report-2008.pcapng", 1, [("ident", 4.99, "unanswered", (4, 5))]),
        ("02-report-2024.pcapng", 65, [("greet-pause", 1.0, "", (69, 70))]),
        ("02-report-2024.pcapng", 93, [("greet-pause", 1.0, "", (108, 109))]),
        (
            "02-report-2024.pcapng",
            277,
            [("ident", 5.0, "unanswered", (284, 286, 288)), ("greet-pause", 1.0, "", (288, 297))],
        ),
        ("02-report-2024.pcapng", 318, [("greet-pause", 1.0, "", (323, 331))]),
        # The lab, with access `GreetPause:192.168.111.130 0`: ident alone. Then refused, and the pause alone.
        ("04-lab-ident-drop.pcapng", 1, [("ident", 5.0, "unanswered", (6, 7, 8, 9, 10))]),
        ("04-lab-ident-drop.pcapng", 53, [("greet-pause", 1.0, "", (59, 60))]),
        # A bad wire: the end of the handshake is lost, and later an answer; see the story of the sample.
        (
            "06-lab-lossy.pcapng",
            5,
            [
                ("retransmission", 1.03, "", (7, 12)),
                ("greet-pause", 1.0, "", (27, 28)),
                ("retransmission", 1.63, "", (51, 55)),
            ],
        ),
        (
            "06-lab-lossy.pcapng",
            85,
            [
                ("syn-retransmission", 2.04, "", (85, 86, 87)),
                ("greet-pause", 1.01, "", (97, 100)),
                ("lookup", 5.0, "A naver.com", (109, 110, 116, 117)),
            ],
        ),
        (
            "06-lab-lossy.pcapng",
            180,
            [("ident", 5.0, "unanswered", (185, 186, 188, 189)), ("greet-pause", 1.0, "", (189, 190))],
        ),
        (
            "06-lab-lossy.pcapng",
            316,
            [("greet-pause", 1.01, "", (332, 333)), ("lookup", 5.0, "A naver.com", (341, 347, 348))],
        ),
        ("08-imap.pcapng", 156, [("login-refused", 3.31, "LOGIN", (161, 163))]),
        ("08-imap.pcapng", 1, [("idle", 2.34, "IDLE", (91, 126, 128))]),
    ],
)
def test_what_took_long(name: str, first: int, expected: list[object]) -> None:
    assert long_waits(name, first) == expected


@pytest.mark.parametrize(
    ("name", "first", "packets"),
    [
        ("01-report-2008.pcapng", 1, (16, 17, 18)),
        ("02-report-2024.pcapng", 65, (89, 90, 91)),
        ("02-report-2024.pcapng", 318, (343, 344, 345)),
        ("04-lab-ident-drop.pcapng", 53, (77, 78, 79)),
    ],
)
def test_the_last_octets_of_a_mail_wait_for_a_delayed_ack(name: str, first: int, packets: tuple[int, ...]) -> None:
    assert packets in [each[3] for each in long_waits(name, first, 0.03) if each[0] == "delayed-ack"]


def tile(path: Path) -> None:
    whole = analysis(path)
    asked = causes(whole.conversations)
    for conversation in whole.conversations:
        found = waits(conversation, asked.get(conversation.id))
        proofs = {number for each in whole.conversations for number in each.numbers}
        assert broken(conversation, found, proofs) == []


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.pcapng")))
def test_waits_tile_every_conversation_of_the_samples(name: str) -> None:
    tile(SAMPLES / name)


@pytest.mark.parametrize("name", LAB)
def test_waits_tile_every_conversation_of_the_lab(name: str) -> None:
    tile(shared(f"captures/lab/{name}.pcapng"))


def test_a_conversation_alone_is_told_with_what_it_waited_for() -> None:
    """Where only one conversation is wanted, the ident call and the lookups that it waited for still count."""
    whole = analysis(SAMPLES / "02-report-2024.pcapng")
    number = next(each.id for each in whole.conversations if each.numbers[0] == 277)
    report = json.loads(render(narrowed(whole, number, None)))
    (conversation,) = report["conversations"]
    assert [each["kind"] for each in conversation["waits"] if each["duration_s"] > 0.5] == ["ident", "greet-pause"]
    assert sum(each["duration_s"] for each in conversation["waits"]) == pytest.approx(conversation["duration_s"])


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.pcapng")))
def test_waits_of_journeys_tile_them(name: str) -> None:
    whole = analysis(SAMPLES / name)
    for journey in json.loads(render(whole))["journeys"]:
        found = journey["waits"]
        for before, after in pairwise(found):
            ended = instant(before["start"]) + round(before["duration_s"] * 1e9)
            assert ended == instant(after["start"])


def instant(text: str) -> int:
    """Return an ISO time as nanoseconds since the day began."""
    hours, minutes, rest = text.split("T")[1].rstrip("Z").split(":")
    whole, fraction = rest.split(".")
    return (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * 10**9 + int(fraction)
