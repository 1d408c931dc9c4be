"""Network addresses for network addresses: each spelled as long as the one it replaces, and neighbours stay neighbours.

An octet of IPv4 is replaced by one of as many digits, a group of IPv6 by one of as many hexadecimal digits, each by
what stands before it: hosts of one network stay in one network. What says that an address is private, a multicast or
the machine's own stays, since programs treat such addresses differently.
"""

from __future__ import annotations

from collections.abc import Hashable
from ipaddress import IPv4Address, IPv6Address, ip_network

_FIRST_OCTETS = (
    range(1, 10),
    range(11, 100),
    [number for number in range(101, 224) if number not in (127, 169, 172, 192, 198, 203)],
)
"""By digits: first octets that make an address a public one."""

_OCTETS = (range(1, 10), range(10, 100), range(100, 255))
_KEPT_4 = tuple(
    (ip_network(text), octets)
    for text, octets in (
        ("0.0.0.0/8", 4), ("10.0.0.0/8", 1), ("100.64.0.0/10", 2), ("127.0.0.0/8", 4), ("169.254.0.0/16", 2),
        ("172.16.0.0/12", 2), ("192.168.0.0/16", 2), ("224.0.0.0/3", 4),
    )
)  # fmt: skip
"""How many octets stay of which addresses."""

_MAPPED = (bytes(10) + b"\xff\xff", b"\x00\x64\xff\x9b" + bytes(8))
"""IPv6 that holds an address of IPv4. Source: RFC 4291 section 2.5.5.2, RFC 6052 section 2.1."""

_SOLICITED = b"\xff\x02" + bytes(9) + b"\x01\xff"
"""What asks for a neighbour ends with the last three octets of its address. Source: RFC 4291 section 2.7.1."""

_LINK_SOLICITED = b"\x33\x33\xff"


class Addresses:
    """The network addresses of one capture and their replacements."""

    def __init__(self) -> None:
        """Begin with none."""
        self._chosen: dict[tuple[Hashable, int], int] = {}
        self._taken: dict[Hashable, set[int]] = {}

    def ip(self, octets: bytes) -> bytes:
        """Return the replacement of an address of 4 or 16 octets; what is neither stays."""
        if len(octets) == 4:
            return self._four(octets)
        return self._six(octets) if len(octets) == 16 else octets

    def mac(self, octets: bytes) -> bytes:
        """Return the replacement of a link address of 6 octets; groups stay, what is none stays."""
        if octets.startswith(_LINK_SOLICITED) and len(octets) == 6:
            return _LINK_SOLICITED + self._tail(octets[3:])
        if len(octets) != 6 or octets[0] & 1 or not any(octets):
            return octets
        number = self._one_of("mac", int.from_bytes(octets, "big"), range(1, 1 << 24))
        return b"\x02\x00\x00" + number.to_bytes(3, "big")

    def text(self, text: str) -> str | None:
        """Return the replacement of an address that is written out, as long as that; None for what is no address."""
        if ":" not in text:
            numbers = text.split(".")
            if len(numbers) != 4 or not all(_is_octet(number) for number in numbers):
                return None
            return ".".join([str(number) for number in self._four(bytes(map(int, numbers)))])
        try:
            new = self._six(IPv6Address(text).packed)
        except ValueError:
            return None
        return _spelled_alike(text, new)

    def _four(self, octets: bytes) -> bytes:
        address = IPv4Address(octets)
        kept = next((kept for network, kept in _KEPT_4 if address in network), 0)
        made = bytearray(octets[:kept])
        for at in range(kept, 4):
            old = octets[at]
            digits = len(str(old)) - 1
            if at and old in (0, 255):
                made.append(old)
            else:
                made.append(self._one_of(octets[:at], old, _OCTETS[digits] if at else _FIRST_OCTETS[digits]))
        return bytes(made)

    def _six(self, octets: bytes) -> bytes:
        if octets[:12] in _MAPPED:
            return octets[:12] + self._four(octets[12:])
        if octets.startswith(_SOLICITED):
            return _SOLICITED + self._tail(octets[13:])
        if octets[0] == 0xFF or not any(octets[:15]):
            return octets
        made = bytearray()
        for at in range(0, 16, 2):
            old = int.from_bytes(octets[at : at + 2], "big")
            made += self._group(octets[:at], old).to_bytes(2, "big")
        return bytes(made)

    def _group(self, before: bytes, old: int) -> int:
        """Return the replacement of a group of 16 bits; the first digit of an address tells its kind, and stays."""
        if not old or (not before and old >= 0xFE80):
            return old
        digits = len(f"{old:x}")
        first = old >> 12 << 12 if not before and digits == 4 else 1 if digits == 1 else 1 << 4 * (digits - 1)
        last = first + 0x1000 if not before and digits == 4 else 1 << 4 * digits
        return self._one_of(("group", before), old, range(first, last))

    def _tail(self, octets: bytes) -> bytes:
        return self._one_of("tail", int.from_bytes(octets, "big"), range(1, 1 << 24)).to_bytes(3, "big")

    def _one_of(self, place: Hashable, old: int, choice: range | list[int]) -> int:
        """Return what replaces a number at a place: one of the choice that replaces no other there, if one is left."""
        known = self._chosen.get((place, old))
        if known is None:
            taken = self._taken.setdefault((place, choice[0]), set())
            at = (len(taken) * 7_919 + 5) % len(choice)
            known = next(
                (
                    each
                    for each in (choice[(at + more) % len(choice)] for more in range(len(taken) + 2))
                    if each not in taken and each != old
                ),
                choice[at],
            )
            taken.add(known)
            self._chosen[place, old] = known
        return known


def _is_octet(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 3 and str(int(text)) == text and int(text) < 256


def _spelled_alike(text: str, new: bytes) -> str:
    """Return an address of IPv6 spelled as the text of the one that it replaces is."""
    before, gap, behind = text.partition("::")
    groups = [new[at : at + 2] for at in range(0, 16, 2)]
    left = _groups(before, groups)
    right = _groups(behind, groups[8 - _count(behind) :]) if gap else ""
    return left + gap + right


def _count(text: str) -> int:
    """Return how many groups a part of an address has; one with dots stands for two."""
    return text.count(":") + 1 + ("." in text) if text else 0


def _groups(text: str, groups: list[bytes]) -> str:
    if not text:
        return ""
    spelled = []
    for old, at in zip(text.split(":"), range(8), strict=False):
        if "." in old:
            spelled.append(".".join(str(octet) for octet in b"".join(groups[at : at + 2])))
        else:
            made = f"{int.from_bytes(groups[at], 'big'):0{len(old)}x}"
            spelled.append(made.upper() if old.isupper() else made)
    return ":".join(spelled)
