"""Rules of SMTP: recipients and mails that a server did not take, because of what they are or where they should go."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Talk
from mailtrace.findings.refusals import Reason, refused
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import REFUSING
from mailtrace.model import Severity

HARVEST = 10
"""Unknown recipients of one conversation from which on somebody seems to try names: a mistyped one comes alone."""


@rule("SMTP040", Severity.WARNING, REFUSING, "{server} does not know the recipient {about}: {answer}")
def recipient_unknown(talk: Talk) -> Iterator[Seen]:
    """The server has no mailbox of that name.

    Why: The mail does not reach this recipient; its sender gets it back, or a report.

    Mend: Look at the address for a slip, and whether the mailbox or the alias exists at the server.
        postfix: postmap -q kim hash:/etc/aliases
        exim: exim -bt kim@example.org
        sendmail: sendmail -bv kim@example.org
        dovecot: doveadm user kim

    Not when: The mailbox exists and is full (SMTP042), or the server does not take mail for the domain (SMTP041).

    Source: RFC 5321 section 3.3, RFC 3463 section 3.2.
    """
    for each in refused(talk, Reason.UNKNOWN_USER):
        yield each.seen()


@rule("SMTP041", Severity.WARNING, REFUSING, "{server} refused to relay a mail of {client} to {about}: {answer}")
def relay_denied(talk: Talk) -> Iterator[Seen]:
    """The server is not responsible for the recipient's domain, and does not pass mail on for this client.

    Why: The mail does not leave. That the server refuses is right: one that relays for everybody is misused for spam.

    Mend: Let the client log in, or list its network; if the domain should be delivered here, tell the server so.
        postfix: mynetworks = 127.0.0.0/8 192.0.2.0/24, relay_domains or mydestination
        exim: hostlist relay_from_hosts = 192.0.2.0/24, domainlist local_domains
        sendmail: Connect:192.0.2 RELAY in the access map, local-host-names

    Not when: The server takes mail for the domain and refuses the one recipient (SMTP040).

    Source: RFC 5321 section 3.6.2, RFC 2505 section 2.1.
    """
    for each in refused(talk, Reason.RELAY):
        yield each.seen()


@rule("SMTP042", Severity.WARNING, REFUSING, "The mailbox of {about} at {server} is full or over its limit: {answer}")
def mailbox_full(talk: Talk) -> Iterator[Seen]:
    """The recipient's mailbox has no room left.

    Why: The mail is not delivered until somebody tidies up; a refusal for good sends it back.

    Mend: Delete or move mails, or raise the limit.
        dovecot: quota_rule = *:storage=2G
        postfix: mailbox_size_limit = 0

    Not when: The mail itself is too large (SMTP045), or the disk of the whole server is full (SMTP059).

    Source: RFC 3463 section 3.3.
    """
    for each in refused(talk, Reason.FULL):
        yield each.seen()


@rule("SMTP043", Severity.INFO, REFUSING, "{server} put {client} off with greylisting: {answer}")
def greylisted(talk: Talk) -> Iterator[Seen]:
    """The server refuses for now whom it does not know yet, and takes the mail when the client tries again later.

    Why: Honest servers try again, programs that send spam mostly do not. The first mail is some minutes late.

    Mend: There is nothing to do but wait. Clients that are known can be let through at once.
        postgrey: /etc/postgrey/whitelist_clients
        milter-greylist: racl whitelist addr 192.0.2.0/24

    Not when: The server refuses for now without saying why (SMTP055), or limits the rate (SMTP044).

    Source: RFC 6647 section 2.
    """
    for each in refused(talk, Reason.GREYLISTED):
        yield each.seen()


@rule("SMTP044", Severity.WARNING, REFUSING, "{server} limits how much {client} may send or connect: {answer}")
def rate_limited(talk: Talk) -> Iterator[Seen]:
    """The client sends, or connects, more often than the server allows.

    Why: Mail is delayed. A client that goes on in the same way may be blocked for longer.

    Mend: Send more slowly, with fewer connections at once; or raise the limit for clients that are known.
        postfix: default_destination_rate_delay = 1s, smtpd_client_connection_rate_limit = 60
        exim: ratelimit = 100 / 1h, smtp_accept_max_per_host = 10
        sendmail: ClientRate:192.0.2.1 100 in the access map

    Not when: It is greylisting (SMTP043), or too many recipients of a single mail (SMTP053).

    Source: RFC 5321 section 4.5.4.1.
    """
    for each in refused(talk, Reason.RATE):
        yield each.seen()


@rule("SMTP045", Severity.WARNING, REFUSING, "{server} does not take a mail as large as that of {client}: {answer}")
def mail_too_large(talk: Talk) -> Iterator[Seen]:
    """The mail is larger than the server, or the mailbox, takes.

    Why: The mail goes back to its sender, and every further try fails in the same way.

    Mend: Share large files otherwise, or raise the limit on all servers of the way. In base64 a file grows by a third.
        postfix: message_size_limit = 52428800
        exim: message_size_limit = 50M
        sendmail: define(`confMAX_MESSAGE_SIZE', `52428800')dnl

    Not when: The mailbox is full (SMTP042).

    Source: RFC 1870 section 6.1.
    """
    for each in refused(talk, Reason.SIZE):
        yield each.seen()


@rule("SMTP046", Severity.WARNING, REFUSING, "{server} took a mail of {client} for spam or malware: {answer}")
def refused_as_spam(talk: Talk) -> Iterator[Seen]:
    """A filter of the server judged the contents of the mail, and the server refused it.

    Why: The mail does not arrive. If it was honest, the filter erred, or the sender's host looks suspicious; if it was
    not, a machine or an account on the sender's side sends spam.

    Mend: Look for the rule in the server's answer or log; on the sender's side look for an account that was taken over.
        spamassassin: spamassassin -D -t < mail.eml
        rspamd: rspamc symbols mail.eml

    Not when: The address of the client is on a blocklist (SMTP047), or SPF, DKIM or DMARC failed (SMTP048).

    Source: RFC 3463 section 3.8.
    """
    for each in refused(talk, Reason.SPAM):
        yield each.seen()


@rule("SMTP047", Severity.WARNING, REFUSING, "{server} refused {client} because of a blocklist: {answer}")
def client_on_blocklist(talk: Talk) -> Iterator[Seen]:
    """The client's address, or a domain in the mail, is on a list of those who send spam.

    Why: No mail of this client gets through, to this server and to all that use the list.

    Mend: Find out why the address was listed (a machine that was taken over, an open relay, a dynamic address), mend
    that, and ask the list to remove it.
        bind: dig 2.0.0.127.bl.example.org shows whether the list works at all
        postfix: reject_rbl_client bl.example.org
        exim: deny dnslists = bl.example.org

    Not when: The contents of the mail were judged (SMTP046).

    Source: RFC 5782 section 2.
    """
    for each in refused(talk, Reason.BLOCKLIST):
        yield each.seen()


@rule(
    "SMTP048",
    Severity.WARNING,
    REFUSING,
    "{server} refused {client}, since SPF, DKIM or DMARC speak against it: {answer}",
)
def sender_not_authentic(talk: Talk) -> Iterator[Seen]:
    """The server could not establish that the mail comes from where it says, and refused it.

    Why: Either the mail is forged, and the refusal is right; or the domain's records do not list the host that sends
    for it, or the mail was changed behind its signature.

    Mend: Compare the client's address with the SPF record, and look whether a filter or a list changes signed mail.
        bind: example.org. IN TXT "v=spf1 ip4:192.0.2.1 mx -all"
        opendkim: opendkim-testkey -d example.org -s SELECTOR

    Not when: The server names another reason, or accepts the mail and only notes the result.

    Source: RFC 7208 section 8.4, RFC 6376 section 6.3, RFC 7372 section 3, RFC 9989 section 4.7.
    """
    for each in refused(talk, Reason.AUTHENTICATION):
        yield each.seen()


@rule("SMTP049", Severity.WARNING, REFUSING, "{server} refused {client}, whose address has no fitting name: {answer}")
def reverse_name_missing(talk: Talk) -> Iterator[Seen]:
    """The server wants a name for the client's address (PTR), and that this name has the address; it found none.

    Why: Many large servers take no mail from addresses without a name of their own.

    Mend: Let the owner of the address, mostly the provider, enter a PTR record, and give the name the same address.
        bind: 1.2.0.192.in-addr.arpa. IN PTR mail.example.org.
        bind: mail.example.org. IN A 192.0.2.1

    Not when: The name in HELO is what the server objects to (SMTP034).

    Source: RFC 7372 section 3.3, RFC 8601 section 2.7.3.
    """
    for each in refused(talk, Reason.REVERSE_NAME):
        yield each.seen()


@rule(
    "SMTP008",
    Severity.ERROR,
    REFUSING,
    "{client} named {count} recipients that {server} does not know, and sent no mail: somebody seems to try names",
)
def addresses_harvested(talk: Talk) -> Iterator[Seen]:
    """One client asks for many mailboxes that do not exist, and sends no mail: it looks for those that do.

    Why: Addresses that are found this way get spam. A mailing list that was not kept up looks alike, but sends its mail
    to the others.

    Mend: Slow such clients down and end the connection after some unknown recipients.
        postfix: smtpd_error_sleep_time = 1s, smtpd_hard_error_limit = 20
        exim: smtp_max_unknown_commands does not count these; use ratelimit with per_rcpt
        sendmail: define(`confBAD_RCPT_THROTTLE', `3')dnl

    Not when: There are fewer than ten of them, or a mail was sent to one of the recipients.

    Source: RFC 5321 section 7.3.
    """
    if len(talk.refusals) < HARVEST or talk.conversation.dialogue.contents:
        return
    unknown = list(refused(talk, Reason.UNKNOWN_USER, verbs=frozenset({"RCPT"})))
    if len(unknown) >= HARVEST:
        packets = [packet for each in unknown for packet in each.packets]
        yield seen(packets, client=talk.client, server=talk.server, count=len(unknown))
