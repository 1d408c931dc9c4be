"""Hellos and certificates' messages put together octet by octet, for what OpenSSL does not send."""

from __future__ import annotations

from mailtrace.model import Data, Side


def vector(size: int, octets: bytes) -> bytes:
    """Return octets behind their length, a number of `size` octets."""
    return len(octets).to_bytes(size, "big") + octets


def extension(number: int, octets: bytes) -> bytes:
    """Return one extension."""
    return number.to_bytes(2, "big") + vector(2, octets)


def sni(name: bytes) -> bytes:
    """Return the extension that names a server."""
    return extension(0, vector(2, b"\0" + vector(2, name)))


def client_hello(
    *extensions: bytes, ciphers: str = "1301 1302 c030", session_id: bytes = b"", random: bytes = bytes(range(32))
) -> bytes:
    """Return the body of a ClientHello that offers TLS 1.2."""
    suites = vector(2, bytes.fromhex(ciphers))
    tail = vector(2, b"".join(extensions)) if extensions else b""
    return b"\x03\x03" + random + vector(1, session_id) + suites + b"\1\0" + tail


def server_hello(
    *extensions: bytes, cipher: str = "1301", session_id: bytes = b"", random: bytes = bytes(32), compression: int = 0
) -> bytes:
    """Return the body of a ServerHello of TLS 1.2."""
    chosen = bytes.fromhex(cipher) + bytes((compression,))
    tail = vector(2, b"".join(extensions)) if extensions else b""
    return b"\x03\x03" + random + vector(1, session_id) + chosen + tail


def message(kind: int, body: bytes) -> bytes:
    """Return a handshake message with its header."""
    return bytes((kind,)) + vector(3, body)


def record(kind: int, body: bytes, version: str = "0303") -> bytes:
    """Return a record."""
    return bytes((kind,)) + bytes.fromhex(version) + vector(2, body)


def sent(side: Side, octets: bytes, packet: int) -> Data:
    """Return what a side sends in one packet."""
    return Data(side, octets, packet, packet * 10)
