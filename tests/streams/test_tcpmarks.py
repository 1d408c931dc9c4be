"""The remarks on TCP packets, one rule at a time; tests/explain/test_listing.py compares thousands with tshark's."""

from __future__ import annotations

import pytest

from mailtrace.model import Flags
from mailtrace.packets.dissect import TcpHeader
from mailtrace.streams import tcpmarks
from mailtrace.streams.tcpmarks import Place, TcpMarks, TcpView

SYN, ACK, FIN, RST = Flags.SYN, Flags.ACK, Flags.FIN, Flags.RST
MILLISECOND = 1_000_000
SCALE_7 = bytes.fromhex("030307")
CLIENT, SERVER = 0, 1
PLACES = (Place(b"\x0a\0\0\1", 4000, b"\x0a\0\0\2", 25), Place(b"\x0a\0\0\2", 25, b"\x0a\0\0\1", 4000))


class Wire:
    """Sends segments between two hosts, a millisecond apart unless told otherwise."""

    def __init__(self, isn: int = 1000) -> None:
        self.marks = TcpMarks()
        self.number = 0
        self.now = 0
        self.isn = (isn, 5000)

    def send(
        self,
        side: int,
        sequence: int,
        acknowledged: int = 0,
        length: int = 0,
        flags: int = ACK,
        window: int = 1000,
        options: bytes = b"",
        after: int = MILLISECOND,
    ) -> TcpView:
        """Send a segment with numbers relative to the initial ones."""
        self.number += 1
        self.now += after
        header = TcpHeader(
            PLACES[side].source_port,
            PLACES[side].destination_port,
            (sequence + self.isn[side]) % 2**32,
            (acknowledged + self.isn[1 - side]) % 2**32 if flags & ACK else 0,
            flags,
            window,
            0,
            20 + len(options),
            length,
            options,
            False,
            0,
        )
        return self.marks.see(self.number, self.now, PLACES[side], header)

    def open(self, options: bytes = b"", round_trip: int = 10 * MILLISECOND) -> None:
        """Shake hands."""
        self.send(CLIENT, 0, flags=SYN, options=options)
        self.send(SERVER, 0, 1, flags=SYN | ACK, options=options, after=round_trip)
        self.send(CLIENT, 1, 1)


@pytest.mark.parametrize("isn", [0, 1000, 2**31 - 3, 2**32 - 3])
def test_numbers_are_relative_and_windows_scaled(isn: int) -> None:
    """Wherever the numbers start; the window of a SYN is never scaled."""
    wire = Wire(isn)
    syn = wire.send(CLIENT, 0, flags=SYN, options=SCALE_7)
    assert (syn.sequence, syn.acknowledged, syn.window) == (0, None, 1000)
    answer = wire.send(SERVER, 0, 1, flags=SYN | ACK, options=SCALE_7)
    assert (answer.sequence, answer.acknowledged, answer.window) == (0, 1, 1000)
    last = wire.send(CLIENT, 1, 1, length=100)
    assert (last.sequence, last.acknowledged, last.window, last.marks) == (1, 1, 128000, ())


def test_scaling_needs_both_sides() -> None:
    """Source: RFC 7323 section 2.2."""
    wire = Wire()
    wire.send(CLIENT, 0, flags=SYN, options=SCALE_7)
    wire.send(SERVER, 0, 1, flags=SYN | ACK)
    assert wire.send(CLIENT, 1, 1).window == 1000


def test_a_capture_that_starts_in_the_middle() -> None:
    """Numbers start at 1, as if the handshake had come just before."""
    wire = Wire()
    first = wire.send(CLIENT, 77, 88, length=10)
    assert (first.sequence, first.acknowledged) == (1, 1)
    assert wire.send(SERVER, 88, 87).acknowledged == 11


def test_repeated_data() -> None:
    """Not yet acknowledged: retransmission; acknowledged already: spurious."""
    wire = Wire()
    wire.open()
    wire.send(CLIENT, 1, 1, length=100)
    again = wire.send(CLIENT, 1, 1, length=100, after=300 * MILLISECOND)
    assert again.marks == ("[TCP Retransmission]",)
    assert again.repeats
    wire.send(SERVER, 1, 101)
    assert wire.send(CLIENT, 1, 1, length=100).marks == ("[TCP Spurious Retransmission]",)


def test_a_repeated_syn_is_a_retransmission() -> None:
    """Ident behind a firewall: the same SYN after a second."""
    wire = Wire()
    wire.send(CLIENT, 0, flags=SYN)
    assert wire.send(CLIENT, 0, flags=SYN, after=1000 * MILLISECOND).marks == ("[TCP Retransmission]",)


