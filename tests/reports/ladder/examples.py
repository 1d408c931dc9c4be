"""Figures made by hand: of any number of hosts, with long and Korean names, and with hostile text everywhere."""

from __future__ import annotations

from itertools import cycle, islice

from mailtrace.model import StepKind
from mailtrace.reports.ladder.figures import Arrow, Ladder, Lane, Leg, Link, Manner, Note, Pause, Stop, Topology, Way

SECOND_NS = 1_000_000_000

NAMES = ("serverA", "mail.a-very-long-name.department.university.example.ac.kr", "아주 긴 한국어 호스트 이름", "n" * 90)

SAYS = (
    "EHLO mail.naver.com",
    "220 mail.naver.com ESMTP Sendmail 8.15.2/8.15.2/Debian-18; Fri, 26 Apr 2024 10:57:59 +0900; (No UCE/UBE)",
    'the mail: From 이네이버 <lee@naver.com>, Subject "회의 안내 그리고 아주 긴 제목", text/plain, 415 octets',
    "x" * 300,
    "가" * 120,
    "A mail.naver.com?",
    "",
)

KINDS = (
    StepKind.CONNECT,
    StepKind.LOOKUP,
    StepKind.IDENT,
    StepKind.COMMAND,
    StepKind.REPLY,
    StepKind.CONTENT,
    StepKind.CLOSE,
)

HOSTILE = (
    "</text><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "%%{init: {'theme': 'dark'}}%%",
    "end",
    "END; participant x",
    "x\nparticipant y",
    'click h0 href "javascript:alert(1)"',
    '"]; h9["x',
    "#35;#lt;script#gt;",
    "-->> h1: x",
    "]]>",
    "&amp;&#60;script&#62;",
    "\u202eevil\u2066\u200b",
    "\x00\x1b[31m\x7f\u009b",
    "\ud800\ufffe",
    "<br/>",
    "`code` **bold** _it_ ~~~",
    "$$x^2$$",
    "@{ shape: rect }",
    "A" + "\u0301" * 40,
    "style h0 fill:#f00",
    "subgraph a",
    "https://example.org/?a=1&b=2",
)


def ladder(hosts: int, names: tuple[str, ...] = NAMES, arrows: int = 42) -> Ladder:
    """Return a ladder with arrows of all kinds between all hosts, also from one to itself."""
    lanes = [Lane(f"{name}", (f"192.168.111.{at}", "mail server, POP3 server")) for at, name in enumerate(names)]
    rungs: list[Arrow | Note | Pause] = []
    for at in range(arrows):
        ends = at % hosts, at * 3 % hosts
        says = SAYS[at % len(SAYS)], SAYS[at * 2 % len(SAYS)]
        packets = tuple(range(at * 1000 + 1, at * 1000 + 2 + at % 7, 2))
        manner = tuple(Manner)[at % len(Manner)]
        took = 7 * SECOND_NS if at % 11 == 5 else 0
        rungs.append(
            Arrow(KINDS[at % len(KINDS)], manner, *ends, packets, at * SECOND_NS, says[: 1 + at % 2], took, "means", at)
        )
        if at % 6 == 2:
            rungs.append(Pause(10 ** (at % 14), SAYS[at % len(SAYS)]))
        if at % 9 == 3:
            rungs.append(Note(StepKind.HOP, (SAYS[at % len(SAYS)],), 0, hosts - 1))
        if at % 9 == 4:
            rungs.append(Note(StepKind.TROUBLE, says, min(ends), max(ends), packets, at * SECOND_NS))
    return Ladder("Journey 1: " + SAYS[1], SAYS[2], tuple(islice(cycle(lanes), hosts)), tuple(rungs), more=3)


def hostile_ladder() -> Ladder:
    """Return a ladder with hostile text in every field."""
    lanes = tuple(Lane(each, (each,)) for each in HOSTILE[:6])
    rungs: list[Arrow | Note | Pause] = []
    for at, each in enumerate(HOSTILE):
        manner = tuple(Manner)[at % len(Manner)]
        ends = at % 6, (at * 5 + 1) % 6
        rungs += [
            Arrow(StepKind.COMMAND, manner, *ends, (at + 1,), at * SECOND_NS, (each, each), 0, each, at + 1),
            Note(StepKind.TROUBLE, (each,), at % 3, at % 3 + 2, (at + 1,), at * SECOND_NS),
            Pause(SECOND_NS, each),
            Note(StepKind.HOP, (each,), 0, 5),
        ]
    return Ladder(HOSTILE[0], HOSTILE[2], lanes, tuple(rungs))


def topology(hosts: int, names: tuple[str, ...] = NAMES) -> Topology:
    """Return a map in which everybody speaks with everybody else, and some with themselves."""
    lanes = [Lane(name, ("192.168.111.1", "fd00::1", "mail server, name server")) for name in names]
    links = [
        Link(
            one, other, ("SMTP 10", "DNS (38 conversations)", "IDENT 1, 2")[: 1 + (one + other) % 3], one % 2 == 0, True
        )
        for one in range(hosts)
        for other in range(one, hosts)
        if one != other or one % 3 == 0
    ]
    return Topology("Who spoke with whom", "Numbers", tuple(islice(cycle(lanes), hosts)), tuple(links), more=2)


def way(columns: int, branches: int, texts: tuple[str, ...] = NAMES) -> Way:
    """Return the way of a mail over some hops, with branches from its second stop on."""
    stops = [Stop(texts[at % len(texts)], ("192.168.111.1",), at, 0) for at in range(columns)]
    legs = [
        Leg(at, at + 1, (texts[at % len(texts)], "+1.083 s"), ("as 43Q1vx0G007503",), True, at % 2 == 0)
        for at in range(columns - 1)
    ]
    for at in range(branches):
        fates = ((f"kim@daum.net: {texts[at % len(texts)]}", (True, False, None)[at % 3]),)
        legs.append(Leg(1, len(stops), ("POP3 conversation 20",), ("refused: 550",), at % 2 == 0, True))
        stops.append(Stop(texts[at % len(texts)], (), 2, at + 1, fates))
    return Way(texts[0], texts[-1], tuple(stops), tuple(legs), more=1)


def hostile_figures() -> list[Ladder | Topology | Way]:
    """Return one figure of each kind with hostile text in every field."""
    lanes = tuple(Lane(each, (each,)) for each in HOSTILE[:8])
    links = tuple(Link(at, (at + 1) % 8, (HOSTILE[at + 8],), True, at % 2 == 0) for at in range(8))
    return [hostile_ladder(), Topology(HOSTILE[0], HOSTILE[1], lanes, links), way(5, len(HOSTILE), HOSTILE)]
