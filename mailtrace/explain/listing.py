"""The packet listing with Wireshark's columns, for the tables of a report.

Strategy: `feed` sees every batch of the capture, because sequence numbers, window scales and retransmission marks of a
packet depend on all packets before it; rows are kept only for the range asked for, with what their text needs and no
more. `rows` then lets the conversations of the analysis speak into them: commands, replies, mails; what has no
conversation stays what its headers say.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from mailtrace.explain.dialogueinfo import FIRST_LINE_LIMIT, Payload, dialogue_told
from mailtrace.explain.dnsinfo import dns_info
from mailtrace.explain.naming import Naming
from mailtrace.explain.otherinfo import Told, address_text, internet_told, link_told, udp_told
from mailtrace.explain.tcpinfo import tcp_info
from mailtrace.explain.tlsinfo import tls_info
from mailtrace.model import NO_TIME, Analysis, Conversation, RawBatch
from mailtrace.packets.dissect import (
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    Internet,
    Link,
    TcpHeader,
    read_internet,
    read_link,
    read_tcp,
    read_udp,
)
from mailtrace.streams.tcpmarks import Place, TcpMarks, TcpView

DNS_PORT = 53
DNS_NAMES = {DNS_PORT: "DNS", 5353: "MDNS", 5355: "LLMNR"}
"""Ports of DNS and its kin. Source: RFC 1035 section 4.2, RFC 6762 section 3, RFC 4795 section 2."""


class ListingRow(Struct, frozen=True):
    """One packet as a row of Wireshark's packet list.

    `time_ns` counts from the first packet of the capture, None where the capture gives no time. `source` and
    `destination` are names, addresses, or '' where a link has none; `length` is the frame's length on the wire.
    `info` comes from the wire in part and is not yet sanitised.
    """

    number: int
    time_ns: int | None
    source: str
    destination: str
    protocol: str
    length: int
    info: str


class _Row(Struct):
    """A row in the making; `marks` are the remarks on a TCP packet, `payload` is None where it has none."""

    number: int
    time_ns: int
    length: int
    source: str = ""
    destination: str = ""
    told: Told = Told("", "")
    marks: tuple[str, ...] = ()
    payload: Payload | None = None


class Listing:
    """Collects the rows of packets `first` to `last`, both included. Feed it every batch, then ask for `rows`."""

    def __init__(self, first: int, last: int) -> None:
        """Begin before the first packet."""
        self._first = first
        self._last = last
        self._start_ns: int | None = None
        self._marks = TcpMarks()
        self._rows: list[_Row] = []
        self._echoes: dict[tuple[bytes, bytes, bytes], int] = {}

    def feed(self, batch: RawBatch) -> None:
        """Take the next frames; costs nothing once the range is behind."""
        count = min(len(batch.start), self._last + 1 - batch.first_number)
        if count <= 0:
            return
        times = batch.time_ns[:count].tolist()
        if self._start_ns is None:
            self._start_ns = next((time for time in times if time != NO_TIME), None)
        starts, captured, wires = batch.start.tolist(), batch.captured.tolist(), batch.wire.tolist()
        interfaces = batch.interface.tolist()
        for index in range(count):
            interface = batch.interfaces[interfaces[index]]
            wire = wires[index] - interface.fcs_bytes
            frame = batch.buffer[starts[index] : starts[index] + min(captured[index], max(wire, 0))]
            row = None
            if batch.first_number + index >= self._first:
                row = _Row(batch.first_number + index, times[index], wires[index])
                self._rows.append(row)
            self._read(frame, wire, interface.link_type, batch.first_number + index, times[index], row)

    def _read(self, frame: bytes, wire: int, link_type: int, number: int, time_ns: int, row: _Row | None) -> None:
        """Read one frame: TCP always, for the numbers of later packets; the rest only for its own row."""
        link = read_link(frame, link_type)
        ip = read_internet(frame, link, wire) if link is not None else None
        header = read_tcp(frame, ip) if ip is not None and ip.protocol == TCP and not ip.fragment else None
        if ip is not None and header is not None:
            place = Place(ip.source, header.source_port, ip.destination, header.destination_port)
            view = self._marks.see(number, time_ns, place, header)
            if row is not None:
                _tell_tcp(row, frame[header.payload_at : ip.end], header, view)
        elif row is not None:
            row.told = self._other(frame, link_type, link, ip, number)
        if row is not None:
            above = ip if ip is not None else link
            row.source, row.destination = (_who(above.source), _who(above.destination)) if above else ("", "")

    def _other(self, frame: bytes, link_type: int, link: Link | None, ip: Internet | None, number: int) -> Told:
        """Return the columns of a packet that is not TCP."""
        if link is None:
            return Told(f"Link type {link_type}", "")
        if ip is None:
            return link_told(frame, link)
        if ip.protocol == UDP and not ip.fragment:
            return _udp(frame, ip)
        told = internet_told(frame, ip)
        if ip.protocol in (ICMP, ICMPV6) and not ip.fragment:
            asked = self._echo(frame[ip.at : ip.end], ip, number)
            return Told(told.protocol, f"{told.info} (request in {asked})") if asked else told
        return told

    def _echo(self, data: bytes, ip: Internet, number: int) -> int | None:
        """Remember an echo request; return the number of the request that a reply answers, None if not in the range."""
        kind = data[0] if len(data) >= 8 else None
        if kind in (8, 128):
            self._echoes[ip.source, ip.destination, data[4:8]] = number
        elif kind in (0, 129):
            return self._echoes.get((ip.destination, ip.source, data[4:8]))
        return None

    def rows(self, analysis: Analysis | None, naming: Naming, show_secrets: bool = False) -> list[ListingRow]:
        """Return the rows; without an analysis application data stay plain TCP."""
        told: dict[int, Told] = {}
        if analysis is not None:
            payloads = {row.number: row.payload for row in self._rows if row.payload is not None}
            messages = {message.id: message for message in analysis.messages}
            for conversation in analysis.conversations:
                if self._touches(conversation):
                    told |= dialogue_told(conversation, messages, payloads, show_secrets)
        return [self._finished(row, told, naming) for row in self._rows]

    def _touches(self, conversation: Conversation) -> bool:
        packets = conversation.packets
        return bool(packets) and packets[0].number <= self._last and packets[-1].number >= self._first

    def _finished(self, row: _Row, told: Mapping[int, Told], naming: Naming) -> ListingRow:
        said = told.get(row.number)
        protocol, info = said if said is not None else row.told
        if row.marks and (said is not None or protocol != "TCP"):
            info = " ".join([*row.marks, info])
        known = row.time_ns != NO_TIME and self._start_ns is not None
        return ListingRow(
            number=row.number,
            time_ns=row.time_ns - (self._start_ns or 0) if known else None,
            source=naming.of(row.source),
            destination=naming.of(row.destination),
            protocol=protocol,
            length=row.length,
            info=info,
        )


BROADCAST = b"\xff" * 6


def _who(address: bytes) -> str:
    return "Broadcast" if address == BROADCAST else address_text(address)


def _tell_tcp(row: _Row, data: bytes, header: TcpHeader, view: TcpView) -> None:
    """Fill in a TCP row: its own text, and what the conversation's text will need of the captured payload."""
    row.told = Told("TCP", tcp_info(view, header))
    row.marks = view.marks
    if not data:
        return
    line_end = data.find(b"\n", 0, FIRST_LINE_LIMIT)
    first_line = data[: line_end if line_end >= 0 else FIRST_LINE_LIMIT].rstrip(b"\r")
    row.payload = Payload(header.length or len(data), data.count(b"\n"), first_line, tls_info(data))
    if DNS_PORT in (header.source_port, header.destination_port) and not view.repeats:
        framed = int.from_bytes(data[:2], "big")  # Source: RFC 1035 section 4.2.2.
        if framed and framed == len(data) - 2:
            row.told = Told("DNS", dns_info(data[2:]))


def _udp(frame: bytes, ip: Internet) -> Told:
    udp = read_udp(frame, ip)
    if udp is None:
        return Told("UDP", "[Packet size limited during capture]")
    data = frame[udp.payload_at : min(ip.end, udp.payload_at + udp.length)]
    name = DNS_NAMES.get(udp.destination_port) or DNS_NAMES.get(udp.source_port)
    if name is not None:
        return Told(name, dns_info(data, name == "MDNS", cut=len(data) < udp.length))
    return udp_told(data, udp)
