"""Secrets in the octets that a client sent, hidden while they come in order: every octet of one becomes a `*`.

A secret is a span of a line, and a line lies in known packets. Octets of those packets are held until the last of them
is here; then the line is found again in them. Where it is not, as behind compression, all they hold is hidden. A line
that a hole cuts may be a password and is no line that anybody read, so what is left of it is hidden too.
The length stays, so that offsets agree with what was captured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from mailtrace.model import Command, Continuation

RUN_LIMIT = 1 << 20
"""Octets held at most: a line with a secret is shorter; beyond it all that is held is hidden."""

LINE_HELD_LIMIT = 64 * 1024
"""Octets of a begun line that are held, in case that a hole cuts it: no line that is read is longer."""

LINES_LIMIT = 32
"""Different lines with secrets looked for in one run; a login has three, and beyond that all that is held is hidden."""

PLACES_LIMIT = 1_000
"""Places of one line in a run; a line that is everywhere is not looked for, and hides its packets."""

_LINE_END = re.compile(rb"[\r\n]")


class SecretLine(Struct, frozen=True):
    """A line with secrets: its octets without line end, the spans of them that are secret, the packets it came in."""

    line: bytes
    secrets: tuple[tuple[int, int], ...]
    packets: tuple[int, ...]


def secret_lines(events: Iterable[object]) -> tuple[SecretLine, ...]:
    """Return the lines with secrets among the events of a conversation."""
    return tuple(
        SecretLine(event.line, event.secrets, event.packets)
        for event in events
        if isinstance(event, Command | Continuation) and event.secrets
    )


class Masker:
    """Feed it what one side sent, in order; it gives back the same octets, later, with secrets hidden.

    `mails` are packets that carried mails: what a hole leaves of a line there is no command.
    """

    def __init__(self, lines: Iterable[SecretLine], mails: Iterable[int]) -> None:
        self._lines: dict[int, list[SecretLine]] = {}
        for line in lines:
            for packet in line.packets:
                self._lines.setdefault(packet, []).append(line)
        self._mails = frozenset(mails)
        self._packet = 0
        self._run: list[tuple[int, bytes]] = []  # octets of packets with secrets
        self._run_octets = 0
        self._begun = b""  # of a line without secrets, so far
        self._hiding = False  # until the next line end

    def feed(self, octets: bytes, packet: int) -> bytes:
        """Take what came next; return what can be told now."""
        self._packet = packet
        if packet in self._lines:
            told = self._tell_begun()
            self._run.append((packet, octets))
            self._run_octets += len(octets)
            return told + self._end_run() if self._run_octets > RUN_LIMIT else told
        told = self._end_run()
        if packet in self._mails:
            self._hiding = False
            return told + self._tell_begun() + octets
        held = self._begun + self._hidden_on(octets)
        ended = held.rfind(b"\n") + 1
        if len(held) - ended > LINE_HELD_LIMIT:
            ended = len(held)
        self._begun = held[ended:]
        return told + held[:ended]

    def gap(self) -> bytes:
        """Octets are missing here: hide what is left of the line on both sides of them, unless it is of a mail."""
        told = self._end_run()
        if self._packet not in self._mails:
            ended = told.rfind(b"\n") + 1
            told = told[:ended] + b"*" * (len(told) - ended + len(self._begun))
            self._begun, self._hiding = b"", True
        return told + self._tell_begun()

    def finish(self) -> bytes:
        """Nothing more will come: return what is held."""
        return self._end_run() + self._tell_begun()

    def _tell_begun(self) -> bytes:
        begun, self._begun = self._begun, b""
        return begun

    def _hidden_on(self, octets: bytes) -> bytes:
        """Go on hiding what was begun to be hidden, up to the end of the line."""
        if not self._hiding:
            return octets
        found = _LINE_END.search(octets)
        stop = found.start() if found else len(octets)
        self._hiding = found is None
        return b"*" * stop + octets[stop:]

    def _end_run(self) -> bytes:
        """Return the octets of packets with secrets, once all of them are here, with the secrets hidden."""
        if not self._run:
            return b""
        run, self._run = self._run, []
        size, self._run_octets = self._run_octets, 0
        octets = b"".join([piece for _, piece in run])
        lines = {line for packet, _ in run for line in self._lines[packet]}
        is_clear = size <= RUN_LIMIT and len(lines) <= LINES_LIMIT
        hidden = bytearray(self._hidden_on(octets))
        for start, stop in _spans(octets, run, lines) if is_clear else [(0, size + 1)]:
            hidden[start:stop] = b"*" * (min(stop, size) - start)
            self._hiding = self._hiding or stop > size
        return bytes(hidden)


def _spans(octets: bytes, run: Sequence[tuple[int, bytes]], lines: Iterable[SecretLine]) -> Iterator[tuple[int, int]]:
    """Yield the spans of a run that hold secrets; a line that is not found hides all of its packets.

    A span that ends beyond the run goes on in what comes next.
    """
    for line in lines:
        places = _places(octets, line.line)
        for at in places:
            for start, stop in line.secrets:
                if stop >= len(line.line):  # of a very long line only the beginning was kept
                    found = _LINE_END.search(octets, at + stop)
                    stop = found.start() - at if found else len(octets) + 1 - at
                yield at + start, at + stop
        if not 0 < len(places) < PLACES_LIMIT:
            at = 0
            for packet, piece in run:
                if packet in line.packets:
                    yield at, at + len(piece)
                at += len(piece)


def _places(octets: bytes, line: bytes) -> list[int]:
    """Return where a line stands, at most `PLACES_LIMIT` of the places."""
    places: list[int] = []
    at = octets.find(line)
    while at >= 0 and len(places) < PLACES_LIMIT:
        places.append(at)
        at = octets.find(line, at + 1)
    return places
