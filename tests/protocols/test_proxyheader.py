"""Headers of proxies, taken off before the conversation begins. RELIABILITY F126."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import Closed, Command, Data, Endpoint, Gap, GapReason, Proxied, Side, Transport, Violation
from mailtrace.protocols.base import Guess
from mailtrace.protocols.choose import Chooser
from mailtrace.protocols.proxyheader import HEADER_LIMIT, ProxyHeader, parse_proxy_header

SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")
ADDRESSES_4 = bytes([192, 0, 2, 7, 10, 0, 0, 1]) + struct.pack("!HH", 50000, 25)
ADDRESSES_6 = bytes.fromhex("20010db800000000000000000000000720010db8000000000000000000000001") + b"\xc3\x50\x00\x19"
REAL = Endpoint("192.0.2.7", 50000)
HERE = Endpoint("10.0.0.1", 25)
V1 = b"PROXY TCP4 192.0.2.7 10.0.0.1 50000 25\r\n"


def _v2(body: bytes, command: int = 0x21, family: int = 0x11, length: int | None = None) -> bytes:
    counted = len(body) if length is None else length
    return SIGNATURE + bytes([command, family]) + struct.pack("!H", counted) + body


def _field(kind: int, value: bytes) -> bytes:
    return bytes([kind]) + struct.pack("!H", len(value)) + value


TLS_FIELD = _field(0x20, b"\x01\0\0\0\0" + _field(0x21, b"TLSv1.3") + _field(0x23, b"TLS_AES_256_GCM_SHA384"))
V2 = _v2(ADDRESSES_4)
V2_FIELDS = _v2(
    ADDRESSES_4 + _field(0x02, b"mx.example") + _field(0x04, b"\0" * 9) + TLS_FIELD + _field(0xEA, b"\x01vpce")
)

WHOLE = [
    (V1, 1, REAL, HERE, "PROXY TCP4 192.0.2.7 10.0.0.1 50000 25"),
    (
        b"PROXY TCP6 2001:db8::7 2001:db8::1 50000 25\r\n",
        1,
        Endpoint("2001:db8::7", 50000),
        Endpoint("2001:db8::1", 25),
        "PROXY TCP6 2001:db8::7 2001:db8::1 50000 25",
    ),
    (b"PROXY UNKNOWN\r\n", 1, None, None, "PROXY UNKNOWN"),
    (b"PROXY UNKNOWN ff ff 1 2\r\n", 1, None, None, "PROXY UNKNOWN ff ff 1 2"),
    (V2, 2, REAL, HERE, "PROXY v2 TCP4 192.0.2.7 10.0.0.1 50000 25"),
    (
        _v2(ADDRESSES_6, family=0x21),
        2,
        Endpoint("2001:db8::7", 50000),
        Endpoint("2001:db8::1", 25),
        "PROXY v2 TCP6 2001:db8::7 2001:db8::1 50000 25",
    ),
    (V2_FIELDS, 2, REAL, HERE, "PROXY v2 TCP4 192.0.2.7 10.0.0.1 50000 25"),
    (_v2(b"", 0x20, 0x00), 2, None, None, "PROXY v2 LOCAL"),
    (_v2(ADDRESSES_4, 0x20), 2, None, None, "PROXY v2 LOCAL"),
    (_v2(b"", 0x21, 0x00), 2, None, None, "PROXY v2 UNKNOWN"),
    (_v2(b"/run/x".ljust(216, b"\0"), 0x21, 0x31), 2, None, None, "PROXY v2 UNIX stream"),
]


@pytest.mark.parametrize(("octets", "version", "client", "server", "said"), WHOLE)
def test_headers_as_they_should_be(
    octets: bytes, version: int, client: Endpoint | None, server: Endpoint | None, said: str
) -> None:
    header = parse_proxy_header(octets + b"EHLO a\r\n")
    assert isinstance(header, ProxyHeader)
    assert (header.size, header.version, header.client, header.server) == (len(octets), version, client, server)
    assert (header.said, header.fault) == (said, "")


def test_the_fields_of_version_2() -> None:
    header = parse_proxy_header(V2_FIELDS)
    assert isinstance(header, ProxyHeader)
    assert header.details == (
        ("server name", "mx.example"),
        ("TLS", "yes"),
        ("TLS version", "TLSv1.3"),
        ("TLS cipher", "TLS_AES_256_GCM_SHA384"),
        ("Amazon endpoint", "0176706365"),
    )


@pytest.mark.parametrize(
    ("octets", "size", "fault"),
    [
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 50000 25\n", 39, "it ends with LF alone"),
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 50000\r\n", 37, "its addresses cannot be read"),
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 50000 65536\r\n", 43, "its addresses cannot be read"),
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 -1 25\r\n", 37, "its addresses cannot be read"),
        (b"PROXY TCP4 \xff 10.0.0.1 1 25\r\n", 28, "its addresses cannot be read"),
        (b"PROXY TCP6 192.0.2.7 10.0.0.1 50000 25\r\n", 40, "its addresses cannot be read"),
        (b"PROXY UNKNOWN " + b"x" * 100 + b"\r\n", 116, "it has 116 octets, and 107 are the most"),
        (_v2(ADDRESSES_4[:6]), 22, "it counts 6 octets, and its addresses alone need 12"),
        (_v2(ADDRESSES_4 + b"\x02\0\x09mx"), 33, "its last field is not whole"),
        (_v2(ADDRESSES_4 + b"\x02"), 29, "its last field is not whole"),
        (_v2(ADDRESSES_4, 0x31), 28, "0x31 is no version and command that exist"),
        (_v2(ADDRESSES_4, 0x22), 28, "0x22 is no version and command that exist"),
        (_v2(ADDRESSES_4, 0x21, 0x19), 28, "0x19 is no address family that exists"),
        (_v2(ADDRESSES_4, 0x21, 0x91), 28, "0x91 is no address family that exists"),
    ],
)
def test_broken_headers_are_named_and_taken_off(octets: bytes, size: int, fault: str) -> None:
    header = parse_proxy_header(octets + b"EHLO a\r\n")
    assert isinstance(header, ProxyHeader)
    assert (header.size, header.fault) == (size, f"the header of the proxy is broken: {fault}")


def test_a_length_that_promises_too_much() -> None:
    """The addresses count, what is missing behind them is no reason to hold the conversation for ever."""
    octets = _v2(ADDRESSES_4, length=200) + b"EHLO a\r\n"
    assert parse_proxy_header(octets) is Guess.MORE
    header = parse_proxy_header(octets, ended=True)
    assert isinstance(header, ProxyHeader)
    assert (header.size, header.client) == (28, REAL)
    assert header.fault == "the header of the proxy is broken: it promises 216 octets, and 36 came"
    huge = _v2(ADDRESSES_4, length=65535) + b"x" * HEADER_LIMIT
    assert isinstance(parse_proxy_header(huge), ProxyHeader)


@pytest.mark.parametrize("octets", [each[0] for each in WHOLE])
def test_a_header_comes_in_pieces(octets: bytes) -> None:
    for size in range(1, len(octets)):
        assert parse_proxy_header(octets[:size]) is Guess.MORE
    assert isinstance(parse_proxy_header(octets), ProxyHeader)


@pytest.mark.parametrize(
    "octets",
    [b"EHLO a\r\n", b"PASS x\r\n", b"PROXY\r\n", b"PROXY me\r\n", b"PROXY TCP\r\n", b"\r\nEHLO a\r\n", b"\x16\x03\x01"],
)
def test_what_is_no_header(octets: bytes) -> None:
    assert parse_proxy_header(octets) is Guess.NO


def test_a_line_without_end_is_no_header() -> None:
    assert parse_proxy_header(b"PROXY TCP4 " + b"1" * 200) is Guess.MORE
    assert parse_proxy_header(b"PROXY TCP4 " + b"1" * HEADER_LIMIT) is Guess.NO
    assert parse_proxy_header(b"PROXY TCP4 1.2.3", ended=True) is Guess.NO
    assert parse_proxy_header(b"\r\n", ended=True) is Guess.NO


@given(st.binary(max_size=300), st.booleans())
def test_any_octets(octets: bytes, ended: bool) -> None:
    for start in (b"", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11\0"):
        header = parse_proxy_header(start + octets, ended)
        if isinstance(header, ProxyHeader):
            assert 0 < header.size <= len(start + octets)


def _chosen(*said: tuple[str, bytes], port: int = 25, size: int = 10_000) -> Chooser:
    chooser = Chooser(Transport.TCP, port, from_start=True)
    packet = 0
    for who, octets in said:
        for at in range(0, len(octets), size):
            packet += 1
            side = Side.CLIENT if who == "C" else Side.SERVER
            chooser.feed(Data(side, octets[at : at + size], packet, packet))
    chooser.feed(Closed(Side.CLIENT, "fin", packet + 1, packet + 1))
    chooser.finish()
    return chooser


@pytest.mark.parametrize("size", [10_000, 7, 1])
@pytest.mark.parametrize(("header", "version"), [(V1, 1), (V2, 2), (V2_FIELDS, 2)])
def test_the_conversation_begins_behind_it(header: bytes, version: int, size: int) -> None:
    chooser = _chosen(("C", header), ("S", b"220 mx ESMTP\r\n"), ("C", b"EHLO a\r\n"), ("S", b"250 mx\r\n"), size=size)
    dialogue = chooser.dialogue
    assert chooser.protocol == "smtp"
    proxied = dialogue.proxied
    assert proxied is not None
    assert dialogue.events[0] is proxied
    assert (proxied.version, proxied.client, proxied.server) == (version, REAL, HERE)
    assert proxied.packets == tuple(range(1, -(-len(header) // size) + 1))
    assert proxied.packet == proxied.packets[-1]
    assert [turn.command.verb for turn in dialogue.turns if turn.command] == ["EHLO"]
    assert not [event for event in dialogue.events if isinstance(event, Violation)]


def test_header_and_command_in_one_segment() -> None:
    dialogue = _chosen(("C", V2 + b"EHLO a\r\nNOOP\r\n"), ("S", b"220 mx\r\n")).dialogue
    assert [event.verb for event in dialogue.events if isinstance(event, Command)] == ["EHLO", "NOOP"]
    assert dialogue.proxied is not None


@pytest.mark.parametrize("header", [V1, V2])
def test_before_tls(header: bytes) -> None:
    hello = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"
    chooser = _chosen(("C", header + hello), port=465)
    assert chooser.protocol == "tls"
    assert chooser.dialogue.proxied is not None


@pytest.mark.parametrize("header", [V1, V2])
def test_on_any_port_and_where_nobody_understands(header: bytes) -> None:
    chooser = _chosen(("C", header + b"CAPA\r\n"), port=4711)
    assert (chooser.protocol, chooser.decided_by_content) == ("pop3", True)
    other = _chosen(("C", header + b"GET / HTTP/1.1\r\n\r\n"))
    assert (other.protocol, [type(event) for event in other.dialogue.events]) == ("unknown", [Proxied, Violation])
    alone = _chosen(("C", header))
    assert (alone.protocol, [type(event) for event in alone.dialogue.events]) == ("unknown", [Proxied])


def test_a_broken_header_is_a_violation() -> None:
    dialogue = _chosen(("C", _v2(ADDRESSES_4, length=90)), ("S", b"220 mx ESMTP\r\n"), ("C", b"EHLO a\r\n")).dialogue
    first, second, *_ = dialogue.events
    assert isinstance(first, Proxied)
    assert isinstance(second, Violation)
    assert (second.code, second.packet, second.side) == ("bad-proxy-header", 1, Side.CLIENT)


def test_a_header_behind_the_greeting_is_a_command_that_the_server_refuses() -> None:
    dialogue = _chosen(("S", b"220 mx ESMTP\r\n"), ("C", V1), ("S", b"500 5.5.2 unknown\r\n")).dialogue
    assert dialogue.proxied is None
    assert [(t.command.verb, [r.status for r in t.replies]) for t in dialogue.turns if t.command] == [
        ("PROXY", ["500"])
    ]


def test_a_header_with_a_hole_is_none() -> None:
    chooser = Chooser(Transport.TCP, 25, from_start=True)
    chooser.feed(Data(Side.CLIENT, V1[:20], 1, 1))
    chooser.feed(Gap(Side.CLIENT, 5, GapReason.LOST, 2, 2))
    chooser.feed(Data(Side.CLIENT, V1[25:] + b"EHLO a\r\n", 3, 3))
    chooser.feed(Data(Side.SERVER, b"220 mx ESMTP\r\n", 4, 4))
    chooser.finish()
    assert chooser.dialogue.proxied is None
    assert chooser.protocol == "smtp"


def test_datagrams_have_none() -> None:
    chooser = Chooser(Transport.UDP, 53)
    chooser.feed(Data(Side.CLIENT, V1, 1, 1))
    chooser.finish()
    assert chooser.dialogue.proxied is None
