"""Journeys in the reports: their list, their pages with headings, and what the JSON contract says of them."""

from __future__ import annotations

import json as standard

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from mailtrace.model import (
    Analysis,
    Evidence,
    EvidenceKind,
    Hop,
    HopKind,
    Journey,
    JourneyOutcome,
    RecipientOutcome,
    Side,
    Step,
    StepKind,
    Walkthrough,
)
from mailtrace.reports import json, markdown, terminal
from tests.reports.analyses import MS, START_NS, submission
from tests.reports.test_terminal import console, shown, step

HOPS = (
    Hop(
        HopKind.SUBMITTED, 1, 1, "192.168.111.130", "192.168.111.100", START_NS + 10 * MS, ("kim@daum.net",),
        "43Q1vx0G007503", "250", lookups=(1,), idents=(3,), packets=(7, 8, 9, 10),
    ),
    Hop(
        HopKind.RETRIEVED, None, None, "mail.naver.com", "kim-pc", None, before=0,
        evidence=(Evidence(EvidenceKind.MESSAGE_ID, "both carry it", (10, 12)),), score=80, changes=("shorter",),
    ),
)  # fmt: skip

JOURNEY = Journey(
    1,
    "<a@naver.com>",
    "확인 바람",
    "lee@naver.com",
    (
        RecipientOutcome("kim@daum.net", JourneyOutcome.FETCHED, "kim has it", 1),
        RecipientOutcome("no@daum.net", JourneyOutcome.REJECTED, "550", 0),
    ),
    HOPS,
    JourneyOutcome.REJECTED,
    (1,),
    notes=("odd",),
)


def heading(kind: StepKind, *says: str, means: str = "") -> Step:
    return Step(0, kind, (), (), 0, 0, Side.CLIENT, "a", "b", says, means)


PAGE = Walkthrough(
    (1,),
    "Journey 1: x, lee@naver.com -> kim@daum.net",
    "client -> 서버",
    "fetched after 5.39 s",
    (
        heading(StepKind.HOP, "Hop 1: client to 서버", "It is the mail:", "  - one", "  - two", means="The first."),
        step(1, StepKind.COMMAND, Side.CLIENT, "HELO SOFT4", "The old way."),
        heading(StepKind.HOP, "Hop 2: on"),
        heading(StepKind.OUTCOME, "kim@daum.net: fetched", "kim has it", means="It has arrived."),
    ),
    ("Message-ID <a@naver.com>",),
    1,
)


def analysed(*journeys: Journey) -> Analysis:
    analysis = submission()
    analysis.journeys = journeys
    return analysis


def printed(
    width: int, *journeys: Journey, told: tuple[Walkthrough, ...] = (), alone: bool = False, level: str = "novice"
) -> str:
    page = console(width)
    terminal.render(analysed(*journeys), told, page, level, alone)
    return shown(page)


def test_the_list_comes_before_the_conversations() -> None:
    titles, rule, row, hint = printed(160, JOURNEY).splitlines()[2:6]
    assert titles.split() == ["No.", "Start", "Subject", "From", "and", "to", "Way", "Outcome", "Duration"]
    assert rule == "─" * 141
    assert row == (
        "1      0.006  확인 바람         lee@naver.com → kim@daum.net, no@daum.net  "
        "192.168.111.130 → serverA → kim-pc  1 fetched, 1 refused   3.00 ms"
    )
    assert hint == "One mail on its whole way: --journey N."
    assert printed(160, JOURNEY).index("One mail") < printed(160, JOURNEY).index("What happened")


def test_a_narrow_list() -> None:
    assert printed(80, JOURNEY).splitlines()[3:9] == [
        "No.    Start  From and to                                Duration",
        "─────────────────────────────────────────────────────────────────",
        "1      0.006  lee@naver.com → kim@daum.net, no@daum.net   3.00 ms",
        "    확인 바람",
        "    192.168.111.130 → serverA → kim-pc · 1 fetched, 1 refused",
        "One mail on its whole way: --journey N.",
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 100, 120, 160, 200])
def test_every_width(width: int) -> None:
    for alone in (False, True):
        text = printed(width, JOURNEY, replace(JOURNEY, id=2), told=(PAGE,), alone=alone)
        assert max(map(cell_len, text.splitlines())) <= width
        assert all(line == line.rstrip() for line in text.splitlines())


def test_one_mail_in_one_conversation_needs_no_list() -> None:
    analysis = analysed(JOURNEY)
    analysis.conversations = analysis.conversations[:1]
    page = console(160)
    terminal.render(analysis, [], page)
    assert "One mail" not in shown(page)


def test_more_journeys_than_a_page_holds() -> None:
    many = [replace(JOURNEY, id=number) for number in range(1, 204)]
    text = printed(160, *many)
    assert "\n200 " in text and "\n201 " not in text and "(3 more journeys)" in text
    alone = printed(160, *many, told=(PAGE,), alone=True)
    assert alone.endswith("One mail on its whole way: --journey N.\n") and "Hop 1" not in alone


