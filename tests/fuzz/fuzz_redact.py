"""Fuzz target: whatever is given as a capture, its redacted copy has the same packets, undamaged, and can be read."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.command_redact import write_redacted
from mailtrace.errors import UnreadableInput
from mailtrace.redact.fields import FIELDS
from tests.fuzz.fuzz_excerpt import _read


def fuzz_one(data: bytes) -> None:
    """Redact `data` with secrets alone and with everything; raises only when a promise is broken."""
    with TemporaryDirectory() as folder:
        path, copy = Path(folder) / "fuzz", Path(folder) / "copy"
        path.write_bytes(data)
        for fields in (frozenset[str](), frozenset(FIELDS)):
            out = io.BytesIO()
            try:
                write_redacted([str(path)], fields, None, out)
            except UnreadableInput:
                return
            before, _ = _read(data)
            after, damage = _read(out.getvalue())
            assert damage == set()
            assert len(after) == len(before)
            for (link, octets, time_ns, wire), (link_too, less, time_too, wire_too) in zip(before, after, strict=True):
                assert (link_too, time_too) == (link, time_ns)
                assert len(less) <= len(octets)
                assert wire_too in (wire, len(octets)), "a simple block that was cut cannot say how long it was"
            copy.write_bytes(out.getvalue())
            analyze_files(Analyzer([str(copy)]))
