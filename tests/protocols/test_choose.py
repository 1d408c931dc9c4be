"""The choice of a protocol: content first, both sides looked at, the port as a hint. RELIABILITY F123, F124, F125."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import Closed, Command, Data, Encryption, Gap, GapReason, Reply, Side, Transport, Violation
from mailtrace.protocols import PROTOCOLS
from mailtrace.protocols.choose import Chooser

SMTP_GREETING = b"220 mx.example ESMTP Postfix\r\n"
TLS_HELLO = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"
HTTP = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OTHER_PORT = 4711
MAIL_PORTS = [25, 110, 143]

Said = list[tuple[str, bytes]]


def _chosen(port: int, *said: tuple[str, bytes], size: int = 10_000, from_start: bool = True, **more: str) -> Chooser:
    """Return the chooser after a dialogue, each entry in segments of `size` octets, and the close of both sides."""
    chooser = Chooser(Transport.TCP, port, from_start=from_start, **more)  # type: ignore[arg-type]
    packet = 0
    for who, octets in said:
        for at in range(0, len(octets), size):
            packet += 1
            side = Side.CLIENT if who == "C" else Side.SERVER
            chooser.feed(Data(side, octets[at : at + size], packet, packet))
    for side in Side:
        chooser.feed(Closed(side, "fin", packet + 1, packet + 1))
    chooser.finish()
    return chooser


def _troubles(chooser: Chooser) -> list[tuple[str, str]]:
    """Return code and detail of the violations that the choice itself found."""
    events = chooser.dialogue.events
    return [
        (each.code, each.detail) for each in events if isinstance(each, Violation) and each.code.startswith("wrong")
    ]


@pytest.mark.parametrize("size", [10_000, 1])
@pytest.mark.parametrize("port", [25, 587, 110, 143, 465, OTHER_PORT])
@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ("smtp", [("S", SMTP_GREETING)]),
        ("smtp", [("S", b"220 mx LMTP ready\r\n")]),
        ("smtp", [("S", b"220-mx.example waits\r\n220 mx.example ESMTP\r\n")]),
        ("smtp", [("S", b"220 ftp.example.com ESMTP Sendmail\r\n")]),
        ("smtp", [("S", b"220 swiftpost ESMTP\r\n")]),
        ("smtp", [("S", b"554 mx.example ESMTP not accepting connections\r\n")]),
        ("smtp", [("S", b"220 mx.example\r\n"), ("C", b"EHLO a\r\n")]),
        ("smtp", [("C", b"ehlo a\r\n"), ("S", SMTP_GREETING)]),
        ("smtp", [("C", b"LHLO a\r\n"), ("S", b"250 mx\r\n")]),
        ("smtp", [("C", b"MAIL FROM:<a@b>\r\n")]),
        ("smtp", [("C", b"RSET\r\nMAIL FROM:<a@b>\r\n")]),
        ("smtp", [("S", b"250 2.1.0 Ok\r\n")]),
        ("imap", [("S", b"* OK [CAPABILITY IMAP4rev1] ready\r\n")]),
        ("imap", [("S", b"* PREAUTH ready\r\n")]),
        ("imap", [("C", b"a1 CAPABILITY\r\n"), ("S", b"* CAPABILITY IMAP4rev1\r\na1 OK done\r\n")]),
        ("pop3", [("S", b"+OK POP3 ready\r\n"), ("C", b"USER a\r\n")]),
        ("pop3", [("C", b"CAPA\r\n"), ("S", b"+OK\r\n.\r\n")]),
        ("tls", [("C", TLS_HELLO)]),
        ("tls", [("S", TLS_HELLO)]),
        ("tls", [("C", b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10")]),
    ],
)
def test_content_decides_whatever_the_port_f123(protocol: str, said: Said, port: int, size: int) -> None:
    """RELIABILITY F123 and F124: either side may speak first, a greeting may come octet by octet."""
    chooser = _chosen(port, *said, size=size)
    assert (chooser.protocol, chooser.decided_by_content) == (protocol, True)


@pytest.mark.parametrize("size", [10_000, 1])
@pytest.mark.parametrize("port", [*MAIL_PORTS, 465, OTHER_PORT])
@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("HTTP", [("C", HTTP)]),
        ("HTTP", [("C", b"POST / HTTP/1.1\r\n\r\nEHLO a\r\nMAIL FROM:<a@b>\r\n"), ("S", b"HTTP/1.1 400 Bad\r\n")]),
        ("SIP", [("C", b"OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm\r\n\r\n")]),
        ("RTSP", [("C", b"OPTIONS / RTSP/1.0\r\n\r\n")]),
        ("SSH", [("S", b"SSH-2.0-OpenSSH_9.2\r\n"), ("C", b"SSH-2.0-x\r\n")]),
        ("Redis", [("C", b"*1\r\n$4\r\nPING\r\n"), ("S", b"$4\r\nPONG\r\n")]),
        ("Redis", [("C", b"*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n"), ("S", b"+OK\r\n")]),
        ("FTP", [("S", b"220 ProFTPD FTP server ready\r\n"), ("C", b"USER anonymous\r\n")]),
        ("FTP", [("S", b"220 (vsFTPd 3.0.3)\r\n"), ("C", b"USER lee\r\n"), ("S", b"331 Password\r\n")]),
        ("FTP", [("S", b"220-Welcome to Pure-FTPd [TLS]\r\n220 You will be disconnected\r\n"), ("C", b"AUTH TLS\r\n")]),
        ("FTP", [("S", b"220 smtp01.example.com FTP server\r\n"), ("C", b"QUIT\r\n")]),
        ("NNTP", [("S", b"200 news.example InterNetNews ready\r\n")]),
        ("ManageSieve", [("S", b'"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"SIEVE" "fileinto"\r\nOK "ready"\r\n')]),
        ("ACAP", [("S", b'* ACAP (IMPLEMENTATION "x")\r\n')]),
        ("poppassd", [("S", b"200 poppassd v1.8 hello, who are you?\r\n")]),
        ("Telnet", [("C", b"\xff\xfb\x1f\xff\xfb\x20")]),
        ("RDP", [("C", b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0")]),
        ("MySQL", [("S", b"\x4a\0\0\0\x0a8.0.33\0\x08\0\0\0")]),
        ("SMB", [("C", b"\0\0\0\xa4\xffSMBr\0\0\0\0\x08\x01\x40")]),
        ("memcached", [("C", b"stats\r\n")]),
    ],
)
def test_other_services_are_named_f123_f125(service: str, said: Said, port: int, size: int) -> None:
    """RELIABILITY F123 and F125: none of them becomes mail, and there is one violation, not a flood."""
    chooser = _chosen(port, *said, size=size)
    purpose = {25: "SMTP", 110: "POP3", 143: "IMAP", 465: "SMTP over TLS"}.get(port)
    told = [("wrong-service", f"{service} on port {port} ({purpose})")] if purpose else []
    assert (chooser.protocol, chooser.decided_by_content) == ("unknown", False)
    assert _troubles(chooser) == told
    assert len(chooser.dialogue.events) == len(told)


@pytest.mark.parametrize("size", [10_000, 1])
@pytest.mark.parametrize(
    "said",
    [
        [("C", b"\x00\x01\x02\x03" * 100)],
        [("C", b"hello\r\nis there anybody\r\n")],
        [("S", b"MyProtocol 1.0 welcome\r\n"), ("C", b"hello\r\n")],
        [("C", b"A" * 3000)],
    ],
)
@pytest.mark.parametrize("port", MAIL_PORTS)
def test_junk_does_not_become_mail_f123(said: Said, port: int, size: int) -> None:
    chooser = _chosen(port, *said, size=size)
    assert chooser.protocol == "unknown"
    assert [code for code, _ in _troubles(chooser)] == ["wrong-service"]
    assert "something that mailtrace does not know" in _troubles(chooser)[0][1]


@pytest.mark.parametrize("port", [*MAIL_PORTS, OTHER_PORT])
def test_silence_is_unknown_and_no_offence(port: int) -> None:
    chooser = _chosen(port)
    assert (chooser.protocol, chooser.dialogue.events) == ("unknown", [])


@pytest.mark.parametrize("size", [10_000, 1])
@pytest.mark.parametrize(
    ("port", "said", "protocol", "told"),
    [
        (110, [("S", b"* OK IMAP4 ready\r\n")], "imap", "IMAP on port 110 (POP3)"),
        (25, [("S", b"+OK ready\r\n")], "pop3", "POP3 on port 25 (SMTP)"),
        (143, [("S", SMTP_GREETING)], "smtp", "SMTP on port 143 (IMAP)"),
        (465, [("S", SMTP_GREETING)], "smtp", "SMTP in clear on port 465 (SMTP over TLS)"),
        (993, [("S", b"* OK ready\r\n")], "imap", "IMAP in clear on port 993 (IMAP over TLS)"),
        (25, [("C", TLS_HELLO)], "tls", "TLS on port 25 (SMTP)"),
        (113, [("S", SMTP_GREETING)], "smtp", "SMTP on port 113 (IDENT)"),
    ],
)
def test_mail_on_the_port_of_other_mail(port: int, said: Said, protocol: str, told: str, size: int) -> None:
    chooser = _chosen(port, *said, size=size)
    assert chooser.protocol == protocol
    assert _troubles(chooser) == [("wrong-port", told)]
    first = chooser.dialogue.events[0]
    assert isinstance(first, Violation)
    assert (first.packet, first.side) == (1, Side.CLIENT if said[0][0] == "C" else Side.SERVER)


@pytest.mark.parametrize("size", [10_000, 1])
@pytest.mark.parametrize(
    ("port", "said", "protocol", "told"),
    [
        (25, [("S", SMTP_GREETING), ("C", HTTP), ("S", b"500 what\r\n")], "smtp", "the client speaks HTTP, not SMTP"),
        (25, [("C", HTTP), ("S", SMTP_GREETING)], "smtp", "the client speaks HTTP, not SMTP"),
        (25, [("S", b"220 mx\r\n"), ("C", HTTP), ("S", b"500 what\r\n")], "smtp", "the client speaks HTTP, not SMTP"),
        (25, [("S", SMTP_GREETING), ("C", TLS_HELLO + b"\n" * 600)], "smtp", "the client speaks TLS, not SMTP"),
        (25, [("S", SMTP_GREETING), ("C", b"CAPA\r\n")], "smtp", "the client speaks POP3, not SMTP"),
        (OTHER_PORT, [("S", SMTP_GREETING), ("C", b"a1 LOGOUT\r\n")], "smtp", "the client speaks IMAP, not SMTP"),
        (110, [("S", b"+OK ready\r\n"), ("C", b"EHLO a\r\n")], "pop3", "the client speaks SMTP, not POP3"),
        (143, [("S", b"* OK ready\r\n"), ("C", HTTP)], "imap", "the client speaks HTTP, not IMAP"),
        (25, [("C", b"EHLO a\r\n"), ("S", b"HTTP/1.1 400 Bad\r\n")], "smtp", "the server speaks HTTP, not SMTP"),
        (25, [("C", b"EHLO a\r\n"), ("S", b"* OK ready\r\n")], "smtp", "the server speaks IMAP, not SMTP"),
    ],
)
def test_a_client_or_server_at_the_wrong_door(port: int, said: Said, protocol: str, told: str, size: int) -> None:
    """RELIABILITY F123: the one side is understood as ever, the other is named."""
    chooser = _chosen(port, *said, size=size)
    assert chooser.protocol == protocol
    known = any(f"speaks {name}," in told for name in ("TLS", "POP3", "IMAP", "SMTP"))
    assert _troubles(chooser) == [("wrong-port" if known else "wrong-service", told)]


def test_mail_smuggled_through_a_browser_f123() -> None:
    """A web page can make a browser post to port 25: the lines of HTTP are no commands, those behind them are."""
    post = b"POST / HTTP/1.1\r\nHost: mx\r\n\r\nEHLO evil\r\nMAIL FROM:<a@b>\r\nQUIT\r\n"
    replies = b"500 5.5.2 Error\r\n" * 3 + b"250 mx\r\n250 2.1.0 Ok\r\n221 2.0.0 Bye\r\n"
    chooser = _chosen(25, ("C", post), ("S", SMTP_GREETING + replies))
    assert _troubles(chooser) == [("wrong-service", "the client speaks HTTP, not SMTP")]
    commands = [event.verb for event in chooser.dialogue.events if isinstance(event, Command)]
    assert commands == ["POST", "HOST:", "", "EHLO", "MAIL", "QUIT"]


def test_the_port_decides_what_fits() -> None:
    assert _chosen(25, ("S", b"220 mx.example\r\n")).protocol == "smtp"
    assert _chosen(25, ("C", b"HELP\r\n")).protocol == "smtp"
    assert _chosen(110, ("S", b"+OK\r\n"), ("C", b"USER a\r\n")).protocol == "pop3"
    assert _chosen(143, ("C", b"a login lee lee\r\n")).protocol == "imap"
    assert not _chosen(25, ("S", b"220 mx.example\r\n")).decided_by_content
    assert _chosen(OTHER_PORT, ("S", b"220 mx.example\r\n")).protocol == "unknown"


def test_what_may_be_the_middle_of_a_conversation_belongs_to_the_port() -> None:
    middle = ("C", b"half a line of a mail\r\nand another one\r\n")
    assert _chosen(25, middle, from_start=False).protocol == "smtp"
    assert _chosen(110, ("S", middle[1]), from_start=False).protocol == "pop3"
    assert _chosen(143, ("S", middle[1]), from_start=False).protocol == "imap"
    assert _chosen(25, ("C", b"\0\1\2\3" * 9), from_start=False).protocol == "unknown"
    assert _chosen(993, ("C", b"\x91\1\2\3" * 9), from_start=False).protocol == "tls"
    assert _chosen(OTHER_PORT, middle, from_start=False).protocol == "unknown"


def test_behind_a_hole_everything_is_the_middle() -> None:
    chooser = Chooser(Transport.TCP, 25, from_start=True)
    chooser.feed(Gap(Side.CLIENT, 100, GapReason.LOST, 1, 1))
    chooser.feed(Data(Side.CLIENT, b"half a line of a mail\r\nand another one\r\n", 2, 2))
    chooser.finish()
    assert (chooser.protocol, _troubles(chooser)) == ("smtp", [])


@pytest.mark.parametrize(("port", "protocol"), [(25, "smtp"), (110, "pop3"), (143, "imap"), (OTHER_PORT, "unknown")])
def test_what_was_said_and_not_captured_belongs_to_the_port(port: int, protocol: str) -> None:
    """A capture of headers alone: zeek's tcp/truncated-header.pcap."""
    chooser = Chooser(Transport.TCP, port, from_start=True)
    holes = [Gap(Side.SERVER, 84, GapReason.NOT_CAPTURED, 4, 4), Gap(Side.CLIENT, 24, GapReason.NOT_CAPTURED, 6, 6)]
    for hole in holes:
        chooser.feed(hole)
    chooser.finish()
    assert chooser.protocol == protocol
    assert [event for event in chooser.dialogue.events if isinstance(event, Gap)] == (holes if port < 1024 else [])


