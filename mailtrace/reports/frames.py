"""One packet as a report shows it: what it says, its layers as a tree, its octets as Wireshark lists them.

Masked octets stand as `**` in the listing. Text from the wire is made safe here as in every report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import msgspec
from rich.cells import cell_len, set_cell_size

from mailtrace.capture.dissect import Field, Layer
from mailtrace.explain.frame import FrameView, StreamRange, range_text
from mailtrace.explain.journeys.headings import called
from mailtrace.model import Side
from mailtrace.model.language import said
from mailtrace.reports.layout import Page, console, text_stream
from mailtrace.reports.overview import listing_cells
from mailtrace.reports.safe import json_safe, longest_run, markdown, safe
from mailtrace.reports.times import seconds

SCHEMA = "mailtrace-frame/1"

ROW_OCTETS = 16
"""Octets in a row of the listing, in two halves."""

INDENT = 2

SPEAKERS = {Side.CLIENT: "client", Side.SERVER: "server"}

SAID_BY = {
    Side.CLIENT: "Octets {first}-{last} of what the client says",
    Side.SERVER: "Octets {first}-{last} of what the server says",
}

NO_OCTETS = "The packet carries no octets of a TCP conversation that is listed."


def write_frame(name: str, view: FrameView, bytes_only: bool, out: BinaryIO) -> None:
    """Write a packet in one of the `FRAME_FORMATS`; `bytes_only` leaves all but its range of the stream out."""
    FRAME_FORMATS[name](view, bytes_only, out)


def _terminal(view: FrameView, bytes_only: bool, out: BinaryIO) -> None:
    with text_stream(out) as stream:
        page = Page(console(stream))
        if bytes_only:
            for line in range_lines(view.range):
                page.put(page.text(line))
            return
        head, *facts = heading(view)
        page.paragraph(page.text(page.arrows(head), "bold"))
        for fact in facts:
            page.paragraph(page.text(page.arrows(fact)))
        for title, lines in tree_lines(view):
            page.put()
            page.put(page.text(title, "bold"))
            for line in lines:
                page.paragraph(page.text(line), 0)
        page.put()
        for line in hex_lines(view.octets, view.hidden):
            page.put(page.text(line))


def _markdown(view: FrameView, bytes_only: bool, out: BinaryIO) -> None:
    lines = range_lines(view.range)
    if bytes_only:
        blocks = [markdown(lines[0]), *([_code(lines[1:])] if lines[1:] else [])]
    else:
        head, *facts = [line.replace(" -> ", " → ") for line in heading(view)]
        blocks = [f"## {markdown(head)}", *map(markdown, facts)]
        for title, fields in tree_lines(view):
            blocks += [f"**{markdown(title)}**", *([_code(fields)] if fields else [])]
        blocks.append(_code(hex_lines(view.octets, view.hidden)))
    out.write(("\n\n".join(blocks) + "\n").encode("utf-8", "backslashreplace"))


def _code(lines: list[str]) -> str:
    shown = [safe(line) for line in lines]
    fence = "`" * max(3, 1 + max(map(longest_run, shown), default=0))
    return "\n".join([f"{fence}text", *shown, fence])


def _json(view: FrameView, bytes_only: bool, out: BinaryIO) -> None:
    record: dict[str, Any] = {"schema": SCHEMA, "number": view.row.number, "range": _range_record(view.range)}
    if not bytes_only:
        row, told = view.row, view.title
        record |= {
            "time_s": None if row.time_ns is None else seconds(row.time_ns),
            "source": row.source,
            "destination": row.destination,
            "protocol": row.protocol,
            "length": row.length,
            "info": row.info,
            "conversation": view.conversation.id if view.conversation else None,
            "steps": [{"walkthrough": told, "number": each.number, "means": each.means} for each in view.steps],
            "said": _layer_record(view.said) if view.said else None,
            "layers": [_layer_record(layer) for layer in view.tree.layers],
            "trouble": view.tree.trouble,
            "octets": [spelled for spelled, _ in _spelled(view.octets, view.hidden)],
        }
    out.write(json_safe(msgspec.json.format(msgspec.json.encode(record), indent=1)) + b"\n")


FRAME_FORMATS: dict[str, Callable[[FrameView, bool, BinaryIO], None]] = {
    "terminal": _terminal,
    "markdown": _markdown,
    "json": _json,
}
"""Who writes each format."""


def heading(view: FrameView) -> list[str]:
    """Return what a packet is, in one line, then what is known of its place, a line each."""
    number, time, source, destination, protocol, length, info = listing_cells(view.row)
    captured = len(view.octets)
    sizes = said(
        "{length} octets" if str(captured) == length else "{length} octets, {captured} of them captured",
        length=length,
        captured=captured,
    )
    what = f"{source} -> {destination}, {protocol}"
    lines = [
        said("Packet {number}: {what}, at {time} s, {sizes}", number=number, what=what, time=time, sizes=sizes),
        info,
    ]
    if view.conversation is not None:
        own = called(view.conversation)
        told = view.title.startswith(f"{own}:")
        inside = said("{own}, told in {title}", own=own, title=view.title) if view.title and not told else own
        lines.append(view.title if told else inside)
    for each in view.steps:
        step = said("Step {number}", number=each.number)
        lines.append(f"{step}: {each.means}" if each.means else step)
    if view.range is not None:
        lines.append(_range_title(view.range))
    if view.tree.trouble:
        lines.append(view.tree.trouble)
    return [line for line in lines if line]


def tree_lines(view: FrameView) -> Iterator[tuple[str, list[str]]]:
    """Yield each layer's title and its fields as indented lines, what is said first, then from the link up."""
    layers = [*([view.said] if view.said is not None else []), *view.tree.layers]
    for layer in layers:
        name, last = layer.name, layer.start + layer.size - 1
        title = said("{name} (octets {first}-{last})", name=name, first=layer.start, last=last) if layer.size else name
        yield title, list(_field_lines(layer.fields))
    if view.tree.rest and not (view.said and view.said.size):
        yield said("Payload: {count} octets", count=view.tree.rest), []
    if view.tree.padding:
        yield said("Behind the packet: {count} octets that fill the frame", count=view.tree.padding), []


