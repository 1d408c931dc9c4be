"""Mail is found by its first words on any port, whole from its SYN on, however the capture is cut into batches."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

import mailtrace
from mailtrace.capture.source import open_capture
from mailtrace.pipeline import sifter
from mailtrace.reports.json import render
from mailtrace.streams import young
from tests.bench import wire
from tests.streams.net import ACK, CLIENT, SERVER, SMTP, SYN, Net, Said, conversations, statuses, talk
from tests.support import SAMPLES

HTTP: Said = (
    (CLIENT, b"GET /mail HTTP/1.1\r\nHost: www.example.org\r\n\r\n"),
    (SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 48\r\n\r\n"),
    (SERVER, b"220 this line is in a web page and greets nobody\r\n"),
)
FTP: Said = (
    (SERVER, b"220 ProFTPD Server ready.\r\n"),
    (CLIENT, b"USER anonymous\r\n"),
    (SERVER, b"331 Password required\r\n"),
)
PROXY_2 = b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11\0\x0c" + bytes((192, 0, 2, 1, 192, 0, 2, 9)) + b"\x30\x39\x00\x19"


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ("smtp", SMTP),
        ("smtp", ((SERVER, b"220-mx.example.org ESMTP\r\n220 no spam\r\n"), (CLIENT, b"QUIT\r\n"))),
        ("smtp", ((SERVER, b"554 mx.example.org ESMTP not accepting messages\r\n"), (CLIENT, b"EHLO a.example\r\n"))),
        ("smtp", ((SERVER, b"421 mx.example.org ESMTP too busy\r\n"),)),
        ("smtp", ((CLIENT, b"EHLO early.example.net\r\n"), (SERVER, b"220 mx.example.org ESMTP\r\n"))),
        ("smtp", ((CLIENT, b"ehlo a.example\r\n"), (SERVER, b"220 mx.example.org\r\n"))),
        ("smtp", ((SERVER, b"220 mx LMTP\r\n"), (CLIENT, b"LHLO a.example\r\n"), (SERVER, b"250 mx\r\n"))),
        ("smtp", ((CLIENT, b"PROXY TCP4 192.0.2.1 192.0.2.9 12345 25\r\n"), *SMTP)),
        ("smtp", ((CLIENT, PROXY_2), *SMTP)),
        ("pop3", ((SERVER, b"+OK ready\r\n"), (CLIENT, b"QUIT\r\n"), (SERVER, b"+OK\r\n"))),
        ("imap", ((SERVER, b"* OK [CAPABILITY IMAP4rev1] ready\r\n"), (CLIENT, b"a LOGOUT\r\n"))),
        ("imap", ((SERVER, b"* PREAUTH ready\r\n"), (CLIENT, b"a LOGOUT\r\n"))),
        ("imap", ((SERVER, b"* BYE too many connections\r\n"),)),
    ],
)
def test_f123_mail_on_nobodys_port_is_whole(protocol: str, said: Said, tmp_path: Path) -> None:
    net = Net()
    net.add(*talk(31_337).whole(said))
    report = net.told(tmp_path)
    assert conversations(report) == [(protocol, 31_337, list(range(1, len(said) + 7)))]
    (conversation,) = report["conversations"]
    assert conversation["client"]["port"] == 40_000
    assert conversation["complete"]
    assert conversation["closed"] == "fin"
    assert report["capture"]["counters"] == {}


def test_f124_a_greeting_octet_by_octet_and_late(tmp_path: Path) -> None:
    net, smtp = Net(), talk(31_337)
    net.add(*smtp.open())
    net.time_ns += 30_000_000_000
    net.add(*(smtp.send(SERVER, bytes([octet])) for octet in SMTP[0][1]))
    net.add(*(smtp.send(side, octets) for side, octets in SMTP[1:]))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 31_337, list(range(1, 4 + 26 + 4)))]
    assert statuses(report["conversations"][0]) == ["220", "250", "221"]


def test_f123_others_are_counted_and_leave_no_holes_between_the_numbers(tmp_path: Path) -> None:
    """A web page with `220 ` in it, FTP with the same greeting, then mail: the mail is conversation 1."""
    net = Net()
    net.add(*talk(8_080, 40_001).whole(HTTP))
    net.add(*talk(2_121, 40_002).whole(FTP))
    net.add(*talk(31_337, 40_003).whole(SMTP))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 31_337, list(range(19, 30)))]
    assert report["conversations"][0]["tcp_stream"] == 2
    assert report["capture"]["counters"] == {"tcp": 18}


def test_words_inside_a_stream_whose_start_was_not_captured(tmp_path: Path) -> None:
    """Only the first payload seen counts, of either direction."""
    web, page = talk(8_080), talk(8_081)
    net = Net()
    net.add(web.send(SERVER, b"<html>\r\n"), web.send(SERVER, b"220 mx.example.org ESMTP\r\n"), web.send(CLIENT))
    net.add(page.send(CLIENT, b"GET / HTTP/1.1\r\n\r\n"), page.send(SERVER, b"220 mx.example.org ESMTP\r\n"))
    report = net.told(tmp_path)
    assert report["conversations"] == []
    assert report["capture"]["counters"] == {"tcp": 5}


def test_e101_e120_roles_come_from_the_words_where_no_handshake_tells_them(tmp_path: Path) -> None:
    greeted, hello, lost = talk(31_337, 40_001), talk(31_338, 40_002), talk(31_339, 40_003)
    net = Net()
    net.add(greeted.send(SERVER, SMTP[0][1]), *(greeted.send(side, octets) for side, octets in SMTP[1:]))
    net.add(hello.send(SERVER), *(hello.send(side, octets) for side, octets in SMTP[1:]))
    net.add(lost.send(SERVER, b"250 2.1.0 Ok\r\n"), lost.send(CLIENT, b"RCPT TO:<kim@example.org>\r\n"))
    report = net.told(tmp_path)
    assert conversations(report) == [
        ("smtp", 31_337, [1, 2, 3, 4, 5]),
        ("smtp", 31_338, [6, 7, 8, 9, 10]),
        ("smtp", 31_339, [11, 12]),
    ]
    assert not any(each["complete"] for each in report["conversations"])


def test_a_handshake_that_takes_long_is_kept_in_its_last_packets(tmp_path: Path) -> None:
    """Of 40 SYNs, SYN+ACK and ACK before the greeting the last 32 are kept: packet 11 on."""
    net, smtp = Net(), talk(31_337)
    for _ in range(40):
        smtp.next[CLIENT] = 99
        net.add(smtp.send(CLIENT, flags=SYN))
    net.add(smtp.send(SERVER, flags=SYN | ACK), smtp.send(CLIENT), *(smtp.send(*each) for each in SMTP))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 31_337, list(range(11, 48)))]
    assert report["capture"]["counters"] == {"tcp": 10}


def test_e112_ports_used_again_by_another_protocol(tmp_path: Path) -> None:
    """Web, then mail, then mail again on the same two ports, each with its own start."""
    net = Net()
    net.add(*talk(31_337, seed=1).whole(HTTP))
    net.time_ns += 10_000_000_000
    net.add(*talk(31_337, seed=2).whole(SMTP))
    net.time_ns += 10_000_000_000
    net.add(*talk(31_337, seed=3).whole(SMTP))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 31_337, list(range(10, 21))), ("smtp", 31_337, list(range(21, 32)))]
    assert [each["tcp_stream"] for each in report["conversations"]] == [1, 2]
    assert report["capture"]["counters"] == {"tcp": 9}


def test_e112_mail_port_used_again_by_another_mail_protocol(tmp_path: Path) -> None:
    net = Net()
    net.add(*talk(25, seed=1).whole(SMTP))
    net.add(*talk(25, seed=2).whole(((SERVER, b"+OK ready\r\n"), (CLIENT, b"QUIT\r\n"))))
    assert [each[0] for each in conversations(net.told(tmp_path))] == ["smtp", "pop3"]


def test_what_does_not_prove_to_be_mail_is_let_go_and_a_new_connection_is_heard(tmp_path: Path) -> None:
    """An FTP control connection of 300 packets, then mail between the same ports."""
    net, ftp = Net(), talk(2_121, seed=1)
    net.add(*ftp.whole((*FTP, *((CLIENT, b"NOOP\r\n"), (SERVER, b"200 Ok\r\n")) * 146)))
    net.add(*talk(2_121, seed=2).whole(SMTP))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 2_121, list(range(302, 313)))]
    assert report["capture"]["counters"] == {"tcp": 301}


def test_conversations_count_in_the_order_in_which_they_are_found(tmp_path: Path) -> None:
    """One on nobody's port that begins first but greets last is the second."""
    net, slow = Net(), talk(31_337)
    net.add(*slow.open(), *talk(25, 40_001).whole(SMTP))
    net.add(*(slow.send(*each) for each in SMTP), *slow.close(CLIENT))
    assert conversations(net.told(tmp_path)) == [
        ("smtp", 25, list(range(4, 15))),
        ("smtp", 31_337, [1, 2, 3, *range(15, 23)]),
    ]


