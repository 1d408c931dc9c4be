"""SASL exchanges (RFC 4422), the one home for SMTP, POP3 and IMAP: who logs in, and which octets of a line are secret.

A server's lines are shown, but for its proof that it knows the password, too: that helps to guess it.

For session writers: make an `Exchange` when an AUTH command comes, call `response` with the text of the initial
response (if any) and of every client line until the server's final reply. `user` is then the name that logs in, as
far as the mechanism shows it. Every line of the client is secret as a whole: `secret_span` gives the
span to mask. Nothing here keeps a password.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Callable

from mailtrace.model import masked, wire_text

MAX_USER_OCTETS = 1024  # a longer name is no name; SMTP allows 256 octets (RFC 5321 section 4.5.3.1.1)

_MECHANISM = re.compile(rb"(?:[A-Z0-9_-]{1,20}|(?i:PLAIN|LOGIN|CRAM-MD5|DIGEST-MD5|NTLM|GSSAPI|EXTERNAL|XOAUTH2))\Z")
"""A mechanism, which is upper case (RFC 4422 section 3.1), or a usual one in any case: other text may be a secret."""

VERB_OCTETS = 12
"""Octets of the longest word that is still taken for a command, though nobody knows it."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}\Z")

UNREADABLE = "?"
"""The mechanism of a login whose AUTH command was lost or names none: what stands there may be a secret."""

_PROOFS = (b"v=", b"rspauth=")
"""How the server's proof begins in SCRAM (RFC 5802 section 7) and in DIGEST-MD5 (RFC 2831 section 2.1.3)."""

_PROOFS_ENCODED = (b"dj", b"cnNwYXV0aD")
"""The same in base64, as far as it does not depend on what follows."""

_CANCEL, _EMPTY = b"*", b"="
_NTLM_AUTHENTICATE = b"NTLMSSP\0\x03\0\0\0"
_NTLM_UNICODE = 0x01


def decoded(text: bytes) -> bytes | None:
    """Return what base64 text stands for, None when it is not exact base64; `=` is empty (RFC 4954 section 4)."""
    if text == _EMPTY:
        return b""
    try:
        return a2b_base64(text, strict_mode=True) if text else b""
    except Error:
        return None


def secret_span(line: bytes, start: int = 0) -> tuple[tuple[int, int], ...]:
    """Return the part of a client's line to mask: all from `start` on, unless it cancels or is empty."""
    return () if line[start:].strip() in (b"", _CANCEL, _EMPTY) else ((start, len(line)),)


def proof_span(line: bytes) -> tuple[tuple[int, int], ...]:
    """Return the part of a server's line to mask: all of it, if it proves that the server knows the password."""
    word = line.strip()
    is_proof = word.startswith(_PROOFS_ENCODED) and (decoded(word) or b"").startswith(_PROOFS)
    return ((0, len(line)),) if is_proof else ()


def shown(lines: tuple[bytes, ...], show_secrets: bool = False) -> tuple[bytes, ...]:
    """Return the lines of a reply as they are shown: a proof, which stands alone, is masked unless `show_secrets`."""
    return lines if show_secrets or len(lines) != 1 else (masked(lines[0], proof_span(lines[0])),)


def is_mechanism(word: bytes) -> bool:
    """Tell whether the first word after AUTH names a mechanism, so that it can be shown."""
    return _MECHANISM.match(word) is not None


def may_be_response(line: bytes) -> bool:
    """Tell whether a line that is no known command may answer a login whose challenge, or AUTH, was not captured.

    Responses are one word of base64 (RFC 4954 section 4), of which the capture may have only the end; capitals and
    digits alone, a few of them, are rather a verb.
    """
    word = line.strip()
    is_like_a_verb = len(word) <= VERB_OCTETS and word.isalnum() and word.isupper()
    return not is_like_a_verb and _BASE64.match(word) is not None


def secret_from(line: bytes, argument_at: int) -> int:
    """Return where the secret part of an AUTH command starts: behind a mechanism, else with the argument."""
    argument = line[argument_at:]
    bare = argument.lstrip(b" ")
    mechanism = bare.split(b" ", 1)[0]
    if not is_mechanism(mechanism):
        return argument_at
    return argument_at + len(argument) - len(bare) + len(mechanism) + 1


