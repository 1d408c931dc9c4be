"""On which ports servers are expected, and who of two is the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailtrace.model import Transport
from mailtrace.protocols import PROTOCOLS
from mailtrace.streams.grouping import PairKey, port
from mailtrace.streams.openings import spoken_by_server
from mailtrace.streams.tracker import Row

SYN, ACK = 0x02, 0x10
TCP, UDP = Transport.TCP, Transport.UDP

TCP_PORTS = frozenset().union(*(row.tcp_ports for row in PROTOCOLS))
UDP_PORTS = frozenset().union(*(row.udp_ports for row in PROTOCOLS))

SUBMISSION_PORTS = frozenset({465, 587})
"""Where clients hand in new mail. Source: RFC 6409 section 3.1, RFC 8314 section 3.3."""

OVER_UDP = frozenset(row.name for row in PROTOCOLS if row.udp_ports)


class Services:
    """The ports whose conversations are all listed: those of protocols, and those named by the user (`decode_as`)."""

    def __init__(self, decode_as: Mapping[int, str] | None = None) -> None:
        self.decode_as = decode_as or {}
        over_udp = (number for number, name in self.decode_as.items() if name in OVER_UDP)
        self.ports = {TCP: TCP_PORTS.union(self.decode_as), UDP: UDP_PORTS.union(over_udp)}

    def client_way(self, key: PairKey, rows: Sequence[Row], buffer: bytes, transport: Transport) -> int:
        """Tell who asks: the sender of a SYN, the receiver of a SYN+ACK, else the one whose port is no service's.

        Where that does not tell, the first words do. They are among `rows`, or with the first of them on mail ports.
        """
        way, flags = rows[0][2], rows[0][5]
        if flags & SYN and transport is TCP:
            return way if not flags & ACK else 1 - way
        ports = self.ports[transport]
        first, second = port(key[0]) in ports, port(key[1]) in ports
        if first != second:
            return int(second)
        spoken = next((row for row in (rows[:1] if first else rows) if row[7]), None)
        if spoken is None or transport is UDP:
            return way
        by_server = spoken_by_server(buffer[spoken[8] : spoken[8] + spoken[7]])
        return way if by_server is None else spoken[2] ^ by_server
