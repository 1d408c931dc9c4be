"""What a certificate says, read by `cryptography`; of a hostile one as much as can be read, and never an exception.

The parser is no part of the start: it is loaded with the first certificate, which takes a tenth of a second.
"""

from __future__ import annotations

import hashlib
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from mailtrace.model import Certificate
from mailtrace.tls.handshake import MESSAGE_LIMIT, Fields, Short

if TYPE_CHECKING:
    from cryptography import x509

CERTIFICATE_LIMIT = 64 * 1024
"""Octets of a certificate that is read: those of the largest names lists have 10,000. Of others, the fingerprint."""

NAMES_LIMIT = 250
"""Names of one certificate that are listed; public authorities allow a hundred."""

TEXT_LIMIT = 1024
"""Characters of a subject, issuer or name; longer ones are made to hurt."""

ZLIB, ZSTANDARD = 1, 3

T = TypeVar("T")


def parse_certificate(der: bytes) -> Certificate:
    """Return what the certificate `der` says. Source: RFC 5280 section 4.1."""
    fingerprint = hashlib.sha256(der).hexdigest()
    if len(der) > CERTIFICATE_LIMIT:
        problem = f"it has {len(der):,} octets: that is more than mailtrace reads"
        return Certificate("", "", (), "", None, None, "", fingerprint, problem=problem)
    from cryptography import x509

    problems: list[str] = []

    def tried(what: str, read: Callable[[], T], otherwise: T) -> T:
        try:
            with warnings.catch_warnings(action="ignore"):  # nobody here can mend what is odd in it
                return read()
        except Exception:  # whatever a hostile certificate makes of the parser and its library
            problems.append(what)
            return otherwise

    loaded = tried("the certificate", lambda: x509.load_der_x509_certificate(der), None)
    if loaded is None:
        return Certificate("", "", (), "", None, None, "", fingerprint, problem="it is no certificate that can be read")
    subject = tried("subject", lambda: _name(loaded.subject), "")
    issuer = tried("issuer", lambda: _name(loaded.issuer), "")
    return Certificate(
        subject,
        issuer,
        tried("names", lambda: _names(loaded), _NO_NAMES),
        tried("serial number", lambda: f"{loaded.serial_number:X}"[:TEXT_LIMIT], ""),
        tried("first day", lambda: loaded.not_valid_before_utc.strftime(TIME), None),
        tried("last day", lambda: loaded.not_valid_after_utc.strftime(TIME), None),
        tried("key", lambda: _key(loaded), ""),
        fingerprint,
        self_signed=tried("issuer", lambda: loaded.issuer == loaded.subject, False),
        problem=f"not to be read: {', '.join(dict.fromkeys(problems))}" if problems else "",
    )


_NO_NAMES: tuple[str, ...] = ()

TIME = "%Y-%m-%dT%H:%M:%SZ"
"""ISO 8601 in UTC; certificates know no fractions of a second."""


def _name(name: x509.Name) -> str:
    """Return a distinguished name as text. Source: RFC 4514 section 2."""
    from cryptography.x509.oid import NameOID

    return name.rfc4514_string({NameOID.EMAIL_ADDRESS: "emailAddress"})[:TEXT_LIMIT]


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the host names and addresses it is for. Source: RFC 5280 section 4.2.1.6."""
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = [name for name in names if isinstance(name, x509.DNSName | x509.IPAddress)]
    return tuple(str(name.value)[:TEXT_LIMIT] for name in hosts[:NAMES_LIMIT])


def _key(certificate: x509.Certificate) -> str:
    """Return the kind and size of its key."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    return type(key).__name__.removeprefix("_").removesuffix("PublicKey")


def uncompressed(body: bytes) -> bytes:
    """Return the Certificate message in a CompressedCertificate, empty where that is none. RFC 8879 section 4."""
    fields = Fields(body)
    with suppress(Short):
        kind, size, packed = fields.number(2), fields.number(3), fields.vector(3)
        if size > MESSAGE_LIMIT:
            return b""
        octets = _unpacked(kind, packed, size)
        return octets if len(octets) == size else b""
    return b""


def _unpacked(kind: int, packed: bytes, size: int) -> bytes:
    """Return at most `size` octets and one more of what is packed."""
    if kind == ZLIB:
        with suppress(zlib.error):
            return zlib.decompressobj().decompress(packed, size + 1)
    elif kind == ZSTANDARD:
        import zstandard

        with suppress(zstandard.ZstdError):
            return zstandard.ZstdDecompressor().stream_reader(packed).read(size + 1)
    return b""
