"""What several test files share: where captures lie, and how they are found from any checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "samples"

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
"""Marks a test that compares with tshark; `.ci/run` has it, so that none is skipped there."""

needs_sharkd = pytest.mark.skipif(shutil.which("sharkd") is None, reason="needs sharkd, which comes with tshark")
"""Marks a test that compares with tshark for many captures; see `tests/sharkd.py`."""

CHROMIUM = shutil.which("chromium")

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
"""Marks a test that opens a page in a real browser; `.ci/run` has it, too."""


def shared(relative: str) -> Path:
    """Return a path of the captures kept beside the checkout; the test is skipped where a checkout has none."""
    path = ROOT.parent / "shared" / relative
    if not (ROOT.parent / "shared").is_dir():
        pytest.skip("needs the captures beside the checkout")
    return path
