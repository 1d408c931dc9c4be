"""HOT. What is judged of a mail, gathered as soon as all was said (tests/bench `mail`).

SPF is judged where a mail comes in from outside. That is taken to be every SMTP conversation but those in which the
client logs in, hands in new mail at a submission port, speaks LMTP, or is the server's own host; and a fetched or
stored mail does not come in at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter

from msgspec import Struct

from mailtrace.mail.authentication.claims import HEADERS
from mailtrace.mail.authentication.signatures import SIGNATURES_LIMIT, Signer, signer
from mailtrace.mail.course import NO_HELLO, Carried, Course, course_of
from mailtrace.model import Conversation, Message, Transaction
from mailtrace.protocols.services import SUBMISSION_PORTS

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

_Caller = tuple[str, str, str]
"""Who hands over mails: `client`, `hello` and `inside` of their `Subject`."""

NO_SEALS = "the mail has no ARC seals"

SIGNED_ONLY = frozenset({"dkim-signature"})

_name_of = itemgetter(0)
_address_of = attrgetter("address")


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
    return _subject(conversation, _caller(conversation, course_of(conversation)), transaction, message)


def subjects(
    conversation: Conversation,
    messages: Sequence[Message],
    carried: Sequence[Carried],
    course: Course,
) -> tuple[list[Subject], list[Subject | None]]:
    """Return what is judged of each message, and of each transaction that ended before there was one."""
    judged: list[Subject] = []
    refused: list[Subject | None] = []
    if not messages and not carried:
        return judged, refused
    caller = _caller(conversation, course)
    carriers: dict[int | None, Transaction] = {}
    for each, place in carried:
        carriers[place] = each
        never_sent = each.content is None and each.sender is not None
        refused.append(_subject(conversation, caller, each, None) if never_sent else None)
    for at, message in enumerate(messages):
        judged.append(_subject(conversation, caller, carriers.get(at), message))
    return judged, refused


def _subject(
    conversation: Conversation, caller: _Caller, transaction: Transaction | None, message: Message | None
) -> Subject:
    """See `subject`."""
    return Subject(
        *caller,
        None if transaction is None else transaction.sender,
        _domains(transaction) if transaction is not None and caller[0] else (),
        () if message is None else tuple(map(_address_of, message.from_)),
        conversation.end_ns if message is None else message.content.end_ns,
        None if message is None else _mail(message),
    )


def _mail(message: Message) -> Mail | None:
    headers, content = message.headers, message.content
    names = tuple(map(_name_of, headers))
    telling = (_telling if len(names) <= REMEMBERED_NAMES else _telling.__wrapped__)(names)
    if telling is None:
        return None
    signed_only, signatures, claims = telling
    signers: list[Signer] = []
    for place in signatures[:SIGNATURES_LIMIT]:
        signers.append(signer(headers[place][1]))
    return Mail(
        content.kept,
        content.complete and content.kept_all and not content.holes,
        tuple([headers[place] for place in claims]) if claims else (),
        signed_only,
        tuple(signers),
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


def _caller(conversation: Conversation, course: Course) -> _Caller:
    """Return who hands over mails here, and why they do not come in from outside."""
    if conversation.protocol != "smtp":
        return "", "", "not-received"
    dialogue, server = conversation.dialogue, conversation.key.server
    proxied = None if dialogue.proxied is None else dialogue.proxied.client
    client = conversation.key.client.host if proxied is None else proxied.host
    _, verb, hello = course.hellos[-1] if course.hellos else NO_HELLO
    inside = ""
    if verb == "LHLO":
        inside = "lmtp"
    elif dialogue.logins and any(login.accepted for login in dialogue.logins):
        inside = "logged-in"
    elif server.port in SUBMISSION_PORTS:
        inside = "submitted"
    elif client == server.host:
        inside = "own-host"
    return client, hello.text, inside
