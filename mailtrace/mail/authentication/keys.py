"""DKIM keys from captured TXT records, and whether they made a signature. Source: RFC 6376 section 3.6.1, RFC 8463.

`cryptography` is loaded when the first key is used; most captures have none.
"""

from __future__ import annotations

import binascii
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from mailtrace.mail.authentication.records import RecordBook, text_octets
from mailtrace.mail.authentication.spf import not_captured
from mailtrace.mail.authentication.tags import parse_tags, text_tag, without_space
from mailtrace.model import Verdict
from mailtrace.model.language import said

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MIN_RSA_BITS = 1024
"""Shorter keys count as broken. Source: RFC 8301 section 3.2."""

MAX_RSA_BITS = 8192
"""Longer keys are no honest ones; computing with them would cost time. Source: RFC 8301 section 3.2 (up to 4096)."""

KEY_OCTETS_LIMIT = 4096
"""Octets of a key record that are read: the longest key in use has less than a thousand."""

REMEMBERED_KEYS = 256
"""Keys that are read once for all mails they signed."""


class KeyRecord(Struct, frozen=True, gc=False):
    """A usable key: `kind` is rsa or ed25519, `hashes` those it may be used with, `strict` forbids subdomains in i=."""

    kind: str
    octets: bytes
    hashes: tuple[str, ...]
    testing: bool
    strict: bool


DNS_FAILED = "the DNS failed for the key {name}: {rcode}"
NO_RECORD = "there is no key: {name} has no TXT record"
NO_NAME = "there is no key: {name} does not exist (NXDOMAIN)"
UNUSABLE = "the key {name} cannot be used: {why}"
TOO_SHORT = "the RSA key has only {count} bits, and so can be broken"

WHY_NO_KEY = (
    "it is no key record",
    "its version is not DKIM1",
    "it was revoked (p= is empty)",
    "it is not for mail (s=)",
    "nobody knows keys of the kind {kind}",
    "p= is no base64",
)


class NoKey(NamedTuple):
    """Why a record has no usable key: one of `WHY_NO_KEY`, and the kind of key it is about."""

    why: str
    kind: str = ""

    def told(self) -> str:
        """Return it in the language that is spoken."""
        return said(self.why, kind=self.kind)


class Found(Struct, frozen=True, gc=False):
    """What the capture has for a selector: a key, or the verdict that follows from there being none, and why."""

    key: KeyRecord | None
    result: Verdict
    because: str
    lookups: tuple[int, ...] = ()
    packets: tuple[int, ...] = ()


def find_key(book: RecordBook, selector: str, domain: str, time_ns: int) -> Found:
    """Return the key of a selector, or why there is none."""
    name = f"{selector}._domainkey.{domain}"
    answer = book.answer(name, "TXT", time_ns)
    if answer is None:
        return Found(None, Verdict.UNKNOWN, not_captured(name, "TXT", book.so_far))
    proof = ((answer.lookup,), answer.packets)
    if answer.failed:
        return Found(None, Verdict.TEMPERROR, said(DNS_FAILED, name=name, rcode=answer.failed), *proof)
    if not answer.records:
        return Found(None, Verdict.PERMERROR, said(NO_RECORD if answer.exists else NO_NAME, name=name), *proof)
    reasons = []
    for record in answer.records:
        key = read_key(text_octets(record)[:KEY_OCTETS_LIMIT])
        if isinstance(key, KeyRecord):
            return Found(key, Verdict.PASS, "", *proof)
        reasons.append(key)
    return Found(None, Verdict.PERMERROR, said(UNUSABLE, name=name, why=reasons[0].told()), *proof)


@lru_cache(maxsize=REMEMBERED_KEYS)
def read_key(record: bytes) -> KeyRecord | NoKey:
    """Return the key in a TXT record, or why there is none."""
    tags = parse_tags(record)
    if tags is None or "p" not in tags:
        return NoKey("it is no key record")
    if text_tag(tags, "v", "dkim1") != "dkim1":
        return NoKey("its version is not DKIM1")
    if not without_space(tags["p"]):
        return NoKey("it was revoked (p= is empty)")
    services = text_tag(tags, "s", "*").split(":")
    if "*" not in services and "email" not in services:
        return NoKey("it is not for mail (s=)")
    kind = text_tag(tags, "k", "rsa")
    if kind not in ("rsa", "ed25519"):
        return NoKey("nobody knows keys of the kind {kind}", kind)
    try:
        octets = binascii.a2b_base64(without_space(tags["p"]))
    except binascii.Error:
        return NoKey("p= is no base64")
    flags = text_tag(tags, "t").split(":")
    hashes = tuple(text_tag(tags, "h", "sha1:sha256").split(":"))
    return KeyRecord(kind, octets, hashes, "y" in flags, "s" in flags)


def weakness(key: KeyRecord) -> tuple[Verdict, str] | None:
    """Return the verdict on a key that is not to be trusted whatever it signs, and why; None for a good one."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    loaded = _loaded(key.kind, key.octets)
    if loaded is None:
        return Verdict.PERMERROR, said("the {kind} key cannot be read", kind=key.kind)
    if isinstance(loaded, RSAPublicKey) and loaded.key_size < MIN_RSA_BITS:
        return Verdict.POLICY, said(TOO_SHORT, count=loaded.key_size)
    return None


def rsa_bits(key: KeyRecord) -> int | None:
    """Return the length of an RSA key, None for another kind and for a key that cannot be read."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    loaded = _loaded(key.kind, key.octets)
    return loaded.key_size if isinstance(loaded, RSAPublicKey) else None


def signed(key: KeyRecord, signature: bytes, data: bytes) -> bool:
    """Tell whether a key made a signature over the SHA-256 of `data`; false for one that cannot be used."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    loaded = _loaded(key.kind, key.octets)
    if loaded is None:
        return False
    try:
        if isinstance(loaded, Ed25519PublicKey):
            loaded.verify(signature, _sha256(data))
        else:
            loaded.verify(signature, data, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _sha256(data: bytes) -> bytes:
    from hashlib import sha256

    return sha256(data).digest()


@lru_cache(maxsize=REMEMBERED_KEYS)
def _loaded(kind: str, octets: bytes) -> RSAPublicKey | Ed25519PublicKey | None:
    """Return a key that can be computed with, None where it cannot be read."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        if kind == "ed25519":
            return Ed25519PublicKey.from_public_bytes(octets)
        loaded = load_der_public_key(octets)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not isinstance(loaded, RSAPublicKey) or loaded.key_size > MAX_RSA_BITS:
        return None
    return loaded
