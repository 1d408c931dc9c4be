"""Every sentence mailtrace says in a walkthrough, in English: tables with fields in braces, no logic.

Sentences are whole, so that another language can put its words in its own order; a second language is a second package
like this one. What a verb, a code or a record type means stands in the `words` tables of the protocols.
"""

from mailtrace.explain.english.authentication import AUTHENTICATION
from mailtrace.explain.english.clocks import CLOCKS
from mailtrace.explain.english.content import CONTENT, PARTS
from mailtrace.explain.english.delays import DELAYS
from mailtrace.explain.english.dns import DNS
from mailtrace.explain.english.imap import (
    FETCH_ITEMS,
    FOLDER_USES,
    IMAP,
    MAIL_FLAGS,
    SEARCH_HEADER,
    SEARCH_KEYS,
    SEARCH_KEYS_OF_ONE,
    STATUS_FACTS,
    STATUS_ITEMS,
    UNREAD,
)
from mailtrace.explain.english.journeys import JOURNEYS
from mailtrace.explain.english.pop3 import POP3
from mailtrace.explain.english.smtp import SMTP
from mailtrace.explain.english.summary import SUMMARY
from mailtrace.explain.english.tables import GAP_REASONS, NOUNS, REPLY_HINTS, SERVICES, SMALL_FAULTS, VIOLATIONS
from mailtrace.explain.english.tls import ALERTS, TLS
from mailtrace.explain.english.transport import TRANSPORT
from mailtrace.explain.english.waits import WAITS

ENGLISH: dict[str, str] = {
    **TRANSPORT,
    **SMTP,
    **CONTENT,
    **PARTS,
    **AUTHENTICATION,
    **POP3,
    **IMAP,
    **DNS,
    **TLS,
    **DELAYS,
    **SUMMARY,
    **JOURNEYS,
    **CLOCKS,
    **WAITS,
}

__all__ = [
    "ALERTS",
    "ENGLISH",
    "FETCH_ITEMS",
    "FOLDER_USES",
    "GAP_REASONS",
    "MAIL_FLAGS",
    "NOUNS",
    "REPLY_HINTS",
    "SEARCH_HEADER",
    "SEARCH_KEYS",
    "SEARCH_KEYS_OF_ONE",
    "SERVICES",
    "SMALL_FAULTS",
    "STATUS_FACTS",
    "STATUS_ITEMS",
    "UNREAD",
    "VIOLATIONS",
]
