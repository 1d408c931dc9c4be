"""Rules of POP3: what others can read, and who gets in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from mailtrace.findings.facts import Facts, Talk, answered
from mailtrace.findings.mailboxes import guessed_passwords, refused_logins, shown_logins, shown_mails, unused_offer
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import CAPTURE, talks
from mailtrace.model import Outcome, Severity, Turn

POP3 = talks("pop3")


@rule(
    "POP001",
    Severity.WARNING,
    POP3,
    "{client} sent the password of {user} to the POP3 server {server} ({mechanism}) without encryption",
)
def pop3_password_in_clear(talk: Talk) -> Iterator[Seen]:
    """A password, or a token that opens the mailbox as well, went over an unencrypted POP3 connection.

    Why: Everybody on the way can read it, and with it all mail of the account; most people use the same password for
    sending, too.

    Mend: Let the mail program use port 995, where TLS comes first, or STLS; then change the password.
        dovecot: auth_allow_cleartext = no
        dovecot 2.3: disable_plaintext_auth = yes

    Not when: The password itself is not sent (APOP, CRAM-MD5), TLS had begun, or both sides are the same host.

    Source: RFC 8314 section 3.1, RFC 1939 section 13.
    """
    yield from shown_logins(talk)


@rule("POP002", Severity.INFO, POP3, "{client} fetched mail from {server} without encryption (mails: {count})")
def pop3_mail_in_clear(talk: Talk) -> Iterator[Seen]:
    """Mails were fetched over a connection that everybody on the way can read.

    Why: The text of the mails is as open as a postcard's, even if they had come to the server encrypted.

    Mend: Let the mail program use port 995, or STLS.
        dovecot: ssl = required

    Not when: TLS had begun, or both sides are the same host.

    Source: RFC 8314 section 3.1.
    """
    packets = shown_mails(talk)
    if packets:
        yield seen(packets, client=talk.client, server=talk.server, count=len(talk.conversation.dialogue.contents))


@rule("POP003", Severity.WARNING, POP3, "{server} offered STLS, but {client} logged in without encryption")
def stls_not_used(talk: Talk) -> Iterator[Seen]:
    """The POP3 server offered to encrypt, and the client sent its password in clear all the same.

    Why: Both sides could have kept password and mails to themselves.

    Mend: Switch on STARTTLS, or better TLS on port 995, in the mail program; the server can insist on it.
        dovecot: ssl = required

    Not when: The client asked for STLS, or the way to log in does not show the password.

    Source: RFC 2595 section 4, RFC 8314 section 3.
    """
    packets = tuple(unused_offer(talk, b"STLS", "STLS"))
    if packets:
        yield seen(packets, client=talk.client, server=talk.server)


@rule("POP004", Severity.WARNING, POP3, "{server} refused the login of {user} from {client} ({mechanism})")
def pop3_login_refused(talk: Talk) -> Iterator[Seen]:
    """A login to a mailbox was refused.

    Why: The user gets no mail. Where the user knows nothing of it, somebody else may be trying passwords.

    Mend: Look into the server's log for the reason, then correct the account or the settings of the mail program.
        dovecot: doveadm auth test USER

    Not when: The login was never answered, or the mailbox was only in use ([IN-USE], POP010).

    Source: RFC 1939 section 7, RFC 3206.
    """
    if not any(_is_in_use(turn) for turn in talk.commands):
        yield from refused_logins(talk)


@rule(
    "POP005",
    Severity.ERROR,
    CAPTURE,
    "{client} was refused {count} logins at the POP3 server {server} within minutes (users: {users})",
)
def pop3_passwords_guessed(facts: Facts) -> Iterator[Seen]:
    """One client was refused again and again within a short time: somebody is guessing passwords.

    Why: Programs try lists of frequent passwords until one fits. Then they read the mail, and send spam as its owner.

    Mend: Block the address, and let the server slow down or lock out whoever fails too often.
        dovecot: auth_failure_delay = 2 secs
        fail2ban: enabled = true in the section dovecot

    Not when: Fewer than five logins failed, or they are far apart: that is a person, or a program with an old password.

    Source: RFC 4422 section 6.
    """
    yield from guessed_passwords(facts, "pop3")


@rule(
    "POP010",
    Severity.WARNING,
    POP3,
    "{server} refused {client} the mailbox, because another session has it open: {answer}",
)
def mailbox_in_use(talk: Talk) -> Iterator[Seen]:
    """POP3 locks a mailbox for one session, and another one had it.

    Why: The mail program shows an error, and many users then think that their password is wrong. A session that died
    without a goodbye can block the mailbox for ten minutes.

    Mend: Let programs look for mail less often, and end sessions with QUIT.
        dovecot: pop3_lock_session = no

    Not when: The login is refused for another reason.

    Source: RFC 2449 section 8.1.2, RFC 1939 section 3.
    """
    for turn in talk.commands:
        if _is_in_use(turn):
            reply = turn.replies[-1]
            yield seen((reply.packet,), client=talk.client, server=talk.server, answer=answered(reply))


@rule("POP014", Severity.WARNING, POP3, "{server} did not understand {verb} of {client}: {answer}")
def pop3_command_refused(talk: Talk) -> Iterator[Seen]:
    """A command other than those for logging in and for mails was refused.

    Why: The client and the server do not agree on what can be said: a fault of the program, or a person typing by hand.

    Mend: Ask with CAPA what the server knows, and correct the client.

    Not when: CAPA, AUTH or STLS is refused: that is how a client finds out what an old server knows. QUIT said twice.

    Source: RFC 1939 section 3.
    """
    for turn in talk.commands:
        command = turn.command
        if command is None or command.verb in EXPECTED_REFUSALS or not turn.replies:
            continue
        reply = turn.replies[-1]
        if reply.outcome is Outcome.NO and command.certain:
            packets = (command.packet, reply.packet)
            yield seen(packets, client=talk.client, server=talk.server, verb=command.verb, answer=answered(reply))


EXPECTED_REFUSALS = frozenset(
    (
        *("CAPA", "AUTH", "STLS", "APOP", "USER", "PASS", "QUIT"),
        *("RETR", "DELE", "TOP", "UIDL", "LANG", "UTF8", "LAST"),
    )
)
"""Commands whose refusal is judged elsewhere, or is how a client finds out what the server knows."""


@rule(
    "POP015",
    Severity.WARNING,
    talks("smtp", "imap"),
    "{protocol} is spoken on port {port} of {server}, which is for POP3",
)
def other_protocol_on_pop3_port(talk: Talk) -> Iterator[Seen]:
    """Something else than POP3 is spoken on port 110 or 995, IMAP for instance.

    Why: Mail programs that are set up for POP3 cannot log in there. Each protocol has ports of its own: a mistake in
    the configuration, or somebody hides a service.

    Mend: Put each service on its own port.
        dovecot: inet_listener imap { port = 143 } and inet_listener pop3 { port = 110 }

    Not when: The protocol was named by the user for this port, or POP3 is spoken on some other port.

    Source: RFC 1939 section 3, RFC 9051 section 2.1.
    """
    yield from strangers(talk, {110: "POP3", 995: "POP3"})


def strangers(talk: Talk, ports: Mapping[int, str]) -> Iterator[Seen]:
    """Yield that a conversation is on the port of another protocol, one of `ports`."""
    port = talk.conversation.key.server.port
    wrong = talk.violations.get("wrong-port", ()) if port in ports else ()
    if wrong:
        protocol = talk.conversation.protocol.upper()
        yield seen((wrong[0].packet,), protocol=protocol, port=str(port), server=talk.server)


def _is_in_use(turn: Turn) -> bool:
    refused = [reply for reply in turn.replies if reply.outcome is Outcome.NO]
    return any(b"[IN-USE]" in line.upper() for reply in refused for line in islice(reply.lines, 1))
