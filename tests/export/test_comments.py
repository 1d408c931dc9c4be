"""Comments of exported packets: the steps that are told once the whole capture is read, from what was kept of it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.export import comments as module
from mailtrace.export.comments import Commentary, Comments, comments
from tests.support import SAMPLES

CAPTURES = sorted(SAMPLES.glob("*.pcapng"))
REPORT_2024 = SAMPLES / "02-report-2024.pcapng"
DNSAUTH = SAMPLES / "07-lab-dnsauth.pcapng"


def kept(capture: Path, chosen: Collection[int] | None = None) -> tuple[Commentary, Comments]:
    """Read a capture as an export does; return what was kept, and the comments."""
    analyzer, commentary = Analyzer([str(capture)]), Commentary(chosen)
    for finals in analyzer.finals():
        for final in finals:
            commentary.take(final)
    return commentary, commentary.comments(analyzer.correlator.hosts.hosts(), False)


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_comments_are_the_steps_of_the_whole_analysis(capture: Path) -> None:
    assert len(CAPTURES) == 10
    analysis = analyze_files(Analyzer([str(capture)]))
    commentary, told = kept(capture)
    assert told == comments(walkthroughs(analysis))
    assert commentary.untold == 0


@pytest.mark.parametrize("number", [1, 10, 13, 24, 25])
def test_one_conversation_is_told_with_what_it_caused(number: int) -> None:
    analysis = analyze_files(Analyzer([str(REPORT_2024)]))
    _, told = kept(REPORT_2024, {number})
    assert told == comments(walkthroughs(analysis, conversation=number))


def test_l218_packets_past_the_limit_have_no_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that have room are told in full; lookups that nobody caused are told with as many others as are there."""
    analysis = analyze_files(Analyzer([str(REPORT_2024)]))
    whole, (full, _) = comments(walkthroughs(analysis)), kept(REPORT_2024)
    monkeypatch.setattr(module, "COMMENTS_LIMIT", 100)
    commentary, told = kept(REPORT_2024)
    assert full.untold == 0 < commentary.untold < len(analysis.conversations)
    mail = {number: texts for number, texts in told.items() if "conversation 10" in texts[0]}
    assert len(mail) > 20 and mail == {number: whole[number] for number in mail}
    assert len(told) < 100 < len(whole)


def test_lookups_past_the_limit_are_not_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails are judged by the first lookups alone; that others would tell more is left open."""
    text = " ".join(line for some in kept(DNSAUTH)[1].values() for line in some)
    assert "SPF pass: " in text and "so far" not in text
    monkeypatch.setattr(module, "KNOWN_LIMIT", 1)
    text = " ".join(line for some in kept(DNSAUTH)[1].values() for line in some)
    assert "so far" in text
