"""One packet captured twice counts once; a real repeat is a repeat. RELIABILITY C74."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from mailtrace import analyze
from tests.bench import wire
from tests.streams.net import ACK, CLIENT, SERVER, SMTP, Net, Talk, altered, conversations, statuses, talk
from tests.support import shared

V6 = ("2001:db8::1", "2001:db8::2")
QUESTION = bytes.fromhex("123401000001000000000000") + b"\7example\3org\0\0\1\0\1"
ANSWER = bytes.fromhex("123481800001000100000000") + QUESTION[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"


def marks(report: dict[str, Any]) -> int:
    """Return how many packets were captured more than once."""
    return int(report["capture"]["counters"].get("duplicate packet", 0))


def lookup() -> list[bytes]:
    """Return question and answer."""
    path = wire.Path("10.0.0.1", "10.0.0.53", wire.UDP)
    return [
        wire.datagram(path, CLIENT, (40_000, 53), QUESTION),
        wire.datagram(path, SERVER, (40_000, 53), ANSWER),
    ]


@pytest.mark.parametrize("hosts", [("10.0.0.1", "10.0.0.2"), V6])
@pytest.mark.parametrize(("interface", "vlan", "hops", "late_ns"), [
    (1, None, 0, 4_000),  # two interfaces of a bridge
    (0, 100, 0, 20_000),  # tagged and untagged on one interface
    (0, None, 0, 2_000),  # a mirror port that shows both directions of a switch port
    (1, 7, 1, 800_000),  # before and behind a router
])  # fmt: skip
def test_c74_every_packet_twice(
    hosts: tuple[str, str], interface: int, vlan: int | None, hops: int, late_ns: int, tmp_path: Path
) -> None:
    net = Net()
    for frame in [*lookup(), *talk(25, hosts=hosts).whole(SMTP)]:
        net.add(frame)
        net.add(altered(frame, vlan, hops), interface=interface, after_ns=late_ns)
    report = net.told(tmp_path)
    assert conversations(report) == [("dns", 53, [1, 3]), ("smtp", 25, list(range(5, 27, 2)))]
    assert marks(report) == 13
    (note,) = report["capture"]["notes"]
    assert note["code"] == "duplicate-packets"
    assert note["message"] == "copies of packets captured before, by another interface for instance, are left out: 13"
    assert note["packets"] == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]
    assert [each["retries"] for each in report["lookups"]] == [0]
    assert statuses(report["conversations"][1]) == ["220", "250", "221"]
    assert report["conversations"][1]["complete"]


def test_c74_three_copies_and_a_clock_that_differs(tmp_path: Path) -> None:
    """Three interfaces, of which the last is behind the others by file order and before them by time."""
    net = Net()
    for frame in talk(25).whole(SMTP):
        net.add(frame)
        net.add(frame, interface=1, after_ns=3_000)
        net.add(frame, interface=2, after_ns=-39_000)
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, list(range(1, 34, 3)))]
    assert marks(report) == 22


def test_c74_a_copy_far_away_in_the_file(tmp_path: Path) -> None:
    """With the same identification it may come as late as the other end of a network: here 100 ms and 700 packets."""
    net, smtp = Net(), talk(25)
    frames = smtp.whole(SMTP)
    net.add(*frames[:4])
    net.add(*(talk(80, 50_000 + each).send(CLIENT) for each in range(700)), after_ns=100_000)
    net.add(altered(frames[3], hops=9), interface=1)
    net.add(*frames[4:])
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, [1, 2, 3, 4, *range(706, 713)])]
    assert marks(report) == 1


@pytest.mark.parametrize(("hosts", "after_ns"), [(("10.0.0.1", "10.0.0.2"), 2_000_000), (V6, 20_000_000)])
def test_a_real_repeat_is_none(hosts: tuple[str, str], after_ns: int, tmp_path: Path) -> None:
    """A sender counts its IPv4 packets; in IPv6 it takes its time."""
    net, smtp = Net(), talk(25, hosts=hosts)
    net.add(*smtp.open(), smtp.send(SERVER, SMTP[0][1]))
    net.add(smtp.again(SERVER, SMTP[0][1]), after_ns=after_ns)
    net.add(*(smtp.send(*each) for each in SMTP[1:]), *smtp.close(CLIENT))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, list(range(1, 13)))]
    assert marks(report) == 0
    assert statuses(report["conversations"][0]) == ["220", "250", "221"]


def test_a_repeat_with_the_identification_that_all_packets_have(tmp_path: Path) -> None:
    """Test tools give every packet the same; 200 ms tell a repeat even so."""
    net, smtp = Net(), talk(25)
    smtp.path.number = 0
    frames = [*smtp.open(), smtp.send(SERVER, SMTP[0][1])]
    net.add(*frames)
    net.add(frames[-1], after_ns=200_000_000)
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, [1, 2, 3, 4, 5])]
    assert marks(report) == 0


def test_acknowledgements_that_differ_in_their_options_are_no_copies(tmp_path: Path) -> None:
    """Duplicate acknowledgements of a fast network without identification: only their time stamps differ."""

    def ack(smtp: Talk, stamp: int) -> bytes:
        frame = smtp.send(CLIENT)
        return frame[:-4] + struct.pack(">I", stamp)

    net, smtp = Net(), talk(25, hosts=V6)
    net.add(*smtp.open(), ack(smtp, 5))
    net.add(ack(smtp, 6), ack(smtp, 6), after_ns=5_000)
    report = net.told(tmp_path)
    assert conversations(report) == [("unknown", 25, [1, 2, 3, 4, 5])]
    assert marks(report) == 1


def test_e93_other_octets_under_the_same_header_are_a_conflict_and_no_copy(tmp_path: Path) -> None:
    """Who forges a packet must not make it disappear: only equal payloads are copies."""
    net, smtp = Net(), talk(25)
    frames = smtp.whole(SMTP)
    net.add(*frames[:4])
    net.add(frames[3].replace(b"mx.example.org", b"mx.example.com"), after_ns=10_000)
    net.add(*frames[4:])
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, list(range(1, 13)))]
    assert marks(report) == 0


def test_c74_copies_on_nobodys_port_before_and_behind_the_first_words(tmp_path: Path) -> None:
    net = Net()
    for frame in talk(31_337).whole(SMTP):
        net.add(frame)
        net.add(altered(frame, 5), interface=1, after_ns=10_000)
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 31_337, list(range(1, 23, 2)))]
    assert marks(report) == 11
    assert report["capture"]["counters"] == {"duplicate packet": 11}


def test_e109_copies_of_a_reset_without_identification(tmp_path: Path) -> None:
    """A closed port answers every try alike, with identification 0: each answer counts, each copy does not."""
    net = Net()
    for seed in range(3):
        smtp = talk(25, seed=seed)
        syn = smtp.send(CLIENT, flags=wire.SYN)
        smtp.path.number = 0xFFFF
        reset = smtp.send(SERVER, flags=wire.RST | ACK)
        net.add(syn, after_ns=500_000_000)
        net.add(reset, after_ns=10_000)
        net.add(altered(reset, 9), interface=1, after_ns=240_000)
    report = net.told(tmp_path)
    assert conversations(report) == [("unknown", 25, [1, 2]), ("unknown", 25, [4, 5]), ("unknown", 25, [7, 8])]
    assert marks(report) == 3


def test_c74_packets_a_network_really_doubled() -> None:
    """The switch of the lab doubled 21 packets (its own count); mail and lookups are told as if it had not."""
    path = shared("captures/lab/08-lossy.pcapng")
    assert analyze(path).capture.counters["duplicate packet"] == 21
