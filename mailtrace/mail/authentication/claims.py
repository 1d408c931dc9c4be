"""What the headers of a mail say that servers found, compared with what is found here. Source: RFC 8601, RFC 7208.

Anybody can write such a header. It is worth something only where the reader's own server wrote it, which a capture
cannot know; so each claim is told with the name that its writer gave itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mailtrace.mail.authentication.spf import ascii_domain, check_spf
from mailtrace.mail.headers import without_comments
from mailtrace.model import Arc, Claim, Dkim, Dmarc, Spf, Verdict

if TYPE_CHECKING:
    from mailtrace.mail.authentication.records import RecordBook

Headers = Sequence[tuple[str, str]]
"""Header fields in order, each a name and a value."""

CLAIMS_LIMIT = 100
"""Claims listed of one mail; each server on the way adds fewer than ten."""

HEADERS = frozenset({"authentication-results", "received-spf", "arc-authentication-results"})
METHODS = frozenset({"spf", "dkim", "dmarc", "arc"})

_RESULT = re.compile(r"\s*([A-Za-z0-9-]{1,40})(?:/[0-9]+)?\s*=\s*([A-Za-z]{1,40})")
_PROPERTY = re.compile(r"\b(header\.d|header\.i|header\.from|smtp\.mailfrom|smtp\.helo)\s*=\s*\"?([^\s;\"]{1,300})")
_PAIR = re.compile(r"\b(client-ip|envelope-from|receiver|helo)\s*=\s*\"?<?([^\s;\">]{1,300})")
_INSTANCE = re.compile(r"\s*i\s*=\s*[0-9]{1,3}\s*;")


def claims_of(
    headers: Headers, time_ns: int, book: RecordBook, spf: Spf, dkim: tuple[Dkim, ...], arc: Arc, dmarc: Dmarc
) -> tuple[Claim, ...]:
    """Return the claims of a mail of some time in the order of its headers, each compared.

    Those about SPF tell of an earlier client; where Received-SPF names it, SPF is judged here for that client too.
    """
    found: list[Claim] = []
    if spf.result is Verdict.UNKNOWN:
        spf = _earlier(headers, time_ns, book) or spf
    for name, value in headers:
        lowered = name.lower()
        if lowered in HEADERS and len(found) < CLAIMS_LIMIT:
            if lowered == "received-spf":
                found += _received_spf(name, value, spf)
            else:
                found += _results(name, value, spf, dkim, arc, dmarc)
    return tuple(found[:CLAIMS_LIMIT])


def _earlier(headers: Headers, time_ns: int, book: RecordBook) -> Spf | None:
    """Return the verdict on the client that the topmost Received-SPF names, None without one."""
    for name, value in headers:
        if name.lower() == "received-spf":
            pairs = dict(_PAIR.findall(without_comments(value)))
            if "client-ip" in pairs:
                client, helo, sender = (pairs.get(key, "") for key in ("client-ip", "helo", "envelope-from"))
                return check_spf(book, client, helo, sender, time_ns)
    return None


def _received_spf(header: str, value: str, spf: Spf) -> Iterator[Claim]:
    words = value.split(None, 1)
    if not words:
        return
    result = words[0].lower().rstrip(":;")
    pairs = dict(_PAIR.findall(without_comments(value)))
    about = _domain(pairs.get("envelope-from", "") or pairs.get("helo", ""))
    same = pairs.get("client-ip") == spf.client and about in (None, spf.domain)
    yield Claim(header, "spf", result, pairs.get("receiver"), about, _compared(result, spf.result) if same else None)


def _results(header: str, value: str, spf: Spf, dkim: tuple[Dkim, ...], arc: Arc, dmarc: Dmarc) -> Iterator[Claim]:
    plain = without_comments(value)
    instance = _INSTANCE.match(plain)
    by, *rest = plain[instance.end() if instance else 0 :].split(";", CLAIMS_LIMIT)
    server = by.split()[0] if by.split() else None
    for each in rest:
        found = _RESULT.match(each)
        if found is None or found[1].lower() not in METHODS:
            continue
        method, result = found[1].lower(), found[2].lower()
        about = next((_domain(text) for _, text in _PROPERTY.findall(each)), None)
        yield Claim(header, method, result, server, about, _agrees(method, result, about, spf, dkim, arc, dmarc))


def _agrees(
    method: str, result: str, about: str | None, spf: Spf, dkim: tuple[Dkim, ...], arc: Arc, dmarc: Dmarc
) -> bool | None:
    """Compare a claim with what is found here. That of SPF is about an earlier client, unless it is told which."""
    match method:
        case "dkim":
            ours = [each.result for each in dkim if about is None or each.domain == about]
            compared = [_passed(result, each) for each in ours]
            return None if not compared or None in compared else any(compared)
        case "dmarc":
            return _compared(result, dmarc.result) if about in (None, dmarc.domain) else None
        case "arc":
            return _compared(result, arc.result)
    return _compared(result, spf.result) if about == spf.domain else None


def _passed(claimed: str, ours: Verdict) -> bool | None:
    """Compare only whether it passed: servers differ in what they call the ways to fail."""
    return None if ours is Verdict.UNKNOWN else (claimed == "pass") == (ours is Verdict.PASS)


def _compared(claimed: str, ours: Verdict) -> bool | None:
    return None if ours is Verdict.UNKNOWN else claimed.replace("hardfail", "fail") == ours.value


def _domain(address: str) -> str | None:
    """Return the domain of an address, or the domain itself; None where there is none."""
    return ascii_domain(address.rpartition("@")[2].strip("<>")) or None
