r"""HOT. Domain names on the wire: labels, compression pointers, and the text that stands for them.

A pointer may only lead backwards, to before the name that holds it, and each further one to before the last target: so
no name can loop and reading always ends. A name that breaks a rule keeps the labels read so far and says what is wrong.

Text is presentation format: bytes that are no plain printable ASCII become `\DDD`, those that mean something in a zone
file are quoted with a backslash (a dot within a label is `\.`). Source: RFC 1035 section 5.1.

Benchmark: tests/bench (`mail`).
"""

from __future__ import annotations

from mailtrace.protocols.dns.problems import Problems

MAX_NAME_OCTETS = 255  # RFC 1035 section 2.3.4
MAX_POINTERS = 127  # a name of 255 octets has at most 127 labels: more pointers than labels serve no honest purpose
HEADER_OCTETS = 12
_PLAIN = bytes(byte for byte in range(0x21, 0x7F) if byte not in b'.\\";()@$')
_QUOTED = {byte: f"\\{chr(byte)}" for byte in b'.\\";()@$'}
_TEXT = {byte: chr(byte) for byte in _PLAIN} | _QUOTED
_ESCAPES = [_TEXT.get(byte, f"\\{byte:03d}") for byte in range(256)]

Labels = list[bytes]
Seen = dict[int, Labels]
"""Names read so far in one message, by their offset: what most pointers lead to."""


def read_name(wire: bytes, at: int, seen: Seen, problems: Problems) -> tuple[Labels, int]:
    """Read the name at `at`; return its labels and the offset behind it, which is -1 when that cannot be told.

    Source: RFC 1035 section 4.1.4.
    """
    labels: Labels = []
    start = at
    try:
        while True:
            length = wire[at]
            if length == 0:
                at += 1
                break
            if length >= 0xC0:
                target = (length & 0x3F) << 8 | wire[at + 1]
                at += 2
                known = seen.get(target) if target < start else None
                labels += _follow(wire, target, start, problems) if known is None else known
                break
            if length > 63:
                problems.add("bad-name", f"label type 0x{length:02x} at octet {at} is not defined")
                at = -1
                break
            stop = at + 1 + length
            label = wire[at + 1 : stop]
            if len(label) < length:
                raise IndexError
            labels.append(label)
            at = stop
            if at - start > MAX_NAME_OCTETS:
                break
    except IndexError:
        problems.add("bad-name", f"the name at octet {start} runs past the end of the message", cut=True)
        at = -1
    if len(labels) + sum(map(len, labels)) >= MAX_NAME_OCTETS:
        problems.add("bad-name", f"the name at octet {start} is longer than {MAX_NAME_OCTETS} octets")
        return _shortened(labels), -1
    seen[start] = labels
    return labels, at


def _follow(wire: bytes, target: int, before: int, problems: Problems) -> Labels:
    """Return the labels a pointer to `target` stands for; it must lead to before offset `before`, behind the header."""
    labels: Labels = []
    octets = pointers = 0
    while True:
        pointers += 1
        if not HEADER_OCTETS <= target < before or pointers > MAX_POINTERS:
            problems.add("bad-name", f"the compression pointer to octet {target} does not lead back to an earlier name")
            return labels
        before = at = target
        while 0 < (length := wire[at]) <= 63:
            label = wire[at + 1 : at + 1 + length]
            if len(label) < length:
                raise IndexError
            labels.append(label)
            octets += length + 1
            at += length + 1
            if octets > MAX_NAME_OCTETS:
                return labels
        if length == 0:
            return labels
        if length < 0xC0:
            problems.add("bad-name", f"label type 0x{length:02x} at octet {at} is not defined")
            return labels
        target = (length & 0x3F) << 8 | wire[at + 1]


def _shortened(labels: Labels) -> Labels:
    """Return as many of the first labels as a legal name can hold."""
    octets = 1
    for index, label in enumerate(labels):
        octets += len(label) + 1
        if octets > MAX_NAME_OCTETS:
            return labels[:index]
    return labels


def name_text(labels: Labels) -> str:
    """Return a name as zone files write it, with the dot of the root at its end."""
    joined = b"".join(labels)
    if joined.translate(None, _PLAIN):
        return "".join("".join([_ESCAPES[byte] for byte in label]) + "." for label in labels)
    return b".".join(labels).decode("ascii") + "."


def name_wire(labels: Labels) -> bytes:
    """Return a name uncompressed, as octets on the wire."""
    return b"".join([bytes((len(label),)) + label for label in labels]) + b"\0"
