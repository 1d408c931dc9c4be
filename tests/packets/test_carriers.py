"""Everything that carries IP leads to the packet inside, whole, cut anywhere, damaged anywhere, nested without end."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Callable

import pytest

from mailtrace.model import Interface
from mailtrace.packets.decode import Decoder
from tests.packets.test_decode import assert_twins, batch_of, tcp_packet
from tests.packets.wrappings import (
    MACS,
    WRAPPINGS,
    Wrapping,
    aggregate,
    ethernet,
    gre,
    gtp,
    in_udp,
    ipv4,
    ipv6,
    mpls,
    pppoe,
    radiotap,
    snap,
    vlan,
    vxlan,
    wifi,
)

HELLO = tcp_packet(b"EHLO client\r\n", options=b"\1" * 12)
EVERY = pytest.mark.parametrize("wrapping", WRAPPINGS, ids=[each.name for each in WRAPPINGS])


def counted(frame: bytes, link_type: int = 1) -> Counter[str]:
    """Return what a frame is counted as."""
    return Decoder().decode(batch_of([(frame, len(frame))], Interface(link_type))).other


@EVERY
def test_c69_c70_c71_c73_every_carrier_leads_to_the_packet_inside(wrapping: Wrapping) -> None:
    """RELIABILITY C69, C70, C71, C73: MPLS, PPPoE, tunnels, odd link types."""
    frame = wrapping.wrap(HELLO)
    decoded = Decoder().decode(batch_of([(frame, len(frame))], Interface(wrapping.link_type)))
    tcp = decoded.tcp
    assert (tcp.row.tolist(), tcp.version.tolist(), tcp.ip_id.tolist()) == ([0], [4], [1])
    assert (tcp.source_low.tolist(), tcp.target_low.tolist()) == ([0x0A000001], [0x0A000002])
    assert (tcp.source_port.tolist(), tcp.target_port.tolist()) == ([1000], [25])
    assert (tcp.length.tolist(), tcp.captured.tolist()) == ([13], [13])
    at = int(tcp.payload_at[0])
    assert decoded.buffer[at : at + 13] == b"EHLO client\r\n"
    assert not decoded.other
    assert not len(decoded.udp.row)


@EVERY
def test_c71_every_carrier_cut_at_every_octet(wrapping: Wrapping) -> None:
    """RELIABILITY C71: cut by the snap length, or sent as short as that; never an exception, always as its twin."""
    frame = wrapping.wrap(HELLO)
    cuts = [(frame[:size], len(frame)) for size in range(len(frame) + 1)]
    assert assert_twins(cuts, Interface(wrapping.link_type)) > 0
    assert_twins([(frame[:size], size) for size in range(len(frame) + 1)], Interface(wrapping.link_type))


@EVERY
def test_every_carrier_with_changed_octets(wrapping: Wrapping) -> None:
    """Whatever stands in a header, decode and its twin agree."""
    chance = random.Random(wrapping.name)
    frame = wrapping.wrap(HELLO)
    frames = []
    for _ in range(300):
        octets = bytearray(frame)
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(max(len(octets) - 60, 1))
            octets[place] = chance.choice([0, 1, 4, 6, 8, 255, octets[place] ^ 1 << chance.randrange(8)])
        size = len(octets) if chance.random() < 0.8 else chance.randrange(len(octets))
        frames.append((bytes(octets[:size]), len(octets)))
    assert_twins(frames, Interface(wrapping.link_type))


NESTS: dict[str, Callable[[bytes], bytes]] = {
    "ip in ip": lambda p: ipv4(p, 4),
    "6in4": lambda p: ipv4(ipv6(p, 4), 41),
    "authentication": lambda p: ipv4(struct.pack(">BBHII", 4, 1, 0, 1, 1) + p, 51),
    "gre": lambda p: gre(p, 0, 0x0800)[14:],
    "gre ethernet": lambda p: gre(ethernet(p), 0, 0x6558)[14:],
    "gre ppp": lambda p: gre(b"\x21" + p, 0, 0x880B)[14:],
    "gre wccp": lambda p: gre(bytes(4) + p, 0, 0x883E)[14:],
    "erspan": lambda p: gre(struct.pack(">HHI", 0x1005, 3, 0) + ethernet(p), 0x1000, 0x88BE, bytes(4))[14:],
    "etherip": lambda p: ipv4(b"\x30\0" + ethernet(p), 97),
    "mpls": lambda p: ipv4(mpls(p), 137),
    "vxlan": lambda p: vxlan(p)[14:],
    "geneve": lambda p: in_udp(b"\0\0\x65\x58\0\0\x07\0" + ethernet(p), 6081)[14:],
    "gtp-u": lambda p: gtp(p)[14:],
    "l2tp": lambda p: in_udp(b"\0\2\0\1\0\2\x21" + p, 1701)[14:],
    "teredo": lambda p: in_udp(ipv6(p, 4), 3544)[14:],
}


@pytest.mark.parametrize("name", NESTS)
def test_c71_carriers_a_thousand_deep(name: str) -> None:
    """RELIABILITY C71: each in itself; sixteen carriers are followed, the rest is counted by name, once per frame."""
    packet, frames = HELLO, []
    for _ in range(1000):
        packet = NESTS[name](packet)
        frames.append(ethernet(packet))
        if len(packet) > 65_000:
            break
    sizes = [(frame, len(frame)) for frame in frames]
    decoded = Decoder().decode(batch_of(sizes))
    read = len(decoded.tcp.row)
    assert decoded.tcp.row.tolist() == list(range(read))
    assert 4 <= read <= 16
    assert sum(count for name, count in decoded.other.items() if "nested too deep" in name) == len(frames) - read
    assert sum(decoded.other.values()) == len(frames) - read
    assert_twins(sizes[:20])


def test_c71_links_nested_without_end() -> None:
    """RELIABILITY C71: frames in frames without any IP, and headers that say they are followed by themselves."""
    mac, snap_bridge = MACS + b"\x00\xff", b"\xaa\xaa\3\0\x80\xc2\0\7"
    endless = {
        "vlan nested too deep": ethernet(b"\0\5\x81\0" * 3000, 0x8100),
        "ethernet nested too deep": (MACS + b"\x65\x58") * 1000,
        "mpls nested too deep": ethernet(b"\0\0\0\x40" * 3000, 0x8847),
        "provider backbone nested too deep": (MACS + b"\x88\xe7" + bytes(4)) * 1000,
        "ip nested too deep": ethernet(ipv6(b"\0\0\0\0\0\0\0\0" * 1000, 0), 0x86DD),
    }
    for name, frame in endless.items():
        assert counted(frame) == {name: 1}
    assert counted(b"\x0f\0\x88\x0b" * 5000, 9) == {"ppp nested too deep": 1}
    assert counted((b"\0\0\x08\0" + struct.pack("<I", 192)) * 1000, 192) == {"ppi nested too deep": 1}
    assert sum(counted((mac + snap_bridge) * 1000).values()) == 1


def test_c67_sixteen_tags_are_the_limit() -> None:
    """RELIABILITY C67: 0x8100, 0x88a8, 0x9100, priority tags; a stack of a thousand is one count."""
    for depth in (1, 3, 16):
        tags = [(0x8100, 0), (0x88A8, 4095), (0x9100, 7)] * 6
        frame = vlan(HELLO, *tags[:depth])
        assert Decoder().decode(batch_of([(frame, len(frame))])).tcp.row.tolist() == [0]
    assert counted(vlan(HELLO, *[(0x8100, 1)] * 17)) == {"vlan nested too deep": 1}


def lane(frame: bytes, link_type: int = 1) -> int:
    """Return the lane of the one TCP packet in a frame."""
    return int(Decoder().decode(batch_of([(frame, len(frame))], Interface(link_type))).tcp.lane[0])


def test_c68_c72_ids_that_both_directions_share_make_the_lane() -> None:
    """RELIABILITY C68, C72: VLAN ids, VNI, GRE key; a priority, labels and ids of one direction make none."""
    vni = [lane(vxlan(HELLO, number)) for number in (1, 2)]
    tags = [lane(vlan(HELLO, *tags)) for tags in ([(0x8100, 5)], [(0x8100, 6)], [(0x88A8, 6), (0x8100, 5)])]
    keys = [lane(gre(HELLO, 0x2000, 0x0800, key)) for key in (b"\0\0\0\1", b"\0\0\0\2")]
    geneves = [lane(in_udp(b"\0\0\x08\0\0\0" + number + b"\0" + HELLO, 6081)) for number in (b"\1", b"\2")]
    sessions = [lane(ethernet(pppoe(HELLO)[:3] + number + pppoe(HELLO)[4:], 0x8864)) for number in (b"\1", b"\2")]
    lanes = vni + tags + keys + geneves + sessions
    assert len(set(lanes)) == len(lanes)
    assert min(lanes) > 0
    assert lane(vlan(HELLO, (0x8100, 5))) == lane(vlan(HELLO, (0x88A8, 5), (0x8100, 0)))
    plain = [
        ethernet(HELLO),
        vlan(HELLO, (0x8100, 0)),
        ethernet(mpls(HELLO), 0x8847),
        gtp(HELLO),
        gre(HELLO, 0, 0x0800),
    ]
    assert [lane(frame) for frame in plain] == [0, 0, 0, 0, 0]


def test_c63_short_frames() -> None:
    """RELIABILITY C63: frames of 0 to 13 octets are counted as short, on every link type that has a header."""
    for size in range(14):
        assert counted(ethernet(HELLO)[:size]) == {"frame cut short": 1}
    assert counted(b"", 101) == counted(b"\x02", 0) == counted(b"\0" * 15, 113) == {"frame cut short": 1}


def test_c66_frames_without_ip_are_counted_by_type() -> None:
    """RELIABILITY C66: 802.3 with LLC, SNAP, jumbo frames, ethertypes nobody knows."""
    assert counted(MACS + b"\0\x26\x42\x42\3" + bytes(35)) == {"802.3": 1}
    assert counted(ethernet(b"", 0x88CC)) == {"lldp": 1}
    assert counted(ethernet(bytes(50), 0x1234)) == {"ethertype 0x1234": 1}
    jumbo = tcp_packet(b"x" * 8900)
    assert Decoder().decode(batch_of([(ethernet(jumbo), 14 + len(jumbo))])).tcp.length.tolist() == [8900]


def test_c69_c70_stacks_and_sessions_that_hold_no_packet() -> None:
    """RELIABILITY C69, C70: no bottom of the stack, PPPoE discovery, a wrong length, compressed and encrypted PPP."""
    assert counted(ethernet(mpls(HELLO, 17), 0x8847)) == {"mpls nested too deep": 1}
    assert counted(ethernet(mpls(b"\x11\x22" * 20), 0x8847)) == {"mpls": 1}
    assert counted(ethernet(pppoe(HELLO), 0x8863)) == {"pppoe": 1}
    assert counted(ethernet(b"\x11\0\0\x09\0\0\0\x21" + HELLO, 0x8864)) == {"damaged pppoe header": 1}
    assert not counted(ethernet(b"\x11\0\0\x09\xff\xff\0\x21" + HELLO, 0x8864))
    assert counted(ethernet(pppoe(bytes(8), b"\xc0\x21"), 0x8864)) == {"ppp protocol 0xc021": 1}
    assert counted(ethernet(pppoe(bytes(8), b"\xfd"), 0x8864)) == {"ppp protocol 0x00fd": 1}


def test_c71_messages_of_the_tunnels_themselves() -> None:
    """RELIABILITY C71: keep-alives and control messages are counted; over UDP they stay plain datagrams."""
    assert counted(gre(b"", 0, 0)) == {"gre": 1}
    assert counted(gre(b"", 0x2081, 0x880B, bytes(8))) == {"gre": 1}
    assert counted(gre(HELLO, 5, 0x0800)) == {"damaged gre header": 1}
    for port, octets in ((2152, b"\x32\1\0\4" + bytes(8)), (1701, b"\xc8\2" + bytes(10)), (4789, b"\0" * 40)):
        frame = in_udp(octets, port)
        decoded = Decoder().decode(batch_of([(frame, len(frame))]))
        assert decoded.udp.target_port.tolist() == [port]
        assert not decoded.other


def test_c71_a_lookup_from_a_tunnels_port_stays_a_lookup() -> None:
    """Port 4789 may be anybody's: a DNS answer to it is no VXLAN."""
    question = bytes.fromhex("08008180000100000000000006646f6d61696e0000010001")
    frame = ethernet(ipv4(struct.pack(">HHHH", 53, 4789, 8 + len(question), 0) + question, 17))
    decoded = Decoder().decode(batch_of([(frame, len(frame))]))
    assert (decoded.udp.source_port.tolist(), decoded.udp.length.tolist()) == ([53], [24])


