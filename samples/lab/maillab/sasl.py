"""The clients' side of logins: what a client answers, as the standards have it, and nothing that a library hides."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode

NONCE = "rOprNGfwEbeRWgbNEkqO"
"""What clients say that no client said before; in the lab it is always the same, that of the example in RFC 7677."""


def encoded(text: str) -> str:
    """A text as it is sent: base64 of its UTF-8."""
    return b64encode(text.encode()).decode()


def decoded(text: str) -> str:
    """What a server's base64 says."""
    return b64decode(text).decode()


def plain(user: str, password: str) -> str:
    """Name and password in one. Source: RFC 4616 section 2."""
    return encoded(f"\0{user}\0{password}")


def apop(stamp: str, password: str) -> str:
    """The digest of the greeting's stamp and the password. Source: RFC 1939 section 7."""
    return hashlib.md5(f"{stamp}{password}".encode()).hexdigest()


def cram_md5(challenge: str, user: str, password: str) -> str:
    """The answer to a challenge, both in base64. Source: RFC 2195 section 2."""
    digest = hmac.new(password.encode(), b64decode(challenge), "md5").hexdigest()
    return encoded(f"{user} {digest}")


def digest_md5(challenge: str, user: str, password: str, service: str, host: str) -> str:
    """The answer to a challenge, both in base64. Source: RFC 2831 section 2.1.2."""
    nonce = decoded(challenge).partition('nonce="')[2].partition('"')[0]
    uri, realm = f"{service}/{host}", ""
    first = hashlib.md5(f"{user}:{realm}:{password}".encode()).digest() + f":{nonce}:{NONCE}".encode()
    second = hashlib.md5(f"AUTHENTICATE:{uri}".encode()).hexdigest()
    middle = f"{nonce}:00000001:{NONCE}:auth:{second}"
    response = hashlib.md5(f"{hashlib.md5(first).hexdigest()}:{middle}".encode()).hexdigest()
    said = f'username="{user}",realm="{realm}",nonce="{nonce}",cnonce="{NONCE}",nc=00000001,qop=auth'
    return encoded(f'{said},digest-uri="{uri}",response={response},charset=utf-8')


class Scram:
    """One exchange of SCRAM; `hash` is sha1 or sha256. Source: RFC 5802 sections 3 and 7, RFC 7677."""

    def __init__(self, hash: str, user: str, password: str) -> None:
        """Begin before the first word."""
        self._hash, self._password = hash, password.encode()
        self._bare = f"n={user},r={NONCE}"

    def first(self) -> str:
        """What the client says first."""
        return encoded(f"n,,{self._bare}")

    def proof(self, challenge: str) -> str:
        """The answer to the server's salt: a proof that the client knows the password, which is not told."""
        said = decoded(challenge)
        nonce, salt, rounds = (part[2:] for part in said.split(",")[:3])
        salted = hashlib.pbkdf2_hmac(self._hash, self._password, b64decode(salt), int(rounds))
        key = self._mac(salted, b"Client Key")
        without_proof = f"c=biws,r={nonce}"
        stored = hashlib.new(self._hash, key).digest()
        signature = self._mac(stored, f"{self._bare},{said},{without_proof}".encode())
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        return encoded(f"{without_proof},p={b64encode(proof).decode()}")

    def _mac(self, key: bytes, message: bytes) -> bytes:
        return hmac.new(key, message, self._hash).digest()
