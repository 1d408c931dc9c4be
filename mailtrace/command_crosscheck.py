"""What `mailtrace crosscheck` does: the same capture read here and by tshark, and the two compared."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.capture.source import STANDARD_INPUT
from mailtrace.capture.tshark import Dissection, find_tshark, read_with_tshark
from mailtrace.command import exit_code, packet_bar, progress_bar
from mailtrace.crosscheck.compare import differences
from mailtrace.crosscheck.faults import explained
from mailtrace.crosscheck.ours import our_facts
from mailtrace.crosscheck.report import Opinions, write_json, write_terminal
from mailtrace.crosscheck.theirs import Reader
from mailtrace.errors import UsageError
from mailtrace.model import Analysis

UNEXPLAINED = 1

NAMES_IN_TSHARK = {"smtp": "smtp", "pop3": "pop", "imap": "imap", "dns": "dns", "tls": "tls"}
"""tshark's names of the protocols that `--decode-as` takes; it has no ident."""


def crosscheck(path: str, format: str, keylog: bytes | None, decode_as: Mapping[int, str] | None) -> int:
    """Compare, write what differs to standard output, and return the exit code. Raises: `MailtraceError`."""
    if path == STANDARD_INPUT:
        raise UsageError("crosscheck reads the capture twice: give a file, not standard input")
    _, version = find_tshark()
    with progress_bar([path]) as progress:
        analysis = analyze_files(Analyzer([path], progress=progress, keylog=keylog, decode_as=decode_as))
    opinions = compared(path, analysis, version, keylog, decode_as)
    write = write_json if format == "json" else write_terminal
    write(opinions, sys.stdout.buffer)
    sys.stdout.flush()
    return UNEXPLAINED if opinions.unexplained else exit_code(analysis.capture)


def compared(
    path: str, analysis: Analysis, version: str, keylog: bytes | None, decode_as: Mapping[int, str] | None
) -> Opinions:
    """Return what the two say of a capture that was analysed. Raises: `UnreadableInput`."""
    theirs = Reader()
    ports = {port: NAMES_IN_TSHARK[name] for port, name in (decode_as or {}).items() if name in NAMES_IN_TSHARK}
    with packet_bar("tshark", analysis.capture.packets) as show:

        def packet(dissection: Dissection) -> None:
            theirs.packet(dissection)
            show(dissection.number)

        complaint = read_with_tshark(path, packet, theirs.mail, keylog=keylog, decode_as=ports)
    ours, others = our_facts(analysis), theirs.facts()
    cases = explained(differences(ours, others), analysis.conversations)
    return Opinions(Path(path).name, version, len(ours), len(others), tuple(cases), complaint)
