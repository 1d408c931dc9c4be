"""However a secret travels in packets, nothing of it is in the copy, and the copy says the same."""

from __future__ import annotations

import io
import struct
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.capture import CaptureFile
from mailtrace.command_redact import write_redacted
from mailtrace.redact.fields import FIELDS
from tests.export.captures import C, S, conversation, write
from tests.export.test_streams import ALONE, CANARY, IN_BASE64, LOGINS
from tests.packets.wrappings import WRAPPINGS, ethernet
from tests.support import SAMPLES

PIECES = [CANARY, CANARY[::-1], IN_BASE64, ALONE, *(b64encode(b"\0" * at + CANARY)[4:-4] for at in range(3))]


def redacted(path: Path, fields: Sequence[str] = ()) -> bytes:
    """Return the copy of a capture."""
    out = io.BytesIO()
    write_redacted([str(path)], frozenset(fields), None, out)
    return out.getvalue()


def frames(octets: bytes) -> list[bytes]:
    """Return the frames of a capture."""
    found = []
    for batch in CaptureFile("copy", io.BytesIO(octets), len(octets), 2**21).batches():
        rows = zip(batch.start.tolist(), batch.captured.tolist(), strict=True)
        found += [batch.buffer[start : start + captured] for start, captured in rows]
    return found


def told(path: Path) -> list[object]:
    """Return the shape of what is understood of a capture."""
    analysis = analyze_files(Analyzer([str(path)]))
    return [
        (
            each.protocol, each.closed, each.complete,
            [(packet.number, packet.side, packet.sequence, packet.mark) for packet in each.packets],
            [(type(event).__name__, getattr(event, "packets", ())) for event in each.dialogue.events],
            each.dialogue.logins,
        )
        for each in analysis.conversations
    ]  # fmt: skip


def check(path: Path, tmp_path: Path) -> bytes:
    """Redact a capture, look for the canary, compare what is understood; return the copy."""
    octets = redacted(path)
    assert not [piece for piece in PIECES if piece in octets]
    copy = tmp_path / "copy.pcapng"
    copy.write_bytes(octets)
    assert told(copy) == told(path)
    return octets


@pytest.mark.parametrize("cut", [0, 1, 7])
@pytest.mark.parametrize("name", LOGINS)
def test_p256_a_login_in_segments_of_any_size(name: str, cut: int, tmp_path: Path) -> None:
    port, said = LOGINS[name]
    pieces = [
        (side, octets[at : at + (cut or len(octets))])
        for side, octets in said
        for at in range(0, len(octets), cut or len(octets))
    ]
    octets = check(write(tmp_path / "a.pcap", conversation(pieces, port=port)), tmp_path)
    payloads = b"".join(frame[66:] for frame in frames(octets) if frame[23:24] == b"\x06")
    assert not any(CANARY[at : at + 5] in payloads for at in range(len(CANARY) - 4))


@pytest.mark.parametrize("name", LOGINS)
def test_p256_repeats_and_copies_and_disorder(name: str, tmp_path: Path) -> None:
    """Every frame again, at once or later; neighbours swapped; a part of what was said joined into one segment."""
    port, said = LOGINS[name]
    chance = Random(7)
    for number in range(8):
        sent = conversation(said, port=port)
        for _ in range(number):
            at = chance.randrange(3, len(sent))
            sent.insert(chance.randrange(at, len(sent) + 1), sent[at])
            swapped = chance.randrange(3, len(sent) - 1)
            sent[swapped : swapped + 2] = sent[swapped : swapped + 2][::-1]
        path = write(tmp_path / f"{number}.pcap", sent)
        assert not [piece for piece in PIECES if piece in redacted(path)]


NEEDLES = [
    octets[at : at + size]
    for octets, size in ((CANARY, 6), (IN_BASE64[8:], 8), (ALONE, 8))
    for at in range(len(octets) - size + 1)
]


def test_p256_whatever_is_lost_doubled_and_swapped(tmp_path: Path) -> None:
    """Where a login is captured in pieces, none of them is told, though nobody may know what it was."""
    chance = Random(5)
    for number in range(200):
        port, said = LOGINS[chance.choice(list(LOGINS))]
        size = chance.choice([999, 999, 3, 5, 9])
        said = [(side, octets[at : at + size]) for side, octets in said for at in range(0, len(octets), size)]
        sent = conversation(said, port=port)
        for _ in range(chance.randrange(6)):
            at, kind = chance.randrange(len(sent)), chance.randrange(4)
            if kind == 0 and len(sent) > 3:
                del sent[at]
            elif kind == 1:
                sent.insert(chance.randrange(len(sent) + 1), sent[at])
            elif kind == 2:
                sent[at : at + 2] = sent[at : at + 2][::-1]
            else:
                sent.append(sent[at])
        payloads = b"\n".join(frame[66:] for frame in frames(redacted(write(tmp_path / "a.pcap", sent))))
        assert not [needle for needle in NEEDLES if needle in payloads], number


