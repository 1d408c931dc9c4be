"""What a file that is no capture looks like, so that the refusal tells its owner what to do with it."""

from __future__ import annotations

import struct

OPENINGS: tuple[tuple[bytes, str], ...] = (
    (b"snoop\x00\x00\x00", "a snoop capture: convert it with Wireshark's editcap -F pcapng"),
    (b"GMBU", "a Microsoft Network Monitor capture: convert it with Wireshark's editcap -F pcapng"),
    (b"RTSS", "a Microsoft Network Monitor capture: convert it with Wireshark's editcap -F pcapng"),
    (b"TRSNIFF data    \x1a", "a Sniffer capture: convert it with Wireshark's editcap -F pcapng"),
    (b"XCP\x00", "a NetXray capture: convert it with Wireshark's editcap -F pcapng"),
    (b"\xac\x01\x00\x1c", "an IXIA capture: convert it with Wireshark's editcap -F pcapng"),
    (b"\xab\x01\x00\x1c", "an IXIA capture: convert it with Wireshark's editcap -F pcapng"),
    (b"BZh", "a bzip2 file: unpack it first"),
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"\x1f\x9d", "a file made by compress (.Z): unpack it first"),
    (b"\x02\x21\x4c\x18", "a file in the old format of lz4: unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a program (Windows)"),
    (b"PAR1", "a Parquet table"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"version https://git-lfs", "a Git LFS pointer: fetch the real file with git lfs pull"),
)
"""First octets of files people confuse with captures, and what to say about them."""

MAIL_OPENINGS = (b"from ", b"return-path:", b"received:", b"delivered-to:", b"message-id:", b"mime-version:", b"x-")
MAIL_FIELDS = (b"\nfrom:", b"\nsubject:", b"\ndate:", b"\nto:", b"\nmessage-id:")


def looks_like(head: bytes) -> str:
    """Return what a file that begins with `head` seems to be, in words that follow "not a capture:"."""
    for opening, meaning in OPENINGS:
        if head.startswith(opening):
            return f"it looks like {meaning}"
    if not head.strip(b"\x00"):
        return "it begins with zeros only; perhaps the disk was full when it was written"
    if _is_erf(head):
        return "it looks like an ERF capture: convert it with Wireshark's editcap -F pcapng"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it looks like text (UTF-16)"
    if _is_text(head):
        return f"it looks like {_text_kind(head)}"
    return "no known format; save it as pcap or pcapng"


def _is_text(head: bytes) -> bool:
    """Tell whether `head` is text: UTF-8, perhaps cut inside its last character, without control characters."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(character >= " " or character in "\t\n\r\f\x1b" for character in text)


def _text_kind(head: bytes) -> str:
    """Return which kind of text this is."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start[:512]:
        return "a web page (HTML): perhaps a login page was saved instead of the capture"
    if start.startswith((b"<?xml", b"<pdml")):
        return "XML text: save the capture as pcap or pcapng instead"
    if start.startswith((b"{", b"[")):
        return "JSON text: save the capture as pcap or pcapng instead"
    fields = sum(field in b"\n" + start for field in MAIL_FIELDS)
    if fields >= 2 or (fields and start.startswith(MAIL_OPENINGS)):
        return "a mail message (.eml): mailtrace reads the traffic that carried a mail, not the mail"
    return "text: save the capture as pcap or pcapng instead of printing its packets"


def _is_erf(head: bytes) -> bool:
    """Tell whether `head` holds two records of Endace's format in a row, which has no opening of its own."""
    at = 0
    for _ in range(2):
        if len(head) < at + 16:
            return at > 0 and len(head) == at
        kind, length = struct.unpack_from(">B x H", head, at + 8)
        if not 1 <= kind & 0x7F <= 48 or length < 16:
            return False
        at += length
    return True