def test_a_greeting_that_waits_half_a_minute_f124() -> None:
    chooser = Chooser(Transport.TCP, OTHER_PORT, from_start=True)
    chooser.feed(Data(Side.SERVER, b"220-please", 1, 0))
    chooser.feed(Data(Side.SERVER, b" wait\r\n", 2, 30 * 10**9))
    assert chooser.protocol == "unknown"
    chooser.feed(Data(Side.SERVER, b"220 mx ESMTP\r\n", 3, 60 * 10**9))
    assert chooser.protocol == "smtp"


def test_a_silent_conversation_on_the_ports_of_ident_and_dns_is_theirs() -> None:
    assert (_chosen(113).protocol, _chosen(53).protocol) == ("ident", "dns")


def test_two_numbers_are_no_ident_where_it_has_no_port() -> None:
    question, answer = ("C", b"6193, 23\r\n"), ("S", b"6193, 23 : USERID : UNIX : stjohns\r\n")
    assert _chosen(113, question, answer).protocol == "ident"
    assert _chosen(113, question).protocol == "ident"
    assert _chosen(25, question, from_start=False).protocol == "smtp"


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


@pytest.mark.parametrize("size", [10_000, 1])
def test_decode_as_is_not_argued_with(size: int) -> None:
    chooser = _chosen(OTHER_PORT, ("S", b"220 mx.example\r\n"), ("C", b"NOOP\r\n"), size=size, decode_as="smtp")
    assert (chooser.protocol, chooser.decided_by_content, _troubles(chooser)) == ("smtp", False, [])
    assert [type(event) for event in chooser.dialogue.events] == [Reply, Command]
    other = _chosen(25, ("S", b"+OK ready\r\n"), decode_as="pop3")
    assert (other.protocol, _troubles(other)) == ("pop3", [])
    assert _chosen(OTHER_PORT, decode_as="imap").protocol == "imap"
    assert _chosen(OTHER_PORT, ("C", b"junk"), decode_as="dns").protocol == "dns"


