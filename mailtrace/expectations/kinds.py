"""What can be expected: one line for each kind of thing, by the word that begins an expectation in a file."""

from __future__ import annotations

from typing import Any

from mailtrace.expectations.judged import FINDINGS, PASSWORDS_IN_CLEAR
from mailtrace.expectations.lookups import LOOKUPS
from mailtrace.expectations.mails import MAILS
from mailtrace.expectations.talks import GREETINGS, RELAYS
from mailtrace.expectations.words import Kind

KINDS: dict[str, Kind[Any]] = {
    "lookups": LOOKUPS,
    "mails": MAILS,
    "relays": RELAYS,
    "greetings": GREETINGS,
    "passwords_in_clear": PASSWORDS_IN_CLEAR,
    "findings": FINDINGS,
}
