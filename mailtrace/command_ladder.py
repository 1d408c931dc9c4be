"""What `mailtrace ladder` does: a conversation or a mail on its way as a ladder, on the terminal or in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.choosing import Wanted, wanted_journeys
from mailtrace.command import exit_code, output_file, progress_bar, refuse_overwriting
from mailtrace.errors import UsageError
from mailtrace.explain.journeys.telling import journey_walkthroughs
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Analysis, Walkthrough
from mailtrace.reports.ladder import Ladder, ladder_of, mermaid, png, svg
from mailtrace.reports.ladder.terminal import write_text

PICTURES = (".svg", ".png", ".mmd")
"""Endings of files that hold one ladder."""

ENDINGS = (*PICTURES, ".txt")
"""Endings of files that can be written."""

TEXT_WIDTH = 100
"""Columns of a ladder in a text file."""


@dataclass(frozen=True, slots=True)
class LadderRequest:
    """What the user asked for; see `Request`. `journey` is its number."""

    captures: list[str]
    output: str | None
    conversation: int | None
    journey: int | None
    show_secrets: bool
    names: dict[str, list[str]]
    keylog: bytes | None = None
    decode_as: Mapping[int, str] | None = None


def draw(request: LadderRequest) -> int:
    """Draw what was asked for and return the exit code. Raises: `MailtraceError`."""
    ending = _ending(request.output)
    if request.conversation is not None and request.journey is not None:
        raise UsageError("a journey tells all of a mail: leave out --conversation")
    refuse_overwriting(request.output, request.captures)
    with progress_bar(request.captures) as progress:
        analyzer = Analyzer(
            request.captures,
            request.names,
            progress=progress,
            processes=True,
            keylog=request.keylog,
            decode_as=request.decode_as,
        )
        analysis = analyze_files(analyzer)
    ladders = (ladder_of(analysis, each) for each in _told(request, analysis, ending))
    with output_file(request.output) as out:
        if ending in PICTURES:
            out.write(_picture(next(ladders), ending))
        else:
            write_text(ladders, out, TEXT_WIDTH if ending else None)
    return exit_code(analysis.capture)


def _ending(output: str | None) -> str:
    """Return what the name of a file ends in, '' without a file. Raises: `UsageError`."""
    if output is None:
        return ""
    ending = Path(output).suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(f"the name of the file tells what to draw: it ends in {', '.join(ENDINGS)}, not {ending!r}")
    return ending


def _told(request: LadderRequest, analysis: Analysis, ending: str) -> Iterator[Walkthrough]:
    """Return what is to be drawn: the mails on their way where nothing else is asked for. Raises: `UsageError`."""
    conversations, journeys = len(analysis.conversations), len(analysis.journeys)
    if not conversations:
        raise UsageError("there is nothing to draw: the capture has no conversation")
    if request.conversation is not None:
        if request.conversation > conversations:
            raise UsageError(f"there is no conversation {request.conversation}; the capture has {conversations}")
        return iter(walkthroughs(analysis, conversation=request.conversation, show_secrets=request.show_secrets))
    chosen = wanted_journeys(analysis.journeys, Wanted(request.journey))
    if chosen:
        many, told = len(chosen), journey_walkthroughs(analysis, chosen, request.show_secrets)
    else:
        found = walkthroughs(analysis, show_secrets=request.show_secrets)
        many, told = len(found), iter(found)
    if ending in PICTURES and many != 1:
        raise UsageError(
            f"{ending} holds one ladder; say which by --conversation or --journey:"
            f" the capture has {conversations} conversations and {journeys} mails on their way"
        )
    return told


def _picture(ladder: Ladder, ending: str) -> bytes:
    if ending == ".mmd":
        return mermaid(ladder).encode()
    (drawn,) = svg(ladder)
    return drawn.encode() if ending == ".svg" else png(drawn)
