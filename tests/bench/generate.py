"""Makes the synthetic captures of the benchmark: the same octets every time, written as fast as they are made.

    python -m tests.bench.generate mixed /tmp/mixed.pcap
    python -m tests.bench.generate mail /tmp/mail.pcapng --packets 54000

`mixed` is the traffic of an office: 94 % web, other UDP and ARP, 6 % mail, some thousand flows at a time. `mail` is a
mail server's: only SMTP, about 200 sessions at a time, 27 packets each with the lookups they cause. `small` is a
minute of mail. The name of the file chooses pcap or pcapng.
"""

from __future__ import annotations

import argparse
import struct
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path as FilePath
from random import Random

from tests.bench.dialogues import DOMAINS, lookup, pop3_session, smtp_session
from tests.bench.wire import CLIENT, SERVER, TCP, UDP, Connection, Frames, Path, datagram

SEED = 2008
START_NS = 1_714_096_647_000_000_000  # 26 April 2024, the day of the second report
WRITE_BYTES = 4 << 20
PACKETS = {"mixed": 1_400_000, "mail": 540_000, "small": 200}
SESSION_PACKETS = 27
MAIL_SHARE = 0.06
WEB_BYTES = 1 << 20
RECORD_BYTES = 16_384


def interleaved(sources: Iterator[Frames], active: int, burst: int, random: Random) -> Frames:
    """Yield the frames of `active` flows at a time, up to `burst` frames of one before the next has its turn."""
    going = list(islice(sources, active))
    while going:
        at = int(random.random() * len(going))
        taken = list(islice(going[at], 1 + int(random.random() * burst)))
        yield from taken
        if not taken:
            following = next(sources, None)
            if following is not None:
                going[at] = following
            else:
                going[at] = going[-1]
                going.pop()


def records(data: bytes) -> bytes:
    """Return `data` as TLS application data. Source: RFC 8446 section 5.2."""
    pieces = [data[at : at + RECORD_BYTES] for at in range(0, len(data), RECORD_BYTES)]
    return b"".join(struct.pack(">BHH", 23, 0x0303, len(piece)) + piece for piece in pieces)


def web_flow(random: Random, number: int, pool: bytes) -> Frames:
    """A connection to a web server, one of ten over IPv6: requests up, many times more data down."""
    if number % 10 == 3:
        path = Path(f"2001:db8:1::{number % 5000:x}", f"2001:db8:2::{number % 700:x}", TCP)
    else:
        path = Path(f"10.4.{number // 250 % 250}.{number % 250 + 1}", f"198.51.{number % 90}.{number % 240 + 1}", TCP)
    secure = number % 12 != 5
    talk = Connection(path, 32_768 + number % 28_000, 443 if secure else 80, random)
    yield from talk.open()
    for _ in range(random.randrange(1, 4)):
        size = min(int(random.paretovariate(1.1) * 70_000), WEB_BYTES)
        asked = pool[: random.randrange(200, 700)]
        yield talk.send(CLIENT, records(asked) if secure else b"GET /%d HTTP/1.1\r\nHost: w.example\r\n\r\n" % number)
        yield talk.send(SERVER)
        at = random.randrange(len(pool) - size)
        answer = pool[at : at + size]
        yield from talk.bulk(
            SERVER, records(answer) if secure else b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (size, answer)
        )
    yield from talk.close(CLIENT)


