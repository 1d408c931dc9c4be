"""What parts are beyond their type. Numbers: acceptance list, section K."""

from __future__ import annotations

import pytest

from tests.mail.contents import growth, read


def nature(kind: str, body: bytes = b"x") -> str | None:
    """Return the nature of a message's only part."""
    (part,) = read(f"Content-Type: {kind}\r\n\r\n".encode() + body).parts
    return part.nature


SIGNED = bytes.fromhex("3082058606092a864886f70d010702a0820577")
ENVELOPED = bytes.fromhex("308006092a864886f70d010703a080")
COMPRESSED = bytes.fromhex("3080060b2a864886f70d0109100109a080")
AUTHENTICATED = bytes.fromhex("3080060b2a864886f70d0109100117a080")


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", b"x", "smime-encrypted"),
        ("application/x-pkcs7-mime; smime-type=Signed-Data", b"x", "smime-signed"),
        ("application/pkcs7-mime; smime-type=compressed-data", b"x", "smime-compressed"),
        ("application/pkcs7-mime; smime-type=certs-only", b"x", "smime-certificates"),
        ("application/pkcs7-mime", SIGNED, "smime-signed"),
        ("application/pkcs7-mime", ENVELOPED, "smime-encrypted"),
        ("application/pkcs7-mime", COMPRESSED, "smime-compressed"),
        ("application/pkcs7-mime", AUTHENTICATED, "smime-encrypted"),
        ("application/pkcs7-mime; smime-type=unheard-of", b"x", "smime"),
        ("application/pkcs7-signature; name=smime.p7s", b"x", "smime-signature"),
        ("application/pgp-signature", b"-----BEGIN PGP SIGNATURE-----", "pgp-signature"),
        ("application/pgp-encrypted", b"Version: 1\r\n", "pgp-version"),
        ("application/octet-stream", b"-----BEGIN PGP MESSAGE-----\r\n", "pgp-encrypted"),
        ("application/pgp-keys", b"x", "pgp-key"),
        ("text/plain", b"Hi\r\n-----BEGIN PGP MESSAGE-----\r\n", "pgp-encrypted"),
        ("text/plain", b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n", "pgp-signed"),
        ("text/plain", b"> -----BEGIN PGP MESSAGE-----\r\n", None),  # somebody else's, quoted
        ("text/plain", b"plain", None),
    ],
)
def test_k211_protection_is_named_and_nothing_is_checked(kind: str, body: bytes, expected: str | None) -> None:
    assert nature(kind, body) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("text/calendar; method=REQUEST; charset=utf-8", "calendar-request"),
        ("text/calendar; method=cancel", "calendar-cancel"),
        ("text/calendar; method=unheard-of", "calendar"),
        ("text/calendar", "calendar"),
        ("message/delivery-status", "delivery-status"),
        ("message/global-delivery-status", "delivery-status"),
        ("message/disposition-notification", "disposition-notification"),
        ("text/rfc822-headers", "headers"),
        ("message/feedback-report", "feedback-report"),
    ],
)
def test_invitations_and_reports_are_named_and_shown_as_text(kind: str, expected: str) -> None:
    (part,) = read(f"Content-Type: {kind}\r\n\r\nText: 한글\r\n".encode()).parts
    assert (part.nature, part.text) == (expected, "Text: 한글\n")


def test_k210_pieces_and_references_are_named_and_never_fetched() -> None:
    assert nature("message/partial; id=1; number=2; total=3") == "partial"
    assert nature("message/external-body; access-type=URL; URL=http://example.org/") == "external-body"


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (b"PK\x03\x04", "zip-archive"),
        (b"Rar!\x1a\x07\x01\0", "rar-archive"),
        (b"7z\xbc\xaf\x27\x1c", "7z-archive"),
        (b"EGGA", "egg-archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole-document"),
        (b"%PDF-1.7", "pdf-document"),
        (b"MZ\x90\0", "windows-program"),
        (b"\x89PNG\r\n\x1a\n", "png-image"),
        (b"PK", None),
        (b"", None),
    ],
)
def test_k213_files_are_known_by_their_first_octets_and_never_opened(first: bytes, expected: str | None) -> None:
    assert nature("application/octet-stream", first) == expected
    assert nature("image/png", first) == expected  # whatever they call themselves


@pytest.mark.parametrize("unit", [b"-----BEGIN PGP ", b"-----BEGIN PGP MESSAGE", b"\n-----BEGIN "])
def test_k211_linear(unit: bytes) -> None:
    assert growth(lambda size: nature("text/plain", unit * size), 20_000) <= 2.6
