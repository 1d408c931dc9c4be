"""The samples are what their stories say: the rebuilt captures agree with the tables of the reports, row by row.

The expected rows (`data/report-*.tsv`) are the reports' own. The captures are read here by `struct`, so that neither
mailtrace nor scapy, which built them, is asked to judge.
"""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from functools import cache
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from tests.support import ROOT, SAMPLES, shared

DATA = Path(__file__).resolve().parent / "data"
NAMES = {
    "serverA": "192.168.111.100",
    "serverB": "192.168.111.200",
    "UbunClient(Lee)": "192.168.111.130",
    "WinClient(Kim)": "192.168.111.133",
}
LAB = {
    "03-lab-journey": "01-lab-journey",
    "04-lab-ident-drop": "02-ident-drop",
    "05-lab-chunking": "07-chunking",
    "06-lab-lossy": "08-lossy",
    "07-lab-dnsauth": "10-dnsauth",
    "08-imap": "04-imap",
    "09-starttls": "03-starttls-dsb",
}
PACKETS = {
    "01-report-2008": 24,
    "02-report-2024": 459,
    "03-lab-journey": 212,
    "04-lab-ident-drop": 86,
    "05-lab-chunking": 286,
    "06-lab-lossy": 590,
    "07-lab-dnsauth": 323,
    "08-imap": 175,
    "09-starttls": 646,
    "10-logins": 311,
}
EARLIER = {"09-starttls": [58, 441]}
"""Packets that are less than a microsecond older than the one before: so they were recorded."""

FLAGS = ((1, "FIN"), (2, "SYN"), (4, "RST"), (8, "PSH"), (16, "ACK"))
MAIL_TEXT = "Lee가 Kim에게 보내는 메시지 확인 바람"


@dataclass
class Row:
    """One packet as a listing shows it; `text` is what it carries above TCP or UDP."""

    time_us: int
    frame: bytes
    source: str = ""
    destination: str = ""
    info: str = ""
    text: bytes = b""


class Reader:
    """Reads packets in order and sums each up as Wireshark does, with relative numbers and scaled windows."""

    def __init__(self) -> None:
        self.starts: dict[tuple[str, int, str, int], int] = {}
        self.scales: dict[tuple[str, int, str, int], int] = {}

    def read(self, time_us: int, frame: bytes) -> Row:
        """Return the row of a frame; one without IPv4 has no addresses and no summary."""
        row = Row(time_us, frame)
        if frame[12:14] == b"\x08\x00":
            packet = frame[14 : 14 + int.from_bytes(frame[16:18], "big")]
            row.source, row.destination = str(ip_address(packet[12:16])), str(ip_address(packet[16:20]))
            above = packet[(packet[0] & 15) * 4 :]
            if packet[9] == 6:
                self.read_tcp(row, above)
            elif packet[9] == 17 and 53 in struct.unpack_from(">HH", above):
                row.text, row.info = above[8:], dns_info(above[8:])
        return row

    def read_tcp(self, row: Row, above: bytes) -> None:
        """Fill in what a segment says, or its flags and numbers if it says nothing."""
        source, target, seq, ack, offset, flags, window = struct.unpack_from(">HHIIBBH", above)
        header, row.text = above[: (offset >> 4) * 4], above[(offset >> 4) * 4 :]
        sent, back = (row.source, source, row.destination, target), (row.destination, target, row.source, source)
        start = self.starts.setdefault(sent, seq if flags & 2 else seq - 1)
        options = dict(tcp_options(header[20:]))
        if flags & 2:
            self.scales[sent] = options.get("WS") or 1
        elif back in self.scales:
            window *= self.scales.get(sent, 1)
        words = ", ".join(name for bit, name in FLAGS if flags & bit)
        numbers = {"Seq": (seq - start) % 2**32}
        if flags & 16:
            numbers["Ack"] = (ack - self.starts[back]) % 2**32
        shown = {**numbers, "Win": window, "Len": len(row.text), **options}
        facts = " ".join(name if value is None else f"{name}={value}" for name, value in shown.items())
        row.info = f"{source} → {target} [{words}] {facts}"
        if row.text:
            row.info = f"{'S' if source in (25, 110) else 'C'}: {in_one_line(row.text)}"


