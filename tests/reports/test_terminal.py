"""The terminal report: readable at every width, plain in a pipe, and deaf to whatever the wire says to a terminal."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator

import pytest
from rich.cells import cell_len
from rich.console import Console

from mailtrace.explain.listing import ListingRow
from mailtrace.model import Analysis, CaptureInfo, Note, Side, Step, StepKind, Walkthrough
from mailtrace.reports import Report, terminal, write
from tests.reports.analyses import filled, steps, submission
from tests.reports.test_safe import BIDI, CONTROLS, EVERYTHING_BAD, HIDDEN, MARKDOWN_TRAPS

OUR_STYLES = re.compile(r"\x1b\[[0-9;]*m")
"""The only control sequences that are ours: colours and weights."""

MARKUP = "[red]x[/red] [/x] [link=http://x]y[/link] [@click=app.quit]z[/] \\[ [[ ]] [bold"


def console(width: int = 80, tty: bool = False, encoding: str = "utf-8", **environment: str) -> Console:
    """Return a console that remembers what was printed; `shown` reads it."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict", newline="\n", write_through=True)
    return Console(
        file=stream,
        width=width,
        force_terminal=tty,
        color_system="256" if tty else None,
        markup=False,
        highlight=False,
        emoji=False,
        _environ=environment,
    )


def shown(console: Console) -> str:
    """Return what was printed on a console."""
    stream = console.file
    assert isinstance(stream, io.TextIOWrapper)
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode(stream.encoding)


def step(number: int, kind: StepKind, side: Side, says: str, means: str = "", source: str | None = None) -> Step:
    names = ("client", "서버")
    return Step(
        number=number,
        kind=kind,
        packets=(number + 5,),
        acks=(number + 6,) if kind is StepKind.COMMAND else (),
        offset_ns=5_019_184_000 + number * 1_000_000,
        since_ns=1_000_000,
        side=side,
        speaker=names[side],
        listener=names[side.other],
        says=(says,),
        means=means,
        source=source,
    )


TOLD = Walkthrough(
    (1,),
    "SMTP conversation 1: client:41428 -> 서버:25",
    "lee@naver.com -> kim@daum.net",
    "accepted as 43Q1vx0G007503",
    (
        step(1, StepKind.COMMAND, Side.CLIENT, "HELO SOFT4", "The old way.", "RFC 5321 section 4.1.1.1"),
        step(2, StepKind.REPLY, Side.SERVER, "250 확인 Hello", "It is ready."),
    ),
)


def report(width: int, level: str = "novice", **options: object) -> str:
    page = console(width, **options)  # type: ignore[arg-type]
    terminal.render(submission(), [TOLD], page, level)
    return shown(page)


def test_narrow() -> None:
    assert report(80) == (
        "lab.pcapng · 10 packets · 9.00 ms from 2024-04-26 01:57:58.925 UTC · 1 SMTP and\n"
        "1 DNS conversation, 1 mail\n"
        "\n"
        "No.   Start  Protocol  Client and server          Duration\n"
        "──────────────────────────────────────────────────────────\n"
        "1     0.000  SMTP      192.168.111.130 → serverA   9.00 ms\n"
        "    packets 1, 4-10\n"
        "    lee@naver.com → kim@daum.net · accepted as 43Q1vx0G007503\n"
        "1 DNS or ident conversation happened because of these, told inside them.\n"
        "\n"
        "─ SMTP conversation 1: client:41428 → 서버:25 ──────────────────────────────────\n"
        "packets 1, 4-10 · 9.00 ms · lee@naver.com → kim@daum.net · accepted as\n"
        "43Q1vx0G007503\n"
        "\n"
        "  1  6 (7)  +5.020         client → 서버\n"
        "     HELO SOFT4\n"
        "       The old way. [RFC 5321 4.1.1.1]\n"
        "  2  7      +5.021 +0.001  서버 → client\n"
        "     250 확인 Hello\n"
        "       It is ready.\n"
        "\n"
        "Packets in brackets are bare ACKs: they say nothing but that others have\n"
        "arrived.\n"
    )


