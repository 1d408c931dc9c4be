"""Copies what sockets hear into a pipe, as pcapng: a process of its own that has no privileges and reads no frame.

So frames are taken from the kernel in time, however much there is to understand of others; and live packets take the
path of files, through the same reader. What the kernel moves away from a frame is put back (VLAN tags), what it leaves
to the interface is taken as it is (checksums, segments of 64 KB that are yet to be cut). Packets that it lost because
nobody took them in time are counted: at the packet after them, and in the statistics of their interface.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

from mailtrace.capture.writer import FRAME_LIMIT_BYTES, Writer, packet_block, statistics_block
from mailtrace.live.broker import Listener
from mailtrace.live.interfaces import ETHERNET, RAW_IP
from mailtrace.model import Interface

GATHER_SECONDS = 0.005
"""How long frames gather before they are taken together: much less than anybody sees, and it saves most of the work."""

FRAMES_AT_ONCE = 512
"""Frames taken from one socket before the others get their turn."""

STATISTICS_SECONDS = 1.0
"""How often the kernel is asked what it lost."""

DRAIN_SECONDS = 1.0
"""How long frames that had come by the end are still taken."""

FAILED = 1

_STAMP_NS, _LOSSES = 35, 40
_PACKET_LEVEL, _STATISTICS, _AUXILIARY = 263, 6, 8
_TAG_PRESENT, _TAG_KIND_PRESENT = 0x10, 0x40
_VLAN = 0x8100
_IPV4, _IPV6 = 0x0800, 0x86DD
_ANCILLARY_BYTES = 256
_ADDRESSES_BYTES = 12
_TAG_BYTES = 4

_auxiliary = struct.Struct("=IIIHHHH").unpack_from
_stamp = struct.Struct("@ll").unpack_from


class Sniffing(NamedTuple):
    """A sniffer at work: the number of its process, and pipes: its capture, its notes (a line each), and one that ends
    it when it is closed."""

    child: int
    capture: int
    notes: int
    end: int


def start_sniffer(listeners: Sequence[Listener]) -> Sniffing:
    """Copy what `listeners` hear in a child process; they are closed here."""
    capture, capturing = os.pipe()
    notes, noting = os.pipe()
    ending, end = os.pipe()
    child = os.fork()
    if not child:
        for descriptor in (capture, notes, end):
            os.close(descriptor)
        _sniff(listeners, capturing, noting, ending)
    for descriptor in (capturing, noting, ending):
        os.close(descriptor)
    for each in listeners:
        each.socket.close()
    return Sniffing(child, capture, notes, end)


def _sniff(listeners: Sequence[Listener], capturing: int, noting: int, ending: int) -> None:
    """Copy until the end: the work of the child process. Ctrl-C is for its parent."""
    code = FAILED
    try:
        os.setpgid(0, 0)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _Sniffer(listeners, capturing, noting).run(ending)
        code = 0
    except BrokenPipeError:  # nobody wants it any more
        pass
    except BaseException:
        sys.excepthook(*sys.exc_info())  # a fault of ours must not be silent because it is in a child
    finally:
        os._exit(code)


class _Sniffer:
    """Takes frames from sockets and writes them."""

    def __init__(self, listeners: Sequence[Listener], capturing: int, noting: int) -> None:
        self._heard = [_Heard(index, each) for index, each in enumerate(listeners)]
        self._capturing = capturing
        self._noting = noting
        self._room = memoryview(bytearray(FRAME_LIMIT_BYTES))

    def run(self, ending: int) -> None:
        """Copy until nobody holds the other end of the pipe `ending`, or there is nothing left to hear."""
        self._write(_head([each.listener for each in self._heard]))
        waiting = select.poll()
        waiting.register(ending, select.POLLIN | select.POLLHUP)
        for each in self._heard:
            waiting.register(each.socket, select.POLLIN)
        counted = time.monotonic()
        while not any(descriptor == ending for descriptor, _ in waiting.poll(STATISTICS_SECONDS * 1000)):
            self._copy(waiting)
            if time.monotonic() >= counted + STATISTICS_SECONDS:
                counted = time.monotonic()
                self._count()
            if all(each.gone for each in self._heard):
                break
            time.sleep(GATHER_SECONDS)
        until = time.monotonic() + DRAIN_SECONDS
        while self._copy(waiting) and time.monotonic() < until:
            pass
        self._count()

    def _copy(self, waiting: select.poll) -> bool:
        """Write what has come; tell whether there may be more."""
        more = False
        for each in self._heard:
            if each.gone:
                continue
            try:
                blocks, is_dry = each.take(self._room)
            except OSError:
                blocks, is_dry = self._interface_failed(each, waiting), True
            self._write(b"".join(blocks))
            more |= not is_dry
        return more

    def _count(self) -> None:
        """Ask the kernel what it lost, and write what is new."""
        self._write(b"".join(filter(None, (each.statistics() for each in self._heard))))

    def _interface_failed(self, heard: _Heard, waiting: select.poll) -> list[bytes]:
        """Note that an interface went down, or that it is no more: then nothing is expected of it.

        The statistics that are returned wake up whoever reads, and so has the note told.
        """
        interface = heard.listener.interface
        try:
            socket.if_indextoname(interface.index)
            self._note(f"interface {interface.name} went down: it is heard again when it comes up")
        except OSError:
            heard.gone = True
            waiting.unregister(heard.socket)
            self._note(f"interface {interface.name} is gone: nothing more is captured on it")
        return [heard.told_losses()]

    def _note(self, text: str) -> None:
        os.write(self._noting, text.encode("utf-8", "backslashreplace") + b"\n")

    def _write(self, octets: bytes) -> None:
        """Write all, waiting for the reader if need be: meanwhile the kernel holds what comes."""
        left = memoryview(octets)
        while left:
            left = left[os.write(self._capturing, left) :]


class _Heard:
    """One socket: what came of it, and what was lost."""

    def __init__(self, index: int, listener: Listener) -> None:
        self.listener = listener
        self.socket = listener.socket
        self.gone = False
        self._index = index
        self._has_tags = listener.interface.link_type == ETHERNET
        self._only_ip = listener.interface.link_type == RAW_IP
        self._lost = 0
        self._lost_before = 0

    def take(self, room: memoryview) -> tuple[list[bytes], bool]:
        """Return frames that have come as blocks, and whether those are all. Raises: `OSError` of the interface."""
        blocks: list[bytes] = []
        receive, into = self.socket.recvmsg_into, [room]
        for _ in range(FRAMES_AT_ONCE):
            try:
                size, ancillary, _, address = receive(into, _ANCILLARY_BYTES)
            except BlockingIOError:
                return blocks, True
            except OSError:
                if not blocks:
                    raise
                return blocks, False  # once more for the error
            if self._only_ip and address[1] not in (_IPV4, _IPV6):
                continue
            blocks.append(self._block(room[:size], ancillary))
        return blocks, False

    def statistics(self) -> bytes | None:
        """Return what the kernel lost so far as a block, None when that is no more than before."""
        answer = self.socket.getsockopt(_PACKET_LEVEL, _STATISTICS, 8)
        (lost,) = struct.unpack_from("=4xI", answer)  # since it was asked last
        self._lost += lost
        return self.told_losses() if lost else None

    def told_losses(self) -> bytes:
        """Return what was lost so far as a block."""
        return statistics_block(self._index, time.time_ns(), self._lost)

    def _block(self, frame: memoryview, ancillary: list[tuple[int, int, bytes]]) -> bytes:
        """Return a frame as a block, with what the kernel tells beside it."""
        time_ns = lost = 0
        tag = -1
        tag_kind, wire = _VLAN, len(frame)
        for level, kind, value in ancillary:
            if level == _PACKET_LEVEL and kind == _AUXILIARY:
                status, wire, _, _, _, tag, told = _auxiliary(value)
                if not status & _TAG_PRESENT:
                    tag = -1
                elif status & _TAG_KIND_PRESENT:
                    tag_kind = told
            elif level == socket.SOL_SOCKET and kind == _STAMP_NS:
                seconds, fraction = _stamp(value)
                time_ns = seconds * 1_000_000_000 + fraction
            elif level == socket.SOL_SOCKET and kind == _LOSSES:
                (before,) = struct.unpack_from("=I", value)
                lost, self._lost_before = before - self._lost_before & 0xFFFFFFFF, before
        octets = bytes(frame)
        if tag >= 0 and self._has_tags:
            octets = octets[:_ADDRESSES_BYTES] + struct.pack("!HH", tag_kind, tag) + octets[_ADDRESSES_BYTES:]
            wire += _TAG_BYTES
        return packet_block(self._index, time_ns, octets, max(wire, len(octets)), lost)


def _head(listeners: Sequence[Listener]) -> bytes:
    """Return how the capture begins: its interfaces."""
    begin = BytesIO()
    writer = Writer(begin)
    for each in listeners:
        interface = Interface(each.interface.link_type or 0, each.interface.name)
        writer.add_interface(interface, FRAME_LIMIT_BYTES, 1)
    writer.finish()
    return begin.getvalue()
