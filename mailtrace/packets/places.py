"""HOT. Where headers lie in many frames at once, and the numbers that say which header it is (tests/bench `mixed`).

A kind is a number in one of five number spaces, so that one table (`carriers.CARRIERS`) names the reader of each.
Readers replace the columns they change and never write into one they were given: columns are shared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mailtrace.packets.columns import Bools, Ints

ETHERTYPE, IP, LINK, PPP, UDP, OWN = (space << 16 for space in range(6))
"""The number spaces: ethertypes, IP protocols, LINKTYPE numbers, PPP protocols, UDP ports, and our own."""

KINDS = 6 << 16
"""All kinds lie below."""

IPV4, IPV6 = ETHERTYPE | 0x0800, ETHERTYPE | 0x86DD
ETHERNET = ETHERTYPE | 0x6558
"""A whole Ethernet frame; the number is that of GRE. Source: RFC 1701, RFC 8926 section 3.4."""

FIRST_ETHERTYPE = 0x0600
"""Below this the field is an 802.3 length."""

LLC, PPP_FRAME, BARE_IP, WIFI, WIFI_PADDED, FRAGMENT, DATAGRAM = (OWN | number for number in range(7))
"""An LLC header; PPP from its first octet; IPv4 or IPv6, as its first octet says; an 802.11 header, its end padded to
four octets in the second case; a fragment, at what follows its IPv4 header or at its IPv6 fragment header; a UDP
header behind which no tunnel begins."""

CUT, DAMAGED, SEALED, CONTROL, TOO_DEEP = (OWN | 0x8000 | number for number in range(5))
"""Nothing to read on: cut by the snap length; a header that cannot be; encrypted; a message of the carrier itself; more
carriers within each other than are followed."""

ENDED = OWN | 0x8000
"""Kinds from here on end the reading."""


@dataclass(slots=True)
class Places:
    """n headers as columns: the batch row they are in, their kind and start, the ends of captured and of real octets.

    `ip_at` is where the innermost IP header so far starts. `lane` is a number made of the VLAN and tunnel ids passed,
    0 for none; `depth` counts carriers passed.
    """

    row: Ints
    kind: Ints
    at: Ints
    captured_end: Ints
    wire_end: Ints
    ip_at: Ints
    lane: Ints
    depth: Ints

    def only(self, chosen: Ints) -> Places:
        """Return the headers at the given indexes."""
        return Places(*(getattr(self, name).take(chosen) for name in self.__slots__))

    def behind(self, size: Ints | int, kind: Ints | int, sound: Bools | None = None) -> Places:
        """Return these headers moved on by `size` octets; those not `sound`, or cut within that size, end here."""
        at = self.at + size
        if sound is not None:
            kind = np.where(sound, kind, DAMAGED)
        self.kind = np.where(at > self.captured_end, CUT, kind)
        self.at = at
        return self

    def ending(self, at: Ints) -> None:
        """Let nothing reach beyond `at`."""
        self.wire_end = np.minimum(self.wire_end, at)
        self.captured_end = np.minimum(self.captured_end, at)

    @staticmethod
    def joined(parts: list[Places]) -> Places:
        """Return the headers of all parts, part after part."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return Places(*(np.zeros(0, dtype=np.int64) for _ in Places.__slots__))
        return Places(*(np.concatenate([getattr(part, name) for part in parts]) for name in Places.__slots__))


_SPREAD = 0x1E3779B97F4A7C15
_POSITIVE = 0x7FFFFFFFFFFFFFFF


def lanes(lane: Ints, carrier: int, number: Ints) -> Ints:
    """Return the lanes one carrier further in; `number` is its id, which both directions share."""
    mixed: Ints = (lane * _SPREAD + (carrier << 32 | number) + 1) & _POSITIVE
    return mixed
