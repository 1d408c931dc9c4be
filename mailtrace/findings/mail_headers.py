"""Rules about the headers of mails: what is missing, given twice, written against the rules, or meant to deceive."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime

from mailtrace.findings.facts import Mail
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import MAILS
from mailtrace.mail.headers import CONTROL_CHARACTER, GUESSED_CHARSET
from mailtrace.mail.message import AMBIGUOUS
from mailtrace.model import NO_TIME, Person, Severity
from mailtrace.model.figures import SECOND_NS
from mailtrace.model.language import said

AHEAD_NS = 3_600 * SECOND_NS
"""How far a Date may lie ahead of the capture's clock: an hour is a wrong setting for summer time, and harmless."""

COPIES_LIMIT = 50
"""Copies of one mail that are looked at: a mail has some ten hops, and a hostile capture any number of copies."""

HEAD_LIMIT = 100_000
"""Octets of a mail's head in which letters beyond ASCII are looked for."""

OVERRIDES = "\u202d\u202e"
"""Characters that turn the direction of what follows, for no good reason in a name."""

_ADDRESS = re.compile(r"[^\s<>\"'(),;:@]{1,64}@([^\s<>\"'(),;:@]{1,255})")


def is_news(mail: Mail, shows: Callable[[Mail], object]) -> bool:
    """Tell whether a mail shows something that no copy of it seen before, at an earlier hop, has shown."""
    if not shows(mail):
        return False
    return not any(map(shows, earlier_copies(mail)))


def earlier_copies(mail: Mail) -> list[Mail]:
    """Return the first copies of a mail that were seen before it, up to a limit."""
    name = mail.message.message_id
    copies = mail.facts.mails_by_name[name][:COPIES_LIMIT] if name is not None else []
    return [copy for copy in copies if copy.message.id < mail.message.id]


def defect(mail: Mail, *codes: str) -> str:
    """Return the first defect of these codes that a mail has, '' where it has none."""
    return next((each for each in mail.message.defects if each.partition(":")[0] in codes), "")


def _is_passed_on(mail: Mail) -> bool:
    """Tell whether a server has had the mail before, and all of its head was captured."""
    return mail.message.content.complete and bool(mail.message.received)


def _told(mail: Mail, what: str = "") -> Seen:
    return seen(mail.packets, subject=called(mail), what=what)


def called(mail: Mail) -> str:
    """Return what people call a mail by: its subject, on one line."""
    return " ".join((mail.message.subject or "").split()) or said("(no subject)")


@rule("MAIL001", Severity.WARNING, MAILS, "The mail {subject} has no Message-ID, although it has passed a server")
def message_id_missing(mail: Mail) -> Iterator[Seen]:
    """A mail without a Message-ID was passed on by a server.

    Why: It cannot be followed from host to host, answers to it make no thread, and spam filters count it against it.

    Mend: The first server that takes a mail from a user should add what is missing.
        postfix: local_header_rewrite_clients = permit_mynetworks, permit_sasl_authenticated
        exim: control = submission

    Not when: The mail comes straight from the program that wrote it: its server can still add one.

    Source: RFC 5322 section 3.6.4, RFC 6409 section 8.3.
    """
    if is_news(mail, lambda each: _is_passed_on(each) and not each.header("message-id")):
        yield _told(mail)


@rule("MAIL002", Severity.WARNING, MAILS, "The mail {subject} has no Date, although it has passed a server")
def date_missing(mail: Mail) -> Iterator[Seen]:
    """A mail without a Date was passed on by a server.

    Why: Date is one of the two headers that every mail must have. Programs sort the mail anywhere, or show 1970.

    Mend: The first server that takes a mail from a user should add what is missing.
        postfix: always_add_missing_headers = yes
        exim: control = submission

    Not when: The mail comes straight from the program that wrote it: its server can still add one.

    Source: RFC 5322 section 3.6, RFC 6409 section 8.2.
    """
    if is_news(mail, lambda each: _is_passed_on(each) and not each.header("date")):
        yield _told(mail)


@rule("MAIL003", Severity.WARNING, MAILS, "The mail {subject} has no From, although it has passed a server")
def from_missing(mail: Mail) -> Iterator[Seen]:
    """A mail without a From was passed on by a server.

    Why: From is one of the two headers that every mail must have. Readers do not see who wrote, and DMARC cannot judge
    it, so that many servers refuse it.

    Mend: Correct the program that writes the mail.

    Not when: The mail comes straight from the program that wrote it: its server can still add one.

    Source: RFC 5322 section 3.6.2.
    """
    if is_news(mail, lambda each: _is_passed_on(each) and not each.header("from")):
        yield _told(mail)