def test_stacked() -> None:
    assert report(120).splitlines()[-6:] == [
        "Step  Packets (ACKs)     Time  Who                 What was said",
        "─" * 107,
        "   1  6 (7)            +5.020  client              HELO SOFT4",
        "                               → 서버              The old way. [RFC 5321 4.1.1.1]",
        "   2  7                +5.021  서버                250 확인 Hello",
        "                       +0.001  → client            It is ready.",
    ]


def test_wide() -> None:
    lines = report(200).splitlines()
    assert re.split("  +", lines[2]) == [
        "No.",
        "Packets",
        "Start",
        "Protocol",
        "Client and server",
        "What happened",
        "Result",
        "Duration",
    ]
    assert lines[-2:] == [
        "   1  6 (7)            +5.020           client → 서버         HELO SOFT4"
        "                                        The old way. [RFC 5321 4.1.1.1]",
        "   2  7                +5.021   +0.001  서버 → client         250 확인 Hello"
        "                                    It is ready.",
    ]


def test_expert_has_no_explanations() -> None:
    for width in (80, 120, 200):
        assert "HELO SOFT4" in report(width, "expert")
        assert "old way" not in report(width, "expert")


@pytest.mark.parametrize("width", [0, 1, 2, 19, 20, 33, 40, 60, 80, 100, 120, 140, 160, 200, 500])
def test_any_width(width: int) -> None:
    analysis, told, rows = filled("한글 " * 30 + "x" * 200)
    page = console(width)
    terminal.render(analysis, told, page)
    terminal.render_packets(rows, page)
    for line in shown(page).splitlines():
        assert line == line.rstrip()
    page = console(width)
    terminal.render(analysis, told, page)
    assert max(map(cell_len, shown(page).splitlines()), default=0) <= max(width, 20)


HOSTILE = (EVERYTHING_BAD, MARKUP, *CONTROLS, *BIDI, *HIDDEN, "\ud800", *MARKDOWN_TRAPS)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_everywhere(text: str) -> None:
    analysis, told, rows = filled(text)
    for width, tty in ((80, False), (80, True), (130, True), (220, True)):
        page = console(width, tty)
        terminal.render(analysis, told, page)
        terminal.render_packets(rows, page)
        printed = OUR_STYLES.sub("", shown(page)) if tty else shown(page)
        assert not set(printed) & (set(EVERYTHING_BAD) - {"\n"})


def test_markup_is_literal() -> None:
    analysis, _, _ = filled("x")
    page = console(300, tty=True)
    terminal.render(analysis, [Walkthrough((1,), MARKUP, MARKUP, MARKUP, steps(MARKUP, (StepKind.REPLY,)))], page)
    assert OUR_STYLES.sub("", shown(page)).count(MARKUP) >= 5
    assert "\x1b]8" not in shown(page)


def test_a_pipe_gets_plain_text() -> None:
    assert "\x1b" not in report(80)


def test_colours_only_where_wanted() -> None:
    coloured = re.compile(r"\x1b\[[0-9;]*3[0-9]m")
    assert coloured.search(report(80, tty=True))
    assert not coloured.search(report(80, tty=True, NO_COLOR="1"))


def test_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = io.StringIO()
    page = terminal.console(stream)
    terminal.render(submission(), [TOLD], page)
    assert "\x1b" not in stream.getvalue()
    assert "HELO SOFT4" in stream.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "euc-kr"])
def test_old_encodings(encoding: str) -> None:
    printed = report(80, encoding=encoding)
    assert "192.168.111.130 -> serverA" in printed
    assert "---------" in printed
    assert ("확인" if encoding == "euc-kr" else "\\ud655\\uc778") in printed


