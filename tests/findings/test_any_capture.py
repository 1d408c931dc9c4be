"""Rules meet whatever comes: octets of the samples are changed by chance, and every rule still says what it sees."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.errors import UnreadableInput
from mailtrace.findings.catalog import findings
from tests.support import SAMPLES

CAPTURES = sorted(SAMPLES.glob("*.pcapng"))

HEAD = 200
"""Octets at the beginning that stay: else most are no captures at all."""

TELLING = (0, 10, 13, 32, 46, 255)
"""Octets that mean something to protocols."""


@pytest.mark.parametrize("seed", range(36))
def test_rules_never_raise_and_always_show_packets(seed: int, tmp_path: Path) -> None:
    chance = Random(seed)
    octets = bytearray(CAPTURES[seed % len(CAPTURES)].read_bytes())
    for _ in range(chance.choice((5, 50, 400))):
        octets[chance.randrange(HEAD, len(octets))] = chance.choice((*TELLING, chance.randrange(256)))
    path = tmp_path / "changed.pcapng"
    path.write_bytes(octets)
    try:
        analysis = analyze_files(Analyzer([str(path)]))
    except UnreadableInput:
        return
    found = findings(analysis)
    assert [each for each in found if not each.packets or "{" in each.name] == []
    assert all(0 < packet <= analysis.capture.packets for each in found for packet in each.packets)
