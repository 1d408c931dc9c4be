"""scapy's layer tree of one packet: every field of every layer, for people who look at a single frame.

This is the only file that knows scapy. It imports the layers that a frame needs and no others: those of its link type,
then what the ports and types found in it ask for. Payloads of TCP and UDP that scapy has no layer for are told by their
size alone, since what is said in them may have to be masked. Whatever scapy raises is a remark and not a failure.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from msgspec import Struct

from mailtrace.model import wire_text

LINKS = {
    0: ("scapy.layers.l2", "Loopback"),
    1: ("scapy.layers.l2", "Ether"),
    9: ("scapy.layers.ppp", "PPP"),
    12: ("scapy.layers.inet", "IP"),
    14: ("scapy.layers.inet", "IP"),
    50: ("scapy.layers.ppp", "HDLC"),
    101: ("scapy.layers.inet", "IP"),
    105: ("scapy.layers.dot11", "Dot11"),
    108: ("scapy.layers.l2", "Loopback"),
    113: ("scapy.layers.l2", "CookedLinux"),
    127: ("scapy.layers.dot11", "RadioTap"),
    228: ("scapy.layers.inet", "IP"),
    229: ("scapy.layers.inet6", "IPv6"),
    276: ("scapy.layers.l2", "CookedLinuxV2"),
}
"""Where each link type begins: module and layer."""

RAW_IP = frozenset({12, 14, 101})
"""Link types without a header, whose first octet tells the version of IP."""

ALWAYS = ("scapy.layers.inet", "scapy.layers.inet6", "scapy.layers.dns")

ON_PORTS = {
    1701: "scapy.layers.l2tp",
    2152: "scapy.contrib.gtp",
    4789: "scapy.layers.vxlan",
    6081: "scapy.contrib.geneve",
}
"""Modules for what UDP ports carry."""

ON_TYPES = {
    0x8847: "scapy.contrib.mpls",
    0x8848: "scapy.contrib.mpls",
    0x8863: "scapy.layers.ppp",
    0x8864: "scapy.layers.ppp",
}
"""Modules for what follows a link header of a type."""

MAX_FIELDS = 2_000
"""Fields shown of one packet; a hostile one could hold a field in every octet."""

MAX_DEPTH = 8
"""Records inside records that are followed."""

MAX_MODULES = 4
"""How often a frame may ask for more modules: as many tunnels inside each other as anybody builds."""

PORTS = frozenset({"sport", "dport"})

WORDS = {
    "ack": "acknowledgment number",
    "chksum": "checksum",
    "dataofs": "header length (32-bit words)",
    "dport": "destination port",
    "dst": "destination",
    "frag": "fragment offset (8 octets)",
    "id": "identification",
    "ihl": "header length (32-bit words)",
    "len": "length",
    "plen": "payload length",
    "proto": "protocol",
    "seq": "sequence number",
    "sport": "source port",
    "src": "source",
    "tos": "type of service",
    "ttl": "time to live",
    "urgptr": "urgent pointer",
    "window": "window",
}
"""Full names of fields that scapy abbreviates; others keep its names."""

CONTROL_BITS = dict(zip("FSRPAUEC", ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"), strict=True))
"""What the letters of TCP flags mean. Source: RFC 9293 section 3.1."""

TCP_OPTIONS = {
    "EOL": "end of options",
    "MSS": "maximum segment size",
    "NOP": "no operation",
    "SAck": "selective acknowledgment (edges)",
    "SAckOK": "selective acknowledgment permitted",
    "Timestamp": "timestamp, echo",
    "WScale": "window scale (power of two)",
}
"""Options by scapy's names. Source: RFC 9293 section 3.2, RFC 2018 section 2, RFC 7323 section 2."""

OPAQUE = frozenset({"Raw", "NoPayload"})
"""Layers of scapy's that are octets without meaning."""


class Field(Struct, frozen=True):
    """One field in scapy's words, not sanitised; `inside` are the fields of a record that it holds."""

    name: str
    value: str
    inside: tuple[Field, ...] = ()


class Layer(Struct, frozen=True):
    """One layer: where its header starts in the frame, how long that is, and its fields."""

    name: str
    start: int
    size: int
    fields: tuple[Field, ...]


class Tree(Struct, frozen=True):
    """The layers of a frame from the link up; `trouble` is what scapy raised.

    `rest` counts the octets of a payload behind the last, `padding` those behind the packet that only fill the frame.
    `is_fragment` tells that an IP header among them says that its datagram came in parts.
    """

    layers: tuple[Layer, ...]
    rest: int = 0
    trouble: str | None = None
    is_fragment: bool = False
    padding: int = 0