def tcp_options(area: bytes) -> Iterator[tuple[str, int | None]]:
    """Yield TCP options by Wireshark's names, in their order."""
    at = 0
    while at < len(area) and area[at]:
        kind, size = area[at], area[at + 1] if area[at] != 1 else 1
        value = area[at + 2 : at + size]
        if kind == 2:
            yield "MSS", int.from_bytes(value, "big")
        elif kind == 3:
            yield "WS", 2 ** value[0]
        elif kind == 4:
            yield "SACK_PERM", None
        elif kind == 8:
            yield "TSval", int.from_bytes(value[:4], "big")
            yield "TSecr", int.from_bytes(value[4:], "big")
        at += size


def dns_info(text: bytes) -> str:
    """Return Wireshark's summary of a DNS message, as far as the reports need it."""
    message = dns.message.from_wire(text)
    answering = bool(message.flags & dns.flags.QR)
    question = message.question[0]
    words = ["Standard query response" if answering else "Standard query", f"0x{message.id:04x}"]
    words += ["No such name"] if message.rcode() == dns.rcode.NXDOMAIN else []
    words += [dns.rdatatype.to_text(question.rdtype), question.name.to_text(omit_final_dot=True)]
    zones = (group[0] for group in message.authority if group.rdtype == dns.rdatatype.SOA)
    words += [f"SOA {zone.mname.to_text(omit_final_dot=True)}" for zone in zones]
    return " ".join([*words, *(["OPT"] if message.edns >= 0 else [])])


def in_one_line(text: bytes) -> str:
    """Return the lines of a segment side by side."""
    return " | ".join(text.decode("latin-1").removesuffix("\r\n").split("\r\n")).strip()


