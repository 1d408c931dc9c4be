"""sharkd, which is tshark as a service: it starts once and tells fields of the packets of many captures."""

from __future__ import annotations

import atexit
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any


class Sharkd:
    """A sharkd at work."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["sharkd", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._asked = 0

    def fields(self, path: Path, *names: str) -> list[list[str]]:
        """Return fields of each packet of a capture, which must be whole; several values are joined by commas.

        All packets, since it takes what a filter selected in one capture for what it selects in the next.
        """
        loading = self._ask("load", file=str(path))
        columns = {f"column{at}": f"{name}:0" for at, name in enumerate(names)}
        telling = self._ask("frames", **columns)
        answers: dict[int, Any] = {}
        while telling not in answers:  # it has no answer at all for a capture that is cut short
            assert self._process.stdout is not None
            answer = json.loads(self._process.stdout.readline())
            answers[answer["id"]] = answer.get("result")
        assert answers.get(loading) == {"status": "OK"}
        return [row["c"] for row in answers[telling]]

    def _ask(self, method: str, **params: str) -> int:
        """Ask for something; return the number that its answer has."""
        self._asked += 1
        told = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return self._asked

    def end(self) -> None:
        """Let it go."""
        self._process.communicate()


@cache
def sharkd() -> Sharkd:
    """Return the one that runs as long as the tests."""
    found = Sharkd()
    atexit.register(found.end)
    return found
