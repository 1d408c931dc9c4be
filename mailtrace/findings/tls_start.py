"""Rules of TLS: how it begins, or is kept from beginning, in SMTP, POP3 and IMAP alike."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Broken, Talk
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import TLS, violations
from mailtrace.model import ClosedHow, Flags, Severity, Side, WentDark
from mailtrace.model.remarks import remark

CLOSING = int(Flags.FIN | Flags.RST)

ENDING_ALERTS = frozenset({"close_notify", "user_canceled"})
"""Alerts that end a connection as it should end. Source: RFC 8446 section 6.1."""


@rule(
    "TLS001",
    Severity.ERROR,
    violations("starttls-stripped"),
    "Somebody between {client} and {server} keeps TLS from beginning: {how}",
)
def starttls_stripped(broken: Broken) -> Iterator[Seen]:
    """The offer of STARTTLS, or the client's wish for it, was overwritten or answered on the way.

    Why: The two talk in clear although both could encrypt, so that somebody can read along. Some firewalls do this to
    inspect mail; an attacker does it to steal passwords.

    Mend: Switch the inspection off, or let the client insist on TLS. Compare captures of both ends: what differs was
    changed on the way.
        cisco: no fixup protocol smtp 25, or allow-tls in the policy map of esmtp
        postfix: smtp_tls_security_level = dane, or encrypt in smtp_tls_policy_maps

    Not when: The server does not offer STARTTLS and says that it does not know it.

    Source: RFC 3207 section 6, RFC 8461 section 1.
    """
    how = ", ".join(dict.fromkeys(remark(each.detail) for each in broken.violations))
    yield seen(broken.packets, likely=True, client=broken.talk.client, server=broken.talk.server, how=how)


@rule(
    "TLS002",
    Severity.ERROR,
    violations("plaintext-after-starttls"),
    "{client} sent more in clear behind STARTTLS, before {server} had agreed: {what}",
)
def commands_injected_before_tls(broken: Broken) -> Iterator[Seen]:
    """Commands in clear followed STARTTLS at once; a server that does not throw them away runs them as if encrypted.

    Why: Whoever can write into the connection puts commands in front of the victim's, and gets its mail or password
    (CVE-2011-0411 and the family of 2021, NO STARTTLS).

    Mend: Update the server: it has to forget everything that it read before TLS began. If your own client does this,
    let it wait for the answer to STARTTLS.
        postfix: 2.7.3 or newer
        dovecot: 2.3.14.1 or newer

    Not when: The client waits for the answer, and what follows it is TLS.

    Source: RFC 3207 section 4.2, RFC 3207 section 6, RFC 9051 section 6.2.1.
    """
    what = broken.violations[0].detail.rpartition("waiting for the answer: ")[2]
    yield seen(broken.packets, client=broken.talk.client, server=broken.talk.server, what=what)


@rule(
    "TLS003",
    Severity.ERROR,
    violations("plaintext-after-starttls-reply", "untagged-before-tls"),
    "{server} sent {client} more in clear together with its agreement to begin TLS",
)
def answer_injected_before_tls(broken: Broken) -> Iterator[Seen]:
    """Answers in clear came together with the agreement to TLS; a client that keeps them takes them for encrypted ones.

    Why: Whoever can write into the connection can show the client folders, mails and capabilities that do not exist, or
    send it to another server.

    Mend: Update the client: it has to forget everything that it read before TLS began.
        thunderbird: 78.12 or newer
        mutt: 1.14.4 or newer
        exim: 4.95 or newer, when it sends

    Not when: The server sends the answer to STARTTLS and waits for the handshake.

    Source: RFC 3207 section 4.2, RFC 9051 section 6.2.1, RFC 2595 section 2.
    """
    yield seen(broken.packets, client=broken.talk.client, server=broken.talk.server)


@rule(
    "TLS004",
    Severity.ERROR,
    violations("plaintext-instead-of-tls", "plaintext-before-tls", "plaintext-after-tls"),
    "Between {client} and {server} something was said in clear where TLS was agreed on: {how}",
)
def clear_where_tls_was_agreed(broken: Broken) -> Iterator[Seen]:
    """The conversation went on in clear although TLS had been agreed on, or had begun.

    Why: One side believes to be protected and is not; or somebody writes into the connection.

    Mend: Look at the program that spoke in clear. At ports of implicit TLS (465, 993, 995) the client must begin with
    TLS at once; a client that is set to STARTTLS there waits, or speaks in clear.
        thunderbird: set Connection security to SSL/TLS for port 993, and to STARTTLS for port 143

    Not when: TLS was refused (SMTP006): then all may go on in clear.

    Source: RFC 3207 section 4, RFC 8314 section 3.
    """
    how = ", ".join(dict.fromkeys(remark(each.detail) for each in broken.violations))
    yield seen(broken.packets, client=broken.talk.client, server=broken.talk.server, how=how)


@rule(
    "TLS005",
    Severity.ERROR,
    violations("preauth-before-tls"),
    "{server} greeted {client} as if it had logged in, so that it may not begin TLS any more",
)
def greeted_as_logged_in(broken: Broken) -> Iterator[Seen]:
    """An IMAP server greeted with PREAUTH a client that wanted to encrypt: after it STARTTLS is not allowed.

    Why: An attacker who sends this greeting in the server's name makes the client go on in clear, and upload drafts and
    sent mail to him.

    Mend: Use implicit TLS (port 993), or a client that breaks off after PREAUTH when TLS is wanted.
        mutt: 1.14.3 or newer, with set ssl_force_tls = yes
        dovecot: PREAUTH is only for connections from a local program

    Not when: The client never asks for STARTTLS: a local program may be greeted so.

    Source: RFC 9051 section 11.1, RFC 9051 section 7.1.4.
    """
    yield seen(broken.packets, likely=True, client=broken.talk.client, server=broken.talk.server)


@rule("TLS006", Severity.ERROR, TLS, "TLS between {client} and {server} failed: {who} sent the alert {alert}")
def handshake_failed(talk: Talk) -> Iterator[Seen]:
    """One side ended TLS with an alert: they could not agree, or it does not trust the other's certificate.

    Why: No mail goes over this connection. Many servers try again in clear, which an attacker can bring about in the
    same way.

    Mend: The alert tells the reason: unknown_ca and bad_certificate are about trust, certificate_expired about time,
    protocol_version and handshake_failure about versions and ciphers.
        postfix: smtpd_tls_chain_files = key.pem, certificate.pem and those of the authorities in between
        exim: tls_certificate with the whole chain
        openssl: openssl s_client -starttls smtp -connect mail.example.org:25 -showcerts

    Not when: The alert is close_notify, the usual goodbye, or an alert that is only a warning.

    Source: RFC 8446 section 6.2, RFC 5246 section 7.2.2.
    """
    tls = talk.conversation.dialogue.tls
    if tls is not None and tls.alert is not None and tls.alert.fatal and tls.alert.description not in ENDING_ALERTS:
        who = talk.server if tls.alert.side is Side.SERVER else talk.client
        alert = tls.alert.description
        yield seen((tls.alert.packet,), client=talk.client, server=talk.server, who=who, alert=alert)


@rule(
    "TLS007", Severity.WARNING, TLS, "TLS between {client} and {server} began, but {who} broke off before it was set up"
)
def handshake_broken_off(talk: Talk) -> Iterator[Seen]:
    """The connection was closed in the middle of the TLS handshake, without an alert that could be read.

    Why: No mail goes over this connection. A side that does not like the other's versions, ciphers or certificate often
    just closes.

    Mend: Look into the logs of both sides, and try the handshake by hand.
        openssl: openssl s_client -starttls smtp -connect mail.example.org:25 -tls1_2

    Not when: Data went both ways under TLS, an alert tells the reason (TLS006), or the capture ends or has holes.

    Source: RFC 8446 section 4.
    """
    conversation, tls = talk.conversation, talk.conversation.dialogue.tls
    if tls is None or not conversation.complete or conversation.closed not in (ClosedHow.FIN, ClosedHow.RST):
        return
    if tls.alert is not None or tls.client_octets or tls.server_octets or not tls.messages:
        return
    closing = next((packet for packet in talk.controls if packet.flags & CLOSING), None)
    if closing is not None:
        who = talk.server if closing.side is Side.SERVER else talk.client
        packets = (tls.messages[-1].packet, closing.number)
        yield seen(packets, client=talk.client, server=talk.server, who=who)


@rule(
    "TLS008",
    Severity.WARNING,
    violations(
        *("tls-broken", "tls-bad-record", "tls-bad-handshake", "tls-record-too-long"),
        *("tls-empty-records", "tls-alert-flood", "tls-handshake-flood"),
    ),
    "The TLS connection between {client} and {server} is damaged: {how}",
)
def tls_damaged(broken: Broken) -> Iterator[Seen]:
    """What comes where TLS must be is not TLS, cannot be read, or is more than any connection needs.

    Why: Octets were changed on the way, one of the programs is faulty, or somebody tries to bring it down.

    Mend: Look for devices that change packets on the way, and update both programs.

    Not when: Packets are missing from the capture: what follows a hole is found again and not counted.

    Source: RFC 8446 section 5.1, RFC 8446 section 6.2.
    """
    how = ", ".join(dict.fromkeys(remark(each.detail) for each in broken.violations))
    yield seen(broken.packets, client=broken.talk.client, server=broken.talk.server, how=how)


def went_dark(talk: Talk) -> int:
    """Return the packet with which TLS began, the first of the conversation where that is not told."""
    events = talk.conversation.dialogue.events
    return next((event.packet for event in events if type(event) is WentDark), talk.packets[0])