def udp_flow(random: Random, number: int, pool: bytes) -> Frames:
    """QUIC to a web server, or a question of one packet to a time server."""
    path = Path(f"10.5.{number // 250 % 250}.{number % 250 + 1}", f"203.0.113.{number % 250 + 1}", UDP)
    if number % 3 == 0:
        yield datagram(path, CLIENT, (123, 123), pool[:48])
        yield datagram(path, SERVER, (123, 123), pool[48:96])
        return
    ports = 32_768 + number % 28_000, 443
    for _ in range(random.randrange(5, 60)):
        at = random.randrange(len(pool) // 2)
        yield datagram(path, CLIENT, ports, pool[at : at + 60])
        yield datagram(path, SERVER, ports, pool[at : at + 1252])
        yield datagram(path, SERVER, ports, pool[at : at + 1252])


def arp(random: Random) -> Frames:
    """Who has an address?"""
    asked = bytes([10, 4, random.randrange(250), random.randrange(250)])
    link = b"\xff" * 6 + b"\x02\0\0\0\0\x01\x08\x06"
    yield (link + bytes.fromhex("0001080006040001020000000001") + b"\x0a\x04\0\x01" + bytes(6) + asked).ljust(60, b"\0")


def _other_flows(random: Random) -> Iterator[Frames]:
    pool = random.randbytes(1 << 21)
    for number in count():
        kind = random.random()
        if kind < 0.8:
            yield web_flow(random, number, pool)
        elif kind < 0.93:
            yield udp_flow(random, number, pool)
        else:
            yield arp(random)


def _mail_flows(random: Random) -> Iterator[Frames]:
    for number in count():
        kind = random.random()
        if kind < 0.55:
            yield smtp_session(random, number)
        elif kind < 0.7:
            yield pop3_session(random, number)
        else:
            yield lookup(random, number, f"10.4.0.{number % 250 + 1}", f"w{number}.{DOMAINS[number % 50]}", "192.0.2.9")


def mixed(packets: int, random: Random) -> Frames:
    """Office traffic, exactly `packets` frames."""
    mail = interleaved(_mail_flows(random), 40, 2, random)
    others = interleaved(_other_flows(random), 2000, 16, random)
    for _ in range(packets):
        yield next(mail if random.random() < MAIL_SHARE else others)


def mail(packets: int, random: Random) -> Frames:
    """A mail server's traffic: as many whole sessions as make up `packets` frames."""
    sessions = (smtp_session(random, number) for number in range(packets // SESSION_PACKETS))
    return interleaved(sessions, 200, 2, random)


def small(packets: int, random: Random) -> Frames:
    """A few conversations of every kind."""
    return islice(interleaved(_mail_flows(random), 3, 2, random), packets)


KINDS: dict[str, tuple[Callable[[int, Random], Frames], int]] = {
    "mixed": (mixed, 50_000),
    "mail": (mail, 1_000_000),
    "small": (small, 20_000_000),
}
"""For each kind its maker and the mean time between two packets in nanoseconds."""


def pcap_record(time_ns: int, frame: bytes) -> bytes:
    """Return a packet record, times in microseconds."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return struct.pack("<IIII", seconds, rest // 1000, len(frame), len(frame)) + frame


def pcapng_record(time_ns: int, frame: bytes) -> bytes:
    """Return an Enhanced Packet Block, times in microseconds."""
    size, padding = len(frame), -len(frame) % 4
    high, low = divmod(time_ns // 1000, 1 << 32)
    total = 32 + size + padding
    return (
        struct.pack("<IIIIIII", 6, total, 0, high, low, size, size) + frame + bytes(padding) + struct.pack("<I", total)
    )


PCAP_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
PCAPNG_HEAD = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28) + struct.pack(
    "<IIHHII", 1, 20, 1, 0, 262_144, 20
)


def write(kind: str, path: FilePath, packets: int | None = None) -> int:
    """Write one capture and return how many packets it has."""
    make, step_ns = KINDS[kind]
    pcapng = path.suffix == ".pcapng"
    record = pcapng_record if pcapng else pcap_record
    random = Random(SEED)
    clock = Random(SEED + 1).random
    time_ns, number, waiting = START_NS, 0, 0
    pieces = [PCAPNG_HEAD if pcapng else PCAP_HEAD]
    with path.open("wb") as file:
        for frame in make(packets or PACKETS[kind], random):
            number += 1
            time_ns += int(clock() * 2 * step_ns)
            pieces.append(record(time_ns, frame))
            waiting += len(frame)
            if waiting > WRITE_BYTES:
                file.write(b"".join(pieces))
                pieces.clear()
                waiting = 0
        file.write(b"".join(pieces))
    return number


def main() -> None:
    """Write the capture asked for."""
    parser = argparse.ArgumentParser(description="Make a synthetic capture.")
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("path", type=FilePath)
    parser.add_argument("--packets", type=int, default=None, help="how many packets, about")
    arguments = parser.parse_args()
    number = write(arguments.kind, arguments.path, arguments.packets)
    print(f"{arguments.path}: {number} packets, {arguments.path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
