"""Reads the packet table of a report and writes the capture it describes.

A table has one line a packet: its number, its time in seconds, and what it is. Lines that begin with `#` are headings.

    1   0.000000 arp lee who-has serverA
    72 33.930268 dns lee > serverA 0x8132 PTR 130.111.168.192.in-addr.arpa edns
    76 33.931648 submit-lee > : EHLO client
    77 33.931758 submit-lee < ACK win=65280

A line that opens with the name of a conversation is a packet of it, `>` from its client and `<` from its server.
Numbers follow from what was said before, as in a real dialogue, so a table need not repeat sequence numbers,
acknowledgements and checksums; `ack=`, `win=` and `ts=` give what does not follow. What is said stands behind ` : `,
where `|` ends a line and `$name` stands for bytes that the script of the report spells out.
"""

from __future__ import annotations

import base64
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from socket import inet_aton
from typing import Any

from scapy.compat import raw
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import NoPayload, Packet, Raw

HERE = Path(__file__).resolve().parent
BROADCAST = "ff:ff:ff:ff:ff:ff"
NOBODY = "00:00:00:00:00:00"
SHORTEST_FRAME = 60
"""Ethernet pads shorter frames with zero bytes (64 with the checksum, which captures leave out)."""

DNS_TYPES = {"A": 1, "SOA": 6, "PTR": 12, "MX": 15, "AAAA": 28, "OPT": 41}
DNS_CODES = {"NXDOMAIN": 3, "REFUSED": 5}
DNS_ANSWER, DNS_OWN_ZONE, DNS_RECURSE = 0x8080, 0x0400, 0x0100
DNS_QUESTION = b"\xc0\x0c"
"""A pointer to the name that was asked for: it always stands behind the header of 12 bytes."""

TcpOptions = tuple[tuple[str, Any], ...]
NOP = ("NOP", None)
SACK = ("SAckOK", b"")
TIMES = ("Timestamp", None)
SIZE = ("MSS", 1460)
LINUX: TcpOptions = (SIZE, SACK, TIMES, NOP, ("WScale", 7))
LINUX_WITHOUT_TIMES: TcpOptions = (SIZE, NOP, NOP, SACK, NOP, ("WScale", 7))
WINDOWS: TcpOptions = (SIZE, NOP, ("WScale", 8), NOP, NOP, SACK)


@dataclass
class Host:
    """One machine: its addresses, the hop limit of its packets, and the IP identification of its next one."""

    address: str
    mac: str
    ttl: int = 64
    next_ip_id: int = 1


@dataclass
class Side:
    """One side of a TCP conversation and how far it has come; `window` is in bytes, as Wireshark shows it."""

    host: str
    port: int
    start: int
    options: TcpOptions
    next: int = field(init=False)
    window: int = 0
    ticks: int = 0
    ticked_at_us: int = 0

    def __post_init__(self) -> None:
        """Before anything is said the next number is the first."""
        self.next = self.start

    def tick(self, time_us: int, shown: int | None) -> int:
        """Return the value of the timestamp option: the one given, else the last one grown by a tick a millisecond."""
        self.ticks = shown if shown is not None else self.ticks + (time_us - self.ticked_at_us) // 1000
        self.ticked_at_us = time_us
        return self.ticks


class Conversation:
    """A TCP dialogue in the making: what each side has said, and so what the other acknowledges."""

    def __init__(
        self,
        client: tuple[str, int, int],
        server: tuple[str, int, int],
        options: TcpOptions,
        answer: TcpOptions | None = None,
    ) -> None:
        """Begin between two (host, port, first sequence number); `answer` are the server's options if they differ."""
        self.client = Side(*client, options)
        self.server = Side(*server, options if answer is None else answer)
        agreed = dict(self.client.options).keys() & dict(self.server.options).keys()
        self.timed = "Timestamp" in agreed
        self.scaled = "WScale" in agreed

    def speak(self, from_client: bool, words: list[str], text: bytes, time_us: int) -> tuple[Side, Side, TCP]:
        """Return who speaks, to whom, and the TCP header of one packet; `words` are flags and given numbers."""
        speaker, hearer = (self.client, self.server) if from_client else (self.server, self.client)
        given = {name: int(value) for name, _, value in (word.partition("=") for word in words) if value}
        flags = {word for word in words if "=" not in word}
        flags |= {"PSH", "ACK"} if text else set() if flags else {"ACK"}
        speaker.window = given.get("win", speaker.window)
        tcp = TCP(sport=speaker.port, dport=hearer.port, flags="".join(flag[0] for flag in sorted(flags)))
        tcp.seq = speaker.start if "SYN" in flags else speaker.next
        if "ACK" in flags:
            tcp.ack = (hearer.start + given["ack"]) % 2**32 if "ack" in given else hearer.next
        if "RST" in flags:
            tcp.window = 0
        else:
            shift = dict(speaker.options)["WScale"] if self.scaled and "SYN" not in flags else 0
            tcp.window = speaker.window >> shift
            tcp.options = self._options(speaker, hearer, "SYN" in flags, time_us, given.get("ts"))
        speaker.next = (tcp.seq + len(text) + len(flags & {"SYN", "FIN"})) % 2**32
        return speaker, hearer, tcp

    def _options(
        self, speaker: Side, hearer: Side, opening: bool, time_us: int, shown: int | None
    ) -> list[tuple[str, Any]]:
        times = ("Timestamp", (speaker.tick(time_us, shown), hearer.ticks))
        if opening:
            return [times if option == TIMES else option for option in speaker.options]
        return [NOP, NOP, times] if self.timed else []


