"""HOT. What a server writes of its peer into a trace field, as each kind of server spells it (tests/bench `mail`).

Three things are told, of different worth: the name the peer gave (HELO), the name the server found for its address, and
the address, the only one that the peer cannot invent. Most servers write `HELO (name [address])`; Exim puts what it
found first and adds `helo=`, qmail and its followers add `(HELO name)` and the address in parentheses of its own.
Source: RFC 5321 section 4.4 (`TCP-info`); all else is practice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv6Address
from itertools import islice

from msgspec import Struct

ADDRESSES_REMEMBERED = 4_096
"""IPv6 addresses whose spelling is known already: a server hears from the same peers again and again."""

BRACKETS_LIMIT = 10
"""Brackets of one comment in which an address is looked for; a comment of Exim's holds two."""

_USUAL = re.compile(r"(?:([^\s\[\]@=]+)\s)?\[([0-9.]+)\]")
_HELO = re.compile(r"(?:(?i:HELO|EHLO|LHLO)\s|\bhelo=)(\S+)")
_BRACKET = re.compile(r"\[([^\[\]\s]{2,64})\]")
_OCTETS = frozenset(map(str, range(256)))
_NO_NAMES = frozenset(("", "unknown", "unverified", "unavailable", "[unavailable]"))

_USING = re.compile(r"using\s(\S+)\swith\scipher\s(\S+)")
_VERSION_EQUALS = re.compile(r"\bversion=([^\s,;]+)[,;]?\s+cipher=([^\s,;]+)")
_COURIER = re.compile(r"\bTLS:\s([^\s,]+),\d+bits,([^\s,]+)")
_COLONS = re.compile(r"((?:TLS|SSL)v?[0-9][\w.]*)(?::([\w-]+))?(?::[\w:-]*)?")
_ENCRYPTED = re.compile(r"([\w-]+)\sencrypted")
_VERSION = re.compile(r"(TLS|SSL)v?([0-9])(?:[._]([0-9]))?")


class Peer(Struct, frozen=True, gc=False):
    """Whom a server says to have got a mail from: its own word, the name found for its address, and the address."""

    helo: str | None = None
    rdns: str | None = None
    address: str | None = None


def parse_peer(words: Sequence[str], comments: Sequence[str]) -> Peer:
    """Return what the words and comments of a `from` clause tell of the peer."""
    first = words[0] if words else ""
    if len(comments) == 1 == len(words) and first[:1] != "[":
        usual = _USUAL.fullmatch(comments[0])
        if usual is not None:
            return Peer(first, host_name(usual[1] or ""), host_address(usual[2]))
    helo = rdns = address = None
    for comment in comments:
        given = _HELO.search(comment) if helo is None else None
        if given is not None:
            helo = given[1]
            comment = comment[: given.start()] + comment[given.end() :]
        if address is None:
            rdns, address = _looked_up(comment)
    first_address = host_address(first)
    if address is None:
        address = first_address or (host_address(words[1]) if len(words) > 1 else None)
        first_is_name = first_address is None
    else:
        first_is_name = helo is None or first_address is None
    if helo is not None:
        return Peer(helo, rdns or (host_name(first) if first_is_name else None), address)
    return Peer(first if first and first_is_name else None, rdns, address)


def _looked_up(comment: str) -> tuple[str | None, str | None]:
    """Return the name and the address that a comment gives, each None where it gives none."""
    for bracket in islice(_BRACKET.finditer(comment), BRACKETS_LIMIT):
        address = host_address(bracket[1])
        if address is not None:
            before = comment[: bracket.start()].split()
            return host_name(before[-1]) if before else None, address
    text = comment.strip()
    if text and " " not in text:
        return None, host_address(text.rpartition("@")[2])
    return None, None


@lru_cache(maxsize=ADDRESSES_REMEMBERED)
def host_name(text: str) -> str | None:
    """Return a host name that was looked up, None where the server says that it found none."""
    name = text.rpartition("@")[2].rstrip(".")
    return None if name.lower() in _NO_NAMES or host_address(name) is not None else name


def host_address(text: str) -> str | None:
    """Return the address that a text is, as conversations spell it; None for anything else.

    Brackets, the tag `IPv6:`, a zone and what maps IPv4 into IPv6 are left out. Source: RFC 5321 section 4.1.3.
    """
    text = text.strip("[]")
    if text[:5].lower() == "ipv6:":
        text = text[5:]
    text = text.partition("%")[0]
    if ":" in text:
        return _ipv6_address(text)
    return ipv4_address(text)


def ipv4_address(text: str) -> str | None:
    """Return the IPv4 address that a text is, None for anything else."""
    octets = text.split(".")  # half of all names are asked here, and the library takes long to say no
    return text if len(octets) == 4 and _OCTETS.issuperset(octets) else None


@lru_cache(maxsize=ADDRESSES_REMEMBERED)
def _ipv6_address(text: str) -> str | None:
    try:
        address = IPv6Address(text)
    except ValueError:
        return None
    return str(address if address.ipv4_mapped is None else address.ipv4_mapped)


def parse_tls(comments: Sequence[str], with_: str | None, cipher: str | None) -> str | None:
    """Return version and cipher as `TLS 1.3, TLS_AES_256_GCM_SHA384`, `TLS` where only that is told, None without TLS.

    `cipher` is the word of a `tls` clause (RFC 8314 section 7.4). That `with` says ESMTPS is left to its reader.
    """
    for version, found in _tls_facts(comments):
        return ", ".join([_version(version), *filter(None, [found or cipher])])
    if with_ is not None and "/TLS/" in with_:  # Cisco: `ESMTP/TLS/ECDHE-RSA-AES256-GCM-SHA384`
        cipher = with_.partition("/TLS/")[2]
    return f"TLS, {cipher}" if cipher else None


def _tls_facts(comments: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Yield what comments tell of TLS: version and cipher."""
    for comment in comments:
        if not ("TLS" in comment or "SSL" in comment or "cipher" in comment or "encrypted" in comment):
            continue
        said = _USING.search(comment) or _VERSION_EQUALS.search(comment) or _COURIER.search(comment)
        said = said or _COLONS.fullmatch(comment)
        if said is not None:
            yield said[1], said[2]
        elif comment == "TLS":  # Exchange
            yield "TLS", None
        elif (encrypted := _ENCRYPTED.match(comment)) is not None:
            yield "TLS", encrypted[1] if encrypted[1] != "TLS" else None


def _version(spelled: str) -> str:
    """Return a version of TLS as TLS itself is called: `TLS 1.2` for TLSv1.2 and TLS1_2, others as they are."""
    found = _VERSION.fullmatch(spelled)
    return f"{found[1]} {found[2]}.{found[3] or '0'}" if found else spelled
