r"""Captures written down as text, for tests of rules: each line is a packet, and the real path reads them.

    == 10.0.0.1 10.0.0.2:25      a new TCP connection, client and server; its handshake are three packets. Left out at
                                 the beginning it is this one. With `bare` behind it there is no handshake
    S: 220 mx.example ESMTP      one line of the server, CRLF is added; C: is the client
    C| raw octets\r\n            octets as they are, with escapes
    C? MAIL FROM:<a@b>           a line that was sent but is not in the capture
    S+                           the server sends its last octets once more
    C~ line                      a line that is overtaken by what follows, up to `C=`
    S! ack                       a packet without octets: syn (always the same one), synack, ack, fin, rst, probe (an
                                 acknowledgement one octet too early) or stray (a reset that is far off)
    S% hello c02f + done         TLS records, see `tls_scene.py`
    C^ 30                        octets that overlap what is to come: the next line of the client comes 30 octets early
    .. 5                         five seconds pass; else it is a millisecond between packets
    @ 10.0.0.2 -> 10.0.0.53 MX daum.net = 10 mail.daum.net.
                                 a DNS lookup, two packets: answers are divided by " ; ", a code such as NXDOMAIN stands
                                 alone, nothing is NODATA, and ? is no answer: one packet. A record of another type
                                 has it before its data, TC is an answer that was cut short. Before the answer may
                                 stand `.. 5` (it comes five seconds later) and `again` (the question is repeated);
                                 several answers to one question are divided by ` | `, and each may have such words
    --                           the connection stays open when the text ends, or when the next one begins; else it is
                                 closed by three packets (FIN, FIN, ACK)

Several connections follow one another; `== 2` goes on with the second of them, which must have been left open.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.model import Analysis
from tests.bench import wire
from tests.findings.tls_scene import records
from tests.protocols.transcripts import octets
from tests.streams.net import ACK, CLIENT, FIN, RST, SERVER, SYN, Net

SIDES = {"C": CLIENT, "S": SERVER}
FLAGS = {"syn": SYN, "synack": SYN | ACK, "ack": ACK, "fin": FIN | ACK, "rst": RST | ACK, "probe": ACK, "stray": RST}
SHIFTS = {"probe": -1, "stray": 100_000_000}
"""How far a packet is from where its side is."""


class Scene:
    """A capture that is being written."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.net = Net()
        self.talks: list[wire.Connection] = []
        self.talk: wire.Connection | None = None
        self.last = [b"", b""]
        self.after_ns = 1_000_000
        self.early = [0, 0]
        self.begin = [0, 0]
        self.kept = b""
        self.lookups = 0

    def line(self, text: str) -> None:
        """Take one line of the text."""
        mark, rest = text[:2], text[2:].removeprefix(" ")
        if mark == "==":
            self.connection(rest)
        elif mark == "--":
            self.talk = None
        elif mark == "..":
            self.after_ns = round(float(rest) * 1_000_000_000)
        elif mark[0] == "@":
            self.lookup(text[1:].strip())
        else:
            self.packet(SIDES[mark[0]], mark[1], rest)

    def connection(self, text: str) -> None:
        """Begin a connection, or go on with one."""
        self.close()
        if text.isdigit():
            self.talk = self.talks[int(text) - 1]
            return
        client, server, *bare = text.split()
        host, _, port = server.rpartition(":")
        number = len(self.talks) + 1
        path = wire.Path(client, host, wire.TCP)
        self.talk = wire.Connection(path, 40_000 + number, int(port), Random(number))
        self.talks.append(self.talk)
        self.last, self.early = [b"", b""], [0, 0]
        self.begin = list(self.talk.next)
        for frame in () if bare else self.talk.open():
            self.add(frame)

    def packet(self, side: int, kind: str, rest: str) -> None:
        """Add what one side sends."""
        if self.talk is None:
            self.connection("10.0.0.1 10.0.0.2:25")
        talk = self.talk
        assert talk is not None
        if kind == "^":
            self.early[side] = int(rest)
        elif kind == "!":
            self.control(talk, side, rest)
        else:
            self.say(side, kind, rest)

    def control(self, talk: wire.Connection, side: int, flags: str) -> None:
        """Add a packet without octets."""
        before = talk.next[side]
        if flags in ("syn", "synack"):
            talk.next[side] = self.begin[side]
        shift = SHIFTS.get(flags, 0)
        talk.next[side] += shift
        self.add(talk.send(side, flags=FLAGS[flags]))
        if shift:
            talk.next[side] = before
        self.ended = self.ended or flags in ("fin", "rst")

    def say(self, side: int, kind: str, rest: str) -> None:
        """Add octets of one side."""
        talk = self.talk
        assert talk is not None
        if kind == "+":
            data = self.last[side]
            talk.next[side] -= len(data)
        else:
            data = _SAID[kind](rest) if kind in _SAID else rest.rstrip().encode() + b"\r\n"
            talk.next[side] -= self.early[side]
            self.early[side] = 0
        if kind == "=":
            self.add(self.kept)
            return
        self.last[side] = data
        frame = talk.send(side, data)
        if kind == "~":
            self.kept = frame
        elif kind == "?":
            self.after_ns += 1_000_000
        else:
            self.add(frame)

    def lookup(self, text: str) -> None:
        """Add a question and its answer."""
        question, _, answer = (part.strip() for part in text.partition("="))
        client, _, server, type_, name = question.split()
        self.lookups += 1
        path, ports = wire.Path(client, server, wire.UDP), (50_000 + self.lookups, 53)
        query = dns.message.make_query(name, type_, id=self.lookups)
        asks = wire.datagram(path, CLIENT, ports, query.to_wire())
        self.add(asks)
        for each in answer.split(" | ") if answer != "?" else ():
            each = each.strip()
            while each.startswith((".. ", "again ")):
                mark, _, each = each.partition(" ")
                if mark == "..":
                    pause, _, each = each.partition(" ")
                    self.after_ns = round(float(pause) * 1_000_000_000)
                else:
                    self.add(asks)
            self.add(wire.datagram(path, SERVER, ports, _reply(query, each)))

    def close(self) -> None:
        """Close the connection in progress, unless it has closed by itself or stays open."""
        talk, self.talk = self.talk, None
        if talk is not None and not self.ended:
            for frame in talk.close(CLIENT):
                self.add(frame)
        self.ended = False

    ended = False

    def add(self, frame: bytes) -> None:
        """Add a frame."""
        self.net.add(frame, after_ns=self.after_ns)
        self.after_ns = 1_000_000


