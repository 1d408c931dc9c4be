"""Rules of SMTP: where one mail ends and the next begins, when client and server need not agree about it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtrace.findings.facts import Broken
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import violations
from mailtrace.model import Content, Severity, TransactionOutcome, wire_text
from mailtrace.model.language import said

_SENDER = re.compile(rb"[\r\n]MAIL FROM: ?<([^<>\r\n]{0,320})>", re.IGNORECASE)
_RECIPIENT = re.compile(rb"[\r\n]RCPT TO: ?<([^<>\r\n]{1,320})>", re.IGNORECASE)


@rule(
    "SMTP010",
    Severity.ERROR,
    violations("smuggled-message", protocols=("smtp",)),
    "{client} smuggled a mail past the rules: strictly read it sent one mail, from {outer}; {server} took {octets} for "
    "its end and accepted one more, from {inner} to {recipients}",
)
def mail_smuggled(broken: Broken) -> Iterator[Seen]:
    """A mail was hidden in another one, and the server took it for a mail of its own.

    By the rules only CRLF, a dot and CRLF end a mail. Client and server here read the same octets in two ways: the one
    who let the mail pass saw one mail, the server saw two. The server's replies prove it: it answered more commands
    than were sent by the strict reading.

    Why: The hidden mail gets past whatever judged the outer one. Its sender can be anybody of the domains that the
    relay before may send for, and SPF and DMARC will say that it is genuine.

    Mend: Update the server, and let it refuse or correct line ends that are not CRLF.
        postfix: smtpd_forbid_bare_newline = normalize
        exim: 4.97.1 or newer
        sendmail: 8.18 or newer, without O, U and G in srv_features

    Not when: The server answered as if there was one mail: then it was only tried (SMTP011).

    Source: RFC 5321 section 4.1.1.4, RFC 5321 section 2.3.8.
    """
    talk = broken.talk
    transactions = talk.conversation.dialogue.transactions
    attempts = talk.violations.get("end-of-data-variant", [])
    for inner in transactions:
        if inner.content is None or not inner.content.as_server_read:
            continue
        before = [each for each in transactions if each is not inner and each.content is not None]
        outer = next((each for each in before if set(inner.content.packets) <= set(each.packets)), None)
        told = (each.detail for each in attempts if each.packet in inner.content.packets)
        octets = next(told, said("something else"))
        yield seen(
            (*inner.packets,),
            client=talk.client,
            server=talk.server,
            octets=octets,
            outer=said("(unknown)") if outer is None else outer.sender or "<>",
            inner=inner.sender or "<>",
            recipients=", ".join(each.address for each in inner.recipients) or said("nobody"),
        )


@rule(
    "SMTP011",
    Severity.WARNING,
    violations("end-of-data-variant", protocols=("smtp",)),
    "Within a mail of {client} stands {octets}, which is not the end by the rules but by some servers' reading. Read "
    "strictly it is one mail; read loosely {loosely}. {server} took it {taken}",
)
def end_of_mail_ambiguous(broken: Broken) -> Iterator[Seen]:
    """Something in a mail looks like its end and is not CRLF, dot, CRLF: servers differ in how they read it.

    Why: This is how SMTP smuggling is tried (CVE-2023-51764 and others): one server passes the mail on as one, the next
    finds two. Programs that write bare line feeds make such octets by accident, too; then text may be lost.

    Mend: Update the servers on the way, and let them refuse or correct line ends that are not CRLF. If the mail is
    honest, correct the program that made it.
        postfix: smtpd_forbid_bare_newline = normalize
        exim: 4.97.1 or newer
        sendmail: 8.18 or newer, without O, U and G in srv_features

    Not when: A line with a dot was doubled as it must be, a mail came in counted pieces (BDAT), or the server did take
    it for the end (SMTP010).

    Source: RFC 5321 section 4.1.1.4, RFC 5321 section 4.5.2.
    """
    talk, dialogue = broken.talk, broken.talk.conversation.dialogue
    if "smuggled-message" in talk.violations:
        return
    for content in dialogue.contents:
        inside = [each for each in broken.violations if each.packet in content.packets]
        if not inside:
            continue
        decided = next((each.outcome for each in dialogue.transactions if each.content is content), None)
        known = decided not in (None, TransactionOutcome.UNKNOWN, TransactionOutcome.ABORTED)
        yield seen(
            dict.fromkeys(each.packet for each in inside),
            client=talk.client,
            server=talk.server,
            octets=", ".join(dict.fromkeys(each.detail for each in inside)),
            loosely=_loosely(content),
            taken=said("strictly, by its answers" if known else "in a way that its answers do not tell"),
        )


def _loosely(content: Content) -> str:
    """Say what a server would find that takes one of the variants for the end."""
    sender, recipient = _SENDER.search(content.kept), _RECIPIENT.search(content.kept)
    if sender is None:
        return said("the mail ends there, and the rest of it is taken for commands")
    to = said("nobody") if recipient is None else wire_text(recipient[1])
    return said("a further mail from {sender} to {to} begins behind it", sender=wire_text(sender[1]) or "<>", to=to)
