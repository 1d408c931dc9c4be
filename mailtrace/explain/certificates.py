"""A certificate in plain words: for whom, by whom, from when to when, and whether that held when it was captured."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from mailtrace.explain.draft import Scene
from mailtrace.explain.texts import listed, text
from mailtrace.model import NO_TIME, Certificate, Side
from mailtrace.model.remarks import remark

MAX_NAMES = 4
"""Names of a certificate that a step tells; some have hundreds. More are counted."""

_COMMON_NAME = re.compile(r"(?:^|,)CN=((?:[^,\\]|\\.)+)")

SECOND_NS = 1_000_000_000


def certificate_says(certificate: Certificate) -> str:
    """Return a certificate in one line."""
    return text(
        "certificate",
        names=certificate_names(certificate),
        issuer=_name(certificate.issuer),
        start=_day(certificate.not_before),
        end=_day(certificate.not_after),
        public=certificate.key,
    )


def certificate_means(certificate: Certificate, scene: Scene, side: Side, *, inside: bool) -> list[str]:
    """Return what a certificate means, and what is wrong with it; `inside` when it travelled encrypted."""
    fields = {"name": scene.names[side], "issuer": _name(certificate.issuer)}
    key = "certificate.inside" if inside else "certificate.readable"
    means = [text(key, names=certificate_names(certificate), **fields)]
    if certificate.self_signed:
        means.append(text("certificate.self-signed"))
    captured = _iso(scene.conversation.start_ns)
    if captured and certificate.not_after and _comparable(certificate.not_after) < captured:
        means.append(text("certificate.expired"))
    elif captured and certificate.not_before and _comparable(certificate.not_before) > captured:
        means.append(text("certificate.not-yet"))
    if certificate.problem:
        means.append(text("certificate.problem", problem=remark(certificate.problem)))
    return means


def certificate_names(certificate: Certificate) -> str:
    """Return the names a certificate is for, its subject where it has none."""
    names = list(certificate.names)
    if len(names) > MAX_NAMES:
        return text("certificate.more", names=", ".join(names[:MAX_NAMES]), count=len(names) - MAX_NAMES)
    return listed(names) or _name(certificate.subject)


def _name(distinguished: str) -> str:
    """Return the common name in a distinguished name, all of it where it has none. Source: RFC 4514 section 2."""
    found = _COMMON_NAME.search(distinguished)
    return found[1] if found else distinguished or text("certificate.nobody")


def _day(time: str | None) -> str:
    return time[:10] if time else text("certificate.no-date")


def _iso(time_ns: int) -> str:
    """Return a capture's time to be compared with a certificate's, '' where there is none."""
    if time_ns == NO_TIME:
        return ""
    return datetime.fromtimestamp(time_ns // SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _comparable(time: str) -> str:
    """Return a time of ISO 8601 in UTC without fractions and zone: then order of text is order of time."""
    return time[:19]
