"""What networks and hosts do to connections without harm: none of it is damage, none of it stops the telling."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.bench.wire import FIN, RST, TCP
from tests.bench.wire import Path as Way
from tests.streams.net import ACK, CLIENT, SERVER, SMTP, SYN, Net, conversations, statuses, talk

URG = 0x20
ALL = ["220", "250", "221"]


def test_e100_both_open_at_once(tmp_path: Path) -> None:
    net, smtp = Net(), talk(25)
    net.add(smtp.send(CLIENT, flags=SYN), smtp.send(SERVER, flags=SYN))
    for side in (CLIENT, SERVER):
        smtp.next[side] -= 1
        net.add(smtp.send(side, flags=SYN | ACK))
    net.add(*(smtp.send(*each) for each in SMTP), *smtp.close(CLIENT))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, list(range(1, 13)))]
    assert statuses(report["conversations"][0]) == ALL
    assert report["conversations"][0]["complete"]


def test_e100_a_handshake_in_four_steps(tmp_path: Path) -> None:
    net, smtp = Net(), talk(25)
    net.add(smtp.send(CLIENT, flags=SYN), smtp.send(SERVER, flags=SYN))
    smtp.next[CLIENT] -= 1
    net.add(smtp.send(CLIENT, flags=SYN | ACK), smtp.send(SERVER))
    net.add(*(smtp.send(*each) for each in SMTP), *smtp.close(CLIENT))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, list(range(1, 13)))]
    assert statuses(report["conversations"][0]) == ALL


def test_e103_without_the_bare_acknowledgements_nothing_is_missing(tmp_path: Path) -> None:
    net = Net()
    net.add(*(frame for frame in talk(25).whole(SMTP) if frame[47] != ACK))
    report = net.told(tmp_path)
    assert len(net.frames) == 9
    assert statuses(report["conversations"][0]) == ALL
    assert report["conversations"][0]["complete"]


@pytest.mark.parametrize("pointer", [0, 1, 6, 7, 60_000])
def test_e108_urgent_octets_stay_in_line(pointer: int, tmp_path: Path) -> None:
    """Wherever the pointer leads, servers read their lines as they come."""
    net, smtp = Net(), talk(25)
    net.add(*smtp.open())
    for side, octets in SMTP:
        frame = bytearray(smtp.send(side, octets, ACK | URG))
        struct.pack_into(">H", frame, 14 + 20 + 18, pointer)
        net.add(bytes(frame))
    net.add(*smtp.close(CLIENT))
    report = net.told(tmp_path)
    (conversation,) = report["conversations"]
    assert statuses(conversation) == ALL
    assert [turn["command"]["line"] for turn in conversation["turns"] if turn["command"]] == [
        "EHLO client.example.net",
        "QUIT",
    ]


def test_e113_e114_windows_and_time_stamps_are_no_reason_to_drop_anything(tmp_path: Path) -> None:
    """From the middle of a connection, with a window of 0 throughout and time stamps that run backwards."""
    net, smtp = Net(), talk(25)
    for count, (side, octets) in enumerate(SMTP):
        frame = bytearray(smtp.send(side, octets))
        struct.pack_into(">H", frame, 14 + 20 + 14, 0)
        struct.pack_into(">I", frame, 14 + 20 + 24, 1_000 - count)
        net.add(bytes(frame))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, [1, 2, 3, 4, 5])]
    assert statuses(report["conversations"][0]) == ALL


@pytest.mark.parametrize("checksum", [0, 1, 0xFFFF])
@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_e115_checksums_that_hardware_makes_later_are_no_damage(checksum: int, side: int, tmp_path: Path) -> None:
    """All packets of one side carry a wrong one, of IP and of TCP, as where network cards make them."""
    net, smtp = Net(), talk(25)
    for frame in smtp.whole(SMTP):
        octets = bytearray(frame)
        if octets[14 + 12 : 14 + 16] == smtp.path.ends[side]:
            struct.pack_into(">H", octets, 14 + 10, checksum)
            struct.pack_into(">H", octets, 14 + 20 + 16, checksum)
        net.add(bytes(octets))
    report = net.told(tmp_path)
    assert statuses(report["conversations"][0]) == ALL
    assert report["conversations"][0]["complete"]
    assert report["capture"]["counters"] == {}
    assert report["capture"]["notes"] == []


@pytest.mark.parametrize("length", [0, None])
def test_d75_segments_that_hardware_cuts_later(length: int | None, tmp_path: Path) -> None:
    """A segment of 60,000 octets; a total length of 0 means as long as the frame, as for those beyond 65,535."""
    body = b"X" * 76 + b"\r\n"
    mail = b"Subject: big\r\n\r\n" + body * (60_000 // len(body))
    said = (*SMTP[:3], (CLIENT, b"MAIL FROM:<a@example.net>\r\n"), (SERVER, b"250 Ok\r\n"),
            (CLIENT, b"RCPT TO:<b@example.org>\r\n"), (SERVER, b"250 Ok\r\n"), (CLIENT, b"DATA\r\n"),
            (SERVER, b"354 Go on\r\n"), (CLIENT, mail + b".\r\n"), (SERVER, b"250 Ok\r\n"), *SMTP[3:])  # fmt: skip
    net = Net()
    for frame in talk(25).whole(said):
        octets = bytearray(frame)
        if length is not None and len(frame) > 60_000:
            struct.pack_into(">H", octets, 14 + 2, length)
        net.add(bytes(octets))
    report = net.told(tmp_path)
    assert [(each["size_bytes"], each["complete"]) for each in report["messages"]] == [(len(mail), True)]


def test_e119_a_storm_of_resets_and_acknowledgements_after_the_close(tmp_path: Path) -> None:
    net, smtp = Net(), talk(25)
    net.add(*smtp.whole(SMTP))
    net.time_ns += 10_000_000_000
    for count in range(600):
        net.add(smtp.send(count % 2, flags=(ACK, RST, FIN | ACK)[count % 3]))
    report = net.told(tmp_path)
    ((protocol, _, packets),) = conversations(report)
    assert (protocol, packets[:11]) == ("smtp", list(range(1, 12)))
    assert len(packets) + report["capture"]["counters"]["after close"] == 611


def test_e121_an_hour_of_silence_in_the_middle(tmp_path: Path) -> None:
    net, smtp = Net(), talk(25)
    net.add(*smtp.open(), *(smtp.send(*each) for each in SMTP[:3]))
    net.time_ns += 3_600_000_000_000
    net.add(*(smtp.send(*each) for each in SMTP[3:]), *smtp.close(CLIENT))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, list(range(1, 12)))]
    assert report["conversations"][0]["complete"]


@pytest.mark.parametrize("option", [
    bytes.fromhex("1312") + bytes(16),  # MD5 signature
    bytes.fromhex("1d10") + bytes(14),  # TCP-AO
    bytes.fromhex("1e0c0081") + bytes(8),  # MPTCP capable
    bytes.fromhex("1e101001") + bytes(12),  # MPTCP join
])  # fmt: skip
def test_e122_options_of_other_times(option: bytes, tmp_path: Path) -> None:
    """Options that mailtrace does not act on are stepped over."""
    net = Net()
    way = Way("10.0.0.1", "10.0.0.2", TCP)
    smtp = talk(25)
    for frame in smtp.whole(SMTP):
        header, size = frame[34:54], (frame[46] >> 4) * 4
        payload = frame[34 + size : 14 + struct.unpack_from(">H", frame, 16)[0]]
        side = int(frame[26:30] != smtp.path.ends[0])
        options = option + b"\1" * (-len(option) % 4)
        new = header[:12] + bytes([(20 + len(options)) << 2]) + header[13:] + options + payload
        net.add(way.frame(side, new))
    report = net.told(tmp_path)
    assert statuses(report["conversations"][0]) == ALL
    assert report["conversations"][0]["complete"]