def test_p256_overlapping_segments_that_say_something_else(tmp_path: Path) -> None:
    """The second copy holds another password at the same place; neither may be told."""
    port, said = LOGINS["pop3-pass"]
    sent = conversation(said, port=port)
    at = next(number for number, frame in enumerate(sent) if CANARY in frame)
    other = sent[at].replace(CANARY, b"second-word").replace(b"STAT", b"NOOP")
    octets = redacted(write(tmp_path / "a.pcap", [*sent[: at + 1], other, *sent[at + 1 :]]))
    assert CANARY not in octets and b"second-word" not in octets


@pytest.mark.parametrize("lost", range(12))
def test_p256_holes(lost: int, tmp_path: Path) -> None:
    for name, (port, said) in LOGINS.items():
        pieces = [(side, octets[at : at + 9]) for side, octets in said for at in range(0, len(octets), 9)]
        path = write(tmp_path / f"{name}.pcap", conversation(pieces, port=port, lost={lost % len(pieces)}))
        payloads = b"".join(frame[66:] for frame in frames(redacted(path)) if frame[23:24] == b"\x06")
        assert not any(CANARY[at : at + 6] in payloads for at in range(len(CANARY) - 5)), name


@pytest.mark.parametrize("snap", [60, 75, 80, 90, 200])
def test_p256_frames_that_were_cut(snap: int, tmp_path: Path) -> None:
    for name, (port, said) in LOGINS.items():
        pieces = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snap, 1)]
        for number, frame in enumerate(conversation(said, port=port)):
            pieces.append(struct.pack("<IIII", 1_700_000_000, number, min(len(frame), snap), len(frame)) + frame[:snap])
        path = tmp_path / f"{name}.pcap"
        path.write_bytes(b"".join(pieces))
        octets = redacted(path)
        assert not any(CANARY[at : at + 6] in octets for at in range(len(CANARY) - 5)), name


def logins_of_the_sample() -> list[bytes]:
    """Return the IPv4 packets of the recorded logins."""
    octets = (SAMPLES / "10-logins.pcapng").read_bytes()
    return [frame[14:] for frame in frames(octets) if frame[12:14] == b"\x08\0"]


SECRETS = [b"Biber_Quelle_208", b"Hase und Birke", b"Nachtigall^Ufer^48", b64encode(b"\0lee\0Amsel-Turm-4711")]


@pytest.mark.parametrize("wrapping", WRAPPINGS, ids=[each.name for each in WRAPPINGS])
def test_p256_every_carrier(wrapping: object, tmp_path: Path) -> None:
    pieces = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, wrapping.link_type)]  # type: ignore[attr-defined]
    for number, packet in enumerate(logins_of_the_sample()):
        frame = wrapping.wrap(packet)  # type: ignore[attr-defined]
        pieces.append(struct.pack("<IIII", 1_700_000_000, number, len(frame), len(frame)) + frame)
    path = tmp_path / "a.pcap"
    path.write_bytes(b"".join(pieces))
    octets = redacted(path, FIELDS)
    assert not [piece for piece in SECRETS if piece in octets]
    assert not [name for name in (b"nate", bytes([192, 168, 111])) if name in octets]
    copy = tmp_path / "copy.pcapng"
    copy.write_bytes(octets)
    assert [(len(each.packets), len(each.dialogue.logins)) for each in understood(copy)] == [
        (len(each.packets), len(each.dialogue.logins)) for each in understood(path)
    ]


def understood(path: Path) -> Sequence[object]:
    """Return the conversations of a capture."""
    return analyze_files(Analyzer([str(path)])).conversations


def pieces_of(packet: bytes, size: int) -> list[bytes]:
    """Return an IPv4 packet in fragments of so many octets."""
    head, body = packet[:20], packet[20:]
    made = []
    for at in range(0, len(body), size):
        part = body[at : at + size]
        bits = at // 8 | (0x2000 if at + size < len(body) else 0)
        fields = head[:2] + struct.pack(">H", 20 + len(part)) + head[4:6] + struct.pack(">H", bits) + head[8:10]
        total = sum(struct.unpack(">9H", fields[:10] + head[12:])) + 0
        total = (total & 0xFFFF) + (total >> 16)
        made.append(fields + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + head[12:] + part)
    return made


