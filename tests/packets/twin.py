"""The slow twin of `mailtrace.packets.decode`: the same reading, one frame at a time, in plain `struct`.

It specifies what decode must return for frames that are no fragments; it is written from the standards, not from
decode. `frame` is always what was captured, `real` how long it was on the wire, both from the start of the header.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

VLAN = (0x8100, 0x88A8, 0x9100)
FAMILY = {2: 0x0800, 10: 0x86DD, 24: 0x86DD, 28: 0x86DD, 30: 0x86DD}
EXTENSIONS = (0, 43, 44, 51, 60, 135)
DEPTH = 16
LABELS = 16


class Plain(NamedTuple):
    """One TCP or UDP packet: addresses as packed octets; payload as captured; length as on the wire."""

    protocol: int
    source: bytes
    target: bytes
    source_port: int
    target_port: int
    sequence: int
    acknowledged: int
    flags: int
    payload: bytes
    length: int


class Part(NamedTuple):
    """What lies within a header: the name of the next one, its octets, its real length, carriers passed so far."""

    name: str
    frame: bytes
    real: int
    depth: int
    addresses: tuple[bytes, bytes] = (b"", b"")

    def inside(self, name: str, at: int, deeper: int = 0, end: int | None = None) -> Iterator[Part]:
        """Yield what lies `at` octets further in; nothing where that was not captured or is too deep."""
        if at <= len(self.frame) and self.depth + deeper <= DEPTH:
            frame, real = self.frame[at:end], (self.real if end is None else min(end, self.real)) - at
            yield Part(name, frame, max(real, 0), self.depth + deeper, self.addresses)


def read_frame(frame: bytes, wire: int, link_type: int, fcs_bytes: int = 0) -> list[Plain]:
    """Return the transport packets in a frame: none where nothing can be read, several for aggregates."""
    real = max(wire - fcs_bytes, 0)
    frame = frame[:real]
    found: list[Plain] = []
    waiting = [Part(LINKS.get(link_type, ""), frame, max(real, len(frame)), 0)]
    while waiting:
        part = waiting.pop()
        if part.name in ("tcp", "datagram"):
            found += (_tcp if part.name == "tcp" else _datagram)(part)
        elif part.name in HEADERS:
            waiting += reversed(list(HEADERS[part.name](part)))
    return found


def u16(octets: bytes, at: int) -> int:
    """Return a big-endian number; what is not there counts as zeros."""
    return int.from_bytes(octets[at : at + 2].ljust(2, b"\0"), "big")


def u32(octets: bytes, at: int) -> int:
    """Return a big-endian number; what is not there counts as zeros."""
    return int.from_bytes(octets[at : at + 4].ljust(4, b"\0"), "big")


def ethertype(number: int) -> str:
    """Return the name of the header that an ethertype stands for."""
    return "" if number < 0x600 else ETHERTYPES.get(number, "")


def _ethernet(part: Part, deeper: int = 0) -> Iterator[Part]:
    number = u16(part.frame, 12)
    if len(part.frame) >= 14 and number < 0x600:
        yield from part.inside("llc", 14, deeper, 14 + number)
    else:
        yield from part.inside(ethertype(number), 14, deeper)


def _inner_ethernet(part: Part) -> Iterator[Part]:
    return _ethernet(part, 1)


def _vlan(part: Part) -> Iterator[Part]:
    number = u16(part.frame, 2)
    if len(part.frame) >= 4 and number < 0x600:
        yield from part.inside("llc", 4, 1, 4 + number)
    else:
        yield from part.inside(ethertype(number), 4, 1)


def _llc(part: Part) -> Iterator[Part]:
    head, number = part.frame[:6], u16(part.frame, 6)
    if head in (b"\xaa\xaa\3\0\0\0", b"\xaa\xaa\3\0\0\xf8") and len(part.frame) >= 8:
        yield from part.inside(ethertype(number), 8)
    elif head == b"\xaa\xaa\3\0\x80\xc2" and number in (1, 7):
        yield from part.inside("inner ethernet", 10)


def _sll(part: Part) -> Iterator[Part]:
    number = u16(part.frame, 14)
    yield from part.inside("llc" if number == 4 else ethertype(number), 16)


def _sll2(part: Part) -> Iterator[Part]:
    number = u16(part.frame, 0)
    yield from part.inside("llc" if number == 4 else ethertype(number), 20)


def _family(frame: bytes) -> str:
    family = frame[0] | frame[1] << 8 if frame[2:4] == b"\0\0" else frame[2] << 8 | frame[3]
    return ethertype(FAMILY.get(family, family))


def _null(part: Part) -> Iterator[Part]:
    if len(part.frame) >= 4:
        yield from part.inside(_family(part.frame), 4)


def _enc(part: Part) -> Iterator[Part]:
    if len(part.frame) >= 4:
        yield from part.inside(_family(part.frame), 12)


def _pflog(part: Part) -> Iterator[Part]:
    size = (part.frame[0] + 3) // 4 * 4 if part.frame else 0
    if size >= 4 and len(part.frame) >= 2:
        yield from part.inside(ethertype(FAMILY.get(part.frame[1], 0)), size)


def _bare(part: Part) -> Iterator[Part]:
    if part.frame:
        yield from part.inside({4: "ipv4", 6: "ipv6"}.get(part.frame[0] >> 4, ""), 0)


def _ppp(part: Part) -> Iterator[Part]:
    frame, at = part.frame, 0
    if len(frame) < 2:
        return
    if frame[:2] in (b"\x0f\0", b"\x8f\0"):
        yield from _chdlc(part)
        return
    if frame[:2] == b"\xff\3":
        at = 2
    if at == len(frame):
        return
    number, size = (frame[at], 1) if frame[at] & 1 else (u16(frame, at), 2)
    yield from part.inside(PPP.get(number, ""), at + size)


def _directed(part: Part) -> Iterator[Part]:
    yield from part.inside("ppp", 1)


def _chdlc(part: Part) -> Iterator[Part]:
    number = u16(part.frame, 2)
    if len(part.frame) >= 4 and number < 0x600:
        yield from part.inside("llc", 4, 0, 4 + number)
    else:
        yield from part.inside(ethertype(number), 4)


def _bridged(part: Part) -> Iterator[Part]:
    if part.frame[1:2] == b"\1":
        yield from part.inside("inner ethernet", 2, 1)


def _pppoe(part: Part) -> Iterator[Part]:
    length = u16(part.frame, 4)
    if part.frame[:2] == b"\x11\0" and length:
        yield from part.inside("ppp", 6, 1, 6 + length)


def _ipv4(part: Part, deeper: int = 0) -> Iterator[Part]:
    packet, real = part.frame, part.real
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return
    header, total = (packet[0] & 15) * 4, u16(packet, 2) or real
    if header < 20 or header > len(packet) or total < header or u16(packet, 6) & 0x3FFF:
        return
    part = part._replace(addresses=(packet[12:16], packet[16:20]))
    yield from part.inside(PROTOCOLS.get(packet[9], ""), header, deeper, total)


def _ipv6(part: Part, deeper: int = 0) -> Iterator[Part]:
    packet = part.frame
    if len(packet) < 40 or packet[0] >> 4 != 6:
        return
    length = u16(packet, 4)
    end = min(40 + length, part.real) if length else part.real
    packet = packet[:end]
    kind, at = packet[6], 40
    for _ in range(16):
        if kind not in EXTENSIONS:
            break
        if at + 8 > len(packet):
            return
        following, size = packet[at], packet[at + 1]
        if kind == 44:
            if u16(packet, at + 2) & 0xFFF9:
                return
            at += 8
        else:
            at += (size + 2) * 4 if kind == 51 else (size + 1) * 8
        kind = following
    if kind not in EXTENSIONS:
        part = part._replace(addresses=(packet[8:24], packet[24:40]))
        yield from part.inside(PROTOCOLS.get(kind, ""), at, deeper, end)


def _authentication(part: Part) -> Iterator[Part]:
    if len(part.frame) >= 2:
        yield from part.inside(PROTOCOLS.get(part.frame[0], ""), (part.frame[1] + 2) * 4, 1)


def _gre(part: Part) -> Iterator[Part]:
    frame = part.frame
    flags, number = u16(frame, 0), u16(frame, 2)
    version, numbered = flags & 7, flags & 0x1000
    if len(frame) < 4 or version > 1 or number < 0x600 or (version == 1 and not numbered):
        return
    at = 4 + 4 * bool(flags & 0xC000) + 4 * bool(flags & 0x2000) + 4 * bool(numbered)
    at += 4 * bool(version == 1 and flags & 0x80)
    routes = 0
    while flags & 0x4000 and routes < 16:
        entry = frame[at : at + 4]
        at += 4 + (entry[3] if len(entry) == 4 else 0xFFFF)
        routes += 1
        if entry == bytes(4):
            break
    if number == 0x88BE:
        name = "erspan 2" if numbered else "inner ethernet"
    elif number == 0x883E:
        yield from part.inside("ipv4", at if frame[at : at + 1].hex().startswith("4") else at + 4, 1)
        return
    else:
        name = ethertype(number)
    yield from part.inside(name, at, 1)


def _erspan_2(part: Part) -> Iterator[Part]:
    if part.frame[:1].hex().startswith("1"):
        yield from part.inside("inner ethernet", 8, 1)


def _erspan_3(part: Part) -> Iterator[Part]:
    bits = u16(part.frame, 10)
    if part.frame[:1].hex().startswith("2"):
        name = {0: "inner ethernet", 2: "bare"}.get(bits >> 10 & 31, "")
        yield from part.inside(name, 20 if bits & 1 else 12, 1)


def _mpls(part: Part) -> Iterator[Part]:
    frame, at = part.frame, 0
    for _ in range(LABELS):
        at += 4
        if at > len(frame):
            return
        if frame[at - 2] & 1:
            break
    else:
        return
    if at == len(frame):
        return
    if frame[at] >> 4 == 0 and _like_ethernet(frame[at + 4 :]):
        yield from part.inside("inner ethernet", at + 4, 1)
    elif frame[at] >> 4 == 4 and frame[at] & 15 >= 5:
        yield from part.inside("ipv4", at, 1)
    elif frame[at] >> 4 == 6:
        yield from part.inside("ipv6", at, 1)
    elif _like_ethernet(frame[at:]):
        yield from part.inside("inner ethernet", at, 1)


def _like_ethernet(frame: bytes) -> bool:
    return len(frame) >= 14 and u16(frame, 12) in (0x0800, 0x86DD, 0x8100, 0x88A8, 0x0806, 0x8847, 0x8864)


def _etherip(part: Part) -> Iterator[Part]:
    if part.frame[:1].hex().startswith("3"):
        yield from part.inside("inner ethernet", 2, 1)


def _backbone(part: Part) -> Iterator[Part]:
    yield from part.inside("inner ethernet", 4, 1)


def _udp(part: Part) -> Iterator[Part]:
    body, real = part.frame, part.real
    if len(body) < 8 or 0 < u16(body, 4) < 8:
        return
    end = u16(body, 4) or real
    for place in (2, 0):
        tunnel = TUNNELS.get(u16(body, place))
        if tunnel is not None:
            inner = part._replace(frame=body[8:end], real=max(min(real, end) - 8, 0), depth=part.depth)
            found = tunnel(inner.frame, inner.real)
            if found is not None and found[1] <= len(inner.frame):
                yield from inner.inside(*found, 1)
                return
            break
    yield from part.inside("datagram", 0, 0, end)


Found = tuple[str, int] | None


def _vxlan(frame: bytes, real: int) -> Found:
    plain, with_policy = u32(frame, 0) == 0x08000000, u32(frame, 0) & 0xFFB70000 == 0x88000000
    return ("inner ethernet", 8) if (plain or with_policy) and frame[7:8] == b"\0" else None


def _vxlan_gpe(frame: bytes, real: int) -> Found:
    if not frame or frame[0] & 0xCC != 0x0C or frame[3:4] not in (b"\1", b"\2", b"\3", b"\5"):
        return None
    return {1: "ipv4", 2: "ipv6", 3: "inner ethernet", 5: "mpls"}[frame[3]], 8


def _geneve(frame: bytes, real: int) -> Found:
    if len(frame) < 8 or frame[0] >> 6 or u16(frame, 2) < 0x600 or frame[7]:
        return None
    return ethertype(u16(frame, 2)), 8 + (frame[0] & 63) * 4


def _gtp(frame: bytes, real: int) -> Found:
    if frame[:1].hex()[:1] != "3" or frame[1:2] != b"\xff":
        return None
    at = 12 if frame[0] & 7 else 8
    following = frame[11] if frame[0] & 4 and len(frame) > 11 else 0
    for _ in range(16):
        if not following:
            break
        step = frame[at] * 4 if at < len(frame) else 0
        if not step and at >= len(frame):
            return None
        if at + step > len(frame):
            return None
        following = frame[at + step - 1] if step else 0
        at += step
    if following or at >= len(frame) or frame[at] >> 4 not in (4, 6):
        return None
    return "bare", at


def _l2tp(frame: bytes, real: int) -> Found:
    flags = u16(frame, 0)
    if flags & 0x800F != 2:
        return None
    at = 6 + 2 * bool(flags & 0x4000) + 4 * bool(flags & 0x0800)
    if flags & 0x0200:
        at += 2 + u16(frame, at)
    return ("ppp", at) if at < len(frame) else None


def _teredo(frame: bytes, real: int) -> Found:
    at = 0
    if frame[:2] == b"\0\1" and len(frame) >= 4:
        at = 13 + frame[2] + frame[3]
    if frame[at : at + 2] == b"\0\0":
        at += 8
    inner = frame[at:]
    if len(inner) < 40 or inner[0] >> 4 != 6 or at + 40 + u16(inner, 4) > real:
        return None
    return "ipv6", at


def _mpls_in_udp(frame: bytes, real: int) -> Found:
    return ("mpls", 0) if len(frame) >= 4 else None


def _radiotap(part: Part) -> Iterator[Part]:
    frame = part.frame
    if len(frame) < 8 or frame[0]:
        return
    size, words = frame[2] | frame[3] << 8, 1
    while words < 64 and len(frame) > 3 + 4 * words and frame[3 + 4 * words] & 0x80:
        words += 1
    at = 4 + 4 * words
    if frame[4] & 1:
        at = (at + 7) // 8 * 8 + 8
    padded = frame[4] & 2 and at < size and at < len(frame) and frame[at] & 0x20
    if size >= 8:
        yield from part.inside("padded 802.11" if padded else "802.11", size)


def _ppi(part: Part) -> Iterator[Part]:
    frame = part.frame
    if len(frame) >= 8 and not frame[0] and frame[2] | frame[3] << 8 >= 8:
        yield from part.inside(LINKS.get(frame[4] | frame[5] << 8, ""), frame[2] | frame[3] << 8, 1)


def _prism(part: Part) -> Iterator[Part]:
    avs = len(part.frame) >= 8 and u32(part.frame, 0) >> 12 == 0x80211
    yield from part.inside("802.11", max(u32(part.frame, 4), 8) if avs else 144)


def _avs(part: Part) -> Iterator[Part]:
    if len(part.frame) >= 8 and u32(part.frame, 0) >> 12 == 0x80211:
        yield from part.inside("802.11", max(u32(part.frame, 4), 8))


def _wifi(part: Part) -> Iterator[Part]:
    frame = part.frame
    if len(frame) < 24 or frame[0] & 0x4F != 0x08 or frame[1] & 0x44 or frame[22] & 15:
        return
    at = 24 + 6 * (frame[1] & 3 == 3)
    aggregate = frame[0] & 0x80 and len(frame) > at and frame[at] & 0x80
    if frame[0] & 0x80:
        at += 6 if frame[1] & 0x80 else 2
    if part.name == "padded 802.11":
        at = (at + 3) // 4 * 4
    if not aggregate:
        yield from part.inside("llc", at)
        return
    for _ in range(64):
        if at + 14 > len(frame):
            return
        length = u16(frame, at + 12)
        if length:
            yield from part.inside("llc", at + 14, 0, at + 14 + length)
        at += (14 + length + 3) // 4 * 4


def _tcp(part: Part) -> list[Plain]:
    body, real = part.frame, part.real
    header = (body[12] >> 4) * 4 if len(body) >= 20 else 0
    if header < 20 or header > real:
        return []
    ports = struct.unpack_from(">HHII", body)
    return [Plain(6, *part.addresses, *ports, body[13], body[header:], max(real - header, 0))]


def _datagram(part: Part) -> list[Plain]:
    first, second = struct.unpack_from(">HH", part.frame)
    return [Plain(17, *part.addresses, first, second, 0, 0, 0, part.frame[8:], max(part.real - 8, 0))]


HEADERS: dict[str, Callable[[Part], Iterator[Part]]] = {
    "ethernet": _ethernet,
    "inner ethernet": _inner_ethernet,
    "vlan": _vlan,
    "llc": _llc,
    "sll": _sll,
    "sll2": _sll2,
    "null": _null,
    "enc": _enc,
    "pflog": _pflog,
    "bare": _bare,
    "ppp": _ppp,
    "inner ppp": lambda part: (inner._replace(depth=inner.depth + 1) for inner in _ppp(part) if inner.depth < DEPTH),
    "directed ppp": _directed,
    "cisco hdlc": _chdlc,
    "bcp": _bridged,
    "pppoe": _pppoe,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "ipv4 in ip": lambda part: _ipv4(part, 1),
    "ipv6 in ip": lambda part: _ipv6(part, 1),
    "authentication": _authentication,
    "gre": _gre,
    "erspan 2": _erspan_2,
    "erspan 3": _erspan_3,
    "wccp": lambda part: part.inside("ipv4", 4),
    "mpls": _mpls,
    "etherip": _etherip,
    "backbone": _backbone,
    "udp": _udp,
    "radiotap": _radiotap,
    "ppi": _ppi,
    "prism": _prism,
    "avs": _avs,
    "802.11": _wifi,
    "padded 802.11": _wifi,
}
LINKS = {
    0: "null", 1: "ethernet", 9: "ppp", 12: "bare", 14: "bare", 50: "ppp", 51: "pppoe", 100: "llc", 101: "bare",
    104: "cisco hdlc", 105: "802.11", 108: "null", 109: "enc", 113: "sll", 117: "pflog", 119: "prism", 127: "radiotap",
    163: "avs", 166: "directed ppp", 192: "ppi", 204: "directed ppp", 219: "mpls", 228: "bare", 229: "bare",
    276: "sll2",
}  # fmt: skip
ETHERTYPES = {
    0x0800: "ipv4", 0x86DD: "ipv6", 0x8100: "vlan", 0x88A8: "vlan", 0x9100: "vlan", 0x88E7: "backbone",
    0x8864: "pppoe", 0x8847: "mpls", 0x8848: "mpls", 0x880B: "inner ppp", 0x88BE: "erspan 2", 0x22EB: "erspan 3",
    0x6558: "inner ethernet", 0x883E: "wccp",
}  # fmt: skip
PPP = {0x21: "ipv4", 0x31: "bcp", 0x57: "ipv6", 0x281: "mpls", 0x283: "mpls"}
PROTOCOLS = {
    4: "ipv4 in ip", 6: "tcp", 17: "udp", 41: "ipv6 in ip", 47: "gre", 51: "authentication", 97: "etherip", 137: "mpls",
}  # fmt: skip
TUNNELS: dict[int, Callable[[bytes, int], Found]] = {
    1701: _l2tp, 2152: _gtp, 3544: _teredo, 4789: _vxlan, 4790: _vxlan_gpe, 6081: _geneve, 6635: _mpls_in_udp,
    8472: _vxlan,
}  # fmt: skip
