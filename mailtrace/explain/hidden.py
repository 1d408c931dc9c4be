"""Where in a packet secrets lie, so that the octets themselves can be masked, and not only the lines they make.

A secret is a span of a line, a line lies in some packets, and a packet covers a range of its stream. The line is found
again in the octets of its packets, which gives the range of the secret in the stream; whatever packet covers a part of
that range hides it, repeats included. Where this cannot be told (a packet of no conversation, octets put together from
fragments, compression), more is hidden than has to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from mailtrace.model import Command, Continuation, Conversation, Packet, Reply, Side, Transport, WentDark
from mailtrace.protocols.sasl import proof_span

Span = tuple[int, int]
"""Half-open."""

LEAST_SEARCHED = 3
"""Octets of the shortest secret that is looked for anywhere: shorter ones are everywhere."""


class Frame(Struct, frozen=True):
    """One frame as captured; `is_fragment` tells that it holds a part of an IP datagram."""

    number: int
    octets: bytes
    link_type: int
    is_fragment: bool = False


class Payload(Struct, frozen=True):
    """What a frame carries for TCP or UDP: its ports, its octets, and where they start in the frame.

    `at` is None where the octets were put together from several frames.
    """

    ports: tuple[int, int]
    octets: bytes
    at: int | None


def packets_with_secrets(conversation: Conversation) -> frozenset[int]:
    """Return the packets whose octets `hidden` needs to find the secrets of a conversation."""
    return frozenset(number for said in _secret_lines(conversation) for number in said.packets)


def hidden(
    frame: Frame, conversation: Conversation | None, others: Iterable[Conversation], payloads: Mapping[int, Payload]
) -> tuple[Span, ...]:
    """Return the spans of a frame that hold secrets, in order and apart.

    `conversation` is the one it belongs to, None where it belongs to none: then it is compared with all `others`.
    `payloads` holds those of the packet itself and of `packets_with_secrets`.
    """
    if conversation is None:
        return _merged(_suspected(frame, payloads.get(frame.number), others))
    row = next((each for each in conversation.packets if each.number == frame.number), None)
    if row is None or conversation.key.transport is not Transport.TCP:
        return ()
    first, last = row.sequence, row.sequence + row.length
    ranges = _secret_ranges(conversation, row.side, payloads)
    inside = [(max(start, first), min(stop, last)) for start, stop in ranges if start < last and stop > first]
    payload = payloads.get(frame.number)
    if inside and (payload is None or payload.at is None):
        return ((0, len(frame.octets)),)
    at = payload.at or 0 if payload is not None else 0
    return _merged((at + start - first, at + stop - first) for start, stop in inside)


class _Secret(Struct, frozen=True):
    """A line with secrets, and the packets it lies in."""

    side: Side
    line: bytes
    secrets: tuple[Span, ...]
    packets: tuple[int, ...]


def _secret_lines(conversation: Conversation) -> Iterator[_Secret]:
    """Yield the lines with secrets that travelled in clear."""
    for event in conversation.dialogue.events:
        if isinstance(event, WentDark):
            return
        if isinstance(event, Command | Continuation) and event.secrets:
            yield _Secret(Side.CLIENT, event.line, event.secrets, event.packets)
        elif isinstance(event, Reply) and event.lines and (proof := proof_span(event.lines[0])):
            yield _Secret(Side.SERVER, event.lines[0], proof, event.packets)


def _secret_ranges(conversation: Conversation, side: Side, payloads: Mapping[int, Payload]) -> list[Span]:
    """Return the ranges of a side's sequence numbers, as `Packet.sequence` counts them, that hold secrets."""
    rows = {row.number: row for row in conversation.packets if row.side is side and row.length}
    found: list[Span] = []
    for said in _secret_lines(conversation):
        if said.side is not side:
            continue
        carried = sorted((rows[number] for number in said.packets if number in rows), key=lambda row: row.sequence)
        start, octets = _joined(carried, payloads)
        places = list(_places(octets, said.line)) if octets is not None else []
        if places:
            found += [(start + at + first, start + at + last) for at in places for first, last in said.secrets]
        else:
            found += [(row.sequence, row.sequence + row.length) for row in carried]
    return found


def _joined(rows: Sequence[Packet], payloads: Mapping[int, Payload]) -> tuple[int, bytes | None]:
    """Return the octets of consecutive packets and where they start; None where some are missing."""
    if not rows:
        return 0, None
    start, octets = rows[0].sequence, bytearray()
    for row in rows:
        payload = payloads.get(row.number)
        known = start + len(octets) - row.sequence
        if payload is None or known < 0:
            return start, None
        octets += payload.octets[known:]
    return start, bytes(octets)


def _places(octets: bytes, line: bytes) -> Iterator[int]:
    at = octets.find(line)
    while at >= 0:
        yield at
        at = octets.find(line, at + 1)


def _suspected(frame: Frame, payload: Payload | None, others: Iterable[Conversation]) -> Iterator[Span]:
    """Yield what could be secret in a frame of no conversation, when there are conversations with secrets.

    A part of a datagram may hold anything; a packet between the same ports may repeat a secret; others may quote one.
    """
    lines = [(each.key, said) for each in others for said in _secret_lines(each)]
    if lines and (frame.is_fragment or (payload is not None and payload.at is None)):
        yield 0, len(frame.octets)
    elif payload is not None and any({key.client.port, key.server.port} == {*payload.ports} for key, _ in lines):
        yield payload.at or 0, len(frame.octets)
    else:
        for secret in {said.line[start:stop] for _, said in lines for start, stop in said.secrets}:
            if len(secret) >= LEAST_SEARCHED:
                yield from ((at, at + len(secret)) for at in _places(frame.octets, secret))


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return tuple(merged)
