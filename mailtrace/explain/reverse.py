"""Names that are addresses written backwards: reverse lookups and blocklists."""

from __future__ import annotations

from ipaddress import ip_address

from mailtrace.model import Lookup

REVERSE = (".in-addr.arpa", ".ip6.arpa")


def reversed_address(name: str) -> str:
    """Return the address a reverse name stands for, '' where it is none.

    Source: RFC 1035 section 3.5, RFC 3596 section 2.5.
    """
    lowered = name.lower().rstrip(".")
    if lowered.endswith(REVERSE[0]):
        written = ".".join(reversed(lowered.removesuffix(REVERSE[0]).split(".")))
    elif lowered.endswith(REVERSE[1]):
        digits = "".join(reversed(lowered.removesuffix(REVERSE[1]).split(".")))
        written = ":".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    else:
        return ""
    try:
        return str(ip_address(written))
    except ValueError:
        return ""


def blocklisted(lookup: Lookup) -> str:
    """Return the address asked about where a name has the shape of a blocklist lookup, else ''.

    Source: RFC 5782 section 2.1.
    """
    labels = lookup.name.rstrip(".").split(".")
    if len(labels) < 6 or lookup.type not in ("A", "TXT") or lookup.name.lower().endswith(REVERSE):
        return ""
    try:
        return str(ip_address(".".join(reversed(labels[:4]))))
    except ValueError:
        return ""