def test_implicit_tls_goes_dark_at_once() -> None:
    assert _chosen(465, ("C", TLS_HELLO), ("S", TLS_HELLO)).dialogue.encryption is Encryption.IMPLICIT


HELLO = TLS_HELLO + b"\0" * 194


@pytest.mark.parametrize(
    ("port", "said"),
    [
        (25, [("S", SMTP_GREETING), ("C", b"QUIT\r\n")]),
        (25, [("S", SMTP_GREETING), ("C", b"STARTTLS\r\n"), ("S", b"220 go\r\n"), ("C", HELLO)]),
        (110, [("S", b"+OK ready\r\n"), ("C", b"STLS\r\n"), ("S", b"+OK\r\n"), ("C", HELLO)]),
        (143, [("S", b"* OK ready\r\n"), ("C", b"a LOGOUT\r\n"), ("S", b"a OK\r\n")]),
        (143, [("S", b"* OK ready\r\n"), ("C", b"a STARTTLS\r\n"), ("S", b"a OK\r\n"), ("C", HELLO)]),
        (465, [("C", HELLO)]),
        (25, [("C", HTTP)]),
        (25, []),
    ],
)
def test_a_finished_conversation_leaves_no_circle(port: int, said: Said) -> None:
    """Records die by reference count, so that nobody has to search for circles (`analyzer`)."""
    gc.disable()
    gc.freeze()  # what there was before is not looked through
    try:
        _chosen(port, *said)
        assert gc.collect() == 0
    finally:
        gc.unfreeze()
        gc.enable()


