"""Connections mixed at random, with copies, lanes, losses and ports used again: no batch size changes anything."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.streams.net import CLIENT, SERVER, SMTP, Net, altered, talk
from tests.streams.test_anyport import FTP, HTTP
from tests.streams.test_lanes import OTHER

HOSTS = (("10.0.0.1", "10.0.0.2"), ("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2"))
POP3 = ((SERVER, b"+OK ready\r\n"), (CLIENT, b"QUIT\r\n"))


def connection(random: Random) -> list[tuple[bytes, int | None]]:
    """Return the frames of a connection, some without its start, each with its VLAN."""
    said = random.choice((SMTP, OTHER, HTTP, FTP, FTP * 30, POP3))
    port, client_port = random.choice((25, 31_337, 31_337, 8_080)), random.choice((40_000, 40_000, 40_001))
    frames = talk(port, client_port, random.randint(1, 9), random.choice(HOSTS)).whole(said)
    vlan = random.choice((None, None, 10, 20))
    return [(frame, vlan) for frame in frames[random.choice((0, 0, 0, 0, random.randint(0, 6))) :]]


def scene(seed: int) -> Net:
    """Return a capture of up to seven connections, at once or one after the other."""
    random, net = Random(seed), Net()
    waiting = [connection(random) for _ in range(random.randint(1, 7))]
    at_once = random.random() < 0.6
    while any(waiting):
        left = [frames for frames in waiting if frames]
        frame, vlan = (random.choice(left) if at_once else left[0]).pop(0)
        chance = random.random()
        if chance < 0.05:
            continue
        after_ns = random.choice((1_000, 1_000_000, 1_000_000, 30_000_000, 3_000_000_000))
        net.add(altered(frame, vlan), interface=random.choice((0, 0, 1)), after_ns=after_ns)
        if chance < 0.2:
            copy = altered(frame, random.choice((None, 10, 20)), random.randint(0, 1))
            late_ns = random.choice((2_000, 900_000, 40_000_000, 300_000_000))
            net.add(copy, interface=random.choice((0, 1)), after_ns=late_ns)
    return net


@pytest.mark.parametrize("seed", range(25))
def test_e91_e111_c74_scenes_are_told_alike_however_they_are_cut(seed: int, tmp_path: Path) -> None:
    """Every frame is in a conversation or counted."""
    net = scene(seed)
    report = net.told(tmp_path)
    listed = [number for each in report["conversations"] for number in each["packets"]]
    assert len(listed) == len(set(listed))
    assert len(listed) + sum(report["capture"]["counters"].values()) == len(net.frames)
