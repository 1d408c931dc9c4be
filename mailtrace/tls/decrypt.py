"""Records opened with their keys, with the primitives of `cryptography`; nothing here knows what they hold.

An opener holds the keys of one direction. What does not open (other keys, changed octets, another sequence number)
gives None: every record carries a checksum, so a wrong reading is never taken for a right one.
"""

from __future__ import annotations

from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from mailtrace.tls.derive import expand_label, key_block, mac, next_secret
from mailtrace.tls.numbers import TLS_1_0, TLS_1_2
from mailtrace.tls.records import Record
from mailtrace.tls.suites import MAC_BYTES, Suite

NOTHING = (0, b"")
"""What is in a record that is the right one, but cannot be read without the one before."""

NONCE_BYTES = 12
FIXED_NONCE_BYTES = 4
"""Octets of a nonce in TLS 1.2 that are not sent with the record. Source: RFC 5288 section 3."""


class Opener(Protocol):
    """Opens the records of one direction while one set of keys holds."""

    def open(self, record: Record, sequence: int) -> tuple[int, bytes] | None:
        """Return the kind and the octets of what is inside; None when it does not open."""

    def passed(self, record: Record, opened: bool) -> None:
        """Note a record of this direction, and whether it opened."""

    def lost(self) -> None:
        """Note that records are missing before the next one."""

    def following(self) -> Opener | None:
        """Return the opener for what comes after a key update; None where there are none."""


def _aead(suite: Suite, key: bytes) -> AESGCM | AESCCM | ChaCha20Poly1305:
    """Return the cipher of a suite that checks as it decrypts."""
    if suite.mode == "GCM":
        return AESGCM(key)
    return AESCCM(key, suite.tag_bytes) if suite.mode == "CCM" else ChaCha20Poly1305(key)


def _mixed(fixed: bytes, sequence: int) -> bytes:
    """Return a nonce made of a fixed one and the sequence number. Source: RFC 8446 section 5.3, RFC 7905 section 2."""
    return (int.from_bytes(fixed, "big") ^ sequence).to_bytes(NONCE_BYTES, "big")


class Aead12:
    """AEAD in TLS 1.2. Source: RFC 5246 section 6.2.3.3, RFC 5288 section 3, RFC 6655 section 3, RFC 7905 section 2."""

    def __init__(self, suite: Suite, key: bytes, fixed: bytes) -> None:
        """Take the keys."""
        self._cipher = _aead(suite, key)
        self._fixed = fixed
        self._explicit = NONCE_BYTES - len(fixed)
        self._tag_bytes = suite.tag_bytes

    def open(self, record: Record, sequence: int) -> tuple[int, bytes] | None:
        """See `Opener`."""
        size = len(record.body) - self._explicit - self._tag_bytes
        if size < 0:
            return None
        nonce = self._fixed + record.body[: self._explicit] if self._explicit else _mixed(self._fixed, sequence)
        associated = sequence.to_bytes(8, "big") + record.header(size)
        try:
            return record.kind, self._cipher.decrypt(nonce, record.body[self._explicit :], associated)
        except InvalidTag:
            return None

    def passed(self, record: Record, opened: bool) -> None:
        """See `Opener`: nothing carries over."""

    def lost(self) -> None:
        """See `Opener`: nothing carries over."""

    def following(self) -> Opener | None:
        """See `Opener`: there are none."""
        return None