def _field_lines(fields: tuple[Field, ...]) -> Iterator[str]:
    """Yield fields and what is inside them, names lined up."""
    waiting = [(field, 1) for field in reversed(fields)]
    widths = {1: _width(fields)}
    while waiting:
        field, depth = waiting.pop()
        name = set_cell_size(safe(field.name), widths[depth])
        yield f"{' ' * INDENT * depth}{name}  {field.value}".rstrip()
        waiting += [(inner, depth + 1) for inner in reversed(field.inside)]
        if field.inside:
            widths[depth + 1] = _width(field.inside)


def _width(fields: tuple[Field, ...]) -> int:
    return max((cell_len(safe(field.name)) for field in fields), default=0)


def _range_title(part: StreamRange) -> str:
    return said(SAID_BY[part.side], first=part.first, last=part.last)


def range_lines(part: StreamRange | None) -> list[str]:
    """Return the octets that a packet adds to its stream: where they stand, then one line of text for each."""
    return [said(NO_OCTETS)] if part is None else [_range_title(part), *range_text(part)]


def _range_record(part: StreamRange | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {"side": SPEAKERS[part.side], "first": part.first, "last": part.last, "lines": range_text(part)}


def _layer_record(layer: Layer) -> dict[str, Any]:
    fields = [_field_record(field) for field in layer.fields]
    return {"name": layer.name, "start": layer.start, "size": layer.size, "fields": fields}


def _field_record(field: Field) -> dict[str, Any]:
    record: dict[str, Any] = {"name": field.name, "value": field.value}
    return record | {"fields": [_field_record(inner) for inner in field.inside]} if field.inside else record


def hex_lines(octets: bytes, hidden: tuple[tuple[int, int], ...]) -> list[str]:
    """Return octets sixteen a line: their offset, their values, the signs they stand for; masked ones as `**`."""
    spelled = _spelled(octets, hidden)
    lines = []
    for at in range(0, len(spelled), ROW_OCTETS):
        row = spelled[at : at + ROW_OCTETS]
        halves = [
            " ".join(value for value, _ in row[: ROW_OCTETS // 2]),
            " ".join(v for v, _ in row[ROW_OCTETS // 2 :]),
        ]
        lines.append(f"{at:04x}  {'  '.join(halves):<48}  {''.join(sign for _, sign in row)}")
    return lines


def _spelled(octets: bytes, hidden: tuple[tuple[int, int], ...]) -> list[tuple[str, str]]:
    spelled = [(f"{octet:02x}", chr(octet) if 0x20 <= octet < 0x7F else ".") for octet in octets]
    for start, stop in hidden:
        spelled[start:stop] = [("**", "*")] * (min(stop, len(octets)) - start)
    return spelled