@rule("MAIL004", Severity.WARNING, MAILS, "The mail {subject} has the header {what} more than once")
def header_given_twice(mail: Mail) -> Iterator[Seen]:
    """A header that may stand once, such as From, Subject or Content-Type, stands several times in a mail.

    Why: One program shows the first, another the last: a filter may judge other text than the reader sees. It is a
    well-known trick against DKIM, too.

    Mend: Refuse such mail, or sign From twice so that none can be added (oversigning).
        opendkim: OversignHeaders From
        rspamd: the symbol MULTIPLE_FROM

    Not when: The header may stand often, such as Received or Comments.

    Source: RFC 5322 section 3.6, RFC 6376 section 8.15.
    """
    names = [each.partition(": ")[2] for each in mail.message.defects if each.startswith(f"{AMBIGUOUS}:")]
    if names and is_news(mail, lambda each: defect(each, AMBIGUOUS)):
        yield _told(mail, ", ".join(names))


@rule("MAIL005", Severity.WARNING, MAILS, "Headers of the mail {subject} hold octets beyond ASCII as they are ({what})")
def eight_bit_header(mail: Mail) -> Iterator[Seen]:
    """A header has letters beyond ASCII that are not encoded, and the extension SMTPUTF8 was not asked for.

    Why: Nobody knows for sure which letters the octets stand for; some servers refuse such mail or damage it.

    Mend: Let the program write encoded words, as in =?UTF-8?B?7JWI64WV?=, or use SMTPUTF8 on the whole way.
        postfix: strict_7bit_headers = yes refuses them

    Not when: The client asked for SMTPUTF8, or the header is encoded; or the mail was fetched, and its headers are
    UTF-8.

    Source: RFC 5322 section 2.2, RFC 6532 section 3.2, RFC 2047 section 1.
    """
    guessed = defect(mail, GUESSED_CHARSET).partition(": ")[2]
    if is_news(mail, _has_raw_header):
        yield _told(mail, guessed or "utf-8")


def _has_raw_header(mail: Mail) -> bool:
    if defect(mail, GUESSED_CHARSET):
        return True
    if mail.talk.conversation.protocol != "smtp":
        return False
    head = mail.message.content.kept[:HEAD_LIMIT].partition(b"\r\n\r\n")[0]
    if head.isascii():
        return False
    commands = (turn.command for turn in mail.talk.commands)
    return not any(each and each.verb == "MAIL" and b"SMTPUTF8" in each.line.upper() for each in commands)


@rule("MAIL006", Severity.WARNING, MAILS, "A header of the mail {subject} holds control characters")
def control_character_in_header(mail: Mail) -> Iterator[Seen]:
    """A header has a NUL, or a carriage return or line feed that ends no line.

    Why: Programs in C stop at a NUL, others take a lone line end for a new header: so filters are passed by.

    Mend: Refuse such mail.
        postfix: message_strip_characters = \\0

    Not when: It stands in the body, or in an encoded word.

    Source: RFC 5322 section 2.2, RFC 5322 section 4.
    """
    if is_news(mail, lambda each: defect(each, CONTROL_CHARACTER)):
        yield _told(mail)


@rule("MAIL007", Severity.WARNING, MAILS, "The Date of the mail {subject} is no date: {what}")
def date_unreadable(mail: Mail) -> Iterator[Seen]:
    """The header Date cannot be read.

    Why: Programs sort the mail anywhere, and filters count it against it.

    Mend: Correct the program that writes it: `Fri, 26 Apr 2024 10:30:00 +0900`.

    Not when: The date is odd but can be read, with a zone as letters for instance; or there is none (MAIL002).

    Source: RFC 5322 section 3.3.
    """
    values = mail.header("date")
    if values and is_news(mail, lambda each: any(each.header("date")) and each.message.date is None):
        yield _told(mail, values[0])


@rule("MAIL008", Severity.WARNING, MAILS, "The mail {subject} is dated {what}, long after it was sent")
def date_in_the_future(mail: Mail) -> Iterator[Seen]:
    """The Date of a mail is more than an hour later than the moment at which it was seen on the wire.

    Why: The mail stands on top of the mailbox until that day comes. Spammers do it on purpose; else the clock or the
    time zone of the sender's computer is wrong.

    Mend: Set the clock of the sender's computer, and let it be kept right (NTP).

    Not when: The Date lies in the past: mails wait in queues for days. Or servers stamped it as late: then the times of
    the capture are wrong.

    Source: RFC 5322 section 3.6.1.
    """
    if is_news(mail, _is_ahead):
        yield seen(mail.packets, likely=True, subject=called(mail), what=mail.message.date or "")


def _is_ahead(mail: Mail) -> bool:
    date, sent_ns = mail.message.date, mail.message.content.end_ns
    if not date or sent_ns == NO_TIME:
        return False
    dated_ns = _nanoseconds(date)
    return dated_ns > sent_ns + AHEAD_NS and not _is_stamped_later(mail, sent_ns)


