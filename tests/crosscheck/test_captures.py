"""mailtrace and tshark read our captures: they differ only where it is known why, and exactly there.

What tshark gets wrong changes with its version: another than the one the lists were made with may differ elsewhere, but
still leaves nothing unexplained.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.capture.tshark import find_tshark
from mailtrace.command_crosscheck import compared
from tests.crosscheck.accepted import LAB, REASONS, SAMPLES
from tests.support import SAMPLES as FOLDER
from tests.support import needs_tshark, shared

LISTS_MADE_WITH = "4.0.17"


KEY_LOGS = {"03-starttls.pcapng": "03-starttls.keys"}


def check(path: Path, keys: Path | None, accepted: dict[str, list[int]]) -> None:
    """Compare the two over a capture."""
    keylog = keys.read_bytes() if keys else None
    analysis = analyze_files(Analyzer([str(path)], keylog=keylog))
    version = find_tshark()[1]
    opinions = compared(str(path), analysis, version, keylog, None)
    assert opinions.complaint is None
    assert opinions.unexplained == []
    assert opinions.agreed > 10
    found: dict[str, list[int]] = defaultdict(list)
    for case in opinions.cases:
        if case.fault is not None:
            found[case.fault.name].append(case.difference.fact.packets[-1])
    if version == LISTS_MADE_WITH:
        assert found == accepted


@needs_tshark
@pytest.mark.parametrize("name", SAMPLES)
def test_samples(name: str) -> None:
    check(FOLDER / name, None, SAMPLES[name])


@needs_tshark
@pytest.mark.parametrize("name", LAB)
def test_lab(name: str) -> None:
    folder = shared("captures/lab")
    check(folder / name, folder / KEY_LOGS[name] if name in KEY_LOGS else None, LAB[name])


def test_every_capture_is_compared() -> None:
    assert {path.name for path in FOLDER.glob("*.pcapng")} == {*SAMPLES}
    assert {path.name for path in shared("captures/lab").glob("*.pcapng")} == {*LAB}


def test_every_accepted_fault_has_its_reason() -> None:
    assert {name for faults in (*SAMPLES.values(), *LAB.values()) for name in faults} == {*REASONS}
