"""Files in text and in winmail.dat: named, and hashed where that is simple. Numbers: acceptance list, section K."""

from __future__ import annotations

import base64
import hashlib
import struct

import pytest

from mailtrace.mail.embedded import files_in_text, files_in_tnef
from mailtrace.model import EmbeddedFile
from tests.mail.contents import growth, read


def digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


UUENCODED = b'begin 644 hello.txt\r\n-:&5L;&\\@=V]R;&0A"@``\r\n`\r\nend\r\n'


def test_k202_uuencode() -> None:
    hello = EmbeddedFile("2", "uuencode", "hello.txt", 13, digest(b"hello world!\n"))
    assert files_in_text(b"text before\r\n" + UUENCODED + b"text behind\r\n", "2") == [hello]
    assert files_in_text(UUENCODED.replace(b"\r\n", b"\n") * 2, "2") == [hello, hello]
    assert files_in_text(UUENCODED[:-7], "2") == [hello]  # cut before its end
    korean = UUENCODED.replace(b"hello", "인사".encode("cp949"))
    assert files_in_text(korean, "2")[0].filename == "인사.txt"


@pytest.mark.parametrize(
    "text",
    [
        b"we begin 644 times\r\n",
        b"begin 644 words\r\nthat are no file\r\n",
        b"begin 99 x\r\nend\r\n",
        b"begin 644 nothing behind\r\n",
        b"",
    ],
)
def test_k202_words_are_no_file(text: bytes) -> None:
    assert files_in_text(text, "1") == []


def test_k202_a_name_that_climbs_is_told_as_it_is() -> None:
    assert files_in_text(UUENCODED.replace(b"hello.txt", b"../../x"), "1")[0].filename == "../../x"


def test_k202_yenc() -> None:
    # "hi", then 0xd6, which would be a NUL and is escaped; yEnc draft 1.3: octet + 42, escapes + 64
    text = b"=ybegin line=128 size=3 name=a b.bin\r\n\x92\x93=\x40\r\n=yend size=3 crc32=0\r\nbehind\r\n"
    assert files_in_text(text, "1") == [EmbeddedFile("1", "yenc", "a b.bin", 3, digest(b"hi\xd6"))]
    part = text.replace(b"size=3 name", b"part=1 size=3 name").replace(b"\x92", b"=ypart begin=1 end=3\r\n\x92", 1)
    assert files_in_text(part, "1") == files_in_text(text, "1")


def binhex(octets: bytes) -> bytes:
    """Return octets as BinHex 4.0 text (RFC 1741 appendix A), without compression."""
    table = bytes.maketrans(
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr",
    )
    encoded = base64.b64encode(octets.replace(b"\x90", b"\x90\0") + b"\0\0").rstrip(b"=").translate(table)
    lines = [encoded[at : at + 64] for at in range(0, len(encoded), 64)]
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n:" + b"\r\n".join(lines) + b":\r\n"


def test_k202_binhex_names_its_file() -> None:
    head = struct.pack(">B9sB4s4sHLLH", 9, b"notes.txt", 0, b"TEXT", b"ttxt", 0, 0x90, 0, 0)
    assert files_in_text(b"text\r\n" + binhex(head + b"x" * 0x90), "1") == [
        EmbeddedFile("1", "binhex", "notes.txt", 0x90, None)
    ]
    assert files_in_text(b"(This file must be converted with BinHex 4.0)\r\n", "1") == [
        EmbeddedFile("1", "binhex", "", None, None)
    ]
    octets = b"Content-Type: application/mac-binhex40; name=notes.txt\r\n\r\n" + binhex(head)
    assert [file.filename for file in read(octets).embedded] == ["notes.txt"]


def attribute(level: int, number: int, value: bytes) -> bytes:
    """Return an attribute of TNEF (MS-OXTNEF section 2.1.3.1)."""
    return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) % 65536)


def attached(title: bytes, data: bytes, long_name: str | None = None) -> bytes:
    """Return the attributes of one attached file."""
    octets = (
        attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x0006800F, data) + attribute(2, 0x00018010, title + b"\0")
    )
    if long_name is not None:
        name = long_name.encode("utf-16-le") + b"\0\0"
        properties = struct.pack("<IHHI", 2, 0x0003, 0x0E21, 7)  # PR_ATTACH_NUM
        properties += struct.pack("<HHII", 0x001F, 0x3707, 1, len(name)) + name + bytes(-len(name) % 4)
        octets += attribute(2, 0x00069005, properties)
    return octets


TNEF = (
    b"\x78\x9f\x3e\x22\x01\x00"
    + attribute(1, 0x00089006, b"\0\0\1\0")
    + attribute(1, 0x00069007, struct.pack("<II", 949, 0))
)


def test_k202_the_files_of_a_winmail_dat() -> None:
    octets = (
        TNEF + attached(b"REPORT~1.PDF", b"%PDF", "보고서 최종.pdf") + attached("표.xls".encode("cp949"), b"\xd0\xcf")
    )
    files = [
        EmbeddedFile("1", "tnef", "보고서 최종.pdf", 4, digest(b"%PDF")),
        EmbeddedFile("1", "tnef", "표.xls", 2, digest(b"\xd0\xcf")),
    ]
    assert files_in_tnef(octets, "1") == files
    for declared in (b"application/ms-tnef", b"application/vnd.ms-tnef; name=winmail.dat", b"application/octet-stream"):
        message = read(b"Content-Type: " + declared + b"\r\n\r\n" + octets)
        assert (message.parts[0].nature, list(message.embedded)) == ("tnef", files)


def test_k202_a_damaged_winmail_dat_gives_what_is_there() -> None:
    octets = TNEF + attached(b"a.txt", b"x") + attached(b"b.txt", b"y", "b.txt")
    for cut in range(len(octets)):
        assert [file.filename for file in files_in_tnef(octets[:cut], "1")] in (
            [],
            [""],
            ["a.txt"],
            ["a.txt", ""],
            ["a.txt", "b.txt"],
        )
    assert files_in_tnef(TNEF + struct.pack("<BII", 2, 0x0006800F, 0xFFFFFFFF), "1") == []
    assert files_in_tnef(b"nothing", "1") == []
    properties = struct.pack("<IHHII", 0xFFFFFFFF, 0x1F, 0x3707, 1, 0xFFFFFFFF)
    lying = attribute(2, 0x00069002, b"") + attribute(2, 0x0006800F, b"x") + attribute(2, 0x00069005, properties)
    assert [file.filename for file in files_in_tnef(TNEF + lying, "1")] == [""]


def test_files_are_limited() -> None:
    assert len(files_in_text(UUENCODED * 300, "1")) == 100
    assert len(files_in_tnef(TNEF + attached(b"a", b"x") * 300, "1")) == 100


@pytest.mark.parametrize(
    "unit",
    [
        b"begin 644 x\r\n",
        b"begin 644 x\r\n`\r\n",
        b"=ybegin name=x\r\n",
        b"=ybegin ",
        b"M\r\n",
        b"=",
        b"(This file must be converted with BinHex",
        b":",
        b"\x90",
    ],
)
def test_k202_linear(unit: bytes) -> None:
    assert growth(lambda size: files_in_text(UUENCODED + unit * size, "1"), 5000) <= 2.6
    assert growth(lambda size: files_in_tnef(TNEF + unit * size, "1"), 5000) <= 2.6