def dissect(frame: bytes, link_type: int) -> Tree:
    """Return the layers of a frame; none, and a remark, where scapy does not know the link type or fails."""
    if link_type not in LINKS:
        return Tree((), len(frame), f"link type {link_type} is not known to this view")
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    try:
        return _tree(_dissected(frame, link_type))
    except Exception as error:  # whatever scapy raises on hostile octets: its bugs are not ours
        return Tree((), len(frame), f"scapy cannot take it apart: {type(error).__name__}: {error}")


def _dissected(frame: bytes, link_type: int) -> Any:
    """Dissect, and once more with each module that what was found asks for."""
    module, name = LINKS[link_type]
    if link_type in RAW_IP and frame[:1] and frame[0] >> 4 == 6:
        module, name = LINKS[229]
    for each in ALWAYS:
        import_module(each)
    packet = getattr(import_module(module), name)(frame)
    asked: set[str] = set()
    for _ in range(MAX_MODULES):
        more = _modules(packet) - asked
        if not more:
            break
        asked |= more
        for each in more:
            import_module(each)
        packet = getattr(import_module(module), name)(frame)
    return packet


def _modules(packet: Any) -> set[str]:
    """Return the modules that a packet's own fields ask for."""
    found = set()
    for layer in _layers(packet):
        fields = layer.fields
        if type(layer).__name__ == "UDP":
            found |= {ON_PORTS[port] for port in (fields.get("sport"), fields.get("dport")) if port in ON_PORTS}
        for name in ("type", "proto"):
            if fields.get(name) in ON_TYPES:
                found.add(ON_TYPES[fields[name]])
    return found


def _layers(packet: Any) -> Iterator[Any]:
    while packet:
        yield packet
        packet = packet.payload


def _tree(packet: Any) -> Tree:
    layers: list[Layer] = []
    start = rest = padding = 0
    in_parts = False
    room = [MAX_FIELDS]
    for layer in _layers(packet):
        name = type(layer).__name__
        size = len(layer.raw_packet_cache if layer.raw_packet_cache is not None else layer.self_build())
        in_parts = in_parts or "Fragment" in name or (name == "IP" and bool(layer.frag or "MF" in layer.flags))
        if name == "Padding":
            padding += size
        elif name in OPAQUE:
            rest += size
        else:
            layers.append(Layer(layer.name, start, size, _fields(layer, room, 0)))
        start += size
    return Tree(tuple(layers), rest, None, in_parts, padding)


def _fields(packet: Any, room: list[int], depth: int) -> tuple[Field, ...]:
    """Return the fields of a layer or record; `room` is how many more may be shown."""
    shown = []
    for description in packet.fields_desc:
        if description.name not in packet.fields or room[0] <= 0:
            continue
        room[0] -= 1
        value = packet.fields[description.name]
        records = [each for each in (value if isinstance(value, list) else [value]) if hasattr(each, "fields_desc")]
        if type(packet).__name__ == "TCP" and description.name == "options":
            shown.append(Field("options", "" if value else "none", tuple(_option(*each) for each in value)))
        elif records and depth < MAX_DEPTH:
            inside = tuple(Field(each.name, each.summary(), _fields(each, room, depth + 1)) for each in records)
            shown.append(Field(WORDS.get(description.name, description.name), "", inside))
        else:
            shown.append(Field(WORDS.get(description.name, description.name), _text(packet, description, value)))
    return tuple(shown)


def _option(name: str | int, value: Any) -> Field:
    """Return an option of TCP; scapy gives its value as a number, several, octets or nothing."""
    values = value if isinstance(value, tuple) else () if value is None else (value,)
    shown = [each.hex(" ") if isinstance(each, bytes) else str(each) for each in values]
    return Field(TCP_OPTIONS.get(str(name), f"option {name}"), ", ".join(shown))


def _text(packet: Any, description: Any, value: Any) -> str:
    """Return a value in words. Ports stay numbers, since their names depend on the machine."""
    if isinstance(value, bytes):
        return wire_text(value)
    if value == []:
        return "none"
    shown = str(value if description.name in PORTS else description.i2repr(packet, value))
    if type(packet).__name__ == "TCP" and description.name == "flags":
        return " ".join(CONTROL_BITS.get(letter, letter) for letter in shown)
    named = isinstance(value, int) and not isinstance(value, bool) and not shown[:1].isdecimal() and shown[:1] != "-"
    return f"{shown} ({int(value)})" if named and shown else shown
