"""What stands for secrets: passwords, tokens, digests and the challenges that they answer, as long as those were.

Where a line is base64 it stays base64: what it encodes is replaced inside, as far as its mechanism tells what is
secret there; the user's name stays. Of mechanisms that nobody knows everything is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailtrace.protocols.sasl import decoded
from mailtrace.redact.coding import Replace, in_base64

_LITERAL = re.compile(rb"\{[0-9]{1,10}\+?\}\Z")
_LETTER = re.compile(rb"[A-Za-z0-9+/]")
_NO_PADDING = re.compile(rb'[^=,"\r\n]')
_VISIBLE = re.compile(rb"[^\r\n]")
_DIGEST_SECRETS = re.compile(rb'(\b(?:nonce|cnonce|response|rspauth)=)("[^"]*"|[^,]*)')
_SCRAM_SECRETS = re.compile(rb"((?:\A|,)[rspv]=)([^,]*)")
_SCRAM_BINDING = re.compile(rb"((?:\A|,)c=)([^,]*)")
_BEARER = re.compile(rb"(?i)(auth=[a-z0-9-]{1,40} )([^\x01]*)")
_STAMP = re.compile(rb"<([^<>@\r\n]{1,512})(?=@)")
_NO_BINDING = frozenset((b"biws", b"eSws"))

_NTLM_HEAD = 12
_NTLM_USER = 36
_NTLM_FIXED = 64


def crossed_out(octets: bytes) -> bytes:
    """Return a secret in clear crossed out: quotes around it stay, what announces a literal stays, line ends stay."""
    if _LITERAL.match(octets):
        return octets
    if len(octets) > 1 and octets.startswith(b'"') and octets.endswith(b'"'):
        return b'"' + hidden(octets[1:-1]) + b'"'
    return hidden(octets)


def hidden(octets: bytes) -> bytes:
    """Return octets of which nothing is known crossed out; only line ends stay."""
    return _VISIBLE.sub(b"x", octets)


def digest(octets: bytes) -> bytes:
    """Return a digest, or base64 that stays some, crossed out; padding stays, and what separates it from others."""
    return _NO_PADDING.sub(b"0", octets)


def answer(mechanism: str, text: bytes, number: int, name: Replace) -> bytes:
    """Return the client's answer number `number`, from 1, in base64; `name` replaces the user's name."""
    if decoded(text) is None:
        return digest(text) if text.strip() != b"*" else text
    replace = _ANSWERS.get("SCRAM" if mechanism.startswith("SCRAM-") else mechanism, _whole)
    return in_base64(text, lambda octets: replace(octets, number, name))


def challenge(mechanism: str, text: bytes, name: Replace) -> bytes:
    """Return what the server wants to be answered, in base64; that of LOGIN and PLAIN asks nothing secret."""
    if mechanism in ("LOGIN", "PLAIN", "EXTERNAL", "ANONYMOUS", "XOAUTH2", "OAUTHBEARER") or decoded(text) is None:
        return text
    replace = _CHALLENGES.get("SCRAM" if mechanism.startswith("SCRAM-") else mechanism, _whole)
    return in_base64(text, lambda octets: replace(octets, 0, name))


def stamp(octets: bytes) -> bytes:
    """Return a greeting of POP3 with the stamp in it crossed out that APOP digests. Source: RFC 1939 section 7."""
    return _STAMP.sub(lambda found: b"<" + _LETTER.sub(b"0", found[1]), octets)


Answer = Callable[[bytes, int, Replace], bytes]
"""From the octets of an answer, its number, and what replaces the user's name, to as many octets."""


def _whole(octets: bytes, number: int, name: Replace) -> bytes:
    return bytes(len(octets))


def _plain(octets: bytes, number: int, name: Replace) -> bytes:
    """Source: RFC 4616 section 2."""
    fields = octets.split(b"\0")
    if len(fields) != 3:
        return b"x" * len(octets)
    return b"\0".join((name(fields[0]), name(fields[1]), b"x" * len(fields[2])))


