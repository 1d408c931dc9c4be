"""What `mailtrace live` and `mailtrace analyze --follow` do: show what happens at once, and sum it up at the end.

The first Ctrl-C (or SIGTERM, or SIGHUP) ends the capture: what has come is understood, and the report is that of
`mailtrace analyze` for the same packets. The second one quits at once.
Nothing is loaded, opened or read after privileges were given up but what is captured.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Timer
from types import FrameType

from mailtrace.capture.streamed import FollowedFile
from mailtrace.command import Request, report
from mailtrace.errors import UsageError
from mailtrace.live import WAYS, CaptureRequest
from mailtrace.live.handover import Handover
from mailtrace.live.keylog import FollowedKeyLog
from mailtrace.live.standing import StatusLine
from mailtrace.live.view import StepsAsTheyHappen
from mailtrace.live.watching import Nobody, Watcher
from mailtrace.live_analyzer import LiveAnalyzer
from mailtrace.model.language import said
from mailtrace.protocols.services import TCP_PORTS, UDP_PORTS
from mailtrace.reports.safe import safe

INTERRUPTED = 130

ENDING_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What ends a capture: Ctrl-C, being asked to, and a terminal that is closed."""


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """What the user asked for: what to capture, and how to report it. `keylog` is a path.

    The capture ends by itself after `duration_s` seconds or `count` packets, where these are given.
    """

    capture: CaptureRequest
    report: Request
    keylog: str | None = None
    duration_s: float | None = None
    count: int | None = None


def live_request(
    *,
    interfaces: Sequence[str],
    filter: str | None,
    via: str,
    write: str | None,
    ring: tuple[int, int] | None,
    format: str,
    duration_s: float | None,
    count: int | None,
    names: dict[str, list[str]],
    keylog: str | None,
    decode_as: Mapping[int, str] | None,
    show_secrets: bool,
    level: str,
) -> LiveRequest:
    """Return what the options of `mailtrace live` ask for."""
    ports = tuple(sorted(TCP_PORTS | UDP_PORTS | (decode_as or {}).keys())) if filter is None else ()
    return LiveRequest(
        capture=CaptureRequest(tuple(interfaces), filter, via, write, ring, ports),
        report=Request(
            captures=[],
            format=format,
            output=None,
            conversation=None,
            protocols=None,
            names=names,
            show_secrets=show_secrets,
            level=level,
            packets=None,
            decode_as=decode_as,
        ),
        keylog=keylog,
        duration_s=duration_s,
        count=count,
    )


LISTENING = "Listening on {name} {what}. Ctrl-C ends it with a summary."
MAIL_ONLY = "for mail, DNS and ident: ports {ports} (-f '' takes everything)"


def run_live(request: LiveRequest) -> int:
    """Capture, and return the exit code. Raises: `MailtraceError`."""
    from mailtrace.live.opening import open_network

    keylog = _keylog(request.keylog)
    opened = open_network(request.capture)
    source = opened.source
    begun = said(LISTENING, name=source.name, what=_filter_told(request.capture))
    return _run(request.report, Handover(source, opened.recorder, request.count), keylog, begun, request.duration_s)


def run_follow(request: Request, keylog: str | None) -> int:
    """Read a file that grows, and return the exit code. Raises: `MailtraceError`."""
    if len(request.captures) != 1 or request.captures == ["-"]:
        raise UsageError("--follow reads one file that grows; a pipe is followed by mailtrace live --via")
    if request.packets is not None or request.wanted is not None:
        raise UsageError("--follow tells all that comes: leave out --packets, and options that look for mails")
    keys = _keylog(keylog)
    source = FollowedFile(request.captures[0])
    return _run(
        request, Handover(source), keys, said("Following {name}. Ctrl-C ends it with a summary.", name=source.name)
    )


def _run(
    request: Request, handover: Handover, keylog: FollowedKeyLog | None, begun: str, duration_s: float | None = None
) -> int:
    """Say what has `begun`, read until the source ends, report, and return the exit code."""
    watcher = _watcher(request, handover.source.name)
    analyzer = LiveAnalyzer(
        handover,
        watcher,
        request.names,
        keeps_all=request.format != "jsonl",
        keylog=keylog,
        decode_as=request.decode_as,
    )
    timer = Timer(duration_s or 0, handover.stop)
    timer.daemon = True
    with ExitStack() as ending:  # all of it happens, also where one fails
        ending.callback(handover.close)
        ending.callback(timer.cancel)
        ending.callback(watcher.close)
        with _ended_by_signals(handover) as ended:
            _say(begun)
            handover.start()
            if duration_s is not None:
                timer.start()
            code = report(request, analyzer)
            return INTERRUPTED if ended else code


def _watcher(request: Request, name: str) -> Watcher:
    """Return who looks on: a person sees steps; beside results for a program a line tells how it goes."""
    if request.format == "terminal" and request.output is None:
        return StepsAsTheyHappen(
            sys.stdout, name, request.names, request.level == "novice", show_secrets=request.show_secrets
        )
    is_alone = sys.stderr.isatty() and not (sys.stdout.isatty() and request.output is None)
    return StatusLine(sys.stderr, name) if is_alone else Nobody()


def _keylog(path: str | None) -> FollowedKeyLog | None:
    return None if path is None else FollowedKeyLog(path)


def _say(sentence: str) -> None:
    """Tell a person what is going on, where results do not stand."""
    print(safe(sentence), file=sys.stderr, flush=True)


def _filter_told(request: CaptureRequest) -> str:
    """Return which packets are taken, in words."""
    if request.filter is None and request.via in WAYS:
        return said(MAIL_ONLY, ports=", ".join(map(str, request.ports)))
    return said("behind the filter {filter}", filter=repr(request.filter)) if request.filter else said("for everything")


@contextmanager
def _ended_by_signals(handover: Handover) -> Iterator[list[int]]:
    """Let the first signal end the capture, and the next interrupt whatever is going on; yield those that came."""
    came: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1 or handover.is_over:
            raise KeyboardInterrupt
        handover.stop()

    before = [(number, signal.signal(number, end)) for number in ENDING_SIGNALS]
    try:
        yield came
    finally:
        for number, handler in before:
            signal.signal(number, handler)
