"""Ladders of the rebuilt reports: which arrows they have, from whom to whom, with which packets and when."""

from __future__ import annotations

from functools import lru_cache

import pytest

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.explain.journeys.telling import journey_walkthroughs
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Analysis, StepKind
from mailtrace.reports.ladder import Ladder, ladder_of
from mailtrace.reports.ladder.figures import Arrow, Lane, Manner, Note, Pause
from mailtrace.reports.ladder.rungs import MAX_LANES, narrowed
from tests.support import SAMPLES


@lru_cache
def analysis(name: str) -> Analysis:
    return analyze_files(Analyzer([str(SAMPLES / name)], {}))


def conversation(name: str, number: int) -> Ladder:
    (told,) = walkthroughs(analysis(name), conversation=number)
    return ladder_of(analysis(name), told)


def journey(name: str, number: int) -> Ladder:
    found = analysis(name)
    (told,) = journey_walkthroughs(found, [each for each in found.journeys if each.id == number])
    return ladder_of(found, told)


def shown(ladder: Ladder) -> list[str]:
    """Return the arrows and pauses in short."""
    lines = []
    for rung in ladder.rungs:
        match rung:
            case Arrow():
                names = ladder.lanes[rung.source].name, ladder.lanes[rung.target].name
                lines.append(f"{rung.packets} {names[0]} {rung.manner.value} {names[1]}: {rung.says[0]}")
            case Pause():
                lines.append(f"{rung.duration_ns / 1e9:.2f} s {rung.why}")
            case Note():
                lines.append(f"{rung.kind.value}: {rung.says[0]}")
    return lines


CLIENT, SERVER = "192.168.1.2", "192.168.10.2"

REPORT_2008 = [
    f"(1, 2, 3) {CLIENT} together {SERVER}: TCP connection to port 25 (SMTP) opened",
    f"(4, 5) {SERVER} lost {CLIENT}: asks the ident service of 192.168.1.2 (port 113) who is calling",
    "4.99 s ident, nobody answered",
    f"(6,) {SERVER} answers {CLIENT}: 220 localhost.localdomain ESMTP Sendmail 8.11.2/8.11.2; "
    "Sun, 16 Nov 2008 08:52:05 +0900",
    f"(7,) {CLIENT} asks {SERVER}: HELO SOFT4",
    f"(9,) {SERVER} answers {CLIENT}: 250 localhost.localdomain Hello [192.168.1.2], pleased to meet you",
    f"(10,) {CLIENT} asks {SERVER}: MAIL FROM: <pchero@ac.kr>",
    f"(11,) {SERVER} answers {CLIENT}: 250 2.1.0 <pchero@ac.kr>... Sender ok",
    f"(12,) {CLIENT} asks {SERVER}: RCPT TO: <pchero@kongju.ac.kr>",
    f"(13,) {SERVER} answers {CLIENT}: 250 2.1.5 <pchero@kongju.ac.kr>... Recipient ok",
    f"(14,) {CLIENT} asks {SERVER}: DATA",
    f'(15,) {SERVER} answers {CLIENT}: 354 Enter mail, end with "." on a line by itself',
    f'(16, 18) {CLIENT} brings {SERVER}: the mail: From pchero@ac.kr, Subject "tes", text/plain + text/html, '
    "1,232 octets",
    f"(20,) {SERVER} answers {CLIENT}: 250 2.0.0 mag8q5r02536 Message accepted for delivery",
    f"(21,) {CLIENT} asks {SERVER}: QUIT",
    f"(22,) {SERVER} answers {CLIENT}: 221 2.0.0 localhost.localdomain closing connection",
    f"(23, 24) {CLIENT} together {SERVER}: connection closed: first by 192.168.1.2, then by 192.168.10.2",
]
"""The whole ladder, packet by packet as the report lists them."""