def _login(octets: bytes, number: int, name: Replace) -> bytes:
    return name(octets) if number == 1 else b"x" * len(octets)


def _cram(octets: bytes, number: int, name: Replace) -> bytes:
    """Source: RFC 2195 section 2."""
    user, space, hashed = octets.rpartition(b" ")
    return name(user) + space + digest(hashed) if space else b"x" * len(octets)


def _cram_challenge(octets: bytes, number: int, name: Replace) -> bytes:
    return _LETTER.sub(b"0", octets)


def _digest(octets: bytes, number: int, name: Replace) -> bytes:
    """Source: RFC 2831 section 2.1."""
    crossed = _DIGEST_SECRETS.sub(lambda found: found[1] + digest(found[2]), octets)
    return re.sub(rb'(\b(?:username|authzid)=")([^"]*)', lambda found: found[1] + name(found[2]), crossed)


def _scram(octets: bytes, number: int, name: Replace) -> bytes:
    """Source: RFC 5802 section 7. Of channel binding only that there is none may be told."""
    crossed = _SCRAM_SECRETS.sub(lambda found: found[1] + digest(found[2]), octets)
    crossed = _SCRAM_BINDING.sub(lambda found: found[1] + _binding(found[2]), crossed)
    if number != 1:
        return crossed
    return re.sub(rb"((?:\A|,)[an]=)([^,]+)", lambda found: found[1] + name(found[2]), crossed)


def _binding(text: bytes) -> bytes:
    return text if text in _NO_BINDING else digest(text)


def _token(octets: bytes, number: int, name: Replace) -> bytes:
    """Source: RFC 7628 section 3.1; XOAUTH2 is much the same."""
    if b"\x01" not in octets and octets:
        return b"x" * len(octets)
    crossed = _BEARER.sub(lambda found: found[1] + b"x" * len(found[2]), octets)
    return re.sub(rb"(\A(?:user=|n,a=))([^\x01,]*)", lambda found: found[1] + name(found[2]), crossed)


def _named(octets: bytes, number: int, name: Replace) -> bytes:
    return name(octets)


def _ntlm(octets: bytes, number: int, name: Replace) -> bytes:
    """Everything behind the kind of the message goes, but for lengths and places, and the user where it is named."""
    if not octets.startswith(b"NTLMSSP\0") or len(octets) < _NTLM_HEAD:
        return b"x" * len(octets)
    if octets[8] != 3 or len(octets) < _NTLM_FIXED:
        return octets[:_NTLM_HEAD] + bytes(len(octets) - _NTLM_HEAD)
    size = int.from_bytes(octets[_NTLM_USER : _NTLM_USER + 2], "little")
    at = int.from_bytes(octets[_NTLM_USER + 4 : _NTLM_USER + 8], "little")
    crossed = bytearray(octets[:_NTLM_FIXED] + bytes(len(octets) - _NTLM_FIXED))
    if at >= _NTLM_FIXED and at + size <= len(octets):
        user = octets[at : at + size]
        wide = octets[60] & 1
        crossed[at : at + size] = _wide(user, name) if wide else name(user)
    return bytes(crossed)


def _wide(octets: bytes, name: Replace) -> bytes:
    """Return a name in UTF-16 replaced, where it is ASCII."""
    if len(octets) % 2 or any(octets[1::2]):
        return bytes(len(octets))
    made = bytearray(octets)
    made[::2] = name(octets[::2])
    return bytes(made)


_ANSWERS: dict[str, Answer] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram,
    "DIGEST-MD5": _digest,
    "SCRAM": _scram,
    "XOAUTH2": _token,
    "OAUTHBEARER": _token,
    "EXTERNAL": _named,
    "ANONYMOUS": _named,
    "NTLM": _ntlm,
}

_CHALLENGES: dict[str, Answer] = {
    "CRAM-MD5": _cram_challenge,
    "DIGEST-MD5": _digest,
    "SCRAM": _scram,
    "NTLM": _ntlm,
}