@pytest.mark.parametrize(
    ("variables", "arrow"),
    [
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "->"),
        ({"LC_ALL": "POSIX"}, "->"),
        ({"LANG": "C", "LC_CTYPE": "ko_KR.UTF-8"}, "→"),
        ({"LANG": "ko_KR.UTF-8"}, "→"),
        ({}, "→"),
    ],
)
def test_locale(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], arrow: str) -> None:
    for name in ("LANG", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert f"192.168.111.130 {arrow} serverA" in report(80)


def many(count: int) -> Analysis:
    analysis = submission()
    first = analysis.conversations[0]
    analysis.conversations = [first] * count
    return analysis


def test_many_conversations_are_only_listed() -> None:
    def told() -> Iterator[Walkthrough]:
        raise AssertionError("nobody asked for walkthroughs")
        yield

    page = console(80)
    terminal.render(many(21), told(), page)
    assert "One of them step by step: --conversation N" in shown(page)
    page = console(80)
    terminal.render(many(20), [], page)
    assert "--conversation N" not in shown(page)


def test_the_table_is_capped() -> None:
    page = console(200)
    terminal.render(many(1_203), [], page)
    assert "(1,003 more conversations)" in shown(page)
    assert len(shown(page).splitlines()) < 220


def test_notes() -> None:
    page = console(80)
    notes = [
        Note("cut", "the file ends inside a packet", (4, 5, 6), True),
        *[Note("n", f"note {n}") for n in range(12)],
    ]
    terminal.render(Analysis(CaptureInfo(["a.pcap"], notes=notes), [], [], [], []), [], page)
    assert shown(page).splitlines() == [
        "a.pcap · 0 packets · no mail traffic",
        "Partial: the file ends inside a packet (packets 4-6)",
        *[f"Note: note {n}" for n in range(9)],
        "(3 more notes)",
    ]


ROWS = [
    ListingRow(1, 0, "192.168.1.2", "서버", "TCP", 62, "3577 → 25 [SYN] Seq=0 Win=65535 Len=0 MSS=1460"),
    ListingRow(16, 5_032_039_000, "192.168.1.2", "서버", "SMTP", 1284, "C: DATA fragment, 1230 bytes"),
]


def test_packets_in_a_pipe_are_one_line_each() -> None:
    page = console(40)
    terminal.render_packets(ROWS, page)
    assert shown(page).splitlines()[2:] == [
        "  1  0.000000  192.168.1.2      서버             TCP           62"
        "  3577 → 25 [SYN] Seq=0 Win=65535 Len=0 MSS=1460",
        " 16  5.032039  192.168.1.2      서버             SMTP        1284  C: DATA fragment, 1230 bytes",
    ]


def test_packets_on_a_narrow_terminal() -> None:
    page = console(80, tty=True)
    terminal.render_packets(ROWS, page)
    assert OUR_STYLES.sub("", shown(page)).splitlines()[2:] == [
        "  1  0.000000  192.168.1.2      서버             TCP           62",
        "    3577 → 25 [SYN] Seq=0 Win=65535 Len=0 MSS=1460",
        " 16  5.032039  192.168.1.2      서버             SMTP        1284",
        "    C: DATA fragment, 1230 bytes",
    ]


def test_floods_are_quick() -> None:
    analysis, _, _ = filled("x")
    flood = "a" + "\u0301" * 1_000_000
    told = [Walkthrough((1,), flood, "", "", steps("x" * 10_000_000, (StepKind.REPLY,)))]
    begun = time.process_time()  # what else the machine does must not count
    terminal.render(analysis, told, console(80))
    assert time.process_time() - begun < 2


def test_the_same_twice() -> None:
    assert report(100) == report(100)


def test_written_to_a_file_as_plain_utf8() -> None:
    out = io.BytesIO()
    write("terminal", Report(submission(), [TOLD]), out)
    assert "HELO SOFT4" in out.getvalue().decode()
    assert b"\x1b" not in out.getvalue()


@pytest.mark.parametrize(
    ("line", "red"),
    [
        ("550 no such user", True),
        ("-ERR no", True),
        ("a1 NO [AUTHENTICATIONFAILED] no", True),
        ("a1 BAD what", True),
        ("250 ok", False),
        ("a1 OK done", False),
        ("421 OK done", False),
        ("* 4 EXISTS", False),
    ],
)
def test_refusals_are_red_in_every_protocol(line: str, red: bool) -> None:
    """An IMAP client may use numbers as tags."""
    told = Walkthrough((1,), "title", "", "", (step(1, StepKind.REPLY, Side.SERVER, line),))
    page = console(tty=True)
    terminal.render(submission(), [told], page)
    (row,) = [row for row in shown(page).splitlines() if line in row]
    assert ("\x1b[1;31m" in row) is red
