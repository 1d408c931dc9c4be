"""Words for what is on the wire: batches of frames, packets of a stream, ordered bytes and their holes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, IntFlag

import numpy as np
import numpy.typing as npt
from msgspec import Struct

NO_TIME = -(2**63)
"""The `time_ns` of a packet whose capture gives no time (pcapng Simple Packet Block)."""


class Side(IntEnum):
    """Who of the two speaks; the value indexes pairs such as `[client, server]`."""

    CLIENT = 0
    SERVER = 1

    @property
    def other(self) -> Side:
        """The one who listens."""
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


class Transport(Enum):
    """What carries the conversation."""

    TCP = "tcp"
    UDP = "udp"

    __hash__ = (
        object.__hash__
    )  # members are single, and the hash of an Enum is slow: this one is a key for every stream


class Endpoint(Struct, frozen=True, order=True, array_like=True, gc=False):
    """One side of a conversation: `host` is the textual IPv4 or IPv6 address."""

    host: str
    port: int


class StreamKey(Struct, frozen=True, array_like=True, gc=False):
    """Which conversation; `nth` counts reuses of the same four addresses, from 0."""

    client: Endpoint
    server: Endpoint
    transport: Transport
    nth: int = 0


class Interface(Struct, frozen=True):
    """Where frames were captured: `link_type` is a LINKTYPE number, `fcs_bytes` the checksum octets behind a frame."""

    link_type: int
    name: str = ""
    fcs_bytes: int = 0


@dataclass(slots=True, frozen=True)
class RawBatch:
    """n frames from any source: columns of int64 (`interface`: int32) over one shared buffer.

    Frame i is `buffer[start[i] : start[i] + captured[i]]`; it was `wire[i]` octets long on the wire, has packet
    number `first_number + i` and arrived on `interfaces[interface[i]]`.
    """

    buffer: bytes
    first_number: int
    start: npt.NDArray[np.int64]
    captured: npt.NDArray[np.int64]
    wire: npt.NDArray[np.int64]
    time_ns: npt.NDArray[np.int64]
    interface: npt.NDArray[np.int32]
    interfaces: Sequence[Interface]


class Flags(IntFlag):
    """TCP control bits, as in the header. Source: RFC 9293 section 3.1."""

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10
    URG = 0x20
    ECE = 0x40
    CWR = 0x80


class Mark(Enum):
    """What the stream tracker found remarkable about a packet."""

    NONE = ""
    RETRANSMISSION = "retransmission"
    OUT_OF_ORDER = "out of order"
    OVERLAP_CONFLICT = "overlap with different data"
    KEEP_ALIVE = "keep-alive"
    OUT_OF_WINDOW = "out of window"
    AFTER_CLOSE = "after close"


class Packet(Struct, frozen=True, gc=False, array_like=True):
    """One packet of a conversation; sequence numbers count from the stream's start, `length` counts payload octets.

    `flags` is an int of `Flags` bits, 0 for UDP. `ip_id` is the IPv4 identification of a TCP packet that is not just
    what comes next, 0 or less of others and where there is none.
    """

    number: int
    time_ns: int
    side: Side
    flags: int
    sequence: int
    acknowledged: int
    length: int
    mark: Mark = Mark.NONE
    ip_id: int = 0


class GapReason(Enum):
    """Why octets are missing from a stream."""

    LOST = "lost"  # never seen, though the capture went on
    NOT_CAPTURED = "not captured"  # acknowledged by the other side, or cut by the snap length
    LIMIT = "limit"  # a buffer limit was reached


class Data(Struct, frozen=True, gc=False, array_like=True):
    """Octets of one side in order; all came in one packet."""

    side: Side
    data: bytes
    packet: int
    time_ns: int


class Gap(Struct, frozen=True, gc=False, array_like=True, tag=True, tag_field="event"):
    """`missing` octets of one side that will not come; `packet` is the one that proved it."""

    side: Side
    missing: int
    why: GapReason
    packet: int
    time_ns: int


class Closed(Struct, frozen=True, gc=False):
    """One side will say no more: `how` is fin, rst, idle or open (end of capture)."""

    side: Side
    how: str
    packet: int
    time_ns: int


StreamEvent = Data | Gap | Closed
