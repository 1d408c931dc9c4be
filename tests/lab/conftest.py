"""The lab is a set of scripts and no part of the package; its tests find it here, and what is played for them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.ahead import scenario_of
from tests.support import SAMPLES

if TYPE_CHECKING:
    from tests.lab.played import Played

sys.path.insert(0, str(SAMPLES / "lab"))


@pytest.fixture
def played(request: pytest.FixtureRequest, lab_folder: Path) -> Played:
    """Give what came of the scenario that the test is named after."""
    from tests.lab.played import play

    scenario = scenario_of(request.node.name)
    return play(scenario, lab_folder / scenario)
