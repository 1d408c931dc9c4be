"""The header with which a proxy opens a connection that it relays: for whom, and to where.

It comes before everything else, TLS included, so it is taken off before a session sees the stream. Version 1 is a line
of text, version 2 is binary and counts its own octets: `length` says how many follow its first sixteen, and whatever
they hold, the conversation begins behind them. Source: haproxy.org, The PROXY protocol, versions 1 and 2.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from msgspec import Struct

from mailtrace.model import Endpoint, wire_text
from mailtrace.protocols.base import Guess

TEXT_OCTETS = 107
"""The longest line of version 1, its end included; a longer one is accepted and named. Section 2.1."""

HEADER_LIMIT = 4096
"""Octets of a header that are waited for: 536 are the most that a proxy may count on, certificates may need more."""

FIXED_OCTETS = 16  # of version 2: signature, version and command, family, length

_TEXT = b"PROXY "
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_LOCAL, _PROXY = 0x20, 0x21
_FAMILIES = {0x11: "TCP4", 0x12: "UDP4", 0x21: "TCP6", 0x22: "UDP6", 0x31: "UNIX stream", 0x32: "UNIX datagram"}
_ADDRESS_OCTETS = {0x1: 12, 0x2: 36, 0x3: 216}  # by the first half of the family
_FIELDS = {
    0x01: "protocol",
    0x02: "server name",
    0x03: "checksum",
    0x05: "unique id",
    0x20: "TLS",
    0x30: "network namespace",
    0xEA: "Amazon endpoint",
    0xEE: "Azure endpoint",
}
_PADDING = 0x04
_TEXTS = (0x01, 0x02, 0x21, 0x22, 0x23, 0x24, 0x25, 0x30)
_TLS, _TLS_FIXED_OCTETS = 0x20, 5
_TLS_FIELDS = {
    0x21: "TLS version",
    0x22: "client certificate",
    0x23: "TLS cipher",
    0x24: "certificate signature",
    0x25: "certificate key",
}


class ProxyHeader(Struct, frozen=True):
    """A header of `size` octets; the rest is as in `model.Proxied`. `fault` says what is wrong, '' if nothing is."""

    size: int
    version: int
    said: str
    client: Endpoint | None = None
    server: Endpoint | None = None
    details: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def parse_proxy_header(octets: bytes, ended: bool = False) -> ProxyHeader | Guess:
    """Read the header that begins a client's octets; NO when they do not begin with one, MORE when it is not all here.

    `ended`: no more octets will come, so what is there of a header of version 2 counts, as a broken one.
    """
    if octets[:1] == b"P":
        return _parse_text(octets, ended)
    if octets.startswith(_SIGNATURE):
        return _parse_binary(octets, ended)
    return Guess.MORE if not ended and _SIGNATURE.startswith(octets) else Guess.NO


def _parse_text(octets: bytes, ended: bool) -> ProxyHeader | Guess:
    """Source: section 2.1. Text that only begins like a header is a command, and so is one that does not end."""
    if not octets.startswith(_TEXT):
        return Guess.MORE if not ended and _TEXT.startswith(octets) else Guess.NO
    end = octets.find(b"\n", 0, HEADER_LIMIT)
    if end < 0:
        return Guess.MORE if not ended and len(octets) < HEADER_LIMIT else Guess.NO
    line = octets[:end]
    words = line.removesuffix(b"\r").split(b" ")
    family = words[1].decode("ascii", "replace")
    if family not in ("TCP4", "TCP6", "UNKNOWN"):
        return Guess.NO
    faults = []
    if end + 1 > TEXT_OCTETS:
        faults.append(f"it has {end + 1} octets, and {TEXT_OCTETS} are the most")
    if not line.endswith(b"\r"):
        faults.append("it ends with LF alone")
    client = server = None
    if family != "UNKNOWN":
        client, server = _ends(family, words[2:])
        if client is None:
            faults.append("its addresses cannot be read")
    said = wire_text(line.removesuffix(b"\r")[:TEXT_OCTETS])
    return ProxyHeader(end + 1, 1, said, client, server, fault=_sentence(faults))


def _ends(family: str, words: list[bytes]) -> tuple[Endpoint, Endpoint] | tuple[None, None]:
    """Read two addresses and two ports."""
    kind = IPv4Address if family == "TCP4" else IPv6Address
    try:
        source, target, *ports = [word.decode("ascii") for word in words]
        client, server = (str(kind(address)) for address in (source, target))
        from_port, to_port = (int(port) for port in ports if port.isdecimal() and len(port) <= 5)
    except ValueError:
        return None, None
    if max(from_port, to_port) > 0xFFFF:
        return None, None
    return Endpoint(client, from_port), Endpoint(server, to_port)


def _parse_binary(octets: bytes, ended: bool) -> ProxyHeader | Guess:
    """Source: section 2.2. The length is what receivers go by; that what it counts makes no sense is named."""
    size = FIXED_OCTETS + int.from_bytes(octets[14:FIXED_OCTETS], "big")
    here = len(octets)
    if not ended and (here < min(size, HEADER_LIMIT) or here < FIXED_OCTETS):
        return Guess.MORE
    if here < FIXED_OCTETS:
        return ProxyHeader(here, 2, "PROXY v2", fault="it is cut short")
    command, family = octets[12], octets[13]
    faults = []
    if size > here:
        faults.append(f"it promises {size} octets, and {here} came" if ended else f"it promises {size} octets")
        size = min(here, FIXED_OCTETS + _ADDRESS_OCTETS.get(family >> 4, 0))
    if command not in (_LOCAL, _PROXY):
        faults.append(f"0x{command:02x} is no version and command that exist")
    if command != _PROXY or not family:
        said = "PROXY v2 LOCAL" if command == _LOCAL else "PROXY v2 UNKNOWN"
        return ProxyHeader(size, 2, said, fault=_sentence(faults))
    return _parse_addresses(octets[FIXED_OCTETS:size], size, family, faults)


def _parse_addresses(body: bytes, size: int, family: int, faults: list[str]) -> ProxyHeader:
    """Read the addresses of version 2 and the fields behind them. Source: section 2.2."""
    name = _FAMILIES.get(family)
    width = _ADDRESS_OCTETS.get(family >> 4, 0)
    if name is None:
        faults.append(f"0x{family:02x} is no address family that exists")
    if len(body) < width:
        faults.append(f"it counts {len(body)} octets, and its addresses alone need {width}")
        return ProxyHeader(size, 2, f"PROXY v2 {name or 'UNKNOWN'}", fault=_sentence(faults))
    client = server = None
    said = f"PROXY v2 {name or 'UNKNOWN'}"
    if name is not None and width < _ADDRESS_OCTETS[0x3]:
        client, server = _binary_ends(body, width)
        said += f" {client.host} {server.host} {client.port} {server.port}"
    details = _parse_fields(body[width:], _FIELDS, faults) if name is not None else []
    return ProxyHeader(size, 2, said, client, server, tuple(details), _sentence(faults))


def _binary_ends(body: bytes, width: int) -> tuple[Endpoint, Endpoint]:
    octets = (width - 4) // 2
    kind = IPv4Address if octets == 4 else IPv6Address
    hosts = [str(kind(body[at : at + octets])) for at in (0, octets)]
    ports = [int.from_bytes(body[at : at + 2], "big") for at in (width - 4, width - 2)]
    return Endpoint(hosts[0], ports[0]), Endpoint(hosts[1], ports[1])


def _parse_fields(body: bytes, names: dict[int, str], faults: list[str]) -> list[tuple[str, str]]:
    """Read type, length and value, again and again; those within the field of TLS too. Source: section 2.2.1."""
    details: list[tuple[str, str]] = []
    at = 0
    while at < len(body):
        kind, end = body[at], at + 3 + int.from_bytes(body[at + 1 : at + 3], "big")
        value = body[at + 3 : end]
        if end > len(body) or at + 3 > len(body):
            faults.append("its last field is not whole")
            break
        at = end
        if kind == _TLS and names is _FIELDS:
            details.append(("TLS", "yes" if value[:1] and value[0] & 1 else "no"))
            details += _parse_fields(value[_TLS_FIXED_OCTETS:], _TLS_FIELDS, faults)
        elif kind != _PADDING:
            shown = wire_text(value) if kind in _TEXTS else value.hex()
            details.append((names.get(kind, f"field 0x{kind:02x}"), shown))
    return details


def _sentence(faults: list[str]) -> str:
    """Join what is wrong into one sentence; '' when nothing is."""
    return f"the header of the proxy is broken: {'; '.join(faults)}" if faults else ""
