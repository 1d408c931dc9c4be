"""How servers name the queue entry of a mail they accept; the name links what one server says to what others say.

No RFC tells the form, so there is one pattern for each family of servers. `find_queue_id` takes the first that fits.
They are looked for in lower case, which takes half of the time of ignoring case.
"""

from __future__ import annotations

import re

from mailtrace.model import wire_text

_PATTERNS: tuple[tuple[bytes, re.Pattern[bytes]], ...] = tuple(
    (needle, re.compile(pattern))
    for needle, pattern in (
        (b"queued as", rb"queued as ([a-z0-9]{4,64})(?![a-z0-9])"),  # Postfix, and proxies that repeat it
        (b"id=", rb"\bok id=([0-9a-z]{6}-[0-9a-z]{6,11}-[0-9a-z]{2,4})"),  # Exim
        (b"message accepted", rb"^(?:[245]\.\d{1,3}\.\d{1,3}:? )?([0-9a-z]{6,32}) message accepted"),  # Sendmail
        (b" qp ", rb"\bok:? (\d{4,12} qp \d{1,12})"),  # qmail
        (b"internalid=", rb"\[internalid=(\d{1,24})"),  # Exchange
        (b"queued mail for delivery", rb"<([^<>\s]{1,256})> queued mail for delivery"),  # older Exchange
        (b"smtp", rb"\bok\s+(?:\d{9,11}\s+)?([0-9a-z._-]{6,100}) - [gn]smtp"),  # Gmail, Naver
        (b"saved", rb"^(?:2\.\d{1,3}\.\d{1,3} )?<[^<>\s]{0,320}> ([0-9a-z+/:]{8,64}) saved"),  # Dovecot
        (b"message queued", rb"message queued \(([0-9a-f.-]{8,64})\)"),  # Haraka
        (b"ok. ", rb"\bok\. ([0-9a-f]{8,32}(?:\.[0-9a-f]{8,32}){1,3})"),  # Courier
        (b"ok ", rb"\bok ([0-9a-f]{16}-[0-9a-f-]{20,60})"),  # Amazon SES
    )
)


def find_queue_id(lines: tuple[bytes, ...]) -> str | None:
    """Return the queue id in the text of an accepting reply, None when no known server writes one like this."""
    for line in lines:
        lower = line.lower()
        for needle, pattern in _PATTERNS:
            if lower.find(needle) >= 0:
                found = pattern.search(lower)
                if found:
                    start, stop = found.span(1)
                    return wire_text(line[start:stop])
    return None