def test_a_page_has_headings_over_its_whole_width() -> None:
    lines = printed(120, JOURNEY, told=(PAGE,), alone=True).splitlines()
    assert lines[2:] == [
        "─ Journey 1: x, lee@naver.com → kim@daum.net " + "─" * 75,
        "client → 서버 · fetched after 5.39 s",
        "Message-ID <a@naver.com>",
        "",
        "Step  Packets (ACKs)     Time  Who                 What was said",
        "─" * 107,
        "Hop 1: client to 서버",
        "  It is the mail:",
        "    - one",
        "    - two",
        "  The first.",
        "   1  6 (7)            +5.020  client              HELO SOFT4",
        "                               → 서버              The old way.",
        "",
        "Hop 2: on",
        "",
        "kim@daum.net: fetched",
        "  kim has it",
        "  It has arrived.",
    ]


def test_experts_get_the_facts_of_a_page() -> None:
    for width in (60, 120, 200):
        text = printed(width, JOURNEY, told=(PAGE,), alone=True, level="expert")
        assert "- one" in text and "kim has it" in text
        assert "The first." not in text and "It has arrived." not in text and "The old way." not in text


def test_nothing_was_found() -> None:
    assert printed(80, alone=True).endswith("\n\nNo mail in this capture is what was looked for.\n")
    report = markdown.render(analysed(), [], "novice", True)
    assert report.endswith("\n\nNo mail in this capture is what was looked for.\n")


def test_markdown() -> None:
    report = markdown.render(analysed(JOURNEY), [PAGE], "novice", True)
    assert report.split("\n\n")[2:] == [
        "## Journeys",
        "| No. | Start | Subject | From and to | Way | Outcome | Duration |\n|---|---|---|---|---|---|---|\n"
        "| 1 | 0.006 | 확인 바람 | `lee@naver.com` → `kim@daum.net`, `no@daum.net` "
        "| 192.168.111.130 → serverA → kim-pc | 1 fetched, 1 refused | 3.00 ms |",
        "## Journey 1: x, `lee@naver.com` → `kim@daum.net`",
        "client → 서버 · **fetched after 5.39 s**",
        "Message-ID \\<`a@naver.com`\\>",
        "### Hop 1: client to 서버",
        "It is the mail:",
        "- one\n- two",
        "The first.",
        "| Step | Packets (ACKs) | At | After | Who | What was said | What it means |\n|---|---|---|---|---|---|---|\n"
        "| 1 | 6 (7) | +5.020 |  | client → 서버 | `HELO SOFT4` | The old way. |",
        "### Hop 2: on",
        "### `kim@daum.net`: fetched",
        "kim has it",
        "It has arrived.\n",
    ]
    assert "## Conversations" not in report
    assert "## Conversations" in markdown.render(analysed(JOURNEY), [])


def test_json() -> None:
    report = standard.loads(json.render(analysed(JOURNEY)))
    (record,) = report["journeys"]
    first, second = record.pop("hops")
    assert record == {
        "id": 1,
        "message_id": "<a@naver.com>",
        "subject": "확인 바람",
        "sender": "lee@naver.com",
        "recipient": "kim@daum.net",
        "recipients": [
            {"address": "kim@daum.net", "outcome": "fetched", "because": "kim has it", "hop": 1},
            {"address": "no@daum.net", "outcome": "rejected", "because": "550", "hop": 0},
        ],
        "lookups": [1],
        "outcome": "rejected",
        "reports": None,
        "notes": ["odd"],
        "waits": [
            {
                "kind": "server",
                "start": "2024-04-26T01:57:58.931021000Z",
                "duration_s": 0.001,
                "packets": [7, 8],
                "confidence": "certain",
                "about": "MAIL",
                "side": "server",
                "hop": 0,
                "between": False,
            },
            {
                "kind": "idle",
                "start": "2024-04-26T01:57:58.932021000Z",
                "duration_s": 0.002,
                "packets": [8, 10],
                "confidence": "certain",
                "about": None,
                "side": None,
                "hop": 0,
                "between": False,
            },
        ],
    }
    assert first == {
        "kind": "submitted",
        "conversation": 1,
        "message": 1,
        "from": "192.168.111.130",
        "to": "192.168.111.100",
        "time": "2024-04-26T01:57:58.934021000Z",
        "recipients": ["kim@daum.net"],
        "queue_id": "43Q1vx0G007503",
        "status": "250",
        "before": None,
        "evidence": [],
        "because": [],
        "score": 100,
        "changes": [],
        "lookups": [1],
        "idents": [3],
        "packets": [7, 8, 9, 10],
    }
    assert (second["time"], second["conversation"], second["before"]) == (None, None, 0)
    assert (second["evidence"], second["changes"]) == (["message-id"], ["shorter"])
    assert second["because"] == [{"kind": "message-id", "detail": "both carry it", "packets": [10, 12]}]


def test_journeys_are_lines_before_the_capture() -> None:
    lines = [standard.loads(line) for line in json.lines(analysed(JOURNEY, replace(JOURNEY, id=2, recipients=())))]
    assert [line["type"] for line in lines][-3:] == ["journey", "journey", "capture"]
    assert (lines[-3]["id"], lines[-2]["id"], lines[-2]["recipient"]) == (1, 2, None)
