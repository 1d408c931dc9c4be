"""The packet listing with Wireshark's columns, for the tables of a report.

Strategy: `feed` sees every batch of the capture, because sequence numbers, window scales and retransmission marks of a
packet depend on all packets before it; rows are kept only for the range asked for, with what their text needs and no
more. `rows` then lets the conversations of the analysis speak into them: commands, replies, mails; what has no
conversation stays what its headers say.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from msgspec import Struct

from mailtrace.explain.dialogueinfo import Payload, dialogue_told
from mailtrace.explain.dnsinfo import dns_info
from mailtrace.explain.otherinfo import Told, address_text, internet_told, link_told, udp_told
from mailtrace.explain.tcpinfo import tcp_info
from mailtrace.explain.tlsinfo import TlsRecords
from mailtrace.mail.naming import Naming
from mailtrace.model import NO_TIME, Analysis, Conversation, RawBatch
from mailtrace.packets.decode import Decoder
from mailtrace.packets.dissect import ICMP, ICMPV6, UDP, Dissected, Internet, TcpHeader, UdpHeader, dissect
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

    def __init__(self, first: int, last: int, only: Container[int] | None = None) -> None:
        """Begin before the first packet; `only` these packets of the range get a row, None for all of them."""
        self._first = first
        self._last = last
        self._only = only
        self._start_ns: int | None = None
        self._decoder = Decoder()
        self._marks = TcpMarks()
        self._records = TlsRecords()
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
        wires, interfaces = batch.wire.tolist(), batch.interface.tolist()
        decoded, headers = self._decoder.decode_traced(batch)
        for index in range(count):
            number = batch.first_number + index
            row = None
            if number >= self._first and (self._only is None or number in self._only):
                row = _Row(number, times[index], wires[index])
                self._rows.append(row)
            found = dissect(decoded.buffer, headers[index])
            self._read(decoded.buffer, found, batch.interfaces[interfaces[index]].link_type, number, times[index], row)

    def _read(
        self, buffer: bytes, found: Dissected, link_type: int, number: int, time_ns: int, row: _Row | None
    ) -> None:
        """Read one frame: TCP always, for the numbers of later packets; the rest only for its own row."""
        ip, header = found.ip, found.tcp
        if ip is not None and header is not None:
            place = Place(ip.source, header.source_port, ip.destination, header.destination_port)
            view = self._marks.see(number, time_ns, place, header)
            data = buffer[header.payload_at : ip.end]
            records = self._records.see(place, view.sequence, data) if data else ""
            if row is not None:
                _tell_tcp(row, data, header, view, records)
        elif row is not None:
            row.told = self._other(buffer, link_type, found, number)
        if row is not None:
            above = ip if ip is not None else found.link
            row.source, row.destination = (_who(above.source), _who(above.destination)) if above else ("", "")

    def _other(self, buffer: bytes, link_type: int, found: Dissected, number: int) -> Told:
        """Return the columns of a packet that is not TCP."""
        ip = found.ip
        if found.link is None:
            return Told(f"Link type {link_type}", "")
        if ip is None:
            return link_told(buffer, found.link)
        if ip.protocol == UDP and not ip.fragment:
            return _udp(buffer, ip, found.udp)
        told = internet_told(buffer, ip)
        if ip.protocol in (ICMP, ICMPV6) and not ip.fragment:
            asked = self._echo(buffer[ip.at : ip.end], ip, number)
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


def _tell_tcp(row: _Row, data: bytes, header: TcpHeader, view: TcpView, records: str) -> None:
    """Fill in a TCP row: its own text, and what the conversation's text will need of the captured payload."""
    row.told = Told("TCP", tcp_info(view, header))
    row.marks = view.marks
    if not data:
        return
    row.payload = Payload(header.length or len(data), data.count(b"\n"), records)
    if DNS_PORT in (header.source_port, header.destination_port) and not view.repeats:
        framed = int.from_bytes(data[:2], "big")  # Source: RFC 1035 section 4.2.2.
        if framed and framed == len(data) - 2:
            row.told = Told("DNS", dns_info(data[2:]))


def _udp(buffer: bytes, ip: Internet, udp: UdpHeader | None) -> Told:
    if udp is None:
        return Told("UDP", "[Packet size limited during capture]")
    data = buffer[udp.payload_at : min(ip.end, udp.payload_at + udp.length)]
    name = DNS_NAMES.get(udp.destination_port) or DNS_NAMES.get(udp.source_port)
    if name is not None:
        return Told(name, dns_info(data, name == "MDNS", cut=len(data) < udp.length))
    return udp_told(data, udp)
