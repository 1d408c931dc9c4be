"""Live capture with sockets, of real packets in networks of their own."""

from __future__ import annotations

import socket
import struct
import time
from threading import Event, Thread

import pytest

from mailtrace.errors import UnreadableInput, UsageError
from mailtrace.live import interfaces, sockets
from mailtrace.live.broker import open_listeners
from mailtrace.live.filters import ports_filter
from mailtrace.live.interfaces import NetworkInterface, choose_interfaces
from mailtrace.live.network import SnifferCapture
from mailtrace.live.sniffer import start_sniffer
from tests.live.lan import Catch, add_wire, in_own_network, needs_root, run, say, send_frames, sniff

TO_ALL = b"\xff" * 6
FROM = b"\x02\x00\x00\x00\x00\x01"


@needs_root
def test_b49_nothing_from_outside_the_filter_gets_in() -> None:
    def body() -> None:
        over = Event()

        def chatter() -> None:
            while not over.is_set():
                say(9999, b"not for us", 20)

        thread = Thread(target=chatter)
        thread.start()
        try:
            catch = Catch(sniff(["lo"], "udp port 5353"))
            say(5353, b"for us", 3)
            catch.wait_for(3)
            frames = catch.stop()
        finally:
            over.set()
            thread.join()
        assert [frame[36:38] for frame in frames] == [struct.pack("!H", 5353)] * 3
        assert [frame[42:] for frame in frames] == [b"for us"] * 3

    in_own_network(body)


@needs_root
def test_b50_the_loopback_gives_each_packet_once() -> None:
    def body() -> None:
        catch = Catch(sniff(["lo"]))
        for number in range(50):
            say(9999, b"%d" % number)
        catch.wait_for(50)
        frames = catch.stop()
        # Nobody listens there: an ICMP message answers each datagram (it may leave out some), protocol 1.
        said = [frame[42:] for frame in frames if frame[23] == 17]
        assert said == [b"%d" % number for number in range(50)]

    in_own_network(body)


@needs_root
@pytest.mark.parametrize("kind", [0x8100, 0x88A8])
def test_b51_a_vlan_tag_that_the_kernel_took_off_is_put_back(kind: int) -> None:
    frame = TO_ALL + FROM + struct.pack("!HHH", kind, 0x6007, 0x88B5) + bytes(range(60))

    def body() -> None:
        add_wire("near", "far")
        catch = Catch(sniff(["far"], "ether src 02:00:00:00:00:01"))
        send_frames("near", frame)
        catch.wait_for(1)
        assert catch.stop() == [frame]
        assert catch.wire == [len(frame)]

    in_own_network(body)


@needs_root
def test_b51_frames_with_two_tags_are_taken_by_the_filter_for_ports() -> None:
    """The kernel takes off the outer tag; the inner one stands before what the filter looks at."""
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 30, 1, 0, 64, 17, 0, b"\n\0\0\1", b"\n\0\0\2")
    datagram = header + struct.pack("!HHHH", 4000, 53, 10, 0) + b"hi"
    plain, tagged, twice = (
        TO_ALL + FROM + tags + b"\x08\x00" + datagram
        for tags in (b"", b"\x81\x00\x00\x05", b"\x88\xa8\x00\x05\x81\x00\x00\x06")
    )

    def body() -> None:
        add_wire("near", "far")
        (far,) = choose_interfaces(["far"])
        catch = Catch(sniff(["far"], ports_filter([25, 53], far.link_type)))
        other = TO_ALL + FROM + b"\x08\x00" + datagram.replace(struct.pack("!H", 53), struct.pack("!H", 80))
        send_frames("near", plain, other, tagged, twice)
        catch.wait_for(3)
        assert catch.stop() == [plain, tagged, twice]

    in_own_network(body)


@needs_root
def test_b52_segments_that_are_yet_to_be_cut_are_whole() -> None:
    """TCP gives the loopback 65,483 octets at once: with its headers more than 65,535, where scapy's filters cut."""

    def body() -> None:
        catch = Catch(sniff(["lo"], "tcp port 2525"))
        listening = socket.create_server(("127.0.0.1", 2525))
        client = socket.create_connection(("127.0.0.1", 2525))
        with listening, client, listening.accept()[0] as server:
            thread = Thread(target=client.sendall, args=(bytes(4_000_000),))
            thread.start()
            left = 4_000_000
            while left:
                left -= len(server.recv(1 << 20))
            thread.join()
        time.sleep(0.1)
        frames = catch.stop()
        assert catch.wire == [len(frame) for frame in frames]
        assert max(catch.wire) > 65_535
        sent = {}  # by sequence number: on a busy machine TCP sends some once more
        for frame in frames:
            if frame[36:38] == b"\x09\xdd":
                size = len(frame) - 34 - (frame[46] >> 4) * 4
                sent[frame[38:42]] = max(sent.get(frame[38:42], 0), size)
        assert sum(sent.values()) == 4_000_000

    in_own_network(body)


@needs_root
@pytest.mark.parametrize("buffer", [4_096, 40_000])
def test_b53_b54_what_was_sent_is_what_came_and_what_the_kernel_lost(
    monkeypatch: pytest.MonkeyPatch, buffer: int
) -> None:
    monkeypatch.setattr(sockets, "BUFFER_BYTES", buffer)

    def body() -> None:
        listeners = open_listeners([(each, "udp port 5353") for each in choose_interfaces(["lo"])])
        assert listeners[0].buffer_bytes <= buffer * 2
        say(5353, bytes(100), 1_000)  # nobody takes them yet
        source = SnifferCapture("lo", [], start_sniffer(listeners))
        catch = Catch(source)
        catch.wait_for(1)
        time.sleep(0.1)
        say(5353, bytes(100))
        frames = catch.stop()
        assert source.dropped > 500
        assert len(frames) + source.dropped == 1_001

    in_own_network(body)