def test_lost_and_late_segments() -> None:
    """A hole is told when it opens; what fills it within a round trip came late, after it is a repeat."""
    wire = Wire()
    wire.open()
    assert wire.send(CLIENT, 101, 1, length=50).marks == ("[TCP Previous segment not captured]",)
    assert wire.send(CLIENT, 1, 1, length=50, after=2 * MILLISECOND).marks == ("[TCP Out-Of-Order]",)
    assert wire.send(CLIENT, 51, 1, length=50, after=50 * MILLISECOND).marks == ("[TCP Retransmission]",)


def test_duplicate_acknowledgements_ask_for_a_fast_retransmission() -> None:
    """The count runs, the number is that of the first such acknowledgement."""
    wire = Wire()
    wire.open()
    wire.send(CLIENT, 1, 1, length=100)
    wire.send(SERVER, 1, 101)
    wire.send(CLIENT, 201, 1, length=100)
    assert wire.send(SERVER, 1, 101).marks == ("[TCP Dup ACK 5#1]",)
    assert wire.send(SERVER, 1, 101).marks == ("[TCP Dup ACK 5#2]",)
    assert wire.send(CLIENT, 101, 1, length=100).marks == ("[TCP Fast Retransmission]",)


def test_keep_alives() -> None:
    """One octet before what comes next, with or without an octet in it; its answer repeats the last one."""
    wire = Wire()
    wire.open()
    wire.send(CLIENT, 1, 1, length=10)
    wire.send(SERVER, 1, 11)
    assert wire.send(CLIENT, 10, 1, length=1).marks == ("[TCP Keep-Alive]",)
    assert wire.send(SERVER, 1, 11).marks == ("[TCP Keep-Alive ACK]",)
    assert wire.send(CLIENT, 10, 1).marks == ("[TCP Keep-Alive]",)


def test_windows() -> None:
    """Full, closed, probed, and open again."""
    wire = Wire()
    wire.open()
    wire.send(SERVER, 1, 1, window=100)
    assert wire.send(CLIENT, 1, 1, length=100).marks == ("[TCP Window Full]",)
    assert wire.send(SERVER, 1, 101, window=0).marks == ("[TCP ZeroWindow]",)
    assert wire.send(CLIENT, 101, 1, length=1).marks == ("[TCP ZeroWindowProbe]",)
    assert wire.send(SERVER, 1, 101, window=0).marks == ("[TCP ZeroWindowProbeAck]", "[TCP ZeroWindow]")
    assert wire.send(SERVER, 1, 101, window=500).marks == ("[TCP Window Update]",)


def test_acknowledged_but_not_captured_is_told_once() -> None:
    """The capture misses what the server has."""
    wire = Wire()
    wire.open()
    assert wire.send(SERVER, 1, 501).marks == ("[TCP ACKed unseen segment]",)
    assert wire.send(SERVER, 1, 601).marks == ()


def test_ports_used_again_start_afresh() -> None:
    """A SYN with another number is another connection."""
    wire = Wire()
    wire.open()
    wire.send(CLIENT, 1, 1, flags=FIN | ACK)
    fresh = wire.send(CLIENT, 70_000, flags=SYN)
    assert (fresh.sequence, fresh.marks) == (0, ("[TCP Port numbers reused]",))
    assert wire.send(CLIENT, 70_001, 5, length=3).sequence == 1


def test_a_header_without_length_changes_nothing() -> None:
    """Fragments show their raw numbers."""
    marks = TcpMarks()
    header = TcpHeader(4000, 25, 77, 88, ACK, 9, 0, 20, None, b"", False, 0)
    view = marks.see(1, 0, PLACES[CLIENT], header)
    assert (view.sequence, view.acknowledged, view.marks) == (77, 88, ())


def test_connections_are_forgotten_above_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was silent longest goes first; coming back it starts in the middle."""
    monkeypatch.setattr(tcpmarks, "FLOW_LIMIT", 2)
    marks = TcpMarks()

    def from_port(port: int, sequence: int) -> int:
        place = Place(b"\x0a\0\0\1", port, b"\x0a\0\0\2", 25)
        return marks.see(1, 0, place, TcpHeader(port, 25, sequence, 1, ACK, 9, 0, 20, 10, b"", False, 0)).sequence

    assert [from_port(1, 100), from_port(2, 100), from_port(1, 110), from_port(3, 100)] == [1, 1, 11, 1]
    assert [from_port(1, 120), from_port(2, 110)] == [21, 1]
