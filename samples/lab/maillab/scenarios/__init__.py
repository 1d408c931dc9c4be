"""The scenarios, by name. Each is a file with a function `play`; its docstring begins with its story in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable

from maillab.lab import Lab
from maillab.scenarios import chunking, dnsauth, errors, fanout, greylist, identdrop, imap, journey, logins, starttls

SCENARIOS: dict[str, Callable[[Lab], None]] = {
    "journey": journey.play,
    "ident-drop": identdrop.play,
    "starttls": starttls.play,
    "imap": imap.play,
    "logins": logins.play,
    "errors": errors.play,
    "greylist": greylist.play,
    "chunking": chunking.play,
    "dnsauth": dnsauth.play,
    "fan-out": fanout.play,
}


def story(name: str) -> str:
    """What a scenario is about, in one line."""
    return (sys.modules[SCENARIOS[name].__module__].__doc__ or "").partition("\n")[0]
