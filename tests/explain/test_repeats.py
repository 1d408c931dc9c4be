"""What is said of packets sent again is true: the IPv4 identification, by which senders count packets, shows it."""

from __future__ import annotations

import re

from scapy.layers.inet import IP
from scapy.utils import PcapNgReader

import mailtrace
from mailtrace.explain.walkthrough import walkthroughs
from tests.support import SAMPLES

LOSSY = SAMPLES / "06-lab-lossy.pcapng"

AGAIN = re.compile(r"\(packet (\d+) (?:sends|sent) octets of packet (\d+) again")


def test_a_repeat_was_sent_after_what_it_repeats_whichever_came_first() -> None:
    told = [line for each in walkthroughs(mailtrace.analyze(LOSSY)) for step in each.steps for line in step.says]
    pairs = {(int(again), int(first)) for line in told for again, first in AGAIN.findall(line)}
    with PcapNgReader(str(LOSSY)) as packets:
        sent = {number: packet[IP].id for number, packet in enumerate(packets, 1) if IP in packet}
    assert len(pairs) > 10
    assert any(again < first for again, first in pairs)
    assert [pair for pair in sorted(pairs) if not 0 < sent[pair[0]] - sent[pair[1]] < 100] == []
