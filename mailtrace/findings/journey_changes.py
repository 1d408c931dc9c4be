"""Rules about what became different of mails on their way, and about those that go round in circles or come again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from mailtrace.findings.facts import Facts, Mail, Way
from mailtrace.findings.journeys import ON_ITS_WAY, decided, name_of
from mailtrace.findings.mail_headers import called, is_news
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.smtp_security import is_inside
from mailtrace.findings.subjects import CAPTURE, JOURNEYS, MAILS
from mailtrace.mail.journeys.words import WORDS
from mailtrace.model import Hop, HopKind, Journey, Severity
from mailtrace.model.language import said

ROUNDS = 3
"""How often a mail comes to one host before it is a loop: twice happens with filters and aliases."""

ENCRYPTED_WAYS = frozenset({"ESMTPS", "ESMTPSA", "UTF8SMTPS", "UTF8SMTPSA"})
"""Words of a Received line that tell of TLS. Source: RFC 3848, RFC 6531 section 3.7.3."""

TELLING = ("From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To")
"""Headers that nobody but the author should write."""


@rule("JRN005", Severity.ERROR, MAILS, "The mail {mail} has come to {host} {count} times: it goes round in circles")
def mail_loops(mail: Mail) -> Iterator[Seen]:
    """The Received headers of a mail name the same host again and again.

    Why: Two servers take each other for responsible, or two forwardings point at each other. It loads both until one
    gives up after 25 to 100 rounds (5.4.6).

    Mend: Decide which host keeps the domain's mail, and end one of the forwardings.
        sendmail: put the domain into /etc/mail/local-host-names
        postfix: mydestination = example.org, localhost
        exim: local_domains

    Not when: A host appears twice: filters and lists hand a mail back to the same server.

    Source: RFC 5321 section 6.3.
    """
    if is_news(mail, _rounds):
        host, count = _rounds(mail)[0]
        yield seen(mail.packets, mail=called(mail), host=host, count=count)


def _rounds(mail: Mail) -> list[tuple[str, int]]:
    """Return the host that took a mail most often, if that is too often."""
    peers = Counter((each.by.lower(), (each.from_ or "").lower()) for each in mail.message.received if each.by)
    return [(by, count) for (by, _), count in peers.most_common(1) if count >= ROUNDS]


def _smtp_hops(way: Way) -> Iterator[tuple[Hop, Hop]]:
    """Yield the hops from server to server that were captured, each with the one before it."""
    hops = way.journey.hops
    for hop in hops:
        before = hops[hop.before] if hop.before is not None else None
        if before is not None and {hop.kind, before.kind} <= ON_ITS_WAY and None not in (hop.message, before.message):
            yield before, hop


@rule("JRN008", Severity.WARNING, JOURNEYS, "{host} changed the text of the mail {mail} before passing it on")
def text_changed_on_the_way(way: Way) -> Iterator[Seen]:
    """The text of a mail was another one behind a server than before it.

    Why: A server that passes mail on must not change what it says. Lists and virus scanners do it, adding footers; so
    does whoever wants to deceive. DKIM signatures break by it.

    Mend: Switch off what adds the text, or sign behind it.

    Not when: Only the encoding changed, or line ends and spaces; or the last server did it in the mailbox.

    Source: RFC 5321 section 6.4, RFC 6376 section 5.3.
    """
    for before, hop in _smtp_hops(way):
        if WORDS["body-changed"] in hop.changes:
            yield _changed(way, before, hop)


@rule("JRN009", Severity.WARNING, JOURNEYS, "{host} changed headers of the mail {mail} before passing it on: {what}")
def headers_changed_on_the_way(way: Way) -> Iterator[Seen]:
    """Headers that are the author's own business were others behind a server than before it.

    Why: Answers may go elsewhere, threads break, and DKIM signatures that cover them do not hold.

    Mend: Switch off the rewriting for mail that only passes through.
        postfix: local_header_rewrite_clients = permit_inet_interfaces
        sendmail: masquerading (MASQUERADE_AS) applies to your own mail only

    Not when: Headers were added, Received for instance, or a header was only folded in another way.

    Source: RFC 5321 section 6.4.
    """
    opening = WORDS["changed"].partition("{")[0]
    for before, hop in _smtp_hops(way):
        changed = [change.removeprefix(opening) for change in hop.changes if change.startswith(opening)]
        names = [name.partition(" (")[0] for each in changed for name in each.split(", ")]
        told = [name for name in names if name.lower() in {each.lower() for each in TELLING}]
        if told:
            yield _changed(way, before, hop, told)


def _changed(way: Way, before: Hop, hop: Hop, what: Sequence[str] = ()) -> Seen:
    host = way.facts.naming.of(hop.sender)
    mails = way.facts.mails_by_id
    packets = [packet for each in (before, hop) if each.message in mails for packet in mails[each.message].packets]
    return seen(packets, conversation=hop.conversation, host=host, mail=name_of(way.journey), what=", ".join(what))


@rule("JRN010", Severity.WARNING, CAPTURE, "{count} different mails carry the Message-ID {name}")
def message_id_used_again(facts: Facts) -> Iterator[Seen]:
    """Mails that have nothing else in common have the same Message-ID.

    Why: It should name one mail in all the world. Programs that remove copies throw all but the first away.

    Mend: Correct the program that makes them, mostly a script with a fixed Message-ID.

    Not when: It is the same mail, seen at several hops or in several mailboxes.

    Source: RFC 5322 section 3.6.4.
    """
    same: dict[str, list[Journey]] = {}
    for way in facts.ways:
        name = way.journey.message_id
        if name is not None and way.journey.notes:
            same.setdefault(name, []).append(way.journey)
    for name, journeys in same.items():
        if len(journeys) > 1:
            packets = decided(*(next((hop for hop in each.hops if hop.packets), None) for each in journeys))
            yield seen(packets, likely=True, count=len(journeys), name=name)


@rule("JRN012", Severity.WARNING, MAILS, "The mail {mail} came to {host} encrypted, and went on to {receiver} in clear")
def encryption_ended_on_the_way(mail: Mail) -> Iterator[Seen]:
    """The Received line that the sending host has written tells of TLS, and the host passed the mail on without.

    Why: Whoever sent it with TLS believes it to be safe. One open hop is enough for anybody there to read it.

    Mend: Let the server encrypt where it can, and demand it where it must.
        postfix: smtp_tls_security_level = may, or dane
        exim: tls_require_ciphers and hosts_require_tls

    Not when: The mail was fetched from its mailbox in clear (POP002, IMAP002), or both servers are the same host.

    Source: RFC 8314 section 1, RFC 8689 section 1.
    """
    conversation, received = mail.talk.conversation, mail.message.received
    if conversation.protocol != "smtp" or not received or is_inside(mail.talk):
        return
    came_encrypted = received[0].tls is not None or (received[0].with_ or "").upper() in ENCRYPTED_WAYS
    if came_encrypted and mail.packets and mail.talk.is_clear(mail.packets[0]):
        yield seen(mail.packets, likely=True, mail=called(mail), host=mail.talk.client, receiver=mail.talk.server)


@rule("JRN013", Severity.WARNING, MAILS, "{reporter} warns that a mail for {recipient} is late: {diagnostic}")
def delay_reported(mail: Mail) -> Iterator[Seen]:
    """A server reports that a mail has not been delivered yet, and that it goes on trying.

    Why: The sender has nothing to do but to wait; if it goes on so for days the mail comes back.

    Mend: Look at the reason that the report tells, and into the queue of the server that sent it.

    Not when: The report tells of a failure (JRN002), or of success.

    Source: RFC 3464 section 2.3.3.
    """
    report = mail.message.reports
    if report is None or not is_news(mail, lambda each: each.message.reports is not None):
        return
    for each in report.recipients:
        if each.action == "delayed":
            reporter = report.reporter or said("A server")
            diagnostic = each.diagnostic or each.status or said("no reason is told")
            yield seen(mail.packets, reporter=reporter, recipient=each.address, diagnostic=diagnostic)


@rule("JRN014", Severity.INFO, JOURNEYS, "The mail {mail} was fetched {count} times from {host}")
def mail_fetched_again(way: Way) -> Iterator[Seen]:
    """One mail was fetched from its mailbox more than once.

    Why: Nothing is wrong where several devices read the mailbox. Else the program does not remember what it has, and
    shows mails twice.

    Mend: Let the program delete what it has fetched, or remember unique ids (UIDL).

    Not when: Only its headers were looked at, or it lay in the mailboxes of several recipients.

    Source: RFC 1939 section 8.
    """
    fetched: dict[tuple[str, tuple[str, ...]], list[Hop]] = {}
    mails = way.facts.mails_by_id
    for hop in way.journey.hops:
        how = mails[hop.message].message.content.how if hop.message in mails else ""
        if hop.kind is HopKind.RETRIEVED and how in ("RETR", "FETCH"):
            fetched.setdefault((hop.sender, hop.recipients), []).append(hop)
    for (host, _), hops in fetched.items():
        if len(hops) > 1:
            packets = decided(*hops)
            yield seen(packets, mail=name_of(way.journey), count=len(hops), host=way.facts.naming.of(host))
