"""Draws the pictures of reports in the README: the page of a report, by a real browser, and a ladder.

    python -m tests.make_report_pictures

`tests/test_readme.py` holds that the ladder is what mailtrace draws today. The page is looked at by whoever draws it
anew: letters look a little different on every machine.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.reports.browser import browser

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "samples" / "02-report-2024.png"
LADDER = ROOT / "samples" / "01-report-2008-ladder.svg"

PANES = {"topology": "the hosts, and the way of a mail", "conversation-24-steps": "a greeting that waits, explained"}
"""Anchors of the page that are shown, side by side."""

WIDTH, HEIGHT, GAP = 820, 1000, 16
"""Of a pane, in pixels."""


def mailtrace(*arguments: str) -> None:
    """Run the command."""
    subprocess.run([sys.executable, "-m", "mailtrace", *arguments, "--lang", "en"], cwd=ROOT, check=True)


def ladder() -> bytes:
    """Return the ladder, the same every time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ladder.svg"
        mailtrace("ladder", "samples/01-report-2008.pcapng", "--conversation", "1", "-o", str(path))
        return path.read_bytes()


def page() -> bytes:
    """Return what a browser shows of a report."""
    with tempfile.TemporaryDirectory() as folder, browser(Path(folder) / "profile") as reader:
        path = Path(folder) / "report.html"
        mailtrace("report", "samples/02-report-2024.pcapng", "-o", str(path))
        shots = [base64.b64encode(reader.picture(path, WIDTH, HEIGHT, anchor=anchor)).decode() for anchor in PANES]
        both = Path(folder) / "both.html"
        images = "".join(f'<img style="border: 1px solid #ccc" src="data:image/png;base64,{shot}">' for shot in shots)
        both.write_text(f'<body style="margin: 0; display: flex; gap: {GAP}px">{images}', encoding="utf-8")
        return reader.picture(both, len(PANES) * (WIDTH + 2) + GAP, HEIGHT + 2)


if __name__ == "__main__":
    LADDER.write_bytes(ladder())
    PAGE.write_bytes(page())
