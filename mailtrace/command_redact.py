"""What `mailtrace redact` does, and `--redact` of other commands: a capture is read three times, and written anew.

The first reading understands it, the second one finds out which octets have to be replaced, the third one copies.
Other commands read the copy, so that whatever they say of a capture is said of what was replaced.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.capture.source import STANDARD_INPUT, open_capture
from mailtrace.command import Request, exit_code, output_file, packet_bar, progress_bar, refuse_overwriting
from mailtrace.errors import UnreadableInput, UsageError
from mailtrace.model import CaptureInfo, RawBatch
from mailtrace.redact.cleaning import CleanWriter
from mailtrace.redact.copying import Copying
from mailtrace.redact.dialogues import Dialogues
from mailtrace.redact.fields import Fields
from mailtrace.redact.names import learn
from mailtrace.redact.streams import Reading
from mailtrace.redact.telling import write_telling
from mailtrace.redact.text import Rewriter


@dataclass(frozen=True, slots=True)
class RedactRequest:
    """What the user asked for; `fields` are replaced besides secrets. See `Request`."""

    captures: list[str]
    output: str
    fields: Fields
    decode_as: Mapping[int, str] | None = None


def run_redact(request: RedactRequest) -> int:
    """Write the capture anew, say what that means, and return the exit code. Raises: `MailtraceError`."""
    refuse_overwriting(request.output, request.captures)
    with output_file(request.output) as out:
        info, copying = write_redacted(request.captures, request.fields, request.decode_as, out)
    write_telling(request.output, info.packets, copying.cut, request.fields, sys.stdout.buffer)
    sys.stdout.flush()
    return exit_code(info)


def write_redacted(
    captures: Sequence[str], fields: Fields, decode_as: Mapping[int, str] | None, out: BinaryIO
) -> tuple[CaptureInfo, Copying]:
    """Write captures as one with secrets replaced, and `fields`. Raises: `MailtraceError`, and `OSError` of `out`."""
    if STANDARD_INPUT in captures:
        raise UsageError("the capture is read several times to be redacted: give a file, not standard input")
    with progress_bar(list(captures)) as progress:
        analysis = analyze_files(Analyzer(captures, progress=progress, decode_as=decode_as))
    rewriter = Rewriter(fields)
    learn(analysis, rewriter)
    reading = Reading(analysis.conversations, Dialogues(rewriter))
    with packet_bar("what is to be replaced", analysis.capture.packets) as show:
        for batch in _batches(captures):
            reading.feed(batch)
            show(batch.first_number)
    writer = CleanWriter(
        out, rewriter, {end.host for each in analysis.conversations for end in (each.key.client, each.key.server)}
    )
    copying = Copying(reading.finish(), rewriter, writer)
    with packet_bar("the copy", analysis.capture.packets) as show:
        for batch in _batches(captures, writer):
            copying.feed(batch)
            show(batch.first_number)
    writer.finish()
    return analysis.capture, copying


def run_on_copy(run: Callable[[Any], int], request: Any, fields: Fields) -> int:
    """Let a command carry out its request, with redacted captures in place of those asked for.

    Keys are left out, since they would open what was not replaced. Raises: `MailtraceError`.
    """
    refuse_overwriting(request.output, request.captures)
    if getattr(request, "names", None):
        raise UsageError("--redact replaces names and addresses: leave out --hosts and --name")
    if request.keylog is not None:
        raise UsageError("--redact cannot replace what TLS hides: leave out --keylog")
    with redacted(request.captures, fields, request.decode_as) as captures:
        shown = {"files": [Path(each).name for each in captures]} if isinstance(request, Request) else {}
        return run(replace(request, captures=captures, **shown))


@contextmanager
def redacted(
    captures: Sequence[str], fields: Fields, decode_as: Mapping[int, str] | None = None
) -> Iterator[list[str]]:
    """Give captures to read in place of these, with `fields` replaced; they are gone at the end.

    Raises: `MailtraceError`.
    """
    name = f"{Path(captures[0]).name.partition('.')[0]}.redacted.pcapng"
    with tempfile.TemporaryDirectory(prefix="mailtrace-") as folder:
        path = Path(folder) / name
        try:
            with path.open("wb") as file:
                write_redacted(captures, fields, decode_as, file)
        except OSError as error:
            raise UnreadableInput(f"cannot write a redacted copy: {error.strerror}") from None
        yield [str(path)]


def _batches(captures: Sequence[str], writer: CleanWriter | None = None) -> Iterator[RawBatch]:
    """Yield the batches of all captures, packets numbered through; `writer` is told what it copies."""
    packets = 0
    for path in captures:
        before = packets
        if writer is not None:
            writer.begin_section("<", 0)
        with open_capture(path, writer=writer) as capture:
            for batch in capture.batches():
                batch = replace(batch, first_number=batch.first_number + before) if before else batch
                packets = batch.first_number + len(batch.start) - 1
                if len(batch.start):
                    yield batch
