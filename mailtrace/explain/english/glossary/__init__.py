"""What `mailtrace explain` says of the words of mail, in English: tables, no logic.

What a verb or a code means stands in the `words` tables of the protocols; here is what one should know besides, and
the terms of the field that no protocol has a table for.
"""

from mailtrace.explain.english.glossary.basics import BASIC_TERMS
from mailtrace.explain.english.glossary.content import CONTENT_TERMS
from mailtrace.explain.english.glossary.dns import RCODE_LESSONS, TYPE_LESSONS
from mailtrace.explain.english.glossary.enhanced import ENHANCED_ADVICE, ENHANCED_CLASSES, ENHANCED_SUBJECTS
from mailtrace.explain.english.glossary.imap import ACCESS, IMAP_VERBS
from mailtrace.explain.english.glossary.imapcodes import CODE_LESSONS, IMAP_RESPONSES
from mailtrace.explain.english.glossary.lesson import Lesson, Term
from mailtrace.explain.english.glossary.network import NETWORK_TERMS
from mailtrace.explain.english.glossary.policy import POLICY_TERMS
from mailtrace.explain.english.glossary.pop3 import POP3_CODES, POP3_STATUS, POP3_VERBS
from mailtrace.explain.english.glossary.replies import CLASS_TERMS, REPLY_CLASSES, REPLY_LESSONS, REPLY_SUBJECTS
from mailtrace.explain.english.glossary.reports import REPORT_TERMS
from mailtrace.explain.english.glossary.roles import ROLE_TERMS
from mailtrace.explain.english.glossary.smtp import SMTP_VERBS

TERMS: tuple[Term, ...] = (
    *ROLE_TERMS,
    *POLICY_TERMS,
    *CONTENT_TERMS,
    *NETWORK_TERMS,
    *BASIC_TERMS,
    *REPORT_TERMS,
)

SPELLINGS: dict[str, tuple[str, ...]] = {"MAIL": ("MAIL FROM",), "RCPT": ("RCPT TO",), "DATA": ("end of data",)}
"""How people also write commands of SMTP."""

KINDS_SAID: tuple[str, ...] = ("record", "header", "command", "verb", "code", "reply", "flag", "extension", "server")
"""Words that people put behind a word to say what kind it is: `MX record`."""

NOTHING = Lesson("")

GLOSSARY: dict[str, str] = {
    "smtp verb": "command of SMTP",
    "pop3 verb": "command of POP3",
    "imap verb": "command of IMAP",
    "reply": "reply code of SMTP",
    "replies": "reply codes of SMTP",
    "enhanced": "enhanced status code",
    "pop3 status": "answer of POP3",
    "pop3 code": "response code of POP3",
    "imap response": "answer of IMAP",
    "imap code": "response code of IMAP",
    "record type": "record type of DNS",
    "rcode": "response code of DNS",
    "smtp extension": "extension of SMTP",
    "pop3 capability": "capability of POP3",
    "imap capability": "capability of IMAP",
    "parameter": "parameter of MAIL or RCPT",
    "mechanism": "mechanism for logging in (SASL)",
    "ident": "answer of ident",
    "alert": "alert of TLS",
    "violation": "broken rule of a protocol",
    "term": "term",
    "unknown reply": "a code that no RFC names; its digits still tell something",
    "unknown enhanced": "a code that is not registered; its first number still tells something",
}
"""What kind of word it is; and what is said of codes that nobody has registered."""

__all__ = [
    "ACCESS",
    "CLASS_TERMS",
    "CODE_LESSONS",
    "ENHANCED_ADVICE",
    "ENHANCED_CLASSES",
    "ENHANCED_SUBJECTS",
    "GLOSSARY",
    "IMAP_RESPONSES",
    "IMAP_VERBS",
    "KINDS_SAID",
    "NOTHING",
    "POP3_CODES",
    "POP3_STATUS",
    "POP3_VERBS",
    "RCODE_LESSONS",
    "REPLY_CLASSES",
    "REPLY_LESSONS",
    "REPLY_SUBJECTS",
    "SMTP_VERBS",
    "SPELLINGS",
    "TERMS",
    "TYPE_LESSONS",
    "Lesson",
    "Term",
]
