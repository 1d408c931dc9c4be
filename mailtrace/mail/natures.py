"""What a part is beyond its declared type: protected, an invitation, a report; or, by its first octets, another file.

Nothing is opened: signatures are not checked, archives not unpacked, references to other servers not followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SMIME_LIMIT = 64
"""Octets of an S/MIME part in which the name of its kind stands; it follows the first tags and lengths at once."""

BY_TYPE = {
    "application/pkcs7-signature": "smime-signature",
    "application/x-pkcs7-signature": "smime-signature",
    "application/pkcs7-mime": "smime",
    "application/x-pkcs7-mime": "smime",
    "application/pgp-signature": "pgp-signature",
    "application/pgp-encrypted": "pgp-version",
    "application/pgp-keys": "pgp-key",
    "application/ms-tnef": "tnef",
    "application/vnd.ms-tnef": "tnef",
    "application/mac-binhex40": "binhex",
    "application/mac-binhex": "binhex",
    "text/calendar": "calendar",
    "message/delivery-status": "delivery-status",
    "message/global-delivery-status": "delivery-status",
    "message/disposition-notification": "disposition-notification",
    "message/global-disposition-notification": "disposition-notification",
    "message/feedback-report": "feedback-report",
    "text/rfc822-headers": "headers",
    "message/global-headers": "headers",
    "message/partial": "partial",
    "message/external-body": "external-body",
}
"""Types that mean more to a reader than a file of some format.

Source: RFC 8551 section 3.2, RFC 3156 section 4, RFC 5545 section 8.1, RFC 6522 section 3, RFC 2046 section 5.2.
"""

SMIME_KINDS = {
    "enveloped-data": "smime-encrypted",
    "authenveloped-data": "smime-encrypted",
    "signed-data": "smime-signed",
    "compressed-data": "smime-compressed",
    "certs-only": "smime-certificates",
}
"""Values of the smime-type parameter. Source: RFC 8551 section 3.2.2."""

_SMIME_IDENTIFIERS = {
    bytes.fromhex("06092a864886f70d010702"): "smime-signed",
    bytes.fromhex("06092a864886f70d010703"): "smime-encrypted",
    bytes.fromhex("060b2a864886f70d0109100117"): "smime-encrypted",
    bytes.fromhex("060b2a864886f70d0109100109"): "smime-compressed",
}
"""Object identifiers of signed, enveloped, authenticated-enveloped and compressed data, as DER writes them.

Source: RFC 5652 section 3, RFC 5083 section 2, RFC 3274 section 1.1.
"""

CALENDAR_METHODS = frozenset(
    ("publish", "request", "reply", "add", "cancel", "refresh", "counter", "declinecounter"),
)
"""What an invitation asks for. Source: RFC 5546 section 1.4."""

_FIRST_OCTETS = {
    b"PK\x03\x04": "zip-archive",
    b"PK\x05\x06": "zip-archive",
    b"Rar!\x1a\x07": "rar-archive",
    b"7z\xbc\xaf\x27\x1c": "7z-archive",
    b"\x1f\x8b\x08": "gzip-file",
    b"BZh": "bzip2-file",
    b"\xfd7zXZ\0": "xz-file",
    b"EGGA": "egg-archive",
    b"ALZ\x01": "alz-archive",
    b"%PDF-": "pdf-document",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "ole-document",
    b"{\\rtf": "rtf-document",
    b"\x89PNG\r\n\x1a\n": "png-image",
    b"GIF8": "gif-image",
    b"\xff\xd8\xff": "jpeg-image",
    b"MZ": "windows-program",
    b"\x7fELF": "linux-program",
    b"#!": "script",
    b"\x78\x9f\x3e\x22": "tnef",
    b"-----BEGIN PGP MESSAGE-----": "pgp-encrypted",
}
"""How files begin, whatever they are called; OLE is what old Office and Hangul documents are, zip what new ones are."""

_LONGEST_START = max(map(len, _FIRST_OCTETS))
_INLINE_PGP = re.compile(rb"^-----BEGIN PGP (SIGNED MESSAGE|MESSAGE|PUBLIC KEY BLOCK)-----", re.MULTILINE)
_INLINE_KINDS = {b"SIGNED MESSAGE": "pgp-signed", b"MESSAGE": "pgp-encrypted", b"PUBLIC KEY BLOCK": "pgp-key"}


def nature_of_type(type_: str, parameters: Mapping[str, str]) -> str | None:
    """Return what a type and its parameters say a part is, None for a text or a file like others."""
    nature = BY_TYPE.get(type_)
    if nature == "smime":
        return SMIME_KINDS.get(parameters.get("smime-type", "").lower(), nature)
    if nature == "calendar" and (method := parameters.get("method", "").lower()) in CALENDAR_METHODS:
        return f"calendar-{method}"
    return nature


def nature_of_file(nature: str | None, octets: bytes) -> str | None:
    """Return what a part that is no text is, where its type says `nature`, by how it begins."""
    if nature == "smime":
        start = octets[:SMIME_LIMIT]
        return next((kind for name, kind in _SMIME_IDENTIFIERS.items() if name in start), nature)
    if nature is not None:
        return nature
    start = octets[:_LONGEST_START]
    return next((kind for first, kind in _FIRST_OCTETS.items() if start.startswith(first)), None)


def nature_of_text(octets: bytes) -> str | None:
    """Return how a text is protected by PGP inline, None where it is not. Source: RFC 9580 section 6.2."""
    if octets.find(b"-----BEGIN PGP ") < 0:
        return None
    found = _INLINE_PGP.search(octets)
    return _INLINE_KINDS[found[1]] if found else None
