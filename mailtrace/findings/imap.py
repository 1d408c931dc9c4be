"""Rules of IMAP: what others can read, who gets in, and what becomes of folders and mails."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtrace.findings.facts import Broken, Facts, Talk, answered
from mailtrace.findings.mailboxes import guessed_passwords, refused_logins, shown_logins, shown_mails, unused_offer
from mailtrace.findings.pop3 import strangers
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import CAPTURE, talks, violations
from mailtrace.model import Command, Outcome, Reply, Severity, Turn, wire_text
from mailtrace.model.language import said

IMAP = talks("imap")

LOGIN_VERBS = ("LOGIN", "AUTHENTICATE")

TOLD_ELSEWHERE = ("OVERQUOTA", "ALREADYEXISTS")
"""Codes of refusals that have a rule of their own, or do no harm."""

SET_LIMIT = 10_000
"""Octets of a set of mails that are read: servers put runs of numbers together, so that sets are short."""

_RANGE = re.compile(rb"([0-9]{1,10})(?::([0-9]{1,10}))?")
_CODE = re.compile(rb"\[([A-Za-z0-9-]{1,40})(?: ([^\]]{0,200}))?\]")


@rule(
    "IMAP001",
    Severity.WARNING,
    IMAP,
    "{client} sent the password of {user} to the IMAP server {server} ({mechanism}) without encryption",
)
def imap_password_in_clear(talk: Talk) -> Iterator[Seen]:
    """A password, or a token that opens the mailbox as well, went over an unencrypted IMAP connection.

    Why: Everybody on the way can read it, and with it all mail of the account, in all folders.

    Mend: Let the mail program use port 993, where TLS comes first, or STARTTLS; then change the password.
        dovecot: auth_allow_cleartext = no
        dovecot 2.3: disable_plaintext_auth = yes

    Not when: The password itself is not sent (CRAM-MD5, SCRAM), TLS had begun, or both sides are the same host.

    Source: RFC 8314 section 3.2, RFC 9051 section 11.
    """
    yield from shown_logins(talk)


@rule("IMAP002", Severity.INFO, IMAP, "{client} and {server} exchanged mail without encryption (mails: {count})")
def imap_mail_in_clear(talk: Talk) -> Iterator[Seen]:
    """Mails were fetched or stored over a connection that everybody on the way can read.

    Why: The text of the mails is as open as a postcard's, even if they had come to the server encrypted.

    Mend: Let the mail program use port 993, or STARTTLS.
        dovecot: ssl = required

    Not when: TLS had begun, both sides are the same host, or only parts and headers were fetched.

    Source: RFC 8314 section 3.2.
    """
    packets = shown_mails(talk)
    if packets:
        yield seen(packets, client=talk.client, server=talk.server, count=len(talk.conversation.dialogue.contents))


@rule("IMAP003", Severity.WARNING, IMAP, "{server} offered STARTTLS, but {client} logged in without encryption")
def imap_starttls_not_used(talk: Talk) -> Iterator[Seen]:
    """The IMAP server offered to encrypt, and the client sent its password in clear all the same.

    Why: Both sides could have kept password and mails to themselves.

    Mend: Switch on STARTTLS, or better TLS on port 993, in the mail program; the server can insist on it.
        dovecot: ssl = required

    Not when: The client asked for STARTTLS, or the way to log in does not show the password.

    Source: RFC 9051 section 6.2.1, RFC 8314 section 3.
    """
    packets = tuple(unused_offer(talk, b"STARTTLS", "STARTTLS"))
    if packets:
        yield seen(packets, client=talk.client, server=talk.server)


@rule("IMAP004", Severity.WARNING, IMAP, "{server} refused the login of {user} from {client} ({mechanism})")
def imap_login_refused(talk: Talk) -> Iterator[Seen]:
    """A login to an IMAP server was refused.

    Why: The user sees no mail. Where the user knows nothing of it, somebody else may be trying passwords.

    Mend: Look into the server's log for the reason, then correct the account or the settings of the mail program.
        dovecot: doveadm auth test USER

    Not when: The login was never answered, or the server refuses because it wants encryption first (IMAP007).

    Source: RFC 9051 section 6.2.
    """
    if not any(_wants_privacy(turn) for turn in talk.commands):
        yield from refused_logins(talk)


@rule(
    "IMAP005",
    Severity.ERROR,
    CAPTURE,
    "{client} was refused {count} logins at the IMAP server {server} within minutes (users: {users})",
)
def imap_passwords_guessed(facts: Facts) -> Iterator[Seen]:
    """One client was refused again and again within a short time: somebody is guessing passwords.

    Why: Programs try lists of frequent passwords until one fits. Then they read the mail, and send spam as its owner.

    Mend: Block the address, and let the server slow down or lock out whoever fails too often.
        dovecot: auth_failure_delay = 2 secs
        fail2ban: enabled = true in the section dovecot

    Not when: Fewer than five logins failed, or they are far apart: that is a person, or a program with an old password.

    Source: RFC 9051 section 11.
    """
    yield from guessed_passwords(facts, "imap")


@rule(
    "IMAP006",
    Severity.WARNING,
    talks("smtp", "pop3"),
    "{protocol} is spoken on port {port} of {server}, which is for IMAP",
)
def other_protocol_on_imap_port(talk: Talk) -> Iterator[Seen]:
    """Something else than IMAP is spoken on port 143 or 993, POP3 for instance.

    Why: Mail programs that are set up for IMAP cannot log in there. Each protocol has ports of its own: a mistake in
    the configuration, or somebody hides a service.

    Mend: Put each service on its own port.
        dovecot: inet_listener imap { port = 143 } and inet_listener pop3 { port = 110 }

    Not when: The protocol was named by the user for this port, or IMAP is spoken on some other port.

    Source: RFC 9051 section 2.1.
    """
    yield from strangers(talk, {143: "IMAP", 993: "IMAP"})


@rule("IMAP007", Severity.WARNING, IMAP, "{client} sent a password to {server}, although {server} had forbidden it")
def login_although_disabled(talk: Talk) -> Iterator[Seen]:
    """The server said LOGINDISABLED, or refuses with PRIVACYREQUIRED, and the client sent the password in clear.

    Why: The login cannot succeed, and the password is given away for nothing.

    Mend: Switch on TLS in the mail program, and change the password. A correct program does not log in there.

    Not when: LOGINDISABLED stood in no capability list before the login, or TLS had begun.

    Source: RFC 9051 section 6.2.3.
    """
    forbidden = 0
    for turn in talk.turns:
        command = turn.command
        if command is not None and command.verb == "LOGIN" and talk.is_clear(command.packet):
            refused = _wants_privacy(turn)
            if forbidden or refused:
                packets = (forbidden, command.packet) if forbidden else (command.packet, turn.replies[-1].packet)
                yield seen(packets, client=talk.client, server=talk.server)
        for reply in turn.replies:
            words = [line.upper().strip(b"[]").replace(b"]", b" ").split() for line in reply.lines]
            if any(b"LOGINDISABLED" in line for line in words):
                forbidden = reply.packet


@rule(
    "IMAP008",
    Severity.ERROR,
    violations("preauth-before-tls", protocols=("imap",)),
    "{server} greeted {client} as logged in already, so that {client} could not begin TLS",
)
def login_forced_in_clear(broken: Broken) -> Iterator[Seen]:
    """The greeting was PREAUTH, and the client wanted to begin TLS, which is not allowed any more then.

    Why: Somebody between both can have put the greeting there to keep everything readable. A client that goes on gives
    its mail away, for instance by storing drafts.

    Mend: Use port 993, where TLS comes before everything else. A client that insists on TLS has to hang up.

    Not when: The client does not ask for TLS: on a connection that is safe by itself PREAUTH is allowed.

    Source: RFC 9051 section 11.1, RFC 9051 section 7.1.4.
    """
    yield seen(broken.packets, client=broken.talk.client, server=broken.talk.server)


@rule("IMAP009", Severity.WARNING, IMAP, "{server} did not understand {verb} of {client}: {answer}")
def imap_command_not_understood(talk: Talk) -> Iterator[Seen]:
    """The server answered BAD: the command is unknown, badly written, or not allowed at this point.

    Why: A correct program never gets BAD. Part of what the user wanted does not happen, often without a word to them.

    Mend: Update the client, or correct what was typed. A server that is too old for the client shows in CAPABILITY.

    Not when: The answer is NO: there the server understood, and could not or would not.

    Source: RFC 9051 section 7.1.3.
    """
    for command, reply in _completed(talk):
        if reply.status == "BAD":
            packets = (command.packet, reply.packet)
            verb = command.verb or said("a line")
            yield seen(packets, client=talk.client, server=talk.server, verb=verb, answer=answered(reply))


@rule("IMAP010", Severity.WARNING, IMAP, "{server} refused {verb} of {client}: {answer}")
def imap_command_refused(talk: Talk) -> Iterator[Seen]:
    """The server understood a command and did not carry it out (NO).

    Why: A folder is missing, rights are lacking, or the server cannot get at its files; the user mostly sees only that
    something did not work.

    Mend: Read the code in square brackets: NONEXISTENT and TRYCREATE want the folder made, NOPERM wants rights,
    OVERQUOTA wants room.

    Not when: It is a login (IMAP004), the mailbox is full (IMAP011), or a folder that was to be made is there already.

    Source: RFC 9051 section 7.1.2.
    """
    for command, reply in _completed(talk):
        if reply.status == "NO" and command.verb not in LOGIN_VERBS and _code(reply)[0] not in TOLD_ELSEWHERE:
            packets = (command.packet, reply.packet)
            yield seen(packets, client=talk.client, server=talk.server, verb=command.verb, answer=answered(reply))


@rule("IMAP011", Severity.WARNING, IMAP, "There is no room left on {server} for {verb} of {client}: {answer}")
def mailbox_over_quota(talk: Talk) -> Iterator[Seen]:
    """The server refused to store something, since the user's room is used up.

    Why: Copies of sent mails and drafts are lost, and soon new mail will be refused, too (5.2.2).

    Mend: Delete mails and expunge them, or give more room.
        dovecot: quota_storage_size = 2G
        dovecot 2.3: quota_rule = *:storage=2G

    Not when: A single mail is too big (TOOBIG), or another limit was reached (LIMIT).

    Source: RFC 9208 section 4.3.1, RFC 9051 section 7.1.
    """
    for command, reply in _completed(talk):
        if _code(reply)[0] == "OVERQUOTA" and reply.outcome is Outcome.NO:
            packets = (command.packet, reply.packet)
            yield seen(packets, client=talk.client, server=talk.server, verb=command.verb, answer=answered(reply))


@rule("IMAP012", Severity.INFO, IMAP, "{client} removed mail from {server} for good (mails: {count})")
def mails_expunged(talk: Talk) -> Iterator[Seen]:
    """EXPUNGE removed the mails that were marked as deleted.

    Why: They are gone from all devices. With MOVE to the trash they could still be found.

    Mend: If it is not wanted, let the mail program move mails to the trash; a backup may have them.

    Not when: Nothing was marked, the server refused, or mails were moved and the server tells their removal so.

    Source: RFC 9051 section 6.4.3, RFC 9051 section 7.5.1.
    """
    gone = [
        reply
        for turn in talk.commands
        if turn.command is not None and turn.command.verb in ("EXPUNGE", "UID EXPUNGE")
        for reply in turn.replies
        if reply.status in ("EXPUNGE", "VANISHED")
    ]
    if gone:
        packets = dict.fromkeys(reply.packet for reply in gone)
        yield seen(packets, client=talk.client, server=talk.server, count=sum(map(_removed, gone)))


@rule("IMAP013", Severity.WARNING, IMAP, "{server} tells the user of {client}: {text}")
def alert_for_the_user(talk: Talk) -> Iterator[Seen]:
    """The server sent an ALERT: a text that every mail program must show to its user.

    Why: It is about something that the user has to know: a full mailbox, a shutdown, an expired password.

    Mend: Read it. Programs that do not show it should be updated.

    Not when: The text has another code, or none.

    Source: RFC 9051 section 7.1.
    """
    for _, reply in talk.replies:
        if _code(reply)[0] == "ALERT":
            shown = answered(reply).partition("]")[2].strip()
            yield seen((reply.packet,), client=talk.client, server=talk.server, text=shown)


@rule(
    "IMAP014",
    Severity.WARNING,
    CAPTURE,
    "The folder {folder} of {user} on {server} got a new UIDVALIDITY: {new}, before {old}",
)
def folder_renumbered(facts: Facts) -> Iterator[Seen]:
    """A folder was opened twice, and its UIDVALIDITY was another one the second time.

    Why: All UIDs that programs remember are void: they throw their copies away and fetch everything again, which takes
    long and may bring old mails up as new ones.

    Mend: Do not rebuild indexes or move mailboxes without their UID files.
        dovecot: doveadm backup keeps the UIDs when mailboxes are moved

    Not when: The number is the same, it is another user's folder, or the folder was deleted and made again in between.

    Source: RFC 9051 section 2.3.1.1.
    """
    known: dict[tuple[str, str, str], tuple[str, int]] = {}
    for talk in facts.talks_by_protocol.get("imap", ()):
        user = next((login.user for login in talk.conversation.dialogue.logins if login.accepted), None)
        for turn in talk.commands:
            folder, told = _opened(turn)
            if turn.command is not None and turn.command.verb in ("DELETE", "RENAME", "CREATE"):
                known.clear()
            if user is None or not folder or told is None:
                continue
            key = (talk.conversation.key.server.host, user, folder)
            number = _code(told)[1]
            old = known.get(key, (number, 0))
            if old[0] != number:
                yield seen(
                    (old[1], told.packet),
                    conversation=talk.conversation_id,
                    folder=folder,
                    user=user,
                    server=talk.server,
                    new=number,
                    old=old[0],
                )
            known[key] = (number, told.packet)


@rule(
    "IMAP015",
    Severity.WARNING,
    violations("duplicate-tag", protocols=("imap",)),
    "{client} gave two commands the same tag while the first was under way",
)
def tag_used_twice(broken: Broken) -> Iterator[Seen]:
    """Two commands that were under way at the same time had the same tag.

    Why: Nobody can tell which of them an answer is for: mails may be marked or deleted that were not meant.

    Mend: Update the client: it has to give each command a tag of its own.

    Not when: The first command was completed before its tag was used again.

    Source: RFC 9051 section 2.2.1.
    """
    yield seen(broken.packets, client=broken.talk.client)


def _removed(reply: Reply) -> int:
    """Return how many mails a reply says are gone: `EXPUNGE` one, `VANISHED 41,43:116` all in the set."""
    if reply.status == "EXPUNGE" or not reply.lines:
        return 1
    return sum(
        max(1, int(last or first) - int(first) + 1)
        for first, last in _RANGE.findall(reply.lines[0].rpartition(b" ")[2][:SET_LIMIT])
    )


def _completed(talk: Talk) -> Iterator[tuple[Command, Reply]]:
    """Yield the commands with the replies that complete them."""
    for turn in talk.commands:
        if turn.command is not None and turn.replies and turn.replies[-1].tag is not None:
            yield turn.command, turn.replies[-1]


def _code(reply: Reply) -> tuple[str, str]:
    """Return the code in square brackets that opens a reply's text, and what stands behind it; '' without one."""
    found = _CODE.match(reply.lines[0]) if reply.lines else None
    return (wire_text(found[1].upper()), wire_text(found[2] or b"")) if found is not None else ("", "")


def _wants_privacy(turn: Turn) -> bool:
    return any(_code(reply)[0] == "PRIVACYREQUIRED" for reply in turn.replies)


def _opened(turn: Turn) -> tuple[str, Reply | None]:
    """Return the folder that a command opens, and the reply that tells its UIDVALIDITY."""
    command = turn.command
    if command is None or command.verb not in ("SELECT", "EXAMINE") or not turn.replies:
        return "", None
    words = wire_text(command.line[command.argument_at :]).strip().strip('"')
    folder = "INBOX" if words.upper() == "INBOX" else words
    return folder, next((reply for reply in turn.replies if _code(reply)[0] == "UIDVALIDITY"), None)
