"""Captures read a second time: only what is wanted, in one file or in several, and who is behind which link address."""

from __future__ import annotations

import pytest

from mailtrace.errors import UsageError
from mailtrace.rereading import refuse_standard_input, reread
from tests.support import SAMPLES

REPORT_2008 = str(SAMPLES / "01-report-2008.pcapng")
REPORT_2024 = str(SAMPLES / "02-report-2024.pcapng")


def test_the_octets_of_a_packet() -> None:
    found = reread([REPORT_2008], {14})
    assert list(found.frames) == [14]
    assert len(found.frames[14].octets) == 60 and found.frames[14].link_type == 1
    assert found.payloads[14].octets == b"DATA\r\n" and found.payloads[14].ports == (3577, 25)
    assert found.payloads[14].at == 54
    assert found.links == {}


def test_packets_are_counted_through_all_files() -> None:
    found = reread([REPORT_2008, REPORT_2024], {14, 24 + 181})
    assert found.payloads[24 + 181].octets == b"PASS kim\r\n"
    assert found.payloads[14].octets == b"DATA\r\n"


def test_link_addresses() -> None:
    assert {address: list(links) for address, links in reread([REPORT_2008], (), {1}).links.items()} == {
        "192.168.1.2": ["00:19:66:95:db:94"],
        "192.168.10.2": ["00:0c:29:00:92:d4"],
    }


def test_batches_are_watched_as_far_as_needed() -> None:
    seen: list[int] = []
    reread([REPORT_2008, REPORT_2024], (), (), lambda batch: seen.append(batch.first_number), until=10)
    assert seen == [1]


def test_what_can_be_read_only_once_is_refused() -> None:
    with pytest.raises(UsageError, match="report reads the capture twice"):
        refuse_standard_input(["-"], "report")
