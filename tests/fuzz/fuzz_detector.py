"""Fuzz target: any octets of two sides end in one protocol, however they were cut into segments."""

from __future__ import annotations

from mailtrace.model import Closed, Command, Content, Data, Event, Proxied, Side, Transport, Violation, WentDark
from mailtrace.protocols.choose import Chooser

PORTS = (25, 110, 143, 465, 113, 53, 4711)
"""Of every protocol one, and nobody's."""

TURN_MARK = b"\xfe\xfa"
"""Where the other side speaks; what comes first is the client's."""

WAITED_FOR = 1000
"""Octets that are held even when each is a segment; beyond them the port decides, and cuts may count."""

Outcome = tuple[str, bool, list[object]]


def _kept(event: Event) -> object:
    """Return what of an event must not depend on cuts."""
    match event:
        case Command():
            return event.line
        case Content():
            return event.sha256
        case Violation():
            return event.code, event.side
        case Proxied():
            return event.said
    return type(event)


def _choose(port: int, turns: list[bytes], size: int, flags: int) -> Outcome:
    """Return protocol, whether content decided, and the events of a conversation in segments of `size` octets."""
    decode_as = "smtp" if flags & 2 else None
    chooser = Chooser(Transport.TCP, port, from_start=bool(flags & 1), decode_as=decode_as)
    packet = 0
    for number, octets in enumerate(turns):
        for at in range(0, len(octets), size):
            packet += 1
            chooser.feed(Data(Side(number % 2), octets[at : at + size], packet, packet))
    for side in Side:
        chooser.feed(Closed(side, "fin", packet + 1, packet + 1))
    chooser.finish()
    return chooser.protocol, chooser.decided_by_content, [_kept(event) for event in chooser.dialogue.events]


def fuzz_one(data: bytes) -> None:
    """Take a port and flags from the first two octets, the conversation from the rest; raises when a promise breaks."""
    if len(data) < 2:
        return
    port, flags = PORTS[data[0] % len(PORTS)], data[1]
    turns = data[2:WAITED_FOR].split(TURN_MARK)
    whole = _choose(port, turns, 4096, flags)
    assert whole[0] in ("smtp", "pop3", "imap", "tls", "dns", "ident", "unknown")
    assert whole[0] != "unknown" or not whole[1]
    if WentDark in whole[2] or whole[0] == "dns":
        return  # in binary, how octets were cut counts in what is wrong with them
    for size in (1, 7):
        assert _choose(port, turns, size, flags) == whole
