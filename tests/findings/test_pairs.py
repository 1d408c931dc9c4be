"""Every rule speaks where it must, and says nothing where it must not, however alike that looks."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from mailtrace.findings.catalog import find_rule, rules
from mailtrace.findings.facts import Facts
from mailtrace.model import Finding
from tests.findings.pair import Pair
from tests.findings.scene import analysed

FAMILIES = sorted(path.stem for path in Path(__file__).parent.glob("pairs_*.py"))
PAIRS: list[Pair] = [pair for family in FAMILIES for pair in import_module(f"tests.findings.{family}").PAIRS]


def found(code: str, scene: str, folder: Path) -> list[Finding]:
    """Return what one rule finds in a scene."""
    rule = find_rule(code)
    assert rule is not None
    return list(rule.findings(Facts(analysed(scene, folder))))


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.code for pair in PAIRS])
def test_a_rule_says_what_it_sees(pair: Pair, tmp_path: Path) -> None:
    (finding,) = found(pair.code, pair.seen, tmp_path)
    assert (finding.message, finding.packets) == (pair.says, pair.packets)


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.code for pair in PAIRS])
def test_a_rule_leaves_alone_what_is_nearly_alike(pair: Pair, tmp_path: Path) -> None:
    assert found(pair.code, pair.alike, tmp_path) == []


def test_no_rule_lacks_its_pair() -> None:
    assert {pair.code for pair in PAIRS} == set(rules())