@dataclass
class Story:
    """What the script of a report knows besides its table; building it uses it up, so that each build begins anew."""

    hosts: dict[str, Host]
    conversations: dict[str, Conversation]
    texts: dict[str, bytes]
    start_us: int
    captured_on: str
    comment: str
    names: dict[str, str] = field(default_factory=dict)

    def build(self, table: str) -> bytes:
        """Return the capture file (pcapng) that the table describes."""
        blocks = [_section(self.comment), _interface()]
        if self.names:
            blocks.append(_names(self.names))
        for count, (number, time_us, words) in enumerate(_rows(table), start=1):
            if number != count:
                raise ValueError(f"the table jumps from packet {count - 1} to {number}")
            blocks.append(_packet(self.start_us + time_us, self._frame(words, time_us)))
        return b"".join(blocks)

    def _frame(self, words: str, time_us: int) -> bytes:
        kind, _, rest = words.partition(" ")
        if kind in self.conversations:
            sender, packet = self._tcp(self.conversations[kind], rest, time_us)
        else:
            kinds: dict[str, Callable[..., tuple[str, Packet]]] = {
                "arp": self._arp,
                "dns": self._dns,
                "ask": self._ask,
                "ntp": self._ntp,
                "ping": self._ping,
                "ssdp": self._ssdp,
            }
            sender, packet = kinds[kind](*rest.split())
        frame = raw(packet)
        # A frame is padded by the card that sends it, which is after a capture on the sending machine has seen it.
        return frame if sender == self.captured_on else frame.ljust(SHORTEST_FRAME, b"\0")

    def _tcp(self, conversation: Conversation, rest: str, time_us: int) -> tuple[str, Packet]:
        head, colon, said = rest.partition(" : ")
        direction, *words = head.split()
        text = self._text(said) if colon else b""
        speaker, hearer, tcp = conversation.speak(direction == ">", words, text, time_us)
        return speaker.host, self._ip(speaker.host, hearer.host) / tcp / (Raw(text) if text else NoPayload())

    def _text(self, said: str) -> bytes:
        return self.texts[said[1:]] if said.startswith("$") else wire_lines(*said.split("|"))

    def _ip(self, sender: str, receiver: str) -> Packet:
        source, target = self.hosts[sender], self.hosts[receiver]
        layer = IP(src=source.address, dst=target.address, ttl=source.ttl, id=source.next_ip_id, flags="DF")
        source.next_ip_id = (source.next_ip_id + 1) % 2**16
        return Ether(src=source.mac, dst=target.mac) / layer

    def _udp(self, sender: str, receiver: str, ports: tuple[int, int], content: Packet) -> tuple[str, Packet]:
        return sender, self._ip(sender, receiver) / UDP(sport=ports[0], dport=ports[1]) / content

    def _arp(self, sender: str, verb: str, other: str) -> tuple[str, Packet]:
        host, target = self.hosts[sender], self.hosts[other]
        to, known, code = (BROADCAST, NOBODY, 1) if verb == "who-has" else (target.mac, target.mac, 2)
        layer = ARP(op=code, hwsrc=host.mac, psrc=host.address, hwdst=known, pdst=target.address)
        return sender, Ether(src=host.mac, dst=to) / layer

    def _dns(self, client: str, direction: str, server: str, identity: str, *about: str) -> tuple[str, Packet]:
        number = int(identity, 16)
        port = 32768 + number % 28000
        if direction == ">":
            return self._udp(client, server, (port, 53), _dns_message(number, DNS_RECURSE, *about))
        code = next((DNS_CODES[fact] for fact in about if fact in DNS_CODES), 0)
        flags = DNS_ANSWER | DNS_RECURSE | (0 if code == DNS_CODES["REFUSED"] else DNS_OWN_ZONE) | code
        return self._udp(server, client, (53, port), _dns_message(number, flags, *about))

    def _ask(self, sender: str, group: str, kind: str, name: str) -> tuple[str, Packet]:
        """A question to everybody on the wire, by multicast."""
        ports, number = {"mdns": ((5353, 5353), 0), "llmnr": ((55123, 5355), 0x6D74)}[group]
        return self._udp(sender, group, ports, _dns_message(number, 0, kind, name))

    def _ssdp(self, sender: str) -> tuple[str, Packet]:
        lines = ("M-SEARCH * HTTP/1.1", "HOST: 239.255.255.250:1900", 'MAN: "ssdp:discover"', "MX: 1")
        text = wire_lines(*lines, "ST: urn:dial-multiscreen-org:service:dial:1", "")
        return self._udp(sender, "ssdp", (51477, 1900), Raw(text))

    def _ntp(self, client: str, direction: str, server: str) -> tuple[str, Packet]:
        if direction == ">":
            return self._udp(client, server, (41123, 123), Raw(bytes((0x23, 0, 6, 0xEC)).ljust(48, b"\0")))
        return self._udp(server, client, (123, 41123), Raw(bytes((0x24, 2, 6, 0xEC)).ljust(48, b"\0")))

    def _ping(self, client: str, direction: str, server: str, count: str) -> tuple[str, Packet]:
        sender, receiver, code = (client, server, 8) if direction == ">" else (server, client, 0)
        echo = ICMP(type=code, id=0x0A17, seq=int(count))
        return sender, self._ip(sender, receiver) / echo / Raw(bytes(range(0x08, 0x40)))


