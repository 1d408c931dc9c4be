"""SPF records taken apart: terms, their domains and networks, macros in pieces. Source: RFC 7208 sections 4.6, 5 to 7.

The whole record is read before anything is looked up, because one error anywhere makes it invalid. Macros are cut into
pieces from left to right by one pattern, so that no text takes more than linear time.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from msgspec import Struct

from mailtrace.model.language import said

VERSION = b"v=spf1"
QUALIFIERS = "+-?~"
REMEMBERED_RECORDS = 1024
"""Records that are read once for all mails they judge."""

_PIECE = re.compile(r"%\{([A-Za-z])([0-9]{0,3})([rR]?)([.\-+,/_=]*)\}|%([%_-])|([!-$&-~]+)")
_IN_DOMAINS = frozenset("slodiphv")
_IN_EXPLANATIONS = _IN_DOMAINS | frozenset("crt")
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)")
_LENGTHS = re.compile(r"(?:/([0-9]{1,3}))?(?://([0-9]{1,3}))?\Z")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_NAME_END = re.compile(r"[:/]|\Z")


class SpfSyntaxError(Exception):
    """The record breaks the grammar; the text says where."""


class Macro(Struct, frozen=True, gc=False):
    """A piece of a domain that is filled in: `letter` in lower case; `keep` labels from the right, 0 for all."""

    letter: str
    keep: int
    reverse: bool
    delimiters: str
    escape: bool


Pieces = tuple[str | Macro, ...]


class Term(Struct, frozen=True, gc=False):
    """A mechanism: `name` in lower case, `text` as it stands in the record. `domain` is None for the current one.

    `length4` and `length6` are the leading bits of an address that count; `network` is that of ip4 and ip6.
    """

    name: str
    qualifier: str
    text: str
    domain: Pieces | None = None
    length4: int = 32
    length6: int = 128
    network: IPv4Network | IPv6Network | None = None


class SpfRecord(Struct, frozen=True, gc=False):
    """A valid record: its mechanisms in order, and where it redirects to when none of them matches."""

    terms: tuple[Term, ...]
    redirect: Pieces | None


@lru_cache(maxsize=REMEMBERED_RECORDS)
def parse_spf(record: bytes) -> SpfRecord:
    """Return what a record says. Raises: `SpfSyntaxError`."""
    if not record.isascii():
        raise SpfSyntaxError(said("it has octets that are no ASCII"))
    terms: list[Term] = []
    seen: dict[str, Pieces] = {}
    for text in record[len(VERSION) :].decode("ascii").split(" "):
        if not text:
            continue
        modifier = _MODIFIER.fullmatch(text)
        if modifier is None:
            terms.append(_mechanism(text))
            continue
        name = modifier[1].lower()
        if name in ("redirect", "exp"):
            if name in seen:
                raise SpfSyntaxError(said("it has {name}= more than once", name=name))
            seen[name] = _domain(modifier[2], text)
        else:
            pieces(modifier[2], text, _IN_EXPLANATIONS)
    return SpfRecord(tuple(terms), seen.get("redirect"))


def _mechanism(text: str) -> Term:
    qualifier = text[0] if text[0] in QUALIFIERS else "+"
    bare = text[1:] if text[0] in QUALIFIERS else text
    end = _NAME_END.search(bare)
    at = end.start() if end else len(bare)
    name, rest = bare[:at].lower(), bare[at:]
    match name:
        case "all" if not rest:
            return Term(name, qualifier, text)
        case "a" | "mx":
            return _with_lengths(name, qualifier, text, rest)
        case "ptr" if not rest:
            return Term(name, qualifier, text)
        case "include" | "exists" | "ptr" if rest.startswith(":"):
            return Term(name, qualifier, text, _domain(rest[1:], text))
        case "ip4" | "ip6" if rest.startswith(":"):
            return Term(name, qualifier, text, network=_network(rest[1:], name, text))
    raise SpfSyntaxError(said("`{term}` is no term of SPF", term=text))


def _with_lengths(name: str, qualifier: str, text: str, rest: str) -> Term:
    """Return `a` or `mx`, behind which the bits that count may stand. Source: RFC 7208 section 5.6 (cidr-length)."""
    found = _LENGTHS.search(rest)
    lengths = found.groups() if found else (None, None)
    rest = rest[: found.start()] if found else rest
    if rest and not rest.startswith(":"):
        raise SpfSyntaxError(said("`{term}` is no term of SPF", term=text))
    domain = _domain(rest[1:], text) if rest else None
    return Term(name, qualifier, text, domain, _length(lengths[0], 32, text), _length(lengths[1], 128, text))


def _length(digits: str | None, most: int, text: str) -> int:
    if digits is None:
        return most
    if str(int(digits)) != digits or int(digits) > most:
        raise SpfSyntaxError(said("`{term}` has no such prefix length", term=text))
    return int(digits)


def _network(written: str, name: str, text: str) -> IPv4Network | IPv6Network:
    address, slash, length = written.partition("/")
    if slash and not (length.isdecimal() and len(length) < 4):
        raise SpfSyntaxError(said("`{term}` has no such prefix length", term=text))
    bits = _length(length if slash else None, 32 if name == "ip4" else 128, text)
    try:
        network = ip_network(f"{address}/{bits}", strict=False)
    except ValueError:
        raise SpfSyntaxError(said("`{term}` has no such address", term=text)) from None
    if network.version != (4 if name == "ip4" else 6) or "%" in address:
        raise SpfSyntaxError(said("`{term}` has no such address", term=text))
    return network


def _domain(written: str, text: str) -> Pieces:
    """Return a domain in pieces; it ends with a macro, or with a dot and a top label. Source: RFC 7208 section 7.1."""
    found = pieces(written, text, _IN_DOMAINS)
    if not found:
        raise SpfSyntaxError(said("`{term}` names no domain", term=text))
    if isinstance(found[-1], str) and not written.endswith(("%%", "%_", "%-")):
        labels = found[-1].removesuffix(".").split(".")
        if len(labels) < 2 or not _LABEL.fullmatch(labels[-1]) or labels[-1].isdigit():
            raise SpfSyntaxError(said("`{term}` names no domain", term=text))
    return found


def pieces(written: str, text: str, letters: frozenset[str]) -> Pieces:
    """Return text with macros in pieces; neighbours of plain text are one. Raises: `SpfSyntaxError`."""
    found: list[str | Macro] = []
    at = 0
    while at < len(written):
        piece = _PIECE.match(written, at)
        if piece is None or (piece[1] and (piece[1].lower() not in letters or piece[2].strip("0") == "" != piece[2])):
            raise SpfSyntaxError(said("`{term}` has a macro that does not exist", term=text))
        at = piece.end()
        if piece[1]:
            letter = piece[1]
            keep = int(piece[2] or 0)
            found.append(Macro(letter.lower(), keep, bool(piece[3]), piece[4] or ".", letter.isupper()))
            continue
        plain = piece[6] or {"%": "%", "_": " ", "-": "%20"}[piece[5]]
        if found and isinstance(found[-1], str):
            found[-1] += plain
        else:
            found.append(plain)
    return tuple(found)
