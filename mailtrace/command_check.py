"""What `mailtrace check` does: a capture against a file of expectations, each answered yes or no with its proof."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.command import JUDGED, exit_code, progress_bar
from mailtrace.errors import UnreadableInput, UsageError
from mailtrace.expectations.answering import answers
from mailtrace.expectations.reading import read_expectations
from mailtrace.expectations.words import Expectations
from mailtrace.reports.checks import Checked, write_checks

MAX_FILE_BYTES = 1 << 20
"""Octets of a file of expectations: people write some hundred lines, and a capture given by mistake is refused."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What the user asked for; `expect` is the file of expectations. See `Request`."""

    captures: list[str]
    expect: str
    format: str
    names: dict[str, list[str]]
    keylog: bytes | None = None
    decode_as: Mapping[int, str] | None = None


def check(request: CheckRequest) -> int:
    """Answer all expectations on standard output, and return the exit code. Raises: `MailtraceError`."""
    expectations = _expectations(request.expect)
    with progress_bar(request.captures) as progress:
        analyzer = Analyzer(
            request.captures,
            request.names,
            progress=progress,
            keylog=request.keylog,
            decode_as=request.decode_as,
        )
        analysis = analyze_files(analyzer)
    told = answers(analysis, expectations)
    write_checks(request.format, Checked(analysis.capture, expectations.title, told), sys.stdout.buffer)
    sys.stdout.flush()
    return exit_code(analysis.capture) if all(answer.holds for answer in told) else JUDGED


def _expectations(path: str) -> Expectations:
    """Read the file of expectations. Raises: `UnreadableInput`, `UsageError`."""
    try:
        with Path(path).open("rb") as file:
            octets = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UnreadableInput(f"cannot read {path}: {error.strerror}") from None
    if len(octets) > MAX_FILE_BYTES:
        raise UsageError(f"{path}: too large for a file of expectations (more than {MAX_FILE_BYTES >> 20} megabyte)")
    try:
        source = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: this is no text in UTF-8, as TOML has to be") from None
    return read_expectations(source, Path(path).name)