@needs_root
def test_b55_an_interface_that_goes_down_is_told_and_heard_again() -> None:
    frame = TO_ALL + FROM + b"\x88\xb5" + bytes(range(60))

    def body() -> None:
        add_wire("near", "far")
        source = sniff(["far", "lo"])
        catch = Catch(source)
        send_frames("near", frame)
        catch.wait_for(1)
        run("ip", "link", "set", "far", "down")
        _wait_for_note(source, "went down")
        run("ip", "link", "set", "far", "up")
        time.sleep(0.3)
        send_frames("near", frame)
        catch.wait_for(2)
        assert [each for each in catch.stop() if each == frame] == [frame, frame]
        assert [note.damage for note in source.notes] == [True]

    in_own_network(body)


@needs_root
def test_b55_an_interface_that_is_renamed_is_heard_on() -> None:
    frame = TO_ALL + FROM + b"\x88\xb5" + bytes(range(60))

    def body() -> None:
        add_wire("near", "far")
        source = sniff(["far"])
        catch = Catch(source)
        for command in (("down",), ("name", "wan"), ("up",)):
            run("ip", "link", "set", "far" if command[0] != "up" else "wan", *command)
        _wait_for_note(source, "went down")
        time.sleep(0.3)
        send_frames("near", frame)
        catch.wait_for(1)
        assert catch.stop() == [frame]

    in_own_network(body)


@needs_root
def test_b55_when_the_last_interface_is_gone_the_capture_ends() -> None:
    def body() -> None:
        add_wire("near", "far")
        source = sniff(["far"])
        catch = Catch(source)
        run("ip", "link", "delete", "far")
        assert catch.end() == []
        assert any("interface far is gone" in note.message and note.damage for note in source.notes)

    in_own_network(body)


@needs_root
def test_b56_an_interface_without_link_header_gives_bare_packets() -> None:
    def body() -> None:
        run("ip", "tuntap", "add", "dev", "tun0", "mode", "tun")
        run("ip", "address", "add", "10.9.0.1/24", "dev", "tun0")
        holder = _hold_tunnel("tun0")
        run("ip", "link", "set", "tun0", "up")
        (tunnel,) = choose_interfaces(["tun0"])
        assert tunnel.link_type == 101
        source = sniff(["tun0"], ports_filter([53], tunnel.link_type))
        catch = Catch(source)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as speaking:
            speaking.sendto(b"too much", ("10.9.0.2", 54))
            speaking.sendto(b"hello", ("10.9.0.2", 53))
        catch.wait_for(1)
        (packet,) = catch.stop()
        assert packet[0] == 0x45
        assert packet[-5:] == b"hello"
        assert [each.link_type for each in source.interfaces] == [101]
        holder.close()

    in_own_network(body)


def test_b56_an_interface_of_a_strange_kind_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    strange = NetworkInterface("can0", 7, 280, interfaces.LINK_TYPES.get(280), True, True, False, ())
    monkeypatch.setattr(interfaces, "read_interfaces", lambda: [strange])
    with pytest.raises(UnreadableInput, match=r"'can0' cannot be read.*hardware type 280"):
        choose_interfaces(["can0"])
    with pytest.raises(UnreadableInput, match="no interface is up"):
        choose_interfaces([])


def test_an_interface_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnreadableInput, match=r"no interface 'nothere': there are .*lo"):
        choose_interfaces(["nothere"])
    with pytest.raises(UsageError, match="stands for all"):
        choose_interfaces(["any", "lo"])


@needs_root
def test_a_filter_that_is_none_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="'port smtp25' is no filter"):
        open_listeners([(each, "port smtp25") for each in choose_interfaces(["lo"])])


@needs_root
def test_b61_two_captures_on_one_interface_see_the_same() -> None:
    def body() -> None:
        catches = [Catch(sniff(["lo"], "udp port 5353")) for _ in range(2)]
        say(5353, b"once", 20)
        for catch in catches:
            catch.wait_for(20)
        first, second = (catch.stop() for catch in catches)
        assert first == second
        assert catches[0].times == catches[1].times

    in_own_network(body)


@needs_root
def test_what_came_before_the_end_is_in() -> None:
    def body() -> None:
        catch = Catch(sniff(["lo"], "udp port 5353"))
        say(5353, b"first")
        catch.wait_for(1)
        say(5353, b"last", 300)
        began = time.monotonic()
        frames = catch.stop()
        assert time.monotonic() - began < 2
        assert len(frames) == 301

    in_own_network(body)


@needs_root
def test_stamps_are_those_of_the_kernel() -> None:
    def body() -> None:
        catch = Catch(sniff(["lo"], "udp port 5353"))
        before = time.time_ns()
        say(5353, b"now")
        after = time.time_ns()
        catch.wait_for(1)
        catch.stop()
        assert before <= catch.times[0] <= after

    in_own_network(body)


def _wait_for_note(source: SnifferCapture, words: str) -> None:
    until = time.monotonic() + 10
    while not any(words in note.message for note in source.notes):
        assert time.monotonic() < until, f"no note says {words!r}"
        time.sleep(0.02)


def _hold_tunnel(name: str) -> socket.socket:
    """Be the program at the end of a tunnel, without which it has no carrier."""
    import fcntl
    import os

    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1001))
    return os.fdopen(descriptor, "rb", buffering=0)  # type: ignore[return-value]
