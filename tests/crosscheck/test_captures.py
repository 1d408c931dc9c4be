"""mailtrace and tshark read our captures: they differ only where it is known why, and exactly there.

What tshark gets wrong changes with its version: another than the one the lists were made with may differ elsewhere, but
still leaves nothing unexplained.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from pyshark.capture.capture import get_tshark_version

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.capture.tshark import find_tshark
from mailtrace.command_crosscheck import compared
from mailtrace.crosscheck.report import Opinions
from tests.crosscheck.accepted import LAB, REASONS, SAMPLES
from tests.support import SAMPLES as FOLDER
from tests.support import needs_tshark, shared

LISTS_MADE_WITH = "4.0.17"


KEY_LOGS = {"03-starttls.pcapng": "03-starttls.keys"}

found_once, version_once = cache(find_tshark), cache(get_tshark_version)
compared_once: dict[tuple[str, bytes | None], Opinions] = {}


@pytest.fixture(autouse=True)
def one_tshark(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask tshark for its version once, and not three times for each capture."""
    monkeypatch.setattr("mailtrace.capture.tshark.find_tshark", found_once)
    monkeypatch.setattr("pyshark.capture.capture.get_tshark_version", version_once)


def compare(path: Path, keylog: bytes | None) -> Opinions:
    """Compare the two over a capture; most samples are captures of the lab, octet for octet, and are compared once."""
    case = sha256(path.read_bytes()).hexdigest(), keylog
    if case not in compared_once:
        analysis = analyze_files(Analyzer([str(path)], keylog=keylog))
        compared_once[case] = compared(str(path), analysis, found_once()[1], keylog, None)
    return compared_once[case]


def check(path: Path, keys: Path | None, accepted: dict[str, list[int]]) -> None:
    """Hold what the two say of a capture against what is known."""
    opinions = compare(path, keys.read_bytes() if keys else None)
    assert opinions.complaint is None
    assert opinions.unexplained == []
    assert opinions.agreed > 10
    found: dict[str, list[int]] = defaultdict(list)
    for case in opinions.cases:
        if case.fault is not None:
            found[case.fault.name].append(case.difference.fact.packets[-1])
    if opinions.tshark == LISTS_MADE_WITH:
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
