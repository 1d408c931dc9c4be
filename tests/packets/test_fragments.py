"""Fragments put together again: in any order, in any batch, with every lie that was ever told about offsets."""

from __future__ import annotations

import hashlib
import itertools
import random
import struct
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from mailtrace.model import Interface
from mailtrace.packets.decode import Decoder
from mailtrace.packets.fragments import OCTET_LIMIT, PACKET_LIMIT
from tests.packets.test_decode import batch_of
from tests.packets.wrappings import OUTER_V6, ethernet, ipv4, ipv6, vlan, vxlan

A, B = b"\x0a\0\0\1", b"\x0a\0\0\2"
SECOND = 10**9


def checksum(octets: bytes) -> int:
    """Return the internet checksum of some octets. Source: RFC 1071."""
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def tcp(payload: bytes, sequence: int = 7, addresses: bytes = A + B) -> bytes:
    """Return a TCP segment 1000 > 25 with a right checksum."""
    segment = struct.pack(">HHIIBBHHH", 1000, 25, sequence, 9, 0x50, 0x18, 100, 0, 0) + payload
    right = checksum(addresses + struct.pack(">HH", 6, len(segment)) + segment)
    return segment[:16] + struct.pack(">H", right) + segment[18:]


def part(
    data: bytes, offset: int = 0, more: bool = True, number: int = 1, protocol: int = 6, options: bytes = b""
) -> bytes:
    """Return one IPv4 fragment in a raw frame; `offset` in octets."""
    bits = offset // 8 | more << 13
    first, length = 0x45 + len(options) // 4, 20 + len(options) + len(data)
    return struct.pack(">BBHHHBBH", first, 0, length, number, bits, 64, protocol, 0) + A + B + options + data


def parts(body: bytes, *cuts: int, number: int = 1) -> list[bytes]:
    """Return a body cut into IPv4 fragments at the given offsets."""
    edges = [0, *cuts, len(body)]
    return [part(body[a:b], a, b < len(body), number) for a, b in itertools.pairwise(edges)]


def part_6(data: bytes, offset: int = 0, more: bool = True, number: int = 1, following: int = 6) -> bytes:
    """Return one IPv6 fragment in a raw frame."""
    return ipv6(struct.pack(">BBHI", following, 0, offset | more, number) + data, 44)


class Outcome:
    """What became of frames: the TCP payloads by packet number, what was counted, the codes of the notes."""

    def __init__(
        self,
        frames: list[bytes],
        link_type: int = 101,
        times: list[int] | None = None,
        size: int = 10**6,
        cut: int = 10**6,
    ) -> None:
        decoder = Decoder()
        self.tcp: dict[int, bytes] = {}
        self.lengths: list[int] = []
        self.other: Counter[str] = Counter()
        for begin in range(0, len(frames), size):
            batch = batch_of(
                [(frame[:cut], len(frame)) for frame in frames[begin : begin + size]], Interface(link_type)
            )
            batch = replace(batch, first_number=begin + 1)
            if times is not None:
                batch = replace(batch, time_ns=np.array(times[begin : begin + size], dtype=np.int64))
            decoded = decoder.decode(batch)
            self.other += decoded.other
            columns = (decoded.tcp.row, decoded.tcp.payload_at, decoded.tcp.captured, decoded.tcp.length)
            for row, at, captured, length in zip(*(column.tolist() for column in columns), strict=True):
                self.tcp[batch.first_number + row] = decoded.buffer[at : at + captured]
                self.lengths.append(length)
        self.notes = decoder.notes()
        self.codes = [note.code for note in self.notes]


MAIL = bytes(range(97, 123)) * 20
BODY = tcp(MAIL)


