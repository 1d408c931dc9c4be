"""The choice of a protocol: content first, the port as a hint."""

from __future__ import annotations

import pytest

from mailtrace.model import Closed, Command, Data, Encryption, Reply, Side, Transport, WentDark
from mailtrace.protocols import PROTOCOLS
from mailtrace.protocols.choose import Chooser

SMTP_GREETING = b"220 mx.example ESMTP Postfix\r\n"
TLS_HELLO = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"
OTHER_PORT = 4711


def _chosen(port: int, *said: tuple[str, bytes], size: int = 10_000) -> Chooser:
    chooser = Chooser(Transport.TCP, port)
    packet = 0
    for who, octets in said:
        for at in range(0, len(octets), size):
            packet += 1
            side = Side.CLIENT if who == "C" else Side.SERVER
            chooser.feed(Data(side, octets[at : at + size], packet, packet))
    chooser.feed(Closed(Side.CLIENT, "fin", packet + 1, packet + 1))
    chooser.finish()
    return chooser


@pytest.mark.parametrize("size", [10_000, 1])
@pytest.mark.parametrize("port", [25, 587, 110, 143, OTHER_PORT])
@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ("smtp", [("S", SMTP_GREETING)]),
        ("smtp", [("S", b"220 mx LMTP ready\r\n")]),
        ("smtp", [("S", b"220 mx.example\r\n"), ("C", b"EHLO a\r\n")]),
        ("smtp", [("C", b"ehlo a\r\n"), ("S", SMTP_GREETING)]),
        ("smtp", [("C", b"MAIL FROM:<a@b>\r\n")]),
        ("smtp", [("S", b"250 2.1.0 Ok\r\n")]),
        ("smtp", [("C", b"PROXY TCP4 10.0.0.1 10.0.0.2 1 25\r\nEHLO a\r\n")]),
        ("imap", [("S", b"* OK [CAPABILITY IMAP4rev1] ready\r\n")]),
        ("imap", [("S", b"* PREAUTH ready\r\n")]),
        ("pop3", [("S", b"+OK POP3 ready\r\n"), ("C", b"USER a\r\n")]),
        ("tls", [("C", TLS_HELLO)]),
        ("tls", [("S", TLS_HELLO)]),
    ],
)
def test_content_decides_whatever_the_port(protocol: str, said: list[tuple[str, bytes]], port: int, size: int) -> None:
    assert _chosen(port, *said, size=size).protocol == protocol


@pytest.mark.parametrize(
    "said",
    [
        [("C", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
        [("S", b"SSH-2.0-OpenSSH_9.2\r\n"), ("C", b"SSH-2.0-x\r\n")],
        [("C", b"*1\r\n$4\r\nPING\r\n"), ("S", b"$4\r\nPONG\r\n")],
        [("S", b"220 ProFTPD FTP server ready\r\n"), ("C", b"USER anonymous\r\n")],
        [("S", b"200 news.example InterNetNews ready\r\n")],
        [("C", b"\x00\x01\x02\x03" * 100)],
        [],
    ],
)
@pytest.mark.parametrize("port", [25, 110, 143, 465, OTHER_PORT])
def test_what_nobody_understands_is_unknown(said: list[tuple[str, bytes]], port: int) -> None:
    chooser = _chosen(port, *said)
    assert (chooser.protocol, chooser.dialogue.events) == ("unknown", [])


def test_the_port_decides_what_fits() -> None:
    assert _chosen(25, ("S", b"220 mx.example\r\n")).protocol == "smtp"
    assert _chosen(OTHER_PORT, ("S", b"220 mx.example\r\n")).protocol == "unknown"
    assert _chosen(25, ("C", b"half a line of a mail\r\nand another one\r\n")).protocol == "smtp"


def test_a_silent_conversation_on_the_ports_of_ident_and_dns_is_theirs() -> None:
    assert (_chosen(113).protocol, _chosen(53).protocol) == ("ident", "dns")


def test_what_was_held_is_replayed_in_order() -> None:
    chooser = _chosen(25, ("S", b"220 mx.example\r\n"), ("C", b"EHLO a\r\n"), ("S", b"250 mx\r\n"))
    assert [type(event) for event in chooser.dialogue.events] == [Reply, Command, Reply]
    assert [event.packet for event in chooser.dialogue.events if isinstance(event, Command | Reply)] == [1, 2, 3]


def test_a_long_beginning_is_not_held_for_ever() -> None:
    chooser = Chooser(Transport.TCP, 25)
    for packet in range(1, 30):
        chooser.feed(Data(Side.CLIENT, b"text of a mail\r\n" * 60, packet, packet))
    assert chooser.protocol == "smtp"
    other = Chooser(Transport.TCP, OTHER_PORT)
    for packet in range(1, 30):
        other.feed(Data(Side.CLIENT, b"text of a mail\r\n" * 60, packet, packet))
        assert other.dialogue.events == []


def test_implicit_tls_goes_dark_at_once() -> None:
    dialogue = _chosen(465, ("C", TLS_HELLO), ("S", TLS_HELLO)).dialogue
    assert dialogue.encryption is Encryption.IMPLICIT
    assert dialogue.events == [WentDark("implicit", 1, 1)]


def test_the_rows_have_names_and_ports_of_their_own() -> None:
    names = [row.name for row in PROTOCOLS]
    assert sorted(names) == ["dns", "ident", "imap", "pop3", "smtp", "tls"]
    for ports in (
        [port for row in PROTOCOLS for port in row.tcp_ports],
        [p for row in PROTOCOLS for p in row.udp_ports],
    ):
        assert len(ports) == len(set(ports))
