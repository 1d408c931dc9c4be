"""What a person sees while packets come: each step once, when it is whole; again where it turned out otherwise."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from threading import Thread

import pytest

from mailtrace.live import view
from mailtrace.live.handover import Handover
from mailtrace.live.losses import Losses
from mailtrace.live.standing import Standing, StatusLine
from mailtrace.live.view import StepsAsTheyHappen
from mailtrace.live.watching import Moment
from mailtrace.live_analyzer import LiveAnalyzer
from tests.live.feeding import Fed, single_packets
from tests.support import SAMPLES

PAUSE_SECONDS = 0.2
"""Longer than a step is held back that may still grow."""


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")


def shown(sample: str, pauses: Sequence[int] = (), level: str = "expert") -> list[str]:
    """Return what is shown of a sample that comes packet by packet, with pauses behind some packets."""
    out = io.StringIO()
    source = Fed(is_network=False)

    def feed() -> None:
        for batch in single_packets(next(SAMPLES.glob(f"{sample}*.pcapng"))):
            source.put(batch)
            time.sleep(PAUSE_SECONDS if batch.first_number in pauses else 0.002)
        time.sleep(PAUSE_SECONDS)
        source.stop()

    handover = Handover(source)
    watcher = StepsAsTheyHappen(out, "fed", {}, level == "novice", show_secrets=False)
    analyzer = LiveAnalyzer(handover, watcher, keeps_all=False)
    Thread(target=feed, daemon=True).start()
    handover.start()
    for _ in analyzer.finals():
        pass
    handover.close()
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_each_step_comes_once_and_the_end_is_summed_up() -> None:
    lines = shown("01")
    of_mail = [line for line in lines if line.startswith("1.")]
    assert [line.split()[0] for line in of_mail] == [f"1.{number}" for number in range(1, 16)]
    assert of_mail[0] == "1.1 1-3 +0.000 192.168.1.2 → 192.168.10.2 TCP connection to port 25 (SMTP) opened"
    assert of_mail[2].startswith("1.3 7 ")
    assert of_mail[2].endswith("+5.020 +0.001 192.168.1.2 → 192.168.10.2 HELO SOFT4")
    assert of_mail[10].startswith("1.11 16, 18 ")
    assert 'the mail: From pchero@ac.kr, Subject "tes"' in of_mail[10]
    assert (
        "1 SMTP 192.168.1.2 → 192.168.10.2 · pchero@ac.kr → pchero@kongju.ac.kr · accepted as mag8q5r02536 · 5.080 s"
    ) in lines
    assert not any("not told in detail" in line for line in lines)


def test_a_call_is_told_again_when_it_is_answered() -> None:
    lines = shown("01", pauses=[1])
    calls = [line for line in lines if line.startswith("1.1 ")]
    assert calls == [
        "1.1 1 +0.000 192.168.1.2 → 192.168.10.2 TCP connection to port 25 (SMTP) not answered",
        "1.1 1-3 +0.000 192.168.1.2 → 192.168.10.2 TCP connection to port 25 (SMTP) opened",
    ]


def test_a_greeting_that_waited_for_an_ident_call_names_the_step_that_told_of_it() -> None:
    lines = shown("01", pauses=[5], level="novice")
    told = " ".join(lines)
    assert "It comes 4.99 s late because of step 2.1: the server waited for the ident answer that never came." in told
    assert any(line.startswith("2.1 ") and "asks the ident service of 192.168.1.2" in line for line in lines)


def test_an_ident_call_that_is_refused_is_one_step() -> None:
    lines = shown("03", pauses=[10, 20])
    calls = [line for line in lines if "asks the ident service of 192.168.111.130" in line]
    assert len(calls) == 1
    assert calls[0].startswith("2.1 6-7 ")
    assert not any(line.startswith(("2 IDENT", "2 UNKNOWN")) for line in lines), (
        "nothing sums up what only serves others"
    )


def test_the_meaning_is_told_to_novices_only() -> None:
    assert any("The client begins" in line or "A new mail begins" in line for line in shown("01", level="novice"))
    assert not any("A new mail begins" in line for line in shown("01"))


def test_what_tls_hides_is_told_when_it_begins_and_when_it_ends() -> None:
    lines = shown("09", pauses=[25, 30, 40, 50])
    assert len([line for line in lines if line.startswith("1.11 ")]) == 2


def test_mails_are_followed() -> None:
    ways = [line for line in shown("03") if line.startswith("On its way · test ")]
    assert [line.split(" · ")[3:5] for line in ways] == [
        ["192.168.111.130 → mail.naver.com → mail.daum.net", "accepted"],
        ["192.168.111.130 → mail.naver.com → mail.daum.net → 192.168.111.133", "fetched"],
    ]


def test_a_crowd_is_told_by_lines_and_those_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(view, "monotonic", lambda: now)
    crowd = view._Crowd()
    assert [crowd.has_place() for _ in range(42)] == [True] * 40 + [False] * 2
    assert [crowd.has_line() for _ in range(53)] == [True] * 50 + [False] * 3
    assert len(crowd.notes()) == 1, "that not all are told in steps"
    now = 101.5
    assert crowd.has_place()
    assert len(crowd.notes()) == 1, "how many ended"
    assert crowd.notes() == []


def moment(packets: int, lost: int = 0) -> Moment:
    """Return a moment at which nothing happens."""
    losses = Losses()
    losses.by_kernel = lost
    return Moment([], lambda after: [], packets, 2, losses)


def test_b53_losses_are_shown_while_they_happen() -> None:
    words = [fact.text for fact in Standing("eth0").facts(moment(1_234, lost=56))]
    assert words == [
        "eth0",
        "0:00",
        "1,234 packets",
        "2 conversations",
        "56 packets lost",
        "Ctrl-C ends with a summary",
    ]
    assert "lost" not in " ".join(fact.text for fact in Standing("eth0").facts(moment(1)))


def test_b53_losses_are_told_among_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(view, "monotonic", lambda: now)
    out = io.StringIO()
    watcher = StepsAsTheyHappen(out, "eth0", {}, False, show_secrets=False)
    for lost in (0, 3, 5, 5):
        watcher.show(moment(10, lost))
        now += 0.6
    now += 0.6
    watcher.show(moment(10, 9))
    assert out.getvalue().splitlines() == [
        f"{many} packets lost: what is told of these moments may have holes." for many in (3, 2, 4)
    ]


def test_what_came_last_is_told_before_the_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "REFRESH_SECONDS", 60.0)
    lines = shown("01")
    assert any("QUIT" in line for line in lines)
    assert any(line.startswith("1 SMTP") and "accepted as mag8q5r02536" in line for line in lines)
    assert lines[-2] == "──── Summary"


def test_a_long_conversation_is_told_to_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "STEPS_LIMIT", 6)
    lines = shown("01", pauses=[9])
    assert lines.count("Conversation 1 is so long that its further steps are told at the end only.") == 1
    assert any("HELO SOFT4" in line for line in lines)
    assert not any("QUIT" in line for line in lines)
    assert any(line.startswith("1 SMTP") and "accepted as mag8q5r02536" in line for line in lines)


class Terminal(io.StringIO):
    """Text that claims to go to a terminal."""

    def isatty(self) -> bool:
        return True


def test_beside_results_for_a_program_stands_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    line = StatusLine(out, "eth0")
    line.show(moment(5))
    line.show(moment(6))
    line.close()
    assert "5 packets" in out.getvalue()
    assert "6 packets" not in out.getvalue(), "not drawn more often than it can be read"
    assert out.getvalue().endswith("\r\x1b[2K"), "it is taken away"
