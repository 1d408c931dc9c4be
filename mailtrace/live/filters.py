"""Which packets are taken where the user does not say: those of ports, as a filter in the language of libpcap."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.live.interfaces import ETHERNET

FRAGMENTS = "ip[6:2] & 0x1fff != 0 or ip6 proto 44"
"""Pieces of packets other than the first: the ports stand only in that one."""


def ports_filter(ports: Iterable[int], link_type: int | None) -> str:
    """Return a filter for packets from or to one of `ports`, and for pieces of packets, whose ports are not known.

    The kernel takes a VLAN tag off a frame before it is looked at; Ethernet frames with another one are taken, too.
    """
    wanted = " or ".join([*(f"port {port}" for port in ports), FRAGMENTS])
    return f"({wanted}) or (vlan and ({wanted}))" if link_type == ETHERNET else wanted
