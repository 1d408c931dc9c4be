"""scapy's layer trees: every header of a frame with its place, and nothing that scapy could fail with."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from mailtrace.capture import dissect as module
from mailtrace.capture.dissect import Field, Layer, Tree, dissect
from mailtrace.capture.source import open_capture
from tests.support import ROOT, SAMPLES, shared

FRAME_14 = bytes.fromhex(
    "000c290092d400196695db940800450000"
    "2ebed740004006af9dc0a80102c0a80a02"
    "0df90019ab89e530b6ec848b5018ff0aa4950000444154410d0a"
)
"""The frame of the 2008 report: DATA, from 192.168.1.2 to 192.168.10.2."""

ETHERNET = bytes.fromhex("000c290092d400196695db94")


def layer(tree: Tree, name: str) -> Layer:
    """Return the first layer of a name."""
    return next(each for each in tree.layers if each.name == name)


def values(some: tuple[Field, ...]) -> dict[str, str]:
    """Return fields by name."""
    return {field.name: field.value for field in some}


def frames(path: Path) -> list[tuple[bytes, int]]:
    """Return all frames of a capture with their link types."""
    found = []
    with open_capture(str(path)) as capture:
        for batch in capture.batches():
            for start, size, interface in zip(batch.start, batch.captured, batch.interface, strict=True):
                found.append((batch.buffer[start : start + size], batch.interfaces[interface].link_type))
    return found


def test_the_frame_of_the_report() -> None:
    tree = dissect(FRAME_14, 1)
    assert [(each.name, each.start, each.size) for each in tree.layers] == [
        ("Ethernet", 0, 14),
        ("IP", 14, 20),
        ("TCP", 34, 20),
    ]
    assert (tree.rest, tree.trouble, tree.is_fragment) == (6, None, False)
    assert values(layer(tree, "Ethernet").fields) == {
        "destination": "00:0c:29:00:92:d4",
        "source": "00:19:66:95:db:94",
        "type": "IPv4 (2048)",
    }
    ip = values(layer(tree, "IP").fields)
    assert (ip["source"], ip["destination"], ip["length"], ip["time to live"]) == (
        *("192.168.1.2", "192.168.10.2", "46"),
        str(FRAME_14[22]),
    )
    tcp = values(layer(tree, "TCP").fields)
    assert (tcp["source port"], tcp["destination port"], tcp["flags"]) == ("3577", "25", "PSH ACK")
    assert (tcp["window"], tcp["checksum"]) == ("65290", "0xa495")


def test_tcp_options_are_told_one_by_one() -> None:
    """A SYN of the report of 2024; then an option that nobody knows, and one whose length is a lie."""
    frame, link_type = frames(SAMPLES / "02-report-2024.pcapng")[64]
    tcp = layer(dissect(frame, link_type), "TCP")
    (options,) = [each for each in tcp.fields if each.name == "options"]
    assert [(each.name, each.value) for each in options.inside] == [
        ("maximum segment size", "1460"),
        ("selective acknowledgment permitted", ""),
        ("timestamp, echo", "2714872547, 0"),
        ("no operation", ""),
        ("window scale (power of two)", "7"),
    ]
    strange = frame[:54] + bytes.fromhex("fd060a0d1b5b" + "0203ff" + "00" * 11)
    (options,) = [each for each in layer(dissect(strange, link_type), "TCP").fields if each.name == "options"]
    assert [(each.name, each.value) for each in options.inside][:2] == [
        ("option 253", "0a 0d 1b 5b"),
        ("maximum segment size", "ff"),
    ]
    assert values(layer(dissect(FRAME_14, 1), "TCP").fields)["options"] == "none"


def test_what_fills_the_frame_is_no_payload() -> None:
    tree = dissect(FRAME_14 + bytes(6), 1)
    assert (tree.rest, tree.padding) == (6, 6)
    bare = FRAME_14[:16] + (40).to_bytes(2, "big") + FRAME_14[18:54] + bytes(6)
    assert (dissect(bare, 1).rest, dissect(bare, 1).padding) == (0, 6)


def test_what_is_said_is_not_shown() -> None:
    """It may be a password; who knows what to mask tells it."""
    assert "DATA" not in repr(dissect(FRAME_14, 1))


def test_dns_is_told_record_by_record() -> None:
    frame, link_type = frames(SAMPLES / "02-report-2024.pcapng")[72]
    dns = layer(dissect(frame, link_type), "DNS")
    assert (dns.start, dns.size) == (42, 112)
    records = {field.name: field.inside for field in dns.fields if field.inside}
    (question,) = records["qd"]
    assert values(question.inside)["qname"] == "130.111.168.192.in-addr.arpa."
    assert values(question.inside)["qtype"] == "PTR (12)"
    assert values(dns.fields)["rcode"] == "name-error (3)"


@pytest.mark.parametrize(
    ("link_type", "header", "name"),
    [
        (0, bytes.fromhex("02000000"), "Loopback"),
        (12, b"", "IP"),
        (101, b"", "IP"),
        (113, bytes.fromhex("000000010006000c290092d400000800"), "cooked linux"),
        (228, b"", "IP"),
        (276, bytes.fromhex("0800000000000002000100060019669bdb940000"), "cooked linux v2"),
    ],
)
def test_link_types(link_type: int, header: bytes, name: str) -> None:
    tree = dissect(header + FRAME_14[14:], link_type)
    assert tree.layers[0].name == name
    assert layer(tree, "TCP").start == len(header) + 20


def test_ip_version_6_without_a_link() -> None:
    frame = bytes.fromhex(
        "6000000000083a40" + "fe80" + "00" * 13 + "01" + "fe80" + "00" * 13 + "02" + "8000000000010002"
    )
    assert dissect(frame, 101).layers[0].name == "IPv6"


def test_tunnels_are_followed() -> None:
    """VXLAN on its port: Ethernet, IP, UDP, VXLAN, and the frame inside."""
    inner = FRAME_14
    udp = bytes.fromhex("303912b5") + (8 + 8 + len(inner)).to_bytes(2, "big") + b"\0\0"
    vxlan = bytes.fromhex("0800000000002a00")
    ip = bytes.fromhex("4500") + (20 + len(udp) + 8 + len(inner)).to_bytes(2, "big") + bytes.fromhex("0001000040110000")
    frame = ETHERNET + b"\x08\0" + ip + bytes.fromhex("0a0000010a000002") + udp + vxlan + inner
    names = [each.name for each in dissect(frame, 1).layers]
    assert names == ["Ethernet", "IP", "UDP", "VXLAN", "Ethernet", "IP", "TCP"]


def test_fragments_are_known() -> None:
    frame = bytearray(FRAME_14)
    frame[20:22] = b"\x20\x00"
    assert dissect(bytes(frame), 1).is_fragment


def test_unknown_link_type() -> None:
    assert dissect(FRAME_14, 147) == Tree((), 60, "link type 147 is not known to this view")


def test_whatever_scapy_raises_is_a_remark(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> object:
        raise RecursionError("too deep")

    monkeypatch.setattr(module, "_dissected", fail)
    assert dissect(FRAME_14, 1) == Tree((), 60, "scapy cannot take it apart: RecursionError: too deep")


def test_few_fields_are_shown_of_a_frame_full_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FIELDS", 5)
    assert sum(len(each.fields) for each in dissect(FRAME_14, 1).layers) == 5


def test_damaged_frames_never_fail() -> None:
    chance = random.Random(14)
    for frame, link_type in frames(SAMPLES / "02-report-2024.pcapng")[60:100:3]:
        for _ in range(10):
            damaged = bytearray(frame)
            for _ in range(chance.randrange(1, 6)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            cut = bytes(damaged[: chance.randrange(1, len(damaged) + 1)])
            tree = dissect(cut, link_type)
            assert sum(each.size for each in tree.layers) + tree.rest + tree.padding <= len(cut)


def test_odd_public_captures() -> None:
    for name in ("sll", "sll2", "raw_ip", "null_loopback", "ip6_fragments", "linktype_ipv6"):
        for frame, link_type in frames(shared("captures/public/seladb") / f"{name}.pcap")[:5]:
            assert dissect(frame, link_type).layers


def test_only_needed_layers_are_loaded() -> None:
    program = (
        "import sys; from mailtrace.capture.dissect import dissect\n"
        "assert 'scapy' not in sys.modules\n"
        f"dissect(bytes.fromhex('{FRAME_14.hex()}'), 1)\n"
        "assert not {'scapy.all', 'scapy.layers.dot11', 'scapy.layers.tls.all'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