def test_c73_wireless_frames() -> None:
    """RELIABILITY C73: aggregates hold several packets; what is encrypted, a beacon or a fragment is counted."""
    frame = aggregate(HELLO, tcp_packet(b"odd"), tcp_packet(b"QUIT\r\n"))
    decoded = Decoder().decode(batch_of([(frame, len(frame))], Interface(105)))
    assert (decoded.tcp.row.tolist(), decoded.tcp.length.tolist()) == ([0, 0, 0], [13, 3, 6])
    assert counted(wifi(bytes(40), b"\0\0", 0x41), 105) == {"encrypted 802.11": 1}
    assert counted(b"\x80\0" + bytes(60), 105) == {"802.11": 1}
    assert counted(b"\x48\1" + bytes(22), 105) == {"802.11": 1}
    assert counted(wifi(snap(HELLO), flags=5), 105) == {"802.11": 1}


def test_c73_a_length_that_lies() -> None:
    """RELIABILITY C73: a radiotap header longer than the frame or shorter than itself; a version nobody knows."""
    frame = radiotap(wifi(snap(HELLO)))
    assert counted(frame[:2] + b"\xff\xff" + frame[4:], 127) == {"frame cut short": 1}
    assert counted(frame[:2] + b"\4\0" + frame[4:], 127) == {"damaged radiotap header": 1}
    assert counted(b"\7" + frame[1:], 127) == {"damaged radiotap header": 1}
    assert counted(b"\0" * 64, 220) == {"usb": 1}
    assert counted(b"\0" * 64, 9999) == {"link type 9999": 1}