class Cbc:
    """CBC up to TLS 1.2. Source: RFC 5246 section 6.2.3.2, RFC 2246 section 6.2.3.2, RFC 7366 section 3."""

    def __init__(self, suite: Suite, key: bytes, mac_key: bytes, chained: bytes, encrypt_then_mac: bool) -> None:
        """Take the keys; `chained` is the first IV where records carry none (TLS 1.0), else empty."""
        self._cipher = algorithms.AES(key) if suite.cipher.startswith("AES") else TripleDES(key)
        self._block = self._cipher.block_size // 8
        self._mac_key = mac_key
        self._digest = suite.mac
        self._chained = chained
        self._encrypt_then_mac = encrypt_then_mac
        self._chain_broken = False

    def open(self, record: Record, sequence: int) -> tuple[int, bytes] | None:
        """See `Opener`."""
        sealed, size = record.body, MAC_BYTES[self._digest]
        if self._encrypt_then_mac:
            sealed, checksum = sealed[:-size], sealed[-size:]
            if checksum != self._checksum(record, sequence, sealed):
                return None
            if self._chain_broken:  # the checksum does not cover the IV: the first octets would be noise
                return NOTHING
        if not self._chained:
            sealed_at = self._block
            first = sealed[:sealed_at]
        else:
            sealed_at, first = 0, self._chained
        plain = self._decrypted(first, sealed[sealed_at:])
        if plain is None or self._encrypt_then_mac:
            return None if plain is None else (record.kind, plain)
        plain, checksum = plain[:-size], plain[-size:]
        return (record.kind, plain) if checksum == self._checksum(record, sequence, plain) else None

    def passed(self, record: Record, opened: bool) -> None:
        """See `Opener`: in TLS 1.0 a record's last block is the next one's IV."""
        size = MAC_BYTES[self._digest] if self._encrypt_then_mac else 0
        end = len(record.body) - size
        if self._chained and end >= self._block:
            self._chained = record.body[end - self._block : end]
        self._chain_broken = bool(self._chained) and not opened

    def lost(self) -> None:
        """See `Opener`: in TLS 1.0 the next record's IV is among what is missing."""
        self._chain_broken = bool(self._chained)

    def following(self) -> Opener | None:
        """See `Opener`: there are none."""
        return None

    def _decrypted(self, first: bytes, sealed: bytes) -> bytes | None:
        """Return the octets without their padding; None where there is none."""
        if len(first) != self._block or not sealed or len(sealed) % self._block:
            return None
        context = Cipher(self._cipher, modes.CBC(first)).decryptor()
        plain = context.update(sealed) + context.finalize()
        padding = plain[-1] + 1
        if padding > len(plain) or plain[-padding:] != bytes((plain[-1],)) * padding:
            return None
        return plain[:-padding]

    def _checksum(self, record: Record, sequence: int, octets: bytes) -> bytes:
        """Return what the MAC must be. Source: RFC 5246 section 6.2.3.1."""
        return mac(self._digest, self._mac_key, sequence.to_bytes(8, "big") + record.header(len(octets)) + octets)


class Aead13:
    """TLS 1.3. Source: RFC 8446 section 5.2 and section 5.4."""

    def __init__(self, suite: Suite, secret: bytes) -> None:
        """Derive the keys of a traffic secret. Source: RFC 8446 section 7.3."""
        self._suite = suite
        self._secret = secret
        self._cipher = _aead(suite, expand_label(suite.hash, secret, b"key", suite.key_bytes))
        self._fixed = expand_label(suite.hash, secret, b"iv", NONCE_BYTES)

    def open(self, record: Record, sequence: int) -> tuple[int, bytes] | None:
        """See `Opener`: the true kind is the last octet that is not zero."""
        if len(record.body) < self._suite.tag_bytes:
            return None
        try:
            plain = self._cipher.decrypt(_mixed(self._fixed, sequence), record.body, record.header())
        except InvalidTag:
            return None
        plain = plain.rstrip(b"\0")
        return (plain[-1], plain[:-1]) if plain else None

    def passed(self, record: Record, opened: bool) -> None:
        """See `Opener`: nothing carries over."""

    def lost(self) -> None:
        """See `Opener`: nothing carries over."""

    def following(self) -> Opener | None:
        """See `Opener`."""
        return Aead13(self._suite, next_secret(self._suite.hash, self._secret))


def openers_12(
    suite: Suite, version: int, master: bytes, randoms: tuple[bytes, bytes], encrypt_then_mac: bool
) -> tuple[Opener, Opener]:
    """Return the openers of client and server up to TLS 1.2; `randoms` are the client's and the server's.

    Source: RFC 5246 section 6.3.
    """
    mac_bytes = MAC_BYTES[suite.mac] if suite.mac else 0
    iv_bytes = {"CBC": 0, "POLY1305": NONCE_BYTES}.get(suite.mode, FIXED_NONCE_BYTES)
    if suite.mode == "CBC" and version <= TLS_1_0:
        iv_bytes = 8 if suite.cipher == "3DES_EDE" else 16
    digest = suite.hash if version >= TLS_1_2 else None
    block = key_block(digest, master, *randoms, 2 * (mac_bytes + suite.key_bytes + iv_bytes))
    pairs = []
    for size in (mac_bytes, suite.key_bytes, iv_bytes):
        pairs.append((block[:size], block[size : 2 * size]))
        block = block[2 * size :]
    macs, ciphers, ivs = pairs
    if suite.mode == "CBC":
        client, server = (Cbc(suite, ciphers[at], macs[at], ivs[at], encrypt_then_mac) for at in (0, 1))
        return client, server
    return Aead12(suite, ciphers[0], ivs[0]), Aead12(suite, ciphers[1], ivs[1])
