"""Certificates: what good ones say, and that hostile ones never raise."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.model import Certificate
from mailtrace.reports.safe import safe
from mailtrace.tls.certificate import CERTIFICATE_LIMIT, parse_certificate
from tests.tls.openssl import HOST, NOON, certificate_pem

KEY = ec.generate_private_key(ec.SECP256R1())


def der_of(pem: bytes) -> bytes:
    """Return the certificate in a PEM file."""
    return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)


def made(subject: str = HOST, names: list[x509.GeneralName] | None = None, key: object = KEY) -> bytes:
    """Return a certificate by another issuer."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject, _validate=False)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example CA")]))
        .public_key(key.public_key())  # type: ignore[attr-defined]
        .serial_number(255)
        .not_valid_before(NOON)
        .not_valid_after(NOON + datetime.timedelta(days=1))
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_a_certificate() -> None:
    der = der_of(certificate_pem())
    assert parse_certificate(der) == Certificate(
        subject=f"O=Example,CN={HOST}",
        issuer=f"O=Example,CN={HOST}",
        names=(HOST, "*.example.org", "192.0.2.1"),
        serial="1234567890ABCDEF",
        not_before="2026-11-22T12:00:00Z",
        not_after="2026-12-02T12:00:00Z",
        key="RSA 2048",
        sha256=hashlib.sha256(der).hexdigest(),
        self_signed=True,
        problem="",
    )


@pytest.mark.parametrize(
    "make, name",
    [
        (lambda: ec.generate_private_key(ec.SECP384R1()), "EC secp384r1"),
        (lambda: rsa.generate_private_key(65537, 1024), "RSA 1024"),
        (lambda: ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
        (lambda: dsa.generate_private_key(1024), "DSA 1024"),
    ],
)
def test_kinds_of_keys(make, name: str) -> None:
    certificate = parse_certificate(made(key=make()))
    assert (certificate.key, certificate.self_signed, certificate.issuer) == (name, False, "O=Example CA")
    assert certificate.names == ()
    assert certificate.serial == "FF"


@pytest.mark.filterwarnings("ignore")
def test_a_subject_that_is_made_to_hurt() -> None:
    """RELIABILITY F128: control characters, direction marks and ten thousands of characters."""
    certificate = parse_certificate(made("evil\x1b[2J\x07\u202egro.elpmaxe\0 " + "x" * 40_000))
    assert certificate.problem == ""
    assert certificate.subject.startswith("CN=evil\x1b[2J\x07\u202e")
    assert len(certificate.subject) == 1024
    shown = safe(certificate.subject)
    assert not any(sign in shown for sign in "\x1b\x07\u202e\0")


def test_a_certificate_of_ten_megabytes_is_not_parsed() -> None:
    """RELIABILITY F128: its fingerprint is all that is told."""
    der = b"\x30\x84" + (10 << 20).to_bytes(4, "big") + bytes(10 << 20)
    certificate = parse_certificate(der)
    assert certificate.problem == f"it has {len(der):,} octets: that is more than mailtrace reads"
    assert (certificate.subject, certificate.names, certificate.not_before) == ("", (), None)
    assert certificate.sha256 == hashlib.sha256(der).hexdigest()


def test_names_without_end() -> None:
    """RELIABILITY F128: 1000 names are a list of 250."""
    names = [x509.DNSName(f"{at}.example") for at in range(1000)]
    assert len(made(names=names)) < CERTIFICATE_LIMIT
    assert len(parse_certificate(made(names=names)).names) == 250


@pytest.mark.parametrize(
    "first, last, not_before, not_after",
    [
        (b"500101000000Z", b"491231235959Z", "1950-01-01T00:00:00Z", "2049-12-31T23:59:59Z"),
        (b"000000000000Z", b"991332256199Z", None, None),
        (b"\xff" * 13, b"\0" * 13, None, None),
        (b"2611221200+01", b"261122120000Z", None, "2026-11-22T12:00:00Z"),
    ],
)
def test_dates_out_of_range(first: bytes, last: bytes, not_before: str | None, not_after: str | None) -> None:
    """RELIABILITY F128: before 1970, or no dates at all."""
    der = der_of(certificate_pem()).replace(b"261122120000Z", first).replace(b"261202120000Z", last)
    certificate = parse_certificate(der)
    assert (certificate.not_before, certificate.not_after) in ((not_before, not_after), (None, None))
    assert certificate.not_before == not_before or certificate.problem


def test_dates_of_the_year_9999_and_of_the_year_0() -> None:
    """RELIABILITY F128."""
    for year, expected in ((b"9999", "9999-12-22T12:00:00Z"), (b"0000", None), (b"1066", "1066-12-22T12:00:00Z")):
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(x509.Name([]))
            .public_key(KEY.public_key())
            .serial_number(1)
            .not_valid_before(NOON)
            .not_valid_after(datetime.datetime(2099, 12, 22, 12, tzinfo=datetime.UTC))
        )
        der = builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        certificate = parse_certificate(der.replace(b"20991222120000Z", year + b"1222120000Z"))
        assert certificate.not_after == expected or (certificate.not_after is None and certificate.problem)


def test_octets_that_are_no_certificate() -> None:
    """RELIABILITY F127: nesting without end, too."""
    nested = b""
    for _ in range(3000):
        size = len(nested)
        nested = b"\x30" + (bytes((size,)) if size < 128 else b"\x83" + size.to_bytes(3, "big")) + nested
    for der in (b"", b"\x30\x80", b"noise", nested[:CERTIFICATE_LIMIT]):
        assert parse_certificate(der).problem == "it is no certificate that can be read"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 40))
def test_changed_octets_never_raise(changes: list[tuple[int, int]], cut: int) -> None:
    der = bytearray(der_of(certificate_pem("ec")))
    for at, value in changes:
        der[at % len(der)] = value
    certificate = parse_certificate(bytes(der[: len(der) - cut]))
    assert len(certificate.sha256) == 64