def _reply(query: dns.message.Message, answer: str) -> bytes:
    """Return an answer to a question."""
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA
    if answer == "TC":
        reply.flags |= dns.flags.TC
    elif answer.isupper() and answer.isalpha():
        reply.set_rcode(dns.rcode.from_text(answer))
    elif answer:
        asked = query.question[0]
        for record in answer.split(" ; "):
            kind, _, data = record.strip().partition(" ")
            if not (kind.isalpha() and kind.isupper()):
                kind, data = dns.rdatatype.to_text(asked.rdtype), record.strip()
            reply.answer.append(dns.rrset.from_text(asked.name, 300, "IN", dns.rdatatype.from_text(kind), data))
    return reply.to_wire()


_SAID = {"|": octets, "%": records}
"""How the text of a line becomes octets; else it is a line itself."""


def written(text: str, folder: Path) -> Path:
    """Write the capture that a text describes, and return its path."""
    scene = Scene()
    for line in text.strip().splitlines():
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            scene.line(stripped)
    scene.close()
    path = folder / "scene.pcapng"
    scene.net.write(path)
    return path


def analysed(text: str, folder: Path) -> Analysis:
    """Return what mailtrace makes of the capture that a text describes."""
    return analyze_files(Analyzer([str(written(text, folder))]))
