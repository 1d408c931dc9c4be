"""Rules of SMTP: what others can read, and who gets in."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Facts, Talk
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.smtp import explained, offered, refusals, welcome
from mailtrace.findings.subjects import CAPTURE, REFUSING, talks
from mailtrace.model import Severity
from mailtrace.model.language import said

REVERSIBLE = frozenset({"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"})
"""Mechanisms that send what opens the account as it is, in base64, which hides nothing."""

GUESSES = 5
"""Refused logins of one client after which it is no mistyped password any more."""

SMTP = talks("smtp")


@rule(
    "SMTP001",
    Severity.WARNING,
    SMTP,
    "{client} sent the password or token of {user} to {server} ({mechanism}) without encryption",
)
def password_sent_in_clear(talk: Talk) -> Iterator[Seen]:
    """A password, or a token that opens the account as well, went over an unencrypted SMTP connection.

    Why: Everybody on the way can read it: base64 is a spelling and hides nothing. Whoever has it reads the mail of the
    account and sends mail in its name.

    Mend: Offer AUTH only after STARTTLS, or on port 465, where TLS comes first; then change the password.
        postfix: smtpd_tls_auth_only = yes
        exim: auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
        sendmail: define(`confAUTH_OPTIONS', `A p y')dnl

    Not when: The mechanism proves the password without sending it (CRAM-MD5, SCRAM), TLS had begun, or both sides are
    the same host.

    Source: RFC 4954 section 9, RFC 8314 section 3.
    """
    for login in talk.conversation.dialogue.logins:
        if login.mechanism in REVERSIBLE and talk.is_clear(login.packets[0]) and not is_inside(talk):
            who = login.user or said("(unknown)")
            yield seen(login.packets, client=talk.client, server=talk.server, user=who, mechanism=login.mechanism)


def is_inside(talk: Talk) -> bool:
    """Tell whether a conversation never left its host."""
    client, server = talk.conversation.key.client.host, talk.conversation.key.server.host
    return client == server or client.startswith("127.")


@rule(
    "SMTP002",
    Severity.INFO,
    SMTP,
    "{client} sent mail to {server} without encryption, which {server} was not seen to offer",
)
def mail_sent_in_clear(talk: Talk) -> Iterator[Seen]:
    """A mail crossed the network readable for everybody: the server did not offer to encrypt.

    Why: Everybody on the way can read the mail, and change it, without either side noticing.

    Mend: Give the server a certificate, and let it offer STARTTLS; one that it signs itself is better than none.
        postfix: smtpd_tls_security_level = may
        exim: tls_advertise_hosts = *
        sendmail: define(`confSERVER_CERT', `/etc/mail/tls/mail.pem')dnl

    Not when: The server offered STARTTLS and the client did not take it up: that is SMTP003. Both are the same host.

    Source: RFC 3207 section 4, RFC 7435 section 3.
    """
    packets = _in_clear(talk)
    if packets and "STARTTLS" not in (offered(talk) or {}):
        yield seen(packets, client=talk.client, server=talk.server)


@rule("SMTP003", Severity.WARNING, SMTP, "{server} offered STARTTLS, but {client} sent mail without encryption")
def starttls_not_used(talk: Talk) -> Iterator[Seen]:
    """The server offered to encrypt, and the client sent its mail in clear all the same.

    Why: Everybody on the way can read and change the mail, although both sides could have prevented that.

    Mend: Let the client use TLS wherever it is offered.
        postfix: smtp_tls_security_level = may
        exim: hosts_avoid_tls = (empty, in the transport)
        sendmail: take lines such as Try_TLS:192.0.2.1 NO out of the access map

    Not when: The client asked for STARTTLS and was refused (SMTP006), or nothing but commands was sent. Both are the
    same host.

    Source: RFC 3207 section 4, RFC 7435 section 3.
    """
    packets = _in_clear(talk)
    asked = any(turn.command is not None and turn.command.verb == "STARTTLS" for turn in talk.commands)
    offer = welcome(talk)
    if packets and not asked and offer is not None and "STARTTLS" in (offered(talk) or {}):
        yield seen((offer[1].packet, *packets), client=talk.client, server=talk.server)


def _in_clear(talk: Talk) -> tuple[int, ...]:
    """Return the packets of the mails that everybody could read."""
    contents = talk.conversation.dialogue.contents
    if not contents or is_inside(talk):
        return ()
    packets = {packet for content in contents for packet in content.packets if talk.is_clear(packet)}
    return tuple(sorted(packets))


@rule("SMTP004", Severity.WARNING, SMTP, "{server} refused the login of {user} from {client} ({mechanism})")
def login_refused(talk: Talk) -> Iterator[Seen]:
    """A login was refused: the user or the password is wrong, or the account may not log in this way.

    Why: The client cannot send its mail. Where the user knows nothing of it, somebody else may be trying passwords.

    Mend: Look into the server's log for the reason, then correct the account or the settings of the mail program.
        dovecot: doveadm auth test USER
        sendmail: sasldblistusers2

    Not when: The client itself gave up the exchange (a line with a single *), or the login was never answered.

    Source: RFC 4954 section 6.
    """
    for login in talk.conversation.dialogue.logins:
        if login.accepted is False and not _cancelled(talk, login.packets):
            who = login.user or said("(unknown)")
            yield seen(login.packets, client=talk.client, server=talk.server, user=who, mechanism=login.mechanism)


def _cancelled(talk: Talk, packets: tuple[int, ...]) -> bool:
    lines = (line for turn in talk.commands for line in turn.continuations)
    return any(line.line.strip() == b"*" and line.packet in packets for line in lines)


@rule(
    "SMTP005",
    Severity.ERROR,
    CAPTURE,
    "{client} was refused {count} logins at SMTP servers in {seconds} s: it looks like somebody trying passwords",
)
def passwords_guessed(facts: Facts) -> Iterator[Seen]:
    """One client failed to log in many times: somebody tries passwords, or a program repeats a wrong one.

    Why: Guessing works as long as nobody stops it, and passwords that were stolen elsewhere are tried everywhere.

    Mend: Slow down and lock out who fails too often, and look whether one of the logins succeeded.
        fail2ban: enabled = true in the jail postfix-sasl or sendmail-auth
        postfix: smtpd_client_auth_rate_limit = 10
        exim: ratelimit = 10 / 1h / per_cmd / $sender_host_address

    Not when: There are fewer than five refused logins, or they come from different clients.

    Source: RFC 4954 section 9.
    """
    failed: dict[str, list[tuple[Talk, tuple[int, ...]]]] = {}
    for talk in facts.talks_by_protocol.get("smtp", []):
        for login in talk.conversation.dialogue.logins:
            if login.accepted is False:
                failed.setdefault(talk.conversation.key.client.host, []).append((talk, login.packets))
    for client, tries in failed.items():
        if len(tries) >= GUESSES:
            first, last = tries[0][0].conversation, tries[-1][0].conversation
            took = max(0, last.end_ns - first.start_ns) // 1_000_000_000
            packets = [packet for _, some in tries for packet in some]
            yield seen(packets, client=facts.naming.of(client), count=len(tries), seconds=took, conversation=first.id)


@rule("SMTP006", Severity.WARNING, REFUSING, "{server} refused to encrypt when {client} asked for it: {answer}")
def starttls_refused(talk: Talk) -> Iterator[Seen]:
    """The client asked for TLS, and the server did not begin it.

    Why: The mail goes on in clear, or not at all. Mostly the server's certificate or key cannot be read, or has
    expired; a device on the way may also answer in the server's place.

    Mend: Look into the server's log, and into certificate, key and their permissions.
        postfix: postconf smtpd_tls_cert_file smtpd_tls_key_file
        exim: tls_certificate and tls_privatekey
        sendmail: the key must not be readable for the group, or it is ignored

    Not when: The server never offered STARTTLS and says that it does not know the command.

    Source: RFC 3207 section 4.
    """
    for _, command, reply in refusals(talk, "STARTTLS"):
        was_offered = "STARTTLS" in (offered(talk, command.packet) or {})
        if was_offered or reply.status == "454":
            packets = (command.packet, reply.packet)
            yield seen(packets, client=talk.client, server=talk.server, answer=explained(reply))