def blocks(name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the body of each block of a little-endian pcapng file."""
    content = (SAMPLES / f"{name}.pcapng").read_bytes()
    at = 0
    while at < len(content):
        kind, size = struct.unpack_from("<II", content, at)
        assert content[at + size - 4 : at + size] == struct.pack("<I", size)
        yield kind, content[at + 8 : at + size - 4]
        at += size


@cache
def listing(name: str) -> list[Row]:
    """Return the packets of a sample with microsecond times."""
    reader, rows = Reader(), []
    for kind, body in blocks(name):
        if kind == 6:
            _, high, low, captured, wire = struct.unpack_from("<IIIII", body)
            assert captured == wire
            rows.append(reader.read((high << 32) + low, body[20 : 20 + captured]))
    return rows


def expected(report: str) -> list[list[str]]:
    """Return the rows of a report: packet, time, source, destination, info."""
    lines = (DATA / f"report-{report}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def agrees(row: Row, info: str) -> bool:
    """Whether a packet is what the report says of it; an info that ends in `…` was cut by the report."""
    if fragment := re.fullmatch(r"C: DATA fragment, (\d+) bytes", info):
        return len(row.text) == int(fragment[1]) and row.info.startswith("C: ")
    return row.info.startswith(info[:-1].rstrip()) if info.endswith("…") else row.info == info


@pytest.mark.parametrize(("report", "name", "shown"), [("2008", "01-report-2008", 24), ("2024", "02-report-2024", 158)])
def test_every_row_of_the_report_is_the_packet_of_that_number(report: str, name: str, shown: int) -> None:
    rows = listing(name)
    numbered = [row for row in expected(report) if row[0] != "-"]
    assert len(numbered) == shown
    for number, time, source, destination, info in numbered:
        row = rows[int(number) - 1]
        seconds, microseconds = divmod(row.time_us - rows[0].time_us, 1_000_000)
        assert f"{seconds}.{microseconds:06d}" == time, number
        assert row.source == NAMES.get(source, source), number
        assert row.destination == NAMES.get(destination, destination), number
        assert agrees(row, info), (number, info, row.info)


def test_the_relay_of_the_2024_report_follows_packet_102_in_the_order_the_report_shows() -> None:
    rows = listing("02-report-2024")
    unnumbered = [row for row in expected("2024") if row[0] == "-"]
    assert len(unnumbered) == 27
    for row, (_, _, source, destination, info) in zip(rows[108:135], unnumbered, strict=True):
        assert (row.source, row.destination) == (NAMES[source], NAMES[destination])
        assert agrees(row, info), (info, row.info)


@pytest.mark.parametrize(("name", "count"), PACKETS.items())
def test_a_sample_has_its_number_of_packets_in_order_of_time(name: str, count: int) -> None:
    times = [row.time_us for row in listing(name)]
    earlier = [number for number, (before, time) in enumerate(pairwise(times), 2) if time < before]
    assert len(times) == count
    assert earlier == EARLIER.get(name, [])


def test_packet_14_of_the_2008_report_is_its_hex_dump() -> None:
    assert listing("01-report-2008")[13].frame == bytes.fromhex(
        "00 0c 29 00 92 d4 00 19 66 95 db 94 08 00 45 00"
        "00 2e be d7 40 00 80 06 af 9d c0 a8 01 02 c0 a8"
        "0a 02 0d f9 00 19 ab 89 e5 30 b6 ec 84 8b 50 18"
        "ff 0a a4 95 00 00 44 41 54 41 0d 0a"
    )


def test_short_frames_are_padded_to_60_bytes_unless_the_capturing_machine_sent_them() -> None:
    rows = listing("01-report-2008")
    assert [len(rows[number - 1].frame) for number in (3, 8, 17, 19, 23, 24)] == [54, 60, 60, 60, 54, 60]
    refused = listing("02-report-2024")[68].frame
    assert (len(refused), refused[16:18], refused[54:]) == (60, b"\x00\x28", bytes(6))


def test_the_names_of_the_2024_report_travel_in_the_capture() -> None:
    (body,) = [body for kind, body in blocks("02-report-2024") if kind == 4]
    found, at = {}, 0
    while (size := struct.unpack_from("<HH", body, at)[1]) > 0:
        value = body[at + 4 : at + 4 + size]
        found[value[4:].rstrip(b"\0").decode()] = str(ip_address(value[:4]))
        at += 4 + size + -size % 4
    assert found == NAMES


@pytest.mark.parametrize(("year", "name"), [("2008", "01-report-2008"), ("2024", "02-report-2024")])
def test_rebuilding_gives_the_same_bytes(year: str, name: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(SAMPLES / f"build_report_{year}.py"), str(tmp_path)], check=True)
    assert (tmp_path / f"{name}.pcapng").read_bytes() == (SAMPLES / f"{name}.pcapng").read_bytes()


def content(name: str, *packets: int) -> bytes:
    """Return what some packets carry, joined."""
    return b"".join(listing(name)[number - 1].text for number in packets)


def decoded(mail: Message, charset: str) -> str:
    """Return the text of a part without attachments, its transfer encoding undone."""
    content = mail.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode(charset)


def queue_ids(mail: Message) -> list[str]:
    """Return the queue ids of the `Received` lines, the last hop first."""
    return re.findall(r" id (\w{14})\s", " ".join(mail.get_all("Received", [])))


def test_the_mail_of_the_2008_report() -> None:
    whole = content("01-report-2008", 16, 18)
    assert (len(whole), whole[-7:]) == (1235, b"\r\n\r\n.\r\n")
    mail = message_from_bytes(whole[:-3])
    assert (mail["From"], mail["To"], mail["Subject"]) == ("<pchero@ac.kr>", "<pchero@kongju.ac.kr>", "tes")
    whole_mail, *parts = mail.walk()
    assert whole_mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    plain, page = (decoded(part, "cp949") for part in parts)
    assert plain == "테스트 메일입니다. 확인 바랍니다.\r\n"
    assert plain.strip() in page


def test_the_mail_of_the_2024_report_on_its_three_legs() -> None:
    name = "02-report-2024"
    submitted, relayed, answer = content(name, 89, 91), content(name, 124, 126), content(name, 195)
    assert submitted.endswith(b"\r\n\r\n.\r\n") and len(submitted.removesuffix(b"\r\n.\r\n")) == 413
    assert (len(relayed), relayed[-3:]) == (590, b".\r\n")
    assert relayed[172:] == submitted
    fetched = answer.removeprefix(b"+OK 844 octets\r\n").removesuffix(b".\r\n")
    assert len(fetched) == 844
    for leg in (submitted[:-3], relayed[:-3], fetched):
        mail = message_from_bytes(leg)
        assert mail["Message-ID"] == "<a84b8cfb564e117b3628faa74fa40a4fb695bbef.camel@naver.com>"
        assert mail["From"] == "=?euc-kr?Q?=C0=CC=B3=D7=C0=CC=B9=F6?= <lee@naver.com>"
        assert str(make_header(decode_header(mail["From"]))) == "이네이버 <lee@naver.com>"
        assert (mail["To"], mail["Subject"]) == ("kim@daum.net", "test")
        assert mail["Date"] == "Fri, 26 Apr 2024 10:57:59 +0900"
        assert decoded(mail, "utf-8").strip() == MAIL_TEXT
    assert queue_ids(message_from_bytes(fetched)) == ["43Q1w1lW007636", "43Q1vx0G007503"]
    assert b"X-MIME-Autoconverted: from base64 to 8bit by mail.daum.net id 43Q1w1lW007636\r\n" in fetched
    assert fetched.startswith(b"Return-Path: <lee@naver.com>\r\n")


def test_the_reply_of_the_2024_report_on_its_three_legs() -> None:
    name = "02-report-2024"
    submitted, relayed, answer = content(name, 314, 316), content(name, 343, 345), content(name, 450)
    assert (len(submitted), len(relayed)) == (749, 940)
    assert relayed[191:] == submitted
    fetched = answer.removeprefix(b"+OK 1159 octets\r\n").removesuffix(b".\r\n")
    assert len(fetched) == 1159
    for leg in (submitted[:-3], relayed[:-3], fetched):
        mail = message_from_bytes(leg)
        assert str(make_header(decode_header(mail["From"]))) == "김다음 <kim@daum.net>"
        assert mail["Subject"] == "Re: test2"
        assert mail["Content-Type"] == "text/plain; charset=euc-kr; format=flowed; delsp=yes"
        assert f"> {MAIL_TEXT}" in decoded(mail, "euc-kr")
    assert queue_ids(message_from_bytes(fetched)) == ["43Q1wwYr007507", "43Q1wvqQ007664"]


@pytest.mark.parametrize(("name", "original"), LAB.items())
def test_lab_samples_are_the_recorded_captures(name: str, original: str) -> None:
    assert (SAMPLES / f"{name}.pcapng").read_bytes() == shared(f"captures/lab/{original}.pcapng").read_bytes()


def test_the_truth_that_travels_with_the_tests_is_the_recorded_one() -> None:
    files = [path for path in (DATA / "lab").rglob("*") if path.is_file()]
    assert len(files) >= 22
    for path in files:
        assert path.read_bytes() == shared(f"captures/lab/{path.relative_to(DATA / 'lab')}").read_bytes()


def test_every_sample_has_a_story_and_a_line_in_the_readme() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert {path.stem for path in SAMPLES.glob("*.pcapng")} == set(PACKETS)
    for name, count in PACKETS.items():
        story = (SAMPLES / f"{name}.md").read_text(encoding="utf-8")
        assert f"{count} packets" in story
        assert len(story.splitlines()) <= 60
        assert f"({name}.md)" in readme
        assert str(ROOT) not in story
