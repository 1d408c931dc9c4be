"""One packet with everything replaced in it: what it carries, its addresses, and the checksums over both.

A checksum is changed by as much as what it covers, so that it is right where it was right. Source: RFC 1624. One that
was wrong stays as it was; what a sender left to its network card (the sum over addresses and length alone) stays such a
sum. Where nobody knows what a packet carries, it ends behind its headers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from msgspec import Struct

from mailtrace.model import Endpoint
from mailtrace.packets.decode import Header
from mailtrace.packets.places import DATAGRAM
from mailtrace.redact.addresses import Addresses

TCP, UDP = 6, 17
TCP_BYTES, UDP_BYTES = 20, 8
ARP, ICMP, ICMPV6 = 0x0806, 0x10001, 0x1003A
_ICMP_BYTES = 8
_TCP_SUM, _UDP_SUM, _IP_SUM, _GRE_SUM = 16, 6, 10, 4
_GRE_CHECKED = 0x8000
_ONES = _NUMBER = 0xFFFF


class Carried(Struct, gc=False):
    """What a packet carries for TCP or UDP: from whom to whom, its octets, and where they start in the buffer."""

    is_tcp: bool
    source: Endpoint
    target: Endpoint
    sequence: int
    flags: int
    at: int
    octets: bytes


def carried(buffer: bytes, headers: Sequence[Header]) -> Iterator[Carried]:
    """Yield what the packets of a frame carry, by the headers that lead there."""
    ip = None
    for header in headers:
        at, end = header.at, header.captured_end
        if header.carrier == "ip":
            ip = header
        elif ip is not None and (header.carrier == "tcp" or header.kind == DATAGRAM):
            is_tcp = header.carrier == "tcp"
            if at + (TCP_BYTES if is_tcp else UDP_BYTES) > end:
                continue
            first = min(at + ((buffer[at + 12] >> 4) * 4 if is_tcp else UDP_BYTES), end)
            source, target = (addressed(octets) for octets in addresses_of(buffer, ip.at))
            yield Carried(
                is_tcp=is_tcp,
                source=Endpoint(source, int.from_bytes(buffer[at : at + 2], "big")),
                target=Endpoint(target, int.from_bytes(buffer[at + 2 : at + 4], "big")),
                sequence=int.from_bytes(buffer[at + 4 : at + 8], "big") if is_tcp else 0,
                flags=buffer[at + 13] if is_tcp else 0,
                at=first,
                octets=buffer[first:end],
            )


def addresses_of(buffer: bytes | bytearray, at: int) -> tuple[bytes, bytes]:
    """Return source and target of an IP header."""
    if buffer[at] >> 4 == 4:
        return bytes(buffer[at + 12 : at + 16]), bytes(buffer[at + 16 : at + 20])
    return bytes(buffer[at + 8 : at + 24]), bytes(buffer[at + 24 : at + 40])


@lru_cache(maxsize=16_384)
def addressed(octets: bytes) -> str:
    """Return an address as text."""
    return str(IPv4Address(octets) if len(octets) == 4 else IPv6Address(octets))


def known_end(octets: bytes, headers: Sequence[Header]) -> int:
    """Return where what is known of a frame ends: behind the last header that says what it is."""
    if not headers:
        return 0
    last = headers[-1]
    end = last.captured_end
    if last.carrier == "tcp":
        return min(last.at + (octets[last.at + 12] >> 4) * 4, end) if last.at + TCP_BYTES <= end else last.at
    if last.kind == DATAGRAM:
        return min(last.at + UDP_BYTES, end)
    if last.kind in (ICMP, ICMPV6):
        return min(last.at + _ICMP_BYTES, end)
    return end if last.kind & _NUMBER == ARP else last.at


def replace_addresses(made: bytearray, headers: Sequence[Header], addresses: Addresses) -> None:
    """Replace the addresses in the headers of a frame; `at` of headers counts from its first octet."""
    for header in headers:
        at, end = header.at, header.captured_end
        if header.carrier == "ip" and made[at] >> 4 == 4:
            places, change = [(at + 12, at + 16), (at + 16, at + 20)], addresses.ip
        elif header.carrier == "ip":
            places, change = [(at + 8, at + 24), (at + 24, at + 40)], addresses.ip
        elif header.carrier in _LINKS:
            places, change = [(at + first, at + first + 6) for first in _LINKS[header.carrier]], addresses.mac
        elif not header.carrier and header.kind & _NUMBER == ARP and made[at + 4 : at + 6] == b"\x06\x04":
            for first in (at + 8, at + 18):
                if first + 10 <= end:
                    made[first : first + 6] = addresses.mac(bytes(made[first : first + 6]))
                    made[first + 6 : first + 10] = addresses.ip(bytes(made[first + 6 : first + 10]))
            continue
        else:
            continue
        for first, last in places:
            if last <= end:
                made[first:last] = change(bytes(made[first:last]))


_LINKS = {
    "ethernet": (0, 6),
    "linux cooked": (6,),
    "linux cooked v2": (12,),
    "802.11": (4, 10, 16),
}
"""Where links have addresses of six octets."""


def mend_checksums(old: bytes, made: bytearray, headers: Sequence[Header]) -> None:
    """Change the checksums of a packet by what was changed in it, the innermost first."""
    ips = [header for header in headers if header.carrier == "ip"]
    for header in reversed(headers):
        at, end = header.at, header.captured_end
        if header.carrier == "ip" and old[at] >> 4 == 4:
            stop = at + (old[at] & 15) * 4
            _mend(old, made, at + _IP_SUM, Covered(at, min(stop, end), stop <= end))
        elif header.carrier in ("tcp", "udp") and header.kind != DATAGRAM:
            ip = max((each for each in ips if each.at < at), key=lambda each: each.at, default=None)
            if ip is not None:
                _mend_transport(old, made, header, ip.at)
        elif header.carrier == "gre" and int.from_bytes(old[at : at + 2], "big") & _GRE_CHECKED:
            _mend(old, made, at + _GRE_SUM, Covered(at, end, end == header.wire_end))


class Covered(Struct, gc=False):
    """What a checksum covers: octets from `start` to `end`, all of them captured if `is_whole`, and addresses.

    `more` is the sum of what else it covers, the same before and after.
    """

    start: int
    end: int
    is_whole: bool
    before: bytes = b""
    after: bytes = b""
    more: int = 0


def _mend_transport(old: bytes, made: bytearray, header: Header, ip_at: int) -> None:
    """Change the checksum of TCP or UDP, unless there is none. Source: RFC 9293 section 3.1, RFC 768."""
    at, end, wire_end = header.at, header.captured_end, header.wire_end
    is_tcp = header.carrier == "tcp"
    place = at + (_TCP_SUM if is_tcp else _UDP_SUM)
    if not is_tcp and old[place : place + 2] == b"\0\0":
        return
    size = int.from_bytes(old[at + 4 : at + 6], "big") if not is_tcp else 0
    if size:
        end, wire_end = min(end, at + size), min(wire_end, at + size)
    before, after = (b"".join(addresses_of(each, ip_at)) for each in (old, made))
    more = (TCP if is_tcp else UDP) + wire_end - at
    _mend(old, made, place, Covered(at, end, end == wire_end, before, after, more))
    if not is_tcp and made[place : place + 2] == b"\0\0":
        made[place : place + 2] = b"\xff\xff"


def _mend(old: bytes, made: bytearray, place: int, covered: Covered) -> None:
    """Change the checksum at `place` by what changed in what it covers; one that is wrong stays so."""
    start, end = covered.start, covered.end
    if place + 2 > end:
        return
    told = int.from_bytes(old[place : place + 2], "big")
    pseudo = _sum(covered.before) + covered.more
    more = _sum(covered.after) - _sum(covered.before)
    if covered.is_whole and (_sum(old[start:end]) + pseudo) % _ONES:
        if not covered.before or told % _ONES != pseudo % _ONES:
            return
        made[place : place + 2] = ((told + more) % _ONES).to_bytes(2, "big")
        return
    more += _sum(made[start:end]) - _sum(old[start:end])
    if more % _ONES:
        made[place : place + 2] = ((int.from_bytes(made[place : place + 2], "big") - more) % _ONES).to_bytes(2, "big")


def _sum(octets: bytes | bytearray) -> int:
    """Return the sum of 16-bit numbers in ones' complement: since 2**16 leaves 1 divided by 65535, one division."""
    return int.from_bytes(octets + bytes(len(octets) & 1), "big") % _ONES
