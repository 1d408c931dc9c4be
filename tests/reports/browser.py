"""A real browser without a window, driven through two pipes: what a page asks for, and what it does, is written down.

Chromium speaks the DevTools protocol on file descriptors 3 (to it) and 4 (from it): JSON, each message ended by a NUL.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import Any

from tests.support import CHROMIUM

PATIENCE_S = 60
"""How long one answer may take; a machine that runs other tests meanwhile is slow."""

QUIET_S = 0.5
"""A page that has said nothing for so long after it was loaded is done."""

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)


@dataclass
class Seen:
    """What a page did: addresses that it asked for, itself left out, dialogs, and complaints of the browser."""

    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    found: Any = None


class Browser:
    """A running browser with one page."""

    def __init__(self, to: int, from_: int) -> None:
        """Take the pipes, and open the page."""
        self._to, self._from = to, from_
        self._kept = b""
        self._number = 0
        self._seen, self._loaded = Seen(), False
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = ""
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self._ask(f"{domain}.enable")

    def open(self, page: Path, script: str = "null") -> Seen:
        """Open a page, wait until nothing happens any more, and evaluate a script in it, whose value is `found`."""
        self._seen, self._loaded = Seen(), False
        self._ask("Page.navigate", url=page.as_uri())
        until = time.monotonic() + PATIENCE_S
        while not self._loaded and time.monotonic() < until:
            list(self._read(1))
        self._settle()
        self._seen.found = self._ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")
        self._settle()
        self._seen.requests = [url for url in self._seen.requests if url != page.as_uri()]
        return self._seen

    def picture(self, page: Path, width: int, height: int, *, anchor: str = "", dark: bool = False) -> bytes:
        """Return what a window of this size shows of a page, from an anchor on, as PNG."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        wanted = "dark" if dark else "light"
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": wanted}])
        self.open(page, f"location.hash = {json.dumps(anchor)}")
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its answer; what happens meanwhile is taken note of."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if getattr(self, "_session", ""):
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            for answer in self._read(1):
                if answer.get("id") == number:
                    assert "error" not in answer, answer
                    return dict(answer["result"])
        raise TimeoutError(method)

    def _settle(self) -> None:
        """Take note of what happens until nothing does."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and list(self._read(QUIET_S)):
            pass

    def _read(self, seconds: float) -> Iterator[dict[str, Any]]:
        """Yield the messages that come within so many seconds, and take note of those that nobody asked for."""
        if b"\0" not in self._kept and not select([self._from], [], [], seconds)[0]:
            return
        if b"\0" not in self._kept:
            self._kept += os.read(self._from, 2**20)
        *messages, self._kept = self._kept.split(b"\0")
        for message in map(json.loads, messages):
            self._note(message.get("method", ""), message.get("params", {}))
            yield message

    def _note(self, method: str, told: dict[str, Any]) -> None:
        match method:
            case "Page.loadEventFired":
                self._loaded = True
            case "Network.requestWillBeSent":
                self._seen.requests.append(told["request"]["url"])
            case "Page.javascriptDialogOpening":
                self._seen.dialogs.append(told["message"])
                self._number += 1
                close = {"id": self._number, "sessionId": self._session, "method": "Page.handleJavaScriptDialog"}
                os.write(self._to, json.dumps({**close, "params": {"accept": False}}).encode() + b"\0")
            case "Log.entryAdded":
                self._seen.complaints.append(told["entry"]["text"])
            case "Runtime.exceptionThrown" | "Runtime.consoleAPICalled":
                self._seen.complaints.append(json.dumps(told))


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Give a browser that keeps its own files in a folder."""
    hear, to = os.pipe()
    from_, speak = os.pipe()
    command = 'exec "$0" "$@" 3<&"$HEAR" 4>&"$SPEAK" 2>/dev/null'
    process = subprocess.Popen(
        ["bash", "-c", command, CHROMIUM or "", *FLAGS, f"--user-data-dir={folder}", "about:blank"],
        pass_fds=(hear, speak),
        env={**os.environ, "HEAR": str(hear), "SPEAK": str(speak)},
        stdout=subprocess.DEVNULL,
    )
    os.close(hear)
    os.close(speak)
    try:
        yield Browser(to, from_)
    finally:
        os.close(to)
        os.close(from_)
        process.terminate()
        process.wait(PATIENCE_S)