def test_e116_a_flood_of_syns_costs_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten packets of streams that have only begun are remembered; what the first says is heard all the same.

    Of 31 SYNs, SYN+ACK and ACK the last ten are remembered, and two of them become part of the conversation.
    """
    monkeypatch.setattr(young, "REMEMBERED_PACKETS", 10)
    net, first = Net(), talk(31_337, 30_000)
    net.add(first.send(CLIENT, flags=SYN))
    net.add(*(talk(31_337, 40_000 + each).send(CLIENT, flags=SYN) for each in range(30)))
    net.add(first.send(SERVER, flags=SYN | ACK), first.send(CLIENT), *(first.send(*each) for each in SMTP))
    net.write(tmp_path / "flood.pcapng")
    sift, numbers = sifter(), []
    for batch in open_capture(str(tmp_path / "flood.pcapng"), 64).batches():
        numbers += [row[0] for _, rows in sift.sift(batch)[0].by_stream() for row in rows]
    assert numbers == [32, 33, 34, 35, 36, 37, 38]
    assert {name: count for name, count in sift.totals.other.items() if count} == {
        "tcp": 8,
        "tcp, forgotten before it spoke": 23,
    }


def test_decode_as_makes_a_port_a_services(tmp_path: Path) -> None:
    """What is on it is listed even if it says nothing recognisable, TCP and UDP."""
    net = Net()
    net.add(*talk(31_337).open())
    assert conversations(net.told(tmp_path)) == []
    assert [each[1:] for each in conversations(net.told(tmp_path, {31_337: "pop3"}))] == [(31_337, [1, 2, 3])]
    question = bytes.fromhex("000101000001000000000000") + b"\7example\3org\0\0\1\0\1"
    net = Net()
    net.add(wire.datagram(wire.Path("10.0.0.1", "10.0.0.53", wire.UDP), CLIENT, (40_000, 5_353), question))
    assert conversations(net.told(tmp_path)) == []
    assert conversations(net.told(tmp_path, {5_353: "dns"})) == [("dns", 5_353, [1])]


def test_tls_on_nobodys_port_is_not_listed(tmp_path: Path) -> None:
    hello = bytes.fromhex("1603010005010000010303")
    net = Net()
    net.add(*talk(8_443).whole(((CLIENT, hello), (SERVER, hello))))
    report = net.told(tmp_path)
    assert report["conversations"] == []
    assert report["capture"]["counters"] == {"tcp": 8}


def test_payload_that_the_snap_length_cut_off_says_nothing(tmp_path: Path) -> None:
    net = Net(snap_bytes=66)
    net.add(*talk(31_337).whole(SMTP))
    report = net.told(tmp_path)
    assert report["conversations"] == []
    assert report["capture"]["counters"] == {"tcp": 11}


@pytest.mark.parametrize("name", ["03-lab-journey", "05-lab-chunking", "06-lab-lossy"])
def test_f123_the_lab_on_nobodys_ports_is_the_lab(name: str, tmp_path: Path) -> None:
    """The samples with every mail port changed: the same conversations, packet for packet, and the same mails."""
    path = SAMPLES / f"{name}.pcapng"
    net = Net()
    for batch in open_capture(str(path)).batches():
        for start, size, time_ns in zip(
            *(c.tolist() for c in (batch.start, batch.captured, batch.time_ns)), strict=True
        ):
            frame = bytearray(batch.buffer[start : start + size])
            if frame[12:14] == b"\x08\0" and frame[23] == 6:
                for at in (34, 36):
                    (port,) = struct.unpack_from(">H", frame, at)
                    struct.pack_into(">H", frame, at, port + 30_000 if port in (25, 110) else port)
            net.frames.append((time_ns, 0, bytes(frame)))
    found, expected = net.told(tmp_path), json.loads(render(mailtrace.analyze(path)))
    assert sorted((each["protocol"], each["packets"], each["tcp_stream"]) for each in found["conversations"]) == sorted(
        (each["protocol"], each["packets"], each["tcp_stream"]) for each in expected["conversations"]
    )
    assert [each["sha256"] for each in found["messages"]] == [each["sha256"] for each in expected["messages"]]
    assert {each["server"]["port"] for each in found["conversations"]} <= {53, 113, 30_025, 30_110}
    assert found["capture"]["counters"] == expected["capture"]["counters"]
