"""After privileges are given up no code is loaded and no file of others is opened."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.forking import FOR_LIVE, forked
from tests.house import PACKAGE
from tests.live.lan import needs_root
from tests.support import ROOT, SAMPLES

CAPTURES = sorted(path.name for path in SAMPLES.glob("*.pcapng"))

ALONE = CAPTURES[0]
"""Read by processes that start as any other; for the other samples they begin where one has loaded everything."""


@needs_root
@pytest.mark.parametrize("format", ["terminal", "json", "jsonl"])
@pytest.mark.parametrize("sample", CAPTURES)
def test_b48_nothing_is_loaded_or_opened_after_the_drop(sample: str, format: str) -> None:
    words = ["live", "--via", "-", "--format", format]
    with (SAMPLES / sample).open("rb") as capture:
        if sample == ALONE:
            command = [sys.executable, "-m", "tests.live.watched", *words]
            done = subprocess.run(command, cwd=ROOT, stdin=capture, capture_output=True, check=True)
        else:
            done = forked(
                *words, environment=os.environ, given=capture, loading=FOR_LIVE, main="tests.live.watched:main"
            )
    assert done.returncode == 0
    code, seen = json.loads(done.stderr.splitlines()[-1])
    assert code in (0, 4)
    assert seen == []
    assert len(done.stdout) > 1_000


def test_everything_that_is_imported_late_is_loaded_before() -> None:
    program = (
        "import json, sys\nfrom mailtrace.live.loading import load_everything\nload_everything()\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    never = ("crosscheck/", "capture/tshark.py", "capture/dissect.py", "live/sockets.py", "redact/")
    never += ("reports/document/", "reports/ladder/", "reports/writers/")
    missing = {
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in PACKAGE.rglob("*.py")
        if not path.relative_to(PACKAGE).as_posix().startswith(never)
        for name in _late_imports(path)
        if name not in loaded and find_spec(name) is not None
    }
    assert {each for each in missing if "crosscheck" not in each and "live.sockets" not in each} == set()
    assert not {"scapy", "pyshark"} & loaded
    assert {"encodings.euc_kr", "encodings.idna", "encodings.iso2022_jp_2"} <= loaded


def _late_imports(path: Path) -> set[str]:
    """Return what a file imports inside functions."""
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    names = set()
    for node in (each for function in functions for each in ast.walk(function)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names