def test_d79_any_order_and_any_cut_give_the_packet_at_the_fragment_that_completes_it() -> None:
    """RELIABILITY D79: all permutations, batches of one, fragments of 8 octets and tails of 1."""
    for cuts in ([8], [256], [8, 16, 24], [8, 256, 536], [len(BODY) // 8 * 8]):
        for order in itertools.permutations(parts(BODY, *cuts)):
            for size in (1, 10**6):
                outcome = Outcome(list(order), size=size)
                assert outcome.tcp == {len(order): MAIL}
                assert outcome.other == {"ip fragment": len(order) - 1}
                assert not outcome.notes
    short = tcp(MAIL[:5])
    assert Outcome(parts(short, 24)).tcp == {2: MAIL[:5]}


def test_d79_repeated_and_missing_fragments() -> None:
    """RELIABILITY D79: a repeated one is one; where one is missing the packet is not whole, and that is said."""
    first, middle, last = parts(BODY, 200, 400)
    assert Outcome([first, first, middle, last, last]).tcp == {4: MAIL}
    assert Outcome([first, first, middle, last, last]).codes == []
    for missing in ([middle, last], [first, middle], [first, last], [last], [first]):
        outcome = Outcome(missing)
        assert outcome.tcp == {}
        assert outcome.other == {"ip fragment": len(missing)}
        assert outcome.codes == ["fragment-missing"]


def test_d79_fragments_wait_for_a_minute() -> None:
    """RELIABILITY D79, D84: after 60 seconds of the capture's time a packet is given up."""
    first, last = parts(BODY, 200)
    assert Outcome([first, last], times=[0, 60 * SECOND]).tcp == {2: MAIL}
    late = Outcome([first, last], times=[0, 60 * SECOND + 1])
    assert (late.tcp, late.codes) == ({}, ["fragment-missing"])
    assert late.notes[0].message.endswith(": 2")


def test_d80_overlaps_that_agree_are_one() -> None:
    """RELIABILITY D80: RFC 791 allows them in IPv4; the same range twice also in IPv6 (RFC 8200 section 4.5)."""
    outcome = Outcome([part(BODY[:200]), part(BODY[:320]), part(BODY[160:400], 160), part(BODY[320:], 320, more=False)])
    assert (outcome.tcp, outcome.codes) == ({4: MAIL}, [])
    whole = tcp(MAIL, addresses=OUTER_V6)
    outcome = Outcome([part_6(whole[:200]), part_6(whole[:200]), part_6(whole[200:], 200, more=False)])
    assert (outcome.tcp, outcome.codes) == ({3: MAIL}, [])


@pytest.mark.parametrize(("start", "end"), [(0, 200), (40, 120), (160, 240), (0, 320), (120, 200), (40, 440)])
def test_d80_overlaps_that_disagree(start: int, end: int) -> None:
    """RELIABILITY D80: the first copy wins, the conflict is counted and both readings are reported."""
    lie = part(b"#" * (end - start), start)
    first, last = part(BODY[:200]), part(BODY[200:], 200, more=False)
    wanted = bytearray(BODY)
    wanted[200 : max(end, 200)] = b"#" * max(end - 200, 0)
    outcome = Outcome([first, lie, last])
    assert outcome.tcp == {3: bytes(wanted[20:])}
    assert outcome.codes == ["fragment-conflict"]
    (note,) = outcome.notes
    lies = 1 + (end > 200)  # the last one disagrees with what the lie said first
    assert note.packets == (2, 3)[:lies]
    one, two = hashlib.sha256(BODY[:200]).hexdigest(), hashlib.sha256(b"#" * (end - start)).hexdigest()
    assert note.message.endswith(f" (first packet 1 with SHA-256 {one}, then packet 2 with SHA-256 {two})")
    assert outcome.other == {"ip fragment": 1, "conflicting ip fragment": 1}


def test_d80_an_overlap_drops_an_ipv6_packet() -> None:
    """RELIABILITY D80: RFC 5722 section 4; the fragments that follow are dropped too."""
    whole = tcp(MAIL, addresses=OUTER_V6)
    first, last = part_6(whole[:200]), part_6(whole[200:], 200, more=False)
    for lie in (part_6(b"#" * 200), part_6(whole[40:120], 40), part_6(b"#" * 80, 160)):
        outcome = Outcome([first, lie, last])
        assert outcome.tcp == {}
        assert outcome.codes == ["fragment-conflict", "fragment-refused"]
        assert outcome.other == {"ip fragment": 1, "refused ip fragment": 2}


def test_d81_attacks_are_refused() -> None:
    """RELIABILITY D81: teardrop, ping of death, offsets that overflow, empty fragments, odd ones that are not last."""
    attacks = {
        "teardrop": [part(BODY[:200]), part(BODY[40:80], 40, more=False)],
        "teardrop first": [part(BODY[40:80], 40, more=False), part(BODY[:200])],
        "ping of death": [part(BODY[:200]), part(b"x" * 400, 65_528, more=False)],
        "one octet too long": [part(BODY[:200]), part(b"x" * (65_536 - 20 - 65_000), 65_000, more=False)],
        "empty": [part(BODY[:200]), part(b"", 200)],
        "odd": [part(BODY[:203])],
    }
    for name, frames in attacks.items():
        outcome = Outcome([*frames, part(BODY[200:], 200, more=False)])
        assert outcome.tcp == {}, name
        assert outcome.codes == ["fragment-refused"], name
        assert outcome.other["refused ip fragment"] >= 2, name
    longest = tcp(b"x" * (65_535 - 40))
    assert Outcome(parts(longest, 65_000)).tcp == {2: b"x" * 65_495}


def test_d82_two_ends_and_two_protocols() -> None:
    """RELIABILITY D82: two last fragments are refused; fragments of two protocols are of two packets (RFC 791)."""
    first, last = parts(BODY, 200)
    outcome = Outcome([first, part(BODY[400:480], 400, more=False), last])
    assert (outcome.tcp, outcome.codes) == ({}, ["fragment-refused"])
    assert Outcome([first, part(BODY[200:], 200, more=False, protocol=17)]).tcp == {}
    other = struct.pack(">HHHH", 1, 2, 400, 0) + bytes(392)
    mixed = [first, part(other[:200], protocol=17), last, part(other[200:], 200, more=False, protocol=17)]
    assert Outcome(mixed).tcp == {3: MAIL}


def test_d83_an_identification_used_again_mixes_nothing() -> None:
    """RELIABILITY D83: an old packet lost its last, its first, or its middle; a later one has the same number."""
    old, new = tcp(MAIL, sequence=1), tcp(MAIL[::-1], sequence=2)
    olds, news = parts(old, 200, 400), parts(new, 200, 400)
    later = [0, 1, 20 * SECOND, 20 * SECOND + 1, 20 * SECOND + 2]
    for kept in itertools.combinations(olds, 2):
        for order in itertools.permutations(news):
            outcome = Outcome([*kept, *order], times=later)
            assert outcome.tcp == {5: MAIL[::-1]}
            assert outcome.codes == ["fragment-missing"]


def test_d83_a_second_copy_of_the_end_is_no_missing_packet() -> None:
    """Every frame seen twice: nothing is mixed, nothing is missing."""
    frames = [frame for frame in parts(BODY, 200) + parts(tcp(MAIL, 8), 200, number=2) for _ in range(2)]
    outcome = Outcome(frames)
    assert (outcome.tcp, outcome.codes) == ({3: MAIL, 7: MAIL}, [])


def test_d84_first_fragments_alone_fill_no_memory() -> None:
    """RELIABILITY D84: 4,096 packets and 64 MiB at a time; the oldest are let go, which is counted and said."""
    assert (PACKET_LIMIT, OCTET_LIMIT) == (4096, 67_108_864)
    frames = [part(bytes(8), number=number) for number in range(6000)]
    outcome = Outcome(frames, times=[0] * 6000)
    assert outcome.other == {"ip fragment": 6000}
    note = next(note for note in outcome.notes if note.code == "fragment-limit")
    assert "1,904 were let go early" in note.message
    assert note.damage
    decoder = Decoder()
    big = [part(bytes(60_000), number=number) for number in range(1200)]
    for begin in range(0, 1200, 50):
        decoder.decode(batch_of([(frame, len(frame)) for frame in big[begin : begin + 50]], Interface(101)))
        assert decoder._fragments._octets <= OCTET_LIMIT
    assert "fragment-limit" in [note.code for note in decoder.notes()]


def test_d85_do_not_fragment_and_ports_that_come_last() -> None:
    """RELIABILITY D85: the fragment without ports first, and the bit that forbids what was done."""
    first, last = parts(BODY, 200)
    forbidden = [frame[:6] + bytes([frame[6] | 0x40]) + frame[7:] for frame in (last, first)]
    assert Outcome(forbidden).tcp == {2: MAIL}
    options = b"\x07\x0b\x04" + bytes(9)
    assert Outcome([last, part(BODY[:200], options=options)]).tcp == {2: MAIL}


def test_d86_ipv6_fragment_headers() -> None:
    """RELIABILITY D86: repeated, atomic, behind and before other headers; a chain without end; a header cut off."""
    whole = tcp(MAIL, addresses=OUTER_V6)
    atomic, options = b"\x06\0\0\0\0\0\0\1", b"\x06\0\1\4\0\0\0\0"
    assert Outcome([ipv6(atomic + whole, 44)]).tcp == {1: MAIL}
    assert Outcome([ipv6(b"\x2c" + atomic[1:] + atomic + whole, 44)]).tcp == {1: MAIL}
    inner = options + whole
    frames = [part_6(inner[:200], following=60), part_6(inner[200:], 200, more=False, following=60)]
    assert Outcome(frames).tcp == {2: MAIL}
    twice = struct.pack(">BBHI", 6, 0, 1, 5) + whole[:160]
    nested = [part_6(twice[:80], following=44), part_6(twice[80:], 80, more=False, following=44)]
    rest = part_6(whole[160:], 160, more=False, number=5)
    assert Outcome([*nested, rest]).tcp == {3: MAIL}
    assert Outcome([rest, *nested]).tcp == {3: MAIL}
    for cut in range(8):
        assert not Outcome([ipv6(atomic[:cut], 44)]).tcp
    lengthless = ipv6(atomic + whole, 44)
    assert Outcome([lengthless[:4] + b"\0\0" + lengthless[6:]]).tcp == {1: MAIL}
    authenticated = ipv6(b"\x06\0\0\0\0\0\0\0" + whole, 51)
    assert Outcome([authenticated]).tcp == {1: MAIL}
    assert Outcome([ipv6(b"\0\0\0\0\0\0\0\0" * 1000 + whole, 0)]).other == {"ip nested too deep": 1}


def test_fragments_cut_by_the_snap_length_keep_the_real_length() -> None:
    """What was captured before the first hole is the payload; the stream goes on by what was sent."""
    outcome = Outcome(parts(BODY, 200, 400), cut=120)
    assert (outcome.tcp, outcome.lengths) == ({3: MAIL[:80]}, [520])


def test_fragments_in_tunnels_of_fragments() -> None:
    """The inner packet was cut, and the tunnel cut the larger part again: any batch gives the same packet number."""
    first, last = parts(BODY, 400)
    outer = vxlan(first)[14:]
    body, cut = outer[20:], []
    for begin, end in ((0, 200), (200, len(body))):
        piece = ipv4(body[begin:end], 17)
        cut.append(ethernet(piece[:6] + struct.pack(">H", begin // 8 | (end < len(body)) << 13) + piece[8:]))
    frames = [*cut, vxlan(last)]
    for order in itertools.permutations(frames):
        for size in (1, 2, 3):
            outcome = Outcome(list(order), link_type=1, size=size)
            assert (outcome.tcp, outcome.codes) == ({3: MAIL}, [])


def test_fragments_in_two_vlans_are_two_packets() -> None:
    """Two networks with the same addresses."""
    first, last = parts(BODY, 200)
    other_first, other_last = parts(tcp(MAIL[::-1]), 200)
    five, six = ((0x8100, 5),), ((0x8100, 6),)
    frames = [vlan(first, *five), vlan(other_first, *six), vlan(last, *five), vlan(other_last, *six)]
    assert Outcome(frames, link_type=1).tcp == {3: MAIL, 4: MAIL[::-1]}


def test_any_cut_and_any_batches_of_many_packets() -> None:
    """Forty packets cut at random, shuffled among each other: each comes out whole, whatever the batches."""
    chance = random.Random(7)
    frames, wanted = [], Counter[bytes]()
    for number in range(40):
        payload = chance.randbytes(chance.randrange(40, 3000))
        body = tcp(payload, number)
        cuts = sorted({chance.randrange(8, len(body), 8) for _ in range(chance.randrange(1, 6))})
        frames += parts(body, *cuts, number=number)
        wanted[payload] += 1
    chance.shuffle(frames)
    whole = Outcome(frames)
    assert Counter(whole.tcp.values()) == wanted
    for size in (1, 7, 50):
        assert Outcome(frames, size=size).tcp == whole.tcp