class Exchange:
    """One attempt to log in with `mechanism` (upper case).

    `user` is None when it cannot be told without guessing, `cancelled` that the client gave up, `broken` that a line of
    it was no base64.
    """

    __slots__ = ("_responses", "broken", "cancelled", "mechanism", "user")

    def __init__(self, mechanism: str) -> None:
        """Begin before the initial response."""
        self.mechanism = mechanism.upper()
        self.user: str | None = None
        self.cancelled = False
        self.broken = False
        self._responses = 0

    def response(self, text: bytes) -> None:
        """Take the client's next response, in base64."""
        text = text.strip()
        if text == _CANCEL:
            self.cancelled = True  # RFC 4954 section 4, RFC 5034 section 4
            return
        octets = decoded(text)
        self._responses += 1
        if octets is None:
            self.broken = True
        elif self.user is None:
            name = _reader(self.mechanism)(octets, self._responses)
            if name and len(name) <= MAX_USER_OCTETS:
                self.user = wire_text(name)

    def missed(self) -> None:
        """A response may have been lost: what comes next is not the first one."""
        self._responses += 1


def _reader(mechanism: str) -> Callable[[bytes, int], bytes | None]:
    """Return what finds the user in a response and its number, from 1."""
    return _scram if mechanism.startswith("SCRAM-") else _READERS.get(mechanism, _unknown)


def _unknown(octets: bytes, number: int) -> bytes | None:
    return None


def _plain(octets: bytes, number: int) -> bytes | None:
    """Source: RFC 4616 section 2: authorization identity, NUL, authentication identity, NUL, password."""
    fields = octets.split(b"\0")
    return fields[1] if len(fields) == 3 else None


def _login(octets: bytes, number: int) -> bytes | None:
    """LOGIN is no standard; everybody sends the name first, then the password."""
    return octets if number == 1 else None


def _cram(octets: bytes, number: int) -> bytes | None:
    """Source: RFC 2195 section 2: the name, which may hold spaces, a space, and the digest."""
    name, space, digest = octets.rpartition(b" ")
    return name if space and len(digest) == 32 else None


def _digest(octets: bytes, number: int) -> bytes | None:
    r"""Source: RFC 2831 section 2.1.2: `username="..."` among other directives."""
    rest = octets.partition(b'username="')[2]
    name = bytearray()
    escaped = False
    for byte in rest[: MAX_USER_OCTETS + 1]:
        if escaped:
            name.append(byte)
            escaped = False
        elif byte == ord('"'):
            return bytes(name)
        elif byte == ord("\\"):
            escaped = True
        else:
            name.append(byte)
    return None


def _scram(octets: bytes, number: int) -> bytes | None:
    """Source: RFC 5802 section 7: `n,a=authzid,n=name,r=nonce`, where `=2C` is a comma and `=3D` an equals sign."""
    fields = octets.split(b",")
    if number > 1 or len(fields) < 4 or not fields[2].startswith(b"n="):
        return None
    return fields[2][2:].replace(b"=2C", b",").replace(b"=3D", b"=")


def _oauth_bearer(octets: bytes, number: int) -> bytes | None:
    """Source: RFC 7628 section 3.1: `n,a=user,` and key-value pairs."""
    fields = octets.split(b",")
    return fields[1][2:] if len(fields) > 2 and fields[1].startswith(b"a=") else None


def _xoauth2(octets: bytes, number: int) -> bytes | None:
    r"""The form Google published: `user=name^Aauth=Bearer token^A^A`."""
    first = octets.split(b"\x01", 1)[0]
    return first[5:] if first.startswith(b"user=") else None


def _external(octets: bytes, number: int) -> bytes | None:
    """Source: RFC 4422 appendix A: the response is the identity to act as, if any."""
    return octets if number == 1 else None


def _ntlm(octets: bytes, number: int) -> bytes | None:
    """The third NTLM message names the user: its length at octet 36, its place at 40, the flag of its charset at 60."""
    if not octets.startswith(_NTLM_AUTHENTICATE) or len(octets) < 64:
        return None
    length = int.from_bytes(octets[36:38], "little")
    place = int.from_bytes(octets[40:44], "little")
    name = octets[place : place + length]
    if len(name) < length:
        return None
    return name.decode("utf-16-le", "replace").encode() if octets[60] & _NTLM_UNICODE else name


_READERS: dict[str, Callable[[bytes, int], bytes | None]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram,
    "DIGEST-MD5": _digest,
    "OAUTHBEARER": _oauth_bearer,
    "XOAUTH2": _xoauth2,
    "EXTERNAL": _external,
    "ANONYMOUS": _external,
    "NTLM": _ntlm,
}
