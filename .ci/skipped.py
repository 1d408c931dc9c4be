"""Fails when a test that was meant to run was skipped; only those that need `../shared` may be, where there is none.

    python .ci/skipped.py JUNIT_XML

prints the others and ends with exit code 1 when there are any.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
NEEDS_SHARED = "needs the captures beside the checkout"
"""The reason `tests/support.py` gives."""


def unexpected(report: Path, have_shared: bool) -> list[str]:
    """Return the skipped tests that should have run, with their reasons."""
    found = []
    for case in ElementTree.parse(report).iter("testcase"):
        for skipped in case.iter("skipped"):
            reason = skipped.get("message") or ""
            if have_shared or NEEDS_SHARED not in reason:
                found.append(f"{case.get('classname')}.{case.get('name')}: {reason}")
    return found


def main() -> int:
    """Print what was skipped and return the exit code."""
    found = unexpected(Path(sys.argv[1]), (ROOT.parent / "shared").is_dir())
    for line in found:
        print(f"skipped, but meant to run: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
