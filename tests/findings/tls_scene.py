"""Records of TLS for scenes, as words: `hello mail.example.org`, `chosen c02f`, `certificate names=mail.example.org`.

hello [NAME] [early]       ClientHello, with the name that the client wants; `early` says that data come with it
chosen CIPHER [VERSION]    ServerHello of TLS 1.2, or of another version (0301)
certificate WORD=VALUE ... the server's, `by` somebody (`by=self`), for `names` (divided by commas), `key` rsa1024,
                           rsa2048 or ec; valid `from` and `to` so many days from the time of the scene
done                       ServerHelloDone
keys                       ClientKeyExchange
ready                      ChangeCipherSpec and an encrypted Finished
data                       application data, twenty octets
alert LEVEL NUMBER         such as `alert 2 40`
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.tls.hellos import client_hello, extension, message, record, server_hello, sni, vector

NOW = datetime.fromtimestamp(1_700_000_000, UTC)
"""When scenes take place."""

HANDSHAKE, CHANGE, ALERT, DATA = 22, 20, 21, 23
EARLY_DATA = 42


def records(text: str) -> bytes:
    """Return the records that a line tells, divided by ` + `."""
    return b"".join(_record(*each.split()) for each in text.split(" + "))


def _record(kind: str, *words: str) -> bytes:
    match kind:
        case "hello":
            wanted = [sni(word.encode()) for word in words if word != "early"]
            early = [extension(EARLY_DATA, b"")] * ("early" in words)
            return record(HANDSHAKE, message(1, client_hello(*wanted, *early)))
        case "chosen":
            cipher, version = words if len(words) > 1 else (*words, "0303")
            body = bytes.fromhex(version) + server_hello(cipher=cipher)[2:]
            return record(HANDSHAKE, message(2, body), version)
        case "certificate":
            der = certificate(**dict(word.split("=") for word in words))
            return record(HANDSHAKE, message(11, vector(3, vector(3, der))))
        case "ready":
            return record(CHANGE, b"\1") + record(HANDSHAKE, bytes(range(40)))
        case "alert":
            return record(ALERT, bytes(int(word) for word in words))
    bodies = {"done": (HANDSHAKE, message(14, b"")), "keys": (HANDSHAKE, message(16, vector(2, bytes(32))))}
    return record(*bodies[kind]) if kind in bodies else record(DATA, bytes(20))


@lru_cache
def _key(kind: str) -> Any:
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa")))


def certificate(names: str, by: str = "ca", key: str = "ec", **days: str) -> bytes:
    """Return a certificate, in DER."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names.split(",")[0])])
    issuer = subject if by == "self" else x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example CA")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(_key(key).public_key())
        .serial_number(255)
        .not_valid_before(NOW + timedelta(days=float(days.get("from", "-10"))))
        .not_valid_after(NOW + timedelta(days=float(days.get("to", "80"))))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names.split(",")]), critical=False)
        .sign(_key(key if by == "self" else "ec"), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)