@pytest.mark.parametrize("size", [24, 32, 40, 64])
@pytest.mark.parametrize("backwards", [False, True])
def test_p256_fragments(size: int, backwards: bool, tmp_path: Path) -> None:
    sent = []
    for packet in logins_of_the_sample():
        parts = pieces_of(packet, size)
        sent += [ethernet(part) for part in (parts[::-1] if backwards else parts)]
    octets = redacted(write(tmp_path / "a.pcap", sent), FIELDS)
    assert not [piece for piece in SECRETS if piece in octets]
    payloads = b"".join(frame[34:] for frame in frames(octets))
    assert not [piece for piece in (b"Biber", b"Quelle", b"Birke", b"Nachti") if piece in payloads]
    copy = tmp_path / "copy.pcapng"
    copy.write_bytes(octets)
    assert len(understood(copy)) == len(understood(tmp_path / "a.pcap"))


def test_a_fragment_that_waits_for_others_is_not_copied(tmp_path: Path) -> None:
    packet = next(each for each in logins_of_the_sample() if b"PASS" in each)
    octets = redacted(write(tmp_path / "a.pcap", [ethernet(part) for part in pieces_of(packet, 40)[1:]]))
    assert b"Birke" not in octets
    assert [len(frame) for frame in frames(octets)] == [34]


def test_other_traffic_keeps_its_headers_alone(tmp_path: Path) -> None:
    said = [
        (C, b"GET /secret HTTP/1.1\r\nAuthorization: Basic a2ltOnNlY3JldA==\r\n\r\n"),
        (S, b"HTTP/1.1 200 OK\r\n\r\n"),
    ]
    path = write(tmp_path / "a.pcap", conversation(said, port=80))
    octets = redacted(path)
    assert b"secret" not in octets and b"Basic" not in octets and b"200 OK" not in octets
    assert len(frames(octets)) == len(conversation(said, port=80))
    assert max(map(len, frames(octets))) == 74


def test_what_is_said_on_a_mail_port_and_not_understood(tmp_path: Path) -> None:
    said = [(C, b"\x03secret\n\x05\n"), (S, b"\x01\x02hello\n\x04\n")]
    octets = redacted(write(tmp_path / "a.pcap", conversation(said, port=25)))
    assert b"secret" not in octets and b"hello" not in octets


def test_padding_of_short_frames_is_emptied(tmp_path: Path) -> None:
    said = [(S, b"+OK\r\n"), (C, b"STAT\r\n"), (S, b"+OK 0 0\r\n"), (C, b"QUIT\r\n"), (S, b"+OK\r\n")]
    sent = [frame + b"memory of somebody" for frame in conversation(said, port=110)]
    octets = redacted(write(tmp_path / "a.pcap", sent))
    assert b"memory" not in octets


def checksums(frame: bytes) -> tuple[bool, bool]:
    """Tell whether the checksums of IP and of TCP or UDP are right, as scapy computes them."""
    packet = Ether(frame)
    found = []
    for layer in (IP, TCP if TCP in packet else UDP):
        again = packet.copy()
        del again[layer].chksum
        found.append(Ether(bytes(again))[layer].chksum == packet[layer].chksum)
    return found[0], found[1]


def test_checksums_are_right_where_they_were_and_offloaded_ones_stay_so(tmp_path: Path) -> None:
    def frame(payload: bytes, **more: int) -> bytes:
        made = (
            Ether() / IP(src="192.168.111.130", dst="192.168.111.100") / TCP(sport=4000, dport=110, flags="A", **more)
        )
        return bytes(made / Raw(payload))

    said = b"PASS " + CANARY + b"\r\n"
    right = [frame(b"USER kim\r\n", seq=1), frame(said, seq=11)]
    wrong = frame(b"STAT\r\n", seq=11 + len(said), chksum=0x1234)
    size = 20 + len(b"LIST\r\n")
    partial = (sum(struct.unpack(">4H", bytes([192, 168, 111, 130, 192, 168, 111, 100]))) + 6 + size) % 0xFFFF
    offloaded = frame(b"LIST\r\n", seq=17 + len(said), chksum=partial)
    path = write(tmp_path / "a.pcap", [*right, wrong, offloaded])
    for fields in ((), tuple(FIELDS)):
        made = frames(redacted(path, fields))
        assert [checksums(each) for each in made] == [(True, True), (True, True), (True, False), (True, False)]
        assert Ether(made[2])[TCP].chksum == 0x1234
        new = IP(made[3][14:])
        ends = b"".join(bytes(map(int, address.split("."))) for address in (new.src, new.dst))
        assert Ether(made[3])[TCP].chksum == (sum(struct.unpack(">4H", ends)) + 6 + size) % 0xFFFF
        assert CANARY not in made[1]
