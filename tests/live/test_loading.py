"""After privileges are given up no code is loaded and no file of others is opened."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.house import PACKAGE
from tests.live.lan import needs_root
from tests.support import ROOT, SAMPLES

WATCHED = """
import json, sys
from mailtrace.cli import main
from mailtrace.live import opening

drop, seen, dropped = opening.drop, set(), []


def watch(event, arguments):
    if dropped and event in ("import", "open", "socket.__new__", "subprocess.Popen"):
        seen.add(f"{event} {arguments[0]}")


def drop_watched(identity):
    drop(identity)
    dropped.append(True)


opening.drop = drop_watched
sys.addaudithook(watch)
try:
    main()
except SystemExit as end:
    dropped.clear()
    print(json.dumps([end.code, sorted(seen)]), file=sys.stderr)
"""


@needs_root
@pytest.mark.parametrize("format", ["terminal", "json", "jsonl"])
@pytest.mark.parametrize("sample", sorted(path.name for path in SAMPLES.glob("*.pcapng")))
def test_b48_nothing_is_loaded_or_opened_after_the_drop(sample: str, format: str) -> None:
    with (SAMPLES / sample).open("rb") as capture:
        command = [sys.executable, "-c", WATCHED, "live", "--via", "-", "--format", format]
        done = subprocess.run(command, cwd=ROOT, stdin=capture, capture_output=True, text=True, check=True)
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
