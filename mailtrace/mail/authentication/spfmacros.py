"""SPF macros filled in: what `%{ir}.%{v}._spf.%{d2}` stands for in one check. Source: RFC 7208 section 7."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

from msgspec import Struct

from mailtrace.mail.authentication.spfterms import Macro, Pieces

NAME_OCTETS_LIMIT = 253
"""Longest name that can be asked for; labels on the left of a longer one are left out (RFC 7208 section 7.3)."""

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

Address = IPv4Address | IPv6Address


class Subject(Struct, frozen=True, gc=False):
    """Whom a check is about: the client's address, its hello name, and the sender it gives, whole and in two parts."""

    client: Address
    helo: str
    local: str
    sender_domain: str


def expanded(pieces: Pieces, subject: Subject, domain: str, validated: Callable[[], str]) -> str:
    """Return a domain with its macros filled in; `validated` finds the client's own name where one asks for it."""
    filled = [each if isinstance(each, str) else _value(each, subject, domain, validated) for each in pieces]
    name = "".join(filled).removesuffix(".")
    while len(name) > NAME_OCTETS_LIMIT:
        _, dot, shorter = name.partition(".")
        name = shorter if dot else name[:NAME_OCTETS_LIMIT]
    return name


def _value(macro: Macro, subject: Subject, domain: str, validated: Callable[[], str]) -> str:
    value = validated() if macro.letter == "p" else _plain(macro.letter, subject, domain)
    labels = re.split(f"[{re.escape(macro.delimiters)}]", value)
    if macro.reverse:
        labels.reverse()
    if macro.keep:
        labels = labels[-macro.keep :]
    value = ".".join(labels)
    return _escaped(value) if macro.escape else value


def _escaped(value: str) -> str:
    """Return a value as URLs spell it. Source: RFC 3986 section 2.3."""
    octets = value.encode("utf-8", "surrogateescape")
    return "".join([chr(octet) if octet in _UNRESERVED else f"%{octet:02X}" for octet in octets])


def _plain(letter: str, subject: Subject, domain: str) -> str:
    match letter:
        case "s":
            return f"{subject.local}@{subject.sender_domain}"
        case "l":
            return subject.local
        case "o":
            return subject.sender_domain
        case "d":
            return domain
        case "h":
            return subject.helo
        case "v":
            return "in-addr" if subject.client.version == 4 else "ip6"
    if subject.client.version == 4:
        return str(subject.client)
    return ".".join(subject.client.exploded.replace(":", ""))