def test_the_report_of_2008() -> None:
    ladder = conversation("01-report-2008.pcapng", 1)
    assert shown(ladder) == REPORT_2008
    assert [(lane.name, lane.details) for lane in ladder.lanes] == [
        (CLIENT, ("mail client",)),
        (SERVER, ("mail server",)),
    ]
    times = [rung.offset_ns // 1000 for rung in ladder.rungs if isinstance(rung, Arrow)]
    assert times[:5] == [0, 25137, 5019184, 5020233, 5021000]


def test_the_journey_of_2024() -> None:
    ladder = journey("02-report-2024.pcapng", 1)
    assert [lane.name for lane in ladder.lanes] == ["UbunClient(Lee)", "serverA", "serverB", "WinClient(Kim)"]
    lines = shown(ladder)
    assert lines[:8] == [
        "hop: Hop 1: UbunClient(Lee) hands the mail in at serverA (SMTP conversation 10)",
        "(63,) UbunClient(Lee) asks serverA: A mail.naver.com?",
        "(64,) serverA answers UbunClient(Lee): 192.168.111.100",
        "(65, 66, 67) UbunClient(Lee) together serverA: TCP connection to port 25 (SMTP) opened",
        "(68,) serverA asks UbunClient(Lee): asks the ident service of UbunClient(Lee) (port 113) who is calling",
        "(69,) UbunClient(Lee) refuses serverA: (refused with RST)",
        "1.00 s greeting pause (likely)",
        "(70,) serverA answers UbunClient(Lee): 220 mail.naver.com ESMTP Sendmail 8.15.2/8.15.2/Debian-18; "
        "Fri, 26 Apr 2024 10:57:59 +0900; (No UCE/UBE) logging access from: [192.168.111.130](FAIL)-[192.168.111.130]",
    ]
    assert "(80,) UbunClient(Lee) asks serverA: MAIL FROM:<lee@naver.com>" in lines
    assert "(81,) serverA answers UbunClient(Lee): 250 2.1.0 <lee@naver.com>... Sender ok" in lines
    accepted = lines.index(
        "(94,) serverA answers UbunClient(Lee): 250 2.0.0 43Q1vx0G007503 Message accepted for delivery"
    )
    assert lines[accepted - 1].startswith("(89, 91) UbunClient(Lee) brings serverA: the mail: From 이네이버 <lee@naver")
    mailbox = lines.index("10.94 s in the mailbox")
    assert lines[mailbox + 1].startswith("hop: Hop 3: WinClient(Kim) fetches the mail from serverB")
    assert "(193,) WinClient(Kim) asks serverB: RETR 2" in lines
    assert "(195,) serverB brings WinClient(Kim): +OK 844 octets" in lines
    assert lines[-1] == "outcome: kim@daum.net: fetched"


def test_answers_stand_where_they_came() -> None:
    """RCPT and DATA are sent together, a lookup is made meanwhile, and both answers come in one packet."""
    lines = shown(conversation("02-report-2024.pcapng", 13))
    begin = next(at for at, line in enumerate(lines) if "RCPT To:" in line)
    assert [line.partition(" ")[0] for line in lines[begin : begin + 6]] == [
        "(119,)",
        "(119,)",
        "(121,)",
        "(122,)",
        "(123,)",
        "(123,)",
    ]


def test_passwords_are_masked() -> None:
    assert any("PASS ********" in line for line in shown(conversation("02-report-2024.pcapng", 20)))


def test_every_packet_of_a_walkthrough_is_drawn_in_order() -> None:
    for name in ("02-report-2024.pcapng", "06-lab-lossy.pcapng", "08-imap.pcapng", "09-starttls.pcapng"):
        found = analysis(name)
        for told in [*walkthroughs(found), *journey_walkthroughs(found, found.journeys)]:
            drawn = ladder_of(found, told)
            packets = [rung.packets[0] for rung in drawn.rungs if isinstance(rung, Arrow)]
            if name == "02-report-2024.pcapng" and told.journey is None:
                assert packets == sorted(packets)
            told_packets = {number for step in told.steps for number in step.packets}
            held = {number for rung in drawn.rungs if not isinstance(rung, Pause) for number in rung.packets}
            assert held == told_packets


def test_a_question_asked_again_is_drawn_again() -> None:
    lines = shown(journey("06-lab-lossy.pcapng", 3))
    again = next(at for at, line in enumerate(lines) if line.endswith("A naver.com? (again)"))
    assert lines[again - 1] in ("5.00 s lookup A naver.com", "4.99 s lookup A naver.com")
    assert lines[again - 2].endswith("asks 192.168.111.53: A naver.com?")


def test_refusals_are_marked() -> None:
    lines = shown(journey("07-lab-dnsauth.pcapng", 3))
    assert any("refuses mail.naver.com: 550 5.7.20 DKIM: fail" in line for line in lines)


def test_many_hosts_share_the_last_lane() -> None:
    lanes = [Lane(f"host {at}") for at in range(40)]
    arrows = [Arrow(StepKind.COMMAND, Manner.ASKS, at, 39 - at, (at,), 0, ("x",)) for at in range(40)]
    shown_lanes, rungs = narrowed(lanes, [*arrows])
    assert len(shown_lanes) == MAX_LANES == 12
    assert shown_lanes[-1].name == "29 other hosts"
    assert all(isinstance(rung, Arrow) and max(rung.source, rung.target) < 12 for rung in rungs)


@pytest.mark.parametrize("name", ["01-report-2008.pcapng", "02-report-2024.pcapng"])
def test_the_same_walkthrough_gives_the_same_ladder(name: str) -> None:
    assert journey(name, 1) == journey(name, 1)