def test_the_rows_have_names_and_ports_of_their_own() -> None:
    names = [row.name for row in PROTOCOLS]
    assert sorted(names) == ["dns", "ident", "imap", "pop3", "smtp", "tls"]
    for ports in (
        [port for row in PROTOCOLS for port in row.tcp_ports],
        [port for row in PROTOCOLS for port in row.tls_ports],
        [p for row in PROTOCOLS for p in row.udp_ports],
    ):
        assert len(ports) == len(set(ports))


PIECES = [
    *(SMTP_GREETING, b"220 mx\r\n", b"220 ftp FTP\r\n", b"* OK x\r\n", b"+OK x\r\n", b"+OK\r\n", b"EHLO a\r\n", HTTP),
    *(b"a1 NOOP\r\n", b"USER a\r\n", b"QUIT\r\n", TLS_HELLO, b"PROXY TCP4 1.2.3.4 5.6.7.8 9 25\r\n", b"6, 7\r\n"),
    *(b"\r\n", b"250 2.0.0 ok\r\n", b"PING\r\n", b"\xff\xfb\x01", b"text\r\n", b"250-", b"\0", b"POST "),
]


@given(
    st.lists(st.tuples(st.sampled_from("CS"), st.sampled_from(PIECES)), max_size=6),
    st.sampled_from([25, 110, 143, 53, 113, OTHER_PORT]),
    st.integers(1, 20),
    st.booleans(),
)
def test_cuts_change_nothing(said: Said, port: int, size: int, from_start: bool) -> None:
    """RELIABILITY F124: the same octets in the same order give the same protocol and the same troubles."""
    whole, cut = (_chosen(port, *said, size=each, from_start=from_start) for each in (10_000, size))
    assert (whole.protocol, whole.decided_by_content) == (cut.protocol, cut.decided_by_content)
    assert _troubles(whole) == _troubles(cut)
    assert [type(each) for each in whole.dialogue.events] == [type(each) for each in cut.dialogue.events]