def wire_lines(*lines: str) -> bytes:
    """Return lines as they travel: each ended by CR LF."""
    return b"".join(line.encode("ascii") + b"\r\n" for line in lines)


def base64_lines(content: bytes) -> list[str]:
    """Return content in base64, 76 characters a line (RFC 2045 section 6.8)."""
    return base64.encodebytes(content).decode("ascii").splitlines()


def write(name: str, story: Story) -> None:
    """Write the capture of a story and its table into the folder the command line names, or into this one."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    table = (HERE / f"{name}.table").read_text(encoding="utf-8")
    (folder / f"{name}.pcapng").write_bytes(story.build(table))


def _rows(table: str) -> Iterator[tuple[int, int, str]]:
    """Yield the number, the microseconds since the first packet, and the words of each packet of a table."""
    for line in table.splitlines():
        if line and not line.startswith("#"):
            number, time, words = line.split(maxsplit=2)
            seconds, microseconds = time.split(".")
            yield int(number), int(seconds) * 1_000_000 + int(microseconds), words


def _dns_message(number: int, flags: int, kind: str, name: str, *facts: str) -> Raw:
    """Return a DNS message; its names are compressed as BIND does it, which not every scapy gets right."""
    given = {word: value for word, _, value in (fact.partition("=") for fact in facts)}
    question = _dns_name(name) + struct.pack(">HH", DNS_TYPES[kind], 1)
    records, counts = b"", {"answers": 0, "authorities": 0, "additions": 0}
    if "a" in given or "mx" in given:
        content = inet_aton(given["a"]) if "a" in given else struct.pack(">H", 10) + _dns_name(given["mx"])
        records, counts["answers"] = _dns_record(DNS_QUESTION, kind, content), 1
    if "soa" in given:
        here = DNS_QUESTION if given["soa"] == name else struct.pack(">H", 0xC000 + 12 + len(question))
        keeper = b"\0" if given["soa"].endswith("ARPA") else b"\4root" + here
        content = here + keeper + struct.pack(">5I", 0, 28800, 7200, 604800, 86400)
        owner = here if here == DNS_QUESTION else _dns_name(given["soa"])
        records, counts["authorities"] = _dns_record(owner, "SOA", content), 1
    if "edns" in given:
        records += b"\0" + struct.pack(">HHIH", DNS_TYPES["OPT"], 1232 if flags & DNS_ANSWER else 512, 0, 0)
        counts["additions"] = 1
    return Raw(struct.pack(">6H", number, flags, 1, *counts.values()) + question + records)


def _dns_name(name: str) -> bytes:
    return b"".join(bytes((len(label),)) + label.encode("ascii") for label in name.split(".")) + b"\0"


def _dns_record(owner: bytes, kind: str, content: bytes) -> bytes:
    return owner + struct.pack(">HHIH", DNS_TYPES[kind], 1, 86400, len(content)) + content


def _option(code: int, value: bytes = b"") -> bytes:
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + size + body + size


def _section(comment: str) -> bytes:
    """A section header block: byte order, version 1.0, length unknown, and a comment on where the capture is from."""
    return _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _option(1, comment.encode()) + _option(0))


def _interface() -> bytes:
    """An interface description block: Ethernet, whole packets, times in microseconds (10 to the power of -6)."""
    return _block(1, struct.pack("<HHI", 1, 0, 0) + _option(9, b"\x06") + _option(0))


def _names(names: dict[str, str]) -> bytes:
    """A name resolution block: the names that the author of the report gave to addresses."""
    records = (_option(1, inet_aton(address) + name.encode() + b"\0") for address, name in names.items())
    return _block(4, b"".join(records) + _option(0))


def _packet(time_us: int, frame: bytes) -> bytes:
    """An enhanced packet block of the first interface."""
    head = struct.pack("<IIIII", 0, time_us >> 32, time_us & 0xFFFFFFFF, len(frame), len(frame))
    return _block(6, head + frame + b"\0" * (-len(frame) % 4))
