"""One packet, told in full: what is said in it, where it stands in its conversation, every field, every octet.

`frame_view` puts together what the rooms before know of one packet; it decides what is hidden, so that reports only
have to draw it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from mailtrace.capture.dissect import Field, Layer, Tree
from mailtrace.explain.hidden import Frame, Payload, Span, hidden
from mailtrace.explain.listing import ListingRow
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import (
    MASK,
    Analysis,
    Command,
    Content,
    Continuation,
    Conversation,
    Event,
    Gap,
    GapReason,
    Lookup,
    Proxied,
    Reply,
    Side,
    Step,
    Transport,
    Violation,
    Walkthrough,
    WentDark,
    masked,
    wire_text,
)
from mailtrace.model.language import said
from mailtrace.model.remarks import remark
from mailtrace.protocols.sasl import shown

MAIL_WHOLE = "{how}, {octets} octets, packet {place} of {count}"
MAIL_IN_PART = "{how}, {octets} octets, not complete, packet {place} of {count}"
"""What is told of a mail in one of its packets."""

HOLES = {
    GapReason.LOST: "{count} octets missing (lost)",
    GapReason.NOT_CAPTURED: "{count} octets missing (not captured)",
    GapReason.LIMIT: "{count} octets missing (limit)",
}


class StreamRange(Struct, frozen=True):
    """The octets of a stream that a packet carries: `first` to `last` of what `side` says, counted from 1.

    `pieces` are those octets in order, None for a masked stretch.
    """

    side: Side
    first: int
    last: int
    pieces: tuple[bytes | None, ...]


class FrameView(Struct, frozen=True):
    """All that is told of one packet. Texts come from the wire in part and are not yet sanitised.

    `said` is what the packet says in words of its protocol, None where it says nothing that is understood. `steps` are
    those of the walkthrough that tell it, several where commands are pipelined. `hidden` are the masked spans of
    `octets`. `range` is None for packets without octets of a TCP stream.
    """

    row: ListingRow
    octets: bytes
    hidden: tuple[Span, ...]
    tree: Tree
    said: Layer | None
    conversation: Conversation | None
    title: str
    steps: tuple[Step, ...]
    range: StreamRange | None


def frame_view(
    frame: Frame,
    row: ListingRow,
    tree: Tree,
    analysis: Analysis,
    payloads: Mapping[int, Payload],
    show_secrets: bool = False,
) -> FrameView:
    """Tell one packet. `payloads` holds its own and those of `packets_with_secrets` of its conversation."""
    conversation = conversation_of(analysis, frame.number)
    spans = () if show_secrets else hidden(frame, conversation, analysis.conversations, payloads)
    title, steps = _told(analysis, conversation, frame.number, show_secrets)
    return FrameView(
        row=row,
        octets=frame.octets,
        hidden=spans,
        tree=tree,
        said=_said(conversation, frame, payloads.get(frame.number), show_secrets),
        conversation=conversation,
        title=title,
        steps=steps,
        range=_range(conversation, frame.number, payloads.get(frame.number), spans),
    )


def conversation_of(analysis: Analysis, packet: int) -> Conversation | None:
    """Return the conversation that a packet belongs to, None where it belongs to none."""
    for each in analysis.conversations:
        if each.packets[0].number <= packet and any(row.number == packet for row in each.packets):
            return each
    return None


def _told(
    analysis: Analysis, conversation: Conversation | None, packet: int, show_secrets: bool
) -> tuple[str, tuple[Step, ...]]:
    """Return the title and the steps that tell a packet, preferably those of the conversation that caused it."""
    if conversation is None:
        return "", ()
    causes = [conversation.caused_by, *(each.caused_by for each in conversation.dialogue.lookups), conversation.id]
    for number in dict.fromkeys(each for each in causes if each is not None):
        for told in walkthroughs(analysis, conversation=number, show_secrets=show_secrets):
            if steps := steps_of(packet, told):
                return told.title, steps
    return "", ()


def steps_of(packet: int, told: Walkthrough) -> tuple[Step, ...]:
    """Return the steps that tell a packet."""
    return tuple(step for step in told.steps if packet in step.packets or packet in step.acks)


def _said(conversation: Conversation | None, frame: Frame, payload: Payload | None, show_secrets: bool) -> Layer | None:
    """Return what a packet says as a layer of its own, above those of the network."""
    if conversation is None:
        return None
    fields: list[Field] = []
    for event in conversation.dialogue.events:
        if frame.number in getattr(event, "packets", (getattr(event, "packet", 0),)):
            fields += _fields(event, frame.number, show_secrets)
    if not fields:
        return None
    start = payload.at if payload is not None and payload.at is not None else len(frame.octets)
    size = len(payload.octets) if payload is not None and payload.at is not None else 0
    return Layer(conversation.protocol.upper(), start, size, tuple(fields))


def _fields(event: Event, packet: int, show_secrets: bool) -> Iterator[Field]:
    """Yield what an event says in one of its packets."""
    match event:
        case Command() | Continuation():
            name = said("Command") if isinstance(event, Command) else said("Continuation")
            line = wire_text(masked(event.line, event.secrets, show_secrets))
            yield Field(_part(name, packet, event.packets), line)
        case Reply():
            name = _part(said("Reply"), packet, event.packets)
            lines = tuple(Field(said("Line"), wire_text(line)) for line in shown(event.lines, show_secrets))
            yield Field(
                name, event.status if len(lines) != 1 else f"{event.status} {lines[0].value}", lines[1:] and lines
            )
        case Content():
            place = event.packets.index(packet) + 1
            fields = {"how": event.how, "octets": event.size_bytes, "place": place, "count": len(event.packets)}
            yield Field(said("Mail"), said(MAIL_WHOLE if event.complete else MAIL_IN_PART, **fields))
        case Lookup():
            yield Field(said("Question"), f"{event.name} {event.type}")
            if event.rcode is not None and packet != event.packets[0]:
                yield Field(said("Answer"), event.rcode, tuple(Field(said("Data"), answer) for answer in event.answers))
        case Violation():
            yield Field(said("Broken rule"), f"{event.code} {remark(event.detail)}".strip())
        case WentDark():
            yield Field(said("Encrypted from here"), event.why)
        case Proxied():
            yield Field(said("Proxy header"), event.said)
        case Gap():
            yield Field(said("Hole"), said(HOLES[event.why], count=event.missing))


def _part(name: str, packet: int, packets: tuple[int, ...]) -> str:
    if len(packets) < 2:
        return name
    return said("{name} (part {number} of {count})", name=name, number=packets.index(packet) + 1, count=len(packets))


def _range(
    conversation: Conversation | None, packet: int, payload: Payload | None, spans: tuple[Span, ...]
) -> StreamRange | None:
    """Return what a packet carries of its stream."""
    if conversation is None or conversation.key.transport is not Transport.TCP or payload is None:
        return None
    row = next(each for each in conversation.packets if each.number == packet)
    if not row.length:
        return None
    pieces: list[bytes | None] = []
    at = 0
    for start, stop in spans:
        first, last = (0, len(payload.octets)) if payload.at is None else (start - payload.at, stop - payload.at)
        pieces += [payload.octets[at : max(first, at)], None]
        at = last
    pieces.append(payload.octets[at:])
    shown = tuple(piece for piece in pieces if piece is None or piece)
    return StreamRange(row.side, row.sequence, row.sequence + row.length - 1, shown)


def range_text(part: StreamRange) -> list[str]:
    r"""Return the octets of a range as lines, each with its line end as `\r\n`, secrets masked."""
    octets = b"".join(MASK if piece is None else piece for piece in part.pieces)
    return [wire_text(line) for line in octets.splitlines(keepends=True)]
