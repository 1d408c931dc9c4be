"""Signs that somebody on the way keeps TLS from beginning, seen once a conversation is over.

Devices that want to read along overwrite the server's offer, or the client's wish, with as many letters (Cisco's turn
STARTTLS into XXXXXXXA), or refuse what the server has offered. An attacker can also greet an IMAP client as one that is
logged in already, since then TLS may not be asked for any more.
Source: RFC 3207 section 6, RFC 9051 section 11.1 (what a client that insists on TLS has to do then).
"""

from __future__ import annotations

import re

from mailtrace.model import Command, Dialogue, Encryption, Event, Reply, Side, Violation
from mailtrace.model.remembered import Remembered

ASKING = frozenset({"", "EHLO", "LHLO", "CAPA", "CAPABILITY"})
"""Commands that ask for offers; a greeting, which nothing asked for, makes some, too."""

WISHES = {"STARTTLS": ("500", "502", "BAD"), "STLS": ("-ERR",)}
"""Commands that ask for TLS, with the answers of one who does not know them."""

IN_CLEAR = Encryption.NO

TURNS_LOOKED_AT = 100
"""Turns in which TLS may be asked for: a client that wants it begins with it."""

REMEMBERED_OFFERS = 1024
"""Offers that are looked at once: a server makes the same to all who ask."""

OFFER_OCTETS = 1024
"""Octets of an offer that is remembered; that of a usual server has some two hundred."""

_OVERWRITTEN = re.compile(rb"(?:\A|[ \[])(X{4}(?:X{3,12}[A-Z])?)(?=[ \]]|\Z)")
_OFFER = re.compile(rb"(?:\A|[ \[])(?:STARTTLS|STLS)(?=[ \]]|\Z)", re.IGNORECASE)


def _is_overwritten(lines: tuple[bytes, ...]) -> bool:
    """Tell whether one of the lines with which a server answers is an offer that was overwritten."""
    return b" ".join(lines).find(b"XXXX") >= 0 and any(map(_OVERWRITTEN.search, lines))


def _is_short(lines: tuple[bytes, ...], _: bool) -> bool:
    """Tell whether an offer is short enough to be remembered, an octet counted for each line's end."""
    return sum(map(len, lines), len(lines)) <= OFFER_OCTETS


_overwritten = Remembered(_is_overwritten, REMEMBERED_OFFERS, _is_short)


def name_stripping(dialogue: Dialogue) -> None:
    """List the signs in `dialogue`, each behind what shows it."""
    if dialogue.encryption is not IN_CLEAR:
        return
    offers: list[Reply] = []
    for turn in dialogue.turns[:TURNS_LOOKED_AT]:
        command = turn.command
        if command is None or (verb := command.verb) in ASKING:
            offers += turn.replies
        elif verb in WISHES:
            _judge_wish(dialogue, verb, turn.replies[-1:], offers)
        elif verb[:4] == "XXXX" and _OVERWRITTEN.match(verb.encode()):
            _name(dialogue, command, "a command of the client reads XXXX: STARTTLS was overwritten on the way")
    for reply in offers:
        if _overwritten[reply.lines]:
            _name(dialogue, reply, "an offer of the server reads XXXX: STARTTLS was overwritten on the way")


def _judge_wish(dialogue: Dialogue, verb: str, answer: list[Reply], offers: list[Reply]) -> None:
    """Look at what the server said before and says now to a client that asks for TLS."""
    greeting = next((each for each in offers if each.status == "PREAUTH"), None)
    if greeting is not None:
        detail = "the server greets the client as logged in, so that it may not ask for TLS any more"
        _name(dialogue, greeting, detail, "preauth-before-tls")
        return
    offered = any(_OFFER.search(line) for each in offers for line in each.lines)
    if offered and answer and answer[0].status in WISHES[verb]:
        _name(dialogue, answer[0], f"the server offers {verb} and does not know it when it is asked")


def _name(dialogue: Dialogue, shown_by: Command | Reply, detail: str, code: str = "starttls-stripped") -> None:
    """List a violation behind the event that shows it."""
    events: list[Event] = dialogue.events
    at = next((index for index, event in enumerate(events) if event is shown_by), len(events) - 1)
    side = Side.CLIENT if isinstance(shown_by, Command) else Side.SERVER
    events.insert(at + 1, Violation(code, side, shown_by.packet, shown_by.time_ns, detail))