def _is_stamped_later(mail: Mail, sent_ns: int) -> bool:
    """Tell whether servers, too, say that it was later: then the capture's own times are not those of the day."""
    stamps = [each.time for each in mail.message.received if each.time]
    return any(_nanoseconds(stamp) > sent_ns + AHEAD_NS for stamp in stamps)


def _nanoseconds(stamp: str) -> int:
    """Return an ISO 8601 time as nanoseconds since 1970, `NO_TIME` where it is none."""
    try:
        return int(datetime.fromisoformat(stamp).timestamp()) * SECOND_NS
    except (ValueError, OverflowError):
        return NO_TIME


@rule("MAIL009", Severity.WARNING, MAILS, "The mail {subject} shows {name} as its author, and is from {address}")
def author_name_is_another_address(mail: Mail) -> Iterator[Seen]:
    """The name in From is itself a mail address, of another domain than the real one behind it.

    Why: Most programs show the name alone: readers believe that the mail is from an address that it is not from.

    Mend: Warn users; let the filter mark such mail.
        rspamd: the symbol SPOOF_DISPLAY_NAME
        spamassassin: the plugin FromNameSpoof

    Not when: The address in the name is of the same domain, or of one above or below it; or a mailing list did it.

    Source: RFC 5322 section 3.6.2.
    """
    for person in mail.message.from_:
        if _names_another(person) and not mail.header("list-id") and is_news(mail, _has_other_name):
            yield seen(mail.packets, subject=called(mail), name=person.name, address=person.address)
            return


def _has_other_name(mail: Mail) -> bool:
    return any(_names_another(person) for person in mail.message.from_)


def _names_another(person: Person) -> bool:
    found = _ADDRESS.search(person.name)
    if found is None:
        return False
    shown, real = found[1].rstrip(".").lower(), person.address.rpartition("@")[2].lower()
    return shown != real and not shown.endswith(f".{real}") and not real.endswith(f".{shown}")


@rule("MAIL010", Severity.WARNING, MAILS, "The domain {what} in From mixes letters of several scripts")
def author_domain_looks_like_another(mail: Mail) -> Iterator[Seen]:
    """A domain in From has letters of different scripts that look alike, such as a Cyrillic a among Latin letters.

    Why: It looks like a domain that everybody knows, and is another one.

    Mend: Warn users; let the filter mark mail from domains in xn-- whose letters are mixed.

    Not when: All letters of a label are of one script, or Latin stands beside Hangul, Kana or Han.

    Source: RFC 5890 section 4.4.
    """
    mixed = _mixed_domain(mail)
    if mixed and is_news(mail, _mixed_domain):
        yield seen(mail.packets, what=mixed)


def _mixed_domain(mail: Mail) -> str:
    for person in mail.message.from_:
        domain = person.address.rpartition("@")[2]
        if "xn--" in domain.lower():
            try:
                domain = domain.encode("ascii").decode("idna")
            except UnicodeError:
                continue
        for label in () if domain.isascii() else domain.split("."):
            if len({script for letter in label if (script := _script(letter))} & CONFUSABLE) > 1:
                return domain
    return ""


CONFUSABLE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
"""Scripts whose letters look alike; with the scripts of East Asia Latin letters are mixed in all innocence."""


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0] if letter.isalpha() else ""


@rule(
    "MAIL011", Severity.WARNING, MAILS, "The subject or a name in the mail {subject} turns the direction of its letters"
)
def direction_turned_in_header(mail: Mail) -> Iterator[Seen]:
    """A subject or a name in From has a character that makes what follows run backwards (RLO, LRO).

    Why: What people read is not what is written there: names of banks and domains can be imitated so.

    Mend: Warn users; let the filter mark such mail.

    Not when: The text is in Arabic or Hebrew, which turn by themselves or with isolates.

    Source: RFC 8264 section 4.2.
    """
    if is_news(mail, _is_turned):
        yield _told(mail)


def _is_turned(mail: Mail) -> bool:
    texts = [mail.message.subject or "", *(person.name for person in mail.message.from_)]
    return any(sign in text for text in texts for sign in OVERRIDES)


@rule("MAIL012", Severity.WARNING, MAILS, "The mail {subject} still tells its hidden recipients: {what}")
def hidden_recipients_told(mail: Mail) -> Iterator[Seen]:
    """A mail that has passed a server has a Bcc header with addresses.

    Why: Everybody who gets the mail can see who should not be seen.

    Mend: The sending program has to take the header out; the first server can do it for it.
        postfix: message_drop_headers = bcc, content-length, resent-bcc, return-path
        sendmail: sendmail -t does it

    Not when: The header is empty, or the mail comes straight from the program that wrote it.

    Source: RFC 5322 section 3.6.3, RFC 5322 section 5.
    """
    values = [value for value in mail.header("bcc") if value.strip()]
    if values and is_news(mail, lambda each: _is_passed_on(each) and any(map(str.strip, each.header("bcc")))):
        yield _told(mail, ", ".join(values))
