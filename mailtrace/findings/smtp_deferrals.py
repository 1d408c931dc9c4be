"""Rules of SMTP: conditions that a server sets before it takes mail, and refusals whose reason is none of the usual."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Talk
from mailtrace.findings.refusals import Reason, refused
from mailtrace.findings.rule import Seen, rule
from mailtrace.findings.subjects import REFUSING
from mailtrace.model import Severity

RECIPIENT, SENDER, CONTENT = frozenset({"RCPT"}), frozenset({"MAIL"}), frozenset({"DATA", "BDAT"})

UNSAID = (Reason.OTHER, Reason.DISABLED, Reason.NO_DOMAIN, Reason.TIMEOUT)
"""Reasons that have no rule of their own where a recipient, a sender or a mail is refused."""


@rule("SMTP050", Severity.WARNING, REFUSING, "{server} wants {client} to log in before it takes this mail: {answer}")
def login_needed(talk: Talk) -> Iterator[Seen]:
    """The server takes this mail only from clients that have logged in.

    Why: The mail does not leave. At a submission port this is as it should be.

    Mend: Switch on the login in the mail program; among servers, use port 25.
        postfix: smtp_sasl_auth_enable = yes
        exim: driver = plaintext, public_name = PLAIN in the authenticators
        sendmail: FEATURE(`authinfo')dnl

    Not when: The client logged in and was refused (SMTP004), or must encrypt first (SMTP051).

    Source: RFC 4954 section 6, RFC 6409 section 4.3.
    """
    for each in refused(talk, Reason.LOGIN_NEEDED):
        yield each.seen()


@rule("SMTP051", Severity.WARNING, REFUSING, "{server} wants {client} to encrypt before it takes this mail: {answer}")
def encryption_needed(talk: Talk) -> Iterator[Seen]:
    """The server takes this mail only over TLS.

    Why: The mail does not leave. A client that cannot encrypt, or from which STARTTLS was hidden on the way, gets no
    further.

    Mend: Let the client use STARTTLS, or port 465.
        postfix: smtp_tls_security_level = may
        sendmail: take Try_TLS:... NO out of the access map

    Not when: The client asked for STARTTLS and was refused (SMTP006).

    Source: RFC 3207 section 4, RFC 8314 section 3.3.
    """
    for each in refused(talk, Reason.TLS_NEEDED):
        yield each.seen()


@rule("SMTP052", Severity.WARNING, REFUSING, "{server} does not believe the sender {sender}: {answer}")
def sender_domain_unknown(talk: Talk) -> Iterator[Seen]:
    """The domain of the sender does not exist, or takes no mail, so that nothing could be reported to it.

    Why: A mail that cannot be answered is mostly spam or badly set up, and servers refuse it.

    Mend: Use a sender whose domain has an MX or an address, and correct the name of the host that made the address.
        postfix: myorigin = example.org
        exim: qualify_domain = example.org
        sendmail: MASQUERADE_AS(`example.org')dnl

    Not when: The sender's domain exists, and SPF or DMARC speak against it (SMTP048).

    Source: RFC 5321 section 3.6.1, RFC 7505 section 4.
    """
    for each in refused(talk, Reason.SENDER_DOMAIN):
        yield each.seen()


@rule("SMTP053", Severity.INFO, REFUSING, "{server} takes no further recipients for one mail of {client}: {answer}")
def too_many_recipients(talk: Talk) -> Iterator[Seen]:
    """The mail has more recipients than the server takes at once.

    Why: The client has to send the mail once more for the rest; one that does not know that loses them.

    Mend: Let the client send in smaller groups, or raise the limit. A hundred must always be possible.
        postfix: smtpd_recipient_limit = 1000, smtp_destination_recipient_limit = 50
        exim: recipients_max = 150, max_rcpt = 100 in the transport
        sendmail: define(`confMAX_RCPTS_PER_MESSAGE', `200')dnl

    Not when: The client sends too many mails (SMTP044).

    Source: RFC 5321 section 4.5.3.1.8, RFC 5321 section 4.5.3.1.10.
    """
    for each in refused(talk, Reason.MANY_RECIPIENTS):
        yield each.seen()


@rule("SMTP054", Severity.WARNING, REFUSING, "{server} refused the recipient {about} for good: {answer}")
def recipient_refused(talk: Talk) -> Iterator[Seen]:
    """A recipient was refused for good, for a reason that the server's answer tells.

    Why: The mail does not reach this recipient; its sender gets it back, or a report.

    Mend: Read the answer and the meaning of its codes; the server's log often says more.

    Not when: The reason has a rule of its own: the mailbox is unknown (SMTP040) or full (SMTP042), relaying is not
    allowed (SMTP041), and so on.

    Source: RFC 5321 section 3.3, RFC 3463 section 3.
    """
    for each in refused(talk, *UNSAID, verbs=RECIPIENT):
        if each.is_final:
            yield each.seen()


@rule("SMTP055", Severity.INFO, REFUSING, "{server} put off the mail to {about} for now: {answer}")
def mail_deferred(talk: Talk) -> Iterator[Seen]:
    """The server refused for now, for a reason that has no rule of its own. The client has to try again.

    Why: The mail is late. A server tries for some days and then gives up.

    Mend: Read the answer and the meaning of its codes. If it stays so, ask whoever runs the server.
        postfix: postqueue -p, minimal_backoff_time = 300s
        exim: exim -bp
        sendmail: mailq

    Not when: It is greylisting (SMTP043), a limit (SMTP044), a full mailbox (SMTP042), or the server itself is in
    trouble (SMTP059).

    Source: RFC 5321 section 4.2.1, RFC 5321 section 4.5.4.1.
    """
    for each in refused(talk, *UNSAID, verbs=RECIPIENT | SENDER | CONTENT):
        if not each.is_final and each.reply.status != "421":
            yield each.seen()


@rule("SMTP056", Severity.WARNING, REFUSING, "{server} refused the sender {about} for good: {answer}")
def sender_refused(talk: Talk) -> Iterator[Seen]:
    """The server refused the sender's address, for a reason that its answer tells.

    Why: No mail of this sender gets through here.

    Mend: Read the answer and the meaning of its codes: a rule may block the address, or the client may not use it.
        postfix: check_sender_access, reject_sender_login_mismatch
        sendmail: From:user@example.org REJECT in the access map

    Not when: The domain does not exist (SMTP052), or SPF speaks against the client (SMTP048).

    Source: RFC 5321 section 3.3, RFC 3463 section 3.
    """
    for each in refused(talk, *UNSAID, verbs=SENDER):
        if each.is_final:
            yield each.seen()


@rule("SMTP057", Severity.WARNING, REFUSING, "{server} refused the mail to {about} for good: {answer}")
def mail_refused(talk: Talk) -> Iterator[Seen]:
    """The server took sender and recipients, and refused the mail itself, for a reason that its answer tells.

    Why: The mail goes back to its sender.

    Mend: Read the answer and the meaning of its codes; content filters and header checks refuse at this place.
        postfix: header_checks, body_checks, smtpd_data_restrictions
        exim: acl_smtp_data
        sendmail: INPUT_MAIL_FILTER

    Not when: The reason has a rule of its own (spam, size, SPF and so on), or all recipients had been refused before.

    Source: RFC 5321 section 3.3, RFC 3463 section 3.
    """
    for each in refused(talk, *UNSAID, verbs=CONTENT):
        if each.is_final and each.taken:
            yield each.seen()


@rule("SMTP058", Severity.WARNING, REFUSING, "{server} greeted {client} with a refusal: {answer}")
def service_refused(talk: Talk) -> Iterator[Seen]:
    """The first words of the server were a refusal: it takes no mail at all, or none from this client.

    Why: Nothing can be sent. 421 means later, 554 means that this client is not wanted or that no mail is taken here.

    Mend: Read the answer. Blocklists, rate limits and a server that is just stopping look like this.
        postfix: postscreen_access_list, smtpd_client_restrictions
        exim: acl_smtp_connect
        sendmail: Connect:192.0.2.1 REJECT in the access map

    Not when: The server greets with 220 and refuses later, or names a limit (SMTP044) or a blocklist (SMTP047).

    Source: RFC 5321 section 3.1, RFC 7504 section 3.
    """
    for each in refused(talk, *UNSAID, Reason.TROUBLE, verbs=frozenset({""})):
        if each.reply is talk.turns[0].replies[0]:
            yield each.seen()


@rule("SMTP059", Severity.WARNING, REFUSING, "{server} cannot take mail because of a trouble of its own: {answer}")
def server_in_trouble(talk: Talk) -> Iterator[Seen]:
    """The server itself has a problem: its disk is full, a filter does not answer, or a mail goes in circles.

    Why: All mail to this server waits, or comes back.

    Mend: Look into the server's log: room on the disk, load, filters, DNS.
        postfix: queue_minfree, postfix check
        exim: check_spool_space
        sendmail: QueueLA, RefuseLA, MinFreeBlocks

    Not when: A single mailbox is full (SMTP042), or the answer gives no such reason (SMTP055).

    Source: RFC 3463 section 3.4, RFC 5321 section 4.2.3.
    """
    for each in refused(talk, Reason.TROUBLE, verbs=RECIPIENT | SENDER | CONTENT):
        yield each.seen()
