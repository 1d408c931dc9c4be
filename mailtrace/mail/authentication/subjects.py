"""HOT. What is judged of a mail, gathered as soon as all was said (tests/bench `mail`).

SPF is judged where a mail comes in from outside. That is taken to be every SMTP conversation but those in which the
client logs in, hands in new mail at a submission port, speaks LMTP, or is the server's own host; and a fetched or
stored mail does not come in at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from mailtrace.mail.authentication.claims import HEADERS
from mailtrace.mail.authentication.signatures import Signer, signers
from mailtrace.model import Conversation, Message, Transaction, wire_text
from mailtrace.protocols.services import SUBMISSION_PORTS

HELLO_TURNS = 50
"""Turns in which the client's hello is looked for: it comes first, and once more after STARTTLS."""

RECIPIENTS_LIMIT = 50
"""Recipients of one mail whose domains are looked into; most mails have one or two."""

REMEMBERED_NAMES = 200
"""Header fields whose names are looked at once for all mails that have the same."""

TELLING = frozenset(("dkim-signature", "arc-seal", "arc-message-signature", *HEADERS))
"""Headers without which a mail itself has nothing to judge."""

INSIDE = {
    "not-received": "the mail was not received here, and SPF is judged where it is",
    "lmtp": "the mail was delivered within its destination (LMTP), and SPF is judged where it comes in",
    "logged-in": "the client had logged in, and SPF is about clients that nobody knows",
    "submitted": (
        "the mail was handed in by one of the server's own users, and SPF is about clients that nobody knows"
    ),
    "own-host": "the client is the server's own host",
}
"""Why SPF is not judged."""

NO_SEALS = "the mail has no ARC seals"

SIGNED_ONLY = frozenset({"dkim-signature"})

_HELLOS = frozenset(("EHLO", "HELO", "LHLO"))


class Mail(Struct, frozen=True, array_like=True, gc=False):
    """A mail with something to judge: all its octets, if it is `whole`, and those of its headers that tell of verdicts.

    `signed_only`: it has signatures, by `signers`, and nothing else.
    """

    octets: bytes
    whole: bool
    claims: tuple[tuple[str, str], ...]
    signed_only: bool
    signers: tuple[Signer, ...]


class Subject(Struct, frozen=True, array_like=True, gc=False):
    """What is judged of a mail, or of a transaction that ended before there was one; `time_ns` is when.

    `inside` is the name in `INSIDE` of why SPF is not judged, '' where it is. `sender` is that of the envelope, None
    where it was not seen.
    `domains` are those of the envelope, in lower case, each once. `authors` are the addresses in From. `mail` is None
    where there is nothing to judge in it. Only SMTP has a `client` whose address is looked into, '' elsewhere.
    """

    client: str
    hello: str
    inside: str
    sender: str | None
    domains: tuple[str, ...]
    authors: tuple[str, ...]
    time_ns: int
    mail: Mail | None = None


def subject(conversation: Conversation, transaction: Transaction | None, message: Message | None) -> Subject:
    """Return what is judged of a mail and the transaction that carried it; either may be None."""
    is_smtp = conversation.protocol == "smtp"
    proxied = conversation.dialogue.proxied.client if conversation.dialogue.proxied is not None else None
    client = conversation.key.client.host if proxied is None else proxied.host
    verb, hello = _hello(conversation) if is_smtp else ("", "")
    return Subject(
        client if is_smtp else "",
        hello,
        _inside(conversation, client, verb),
        None if transaction is None else transaction.sender,
        () if transaction is None or not is_smtp else _domains(transaction),
        () if message is None else tuple([person.address for person in message.from_]),
        conversation.end_ns if message is None else message.content.end_ns,
        None if message is None else _mail(message),
    )


def subjects(
    conversation: Conversation, messages: Sequence[Message], carried: Sequence[int | None]
) -> tuple[list[Subject], list[Subject | None]]:
    """Return what is judged of each message, and of each transaction that ended before there was one.

    `carried` has the place of each transaction's message.
    """
    by_place = {}
    refused: list[Subject | None] = []
    for each, place in zip(conversation.dialogue.transactions, carried, strict=True):
        if place is not None:
            by_place[place] = each
        never_sent = each.content is None and each.sender is not None
        refused.append(subject(conversation, each, None) if never_sent else None)
    judged = []
    for place, message in enumerate(messages):
        judged.append(subject(conversation, by_place.get(place), message))
    return judged, refused


def _mail(message: Message) -> Mail | None:
    headers, content = message.headers, message.content
    names = tuple([name for name, _ in headers])
    telling = (_telling if len(names) <= REMEMBERED_NAMES else _telling.__wrapped__)(names)
    if telling is None:
        return None
    signed_only, signatures, claims = telling
    return Mail(
        content.kept,
        content.complete and content.kept_all and not content.holes,
        tuple([headers[place] for place in claims]) if claims else (),
        signed_only,
        signers([headers[place][1] for place in signatures]) if signatures else (),
    )


@lru_cache(maxsize=256)
def _telling(names: tuple[str, ...]) -> tuple[bool, tuple[int, ...], tuple[int, ...]] | None:
    """Return whether a mail's headers have signatures and tell nothing else, and where these and the claims stand.

    None where no header is telling.
    """
    lower = [name.lower() for name in names]
    telling = TELLING.intersection(lower)
    if not telling:
        return None
    signatures = tuple([place for place, name in enumerate(lower) if name == "dkim-signature"])
    return telling == SIGNED_ONLY, signatures, tuple([place for place, name in enumerate(lower) if name in HEADERS])


def _domains(transaction: Transaction) -> tuple[str, ...]:
    """Return the domains of the envelope, those of recipients first."""
    domains: dict[str, None] = {}
    for each in transaction.recipients[:RECIPIENTS_LIMIT]:
        domains[each.address.rpartition("@")[2].lower()] = None
    domains[(transaction.sender or "").rpartition("@")[2].lower()] = None
    return tuple(domains)


def _hello(conversation: Conversation) -> tuple[str, str]:
    """Return the verb and the name of the client's last hello, both '' where there is none."""
    said = None
    for turn in conversation.dialogue.turns[:HELLO_TURNS]:
        command = turn.command
        if command is not None and command.verb in _HELLOS:
            said = command
    if said is None:
        return "", ""
    words = said.line[said.argument_at :].split(None, 1)
    return said.verb, wire_text(words[0]) if words else ""


def _inside(conversation: Conversation, client: str, verb: str) -> str:
    """Return why a mail does not come in from outside here, by its name in `INSIDE`, '' where it does."""
    if conversation.protocol != "smtp":
        return "not-received"
    if verb == "LHLO":
        return "lmtp"
    logins = conversation.dialogue.logins
    if logins and any(login.accepted for login in logins):
        return "logged-in"
    if conversation.key.server.port in SUBMISSION_PORTS:
        return "submitted"
    if client == conversation.key.server.host:
        return "own-host"
    return ""
