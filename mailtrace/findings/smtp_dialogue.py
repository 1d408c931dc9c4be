"""Rules of SMTP: who speaks when, in which order, and whether it is a command or a reply at all."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Broken, Talk, said
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.smtp import explained, offered, refusals
from mailtrace.findings.subjects import REFUSING, talks, violations
from mailtrace.model import ClosedHow, Command, Flags, Outcome, Severity, Side, Turn
from mailtrace.model.remarks import remark
from mailtrace.protocols.smtp.grammar import VERBS

LAST_OF_A_GROUP = frozenset({"HELO", "EHLO", "LHLO", "VRFY", "EXPN", "TURN", "NOOP", "QUIT", "AUTH"})
"""Commands whose answer a client must await in any case. Source: RFC 2920 section 3.1, RFC 4954 section 4."""


SMTP = talks("smtp")


@rule(
    "SMTP020",
    Severity.WARNING,
    violations("early-talker", protocols=("smtp",)),
    "{client} began to speak before {server} had greeted it",
)
def client_spoke_first(broken: Broken) -> Iterator[Seen]:
    """The client sent a command before the server's greeting was there.

    Why: Honest clients wait; programs that send spam often do not, and servers use that to tell them apart. Such a
    client is likely to be refused.

    Mend: Let the client wait for the 220 line. If it is your own program, read before you write.
        postfix: postscreen_greet_action = enforce tests clients for it
        sendmail: FEATURE(`greet_pause', `5000')dnl
        exim: smtp_enforce_sync = true (the default) refuses them

    Not when: The greeting was not captured, or the client's packet acknowledges it: then the capture swapped the two.

    Source: RFC 5321 section 4.3.1.
    """
    talk = broken.talk
    greeting = next((reply.packet for turn in talk.turns if turn.command is None for reply in turn.replies), None)
    if greeting is None or not talk.knew(broken.packets[0], greeting):
        yield seen(broken.packets, client=talk.client, server=talk.server)


def overtaking(talk: Talk) -> Iterator[tuple[Command, Command]]:
    """Yield each command that was sent before the last answer to the one before it was here, and that one."""
    if talk.gaps:
        return
    before: Turn | None = None
    for turn in talk.commands:
        if before is not None and before.command is not None and turn.command is not None:
            command, answers = turn.command, before.replies
            if answers and command.packet < answers[-1].packet and not talk.knew(command.packet, answers[-1].packet):
                yield command, before.command
        before = turn


@rule(
    "SMTP021",
    Severity.WARNING,
    SMTP,
    "{client} did not wait for the answer to {verb} but sent on, which {server} had not allowed",
)
def pipelined_without_offer(talk: Talk) -> Iterator[Seen]:
    """Commands were sent without waiting for the answers, although the server had not offered PIPELINING.

    Why: A server that reads one command at a time may lose the others. Programs that send spam do so; some servers
    refuse whoever does.

    Mend: Let the client wait for each answer, or look for PIPELINING in the answer to EHLO before.
        postfix: smtpd_forbid_unauth_pipelining = yes refuses such clients
        exim: pipelining_advertise_hosts = *

    Not when: PIPELINING was offered and the command is none whose answer must be awaited (EHLO, NOOP, VRFY, QUIT and
    the like); or the capture has holes, or its packets are swapped: what is acknowledged was there.

    Source: RFC 2920 section 3.1, RFC 5321 section 4.1.1.
    """
    hasty = []
    for command, before in overtaking(talk):
        allowed = "PIPELINING" in (offered(talk, command.packet) or {}) and before.verb not in LAST_OF_A_GROUP
        if not allowed and before.verb != "STARTTLS":
            hasty.append((command, before))
    if hasty and "early-talker" not in talk.violations:
        packets = dict.fromkeys(command.packet for command, _ in hasty)
        yield seen(packets, client=talk.client, server=talk.server, verb=hasty[0][1].verb)


@rule("SMTP022", Severity.WARNING, REFUSING, "{client} sent something that is no command of SMTP: {line}")
def command_unknown(talk: Talk) -> Iterator[Seen]:
    """A line of the client is no command that SMTP or one of its extensions knows, and the server said so.

    Why: The two do not speak the same language: it may be another protocol (HTTP, a proxy test), a device that changes
    commands on the way, a person typing, or lines of a mail that are taken for commands.

    Mend: Find out which program speaks at that address. Servers can end such conversations early.
        postfix: smtpd_forbidden_commands = CONNECT GET POST
        exim: smtp_max_unknown_commands = 3

    Not when: The command is a known one that this server does not have (SMTP023), or it is a line of a mail whose DATA
    was refused (SMTP025).

    Source: RFC 5321 section 4.2.4.
    """
    if "data-refused-body-follows" in talk.violations:
        return
    for turn in talk.commands:
        command = turn.command
        if command is None or command.verb in VERBS or not command.verb or command.verb.startswith("XXXX"):
            continue
        if command.certain and any(reply.status[:2] == "50" for reply in turn.replies):
            yield seen((command.packet, turn.replies[0].packet), client=talk.client, line=said(command))


@rule("SMTP023", Severity.INFO, REFUSING, "{server} does not offer the command {verb} that {client} used: {answer}")
def command_not_offered(talk: Talk) -> Iterator[Seen]:
    """The client used a command that exists, but this server does not have it.

    Why: The client gets no further this way. An EHLO that is not understood means a very old server: there will be no
    encryption and no login. VRFY and EXPN are mostly switched off on purpose.

    Mend: Look at the answer to EHLO for what the server offers, or switch the command on.
        postfix: disable_vrfy_command = no
        exim: acl_smtp_vrfy = acl_check_vrfy
        sendmail: define(`confPRIVACY_FLAGS', `goaway') is what switches them off

    Not when: The command is no command of SMTP at all (SMTP022), or came at the wrong moment (SMTP024).

    Source: RFC 5321 section 4.2.4, RFC 5321 section 4.1.4.
    """
    for turn in talk.commands:
        command = turn.command
        if command is None or command.verb not in VERBS or command.verb in ("MAIL", "RCPT", "DATA", "STARTTLS"):
            continue
        for reply in turn.replies:
            if reply.status in ("500", "502"):
                packets = (command.packet, reply.packet)
                yield seen(packets, client=talk.client, server=talk.server, verb=command.verb, answer=explained(reply))


@rule("SMTP024", Severity.WARNING, REFUSING, "{client} sent {verb} at a moment when it is not allowed: {answer}")
def command_out_of_order(talk: Talk) -> Iterator[Seen]:
    """A command came at the wrong moment: a recipient without a sender, a second sender, DATA without recipients.

    Why: Client and server disagree about how far the mail is; mostly the client has not noticed a refusal before.

    Mend: Let the client look at each answer, and begin anew with RSET after a refusal.

    Not when: The command was sent ahead (PIPELINING), before the client could know that the one before it is refused.

    Source: RFC 5321 section 4.1.4, RFC 2920 section 3.1.
    """
    ahead = {id(command) for command, _ in overtaking(talk)}
    for turn in talk.commands:
        command = turn.command
        if command is None or id(command) in ahead or talk.gaps:
            continue
        for reply in turn.replies:
            if reply.status == "503":
                yield seen(
                    (command.packet, reply.packet), client=talk.client, verb=command.verb, answer=explained(reply)
                )


@rule(
    "SMTP025",
    Severity.ERROR,
    violations("data-refused-body-follows", protocols=("smtp",)),
    "{client} sent its mail although {server} had refused DATA: the lines of the mail were taken for commands",
)
def mail_sent_after_refusal(broken: Broken) -> Iterator[Seen]:
    """The server refused DATA, and the client sent the mail nevertheless.

    Why: Every line of the mail is a command to the server now. Whoever writes mails with such a line in them can make
    the server do things in the client's name.

    Mend: Correct the client: it must wait for 354 before it sends the mail.
        postfix: smtpd_forbid_unauth_pipelining = yes refuses such clients
        exim: smtp_enforce_sync = true

    Not when: The client only sent commands ahead, RSET or QUIT for instance.

    Source: RFC 5321 section 4.1.1.4, RFC 2920 section 3.1.
    """
    yield seen(broken.packets, client=broken.talk.client, server=broken.talk.server)


@rule(
    "SMTP026",
    Severity.WARNING,
    violations("bad-reply", "reply-code-changed", "unmatched-reply", protocols=("smtp",)),
    "{server} did not answer as SMTP wants it: {how}",
)
def reply_broken(broken: Broken) -> Iterator[Seen]:
    """A line of the server is no reply, the lines of one reply have different codes, or nothing asked for a reply.

    Why: The client cannot know what was answered to what, and may take a refusal for an acceptance.

    Mend: Find out what speaks at that port: a proxy, a debug message printed into the connection, two programs at once.

    Not when: More replies come because the server found a further mail inside another (SMTP010), a 421 comes by itself,
    or replies are missing from the capture.

    Source: RFC 5321 section 4.2, RFC 5321 section 4.2.1.
    """
    explaining = ("smuggled-message", "end-of-data-variant", "data-refused-body-follows", "plaintext-after-starttls")
    if any(code in broken.talk.violations for code in explaining):
        return
    if broken.talk.gaps:
        return
    how = ", ".join(dict.fromkeys(remark(each.detail) for each in broken.violations))
    yield seen(broken.packets, server=broken.talk.server, how=how)


@rule(
    "SMTP027",
    Severity.INFO,
    violations("enhanced-code-mismatch", protocols=("smtp",)),
    "{server} sent an enhanced code that contradicts its reply code",
)
def codes_contradict(broken: Broken) -> Iterator[Seen]:
    """The reply code says one thing and the enhanced code another: 550 with 4.7.1, for instance.

    Why: The client goes by one of the two: it may give up a mail that was only to be tried later, or the reverse.

    Mend: Correct the text of the server's policy, so that both codes begin with the same digit.
        postfix: check_recipient_access answers such as "450 4.7.1 text"
        exim: message = 4.7.1 text belongs to defer, not to deny

    Not when: The reply has no enhanced code.

    Source: RFC 2034 section 4.
    """
    yield seen(broken.packets, server=broken.talk.server)


@rule("SMTP028", Severity.WARNING, REFUSING, "{server} did not understand the argument of {line}: {answer}")
def argument_refused(talk: Talk) -> Iterator[Seen]:
    """The server knows the command, but not what stands behind it: an address, a parameter, a name.

    Why: The command has no effect, and a mail ends here unless the client tries it otherwise.

    Mend: Compare the command with its grammar; a parameter is only allowed where EHLO offered its extension.

    Not when: The login itself was refused (SMTP004), or the recipient (SMTP040 and the following).

    Source: RFC 5321 section 4.1.2, RFC 5321 section 4.1.1.11.
    """
    verbs = [verb for verb in VERBS if verb != "AUTH"]
    for _, command, reply in refusals(talk, *verbs):
        if reply.status in ("501", "504", "555") and command.certain:
            yield seen((command.packet, reply.packet), server=talk.server, line=said(command), answer=explained(reply))


@rule(
    "SMTP029",
    Severity.INFO,
    violations(*("space-in-path", "bad-path", "space-before-command", "empty-line", "bad-base64"), protocols=("smtp",)),
    "{client} spelled commands in a way that not every server takes: {how}",
)
def spelling_sloppy(broken: Broken) -> Iterator[Seen]:
    """Commands are not written as the grammar wants them: blanks in front of an address, an address without brackets.

    Why: Most servers are lenient, some refuse it, and what they understand may differ.

    Mend: Correct the client: `MAIL FROM:<a@example.org>` without a blank behind the colon, and with the brackets.
        postfix: strict_rfc821_envelopes = yes refuses it

    Not when: The verb is in small letters, which is allowed.

    Source: RFC 5321 section 4.1.1.2, RFC 5321 section 4.1.2.
    """
    how = ", ".join(dict.fromkeys(remark(each.detail) for each in broken.violations))
    yield seen(broken.packets, client=broken.talk.client, how=how)


@rule("SMTP039", Severity.INFO, SMTP, "{client} closed the connection without saying QUIT")
def quit_missing(talk: Talk) -> Iterator[Seen]:
    """The client ended the connection in the middle of the dialogue, with nothing open, but without a goodbye.

    Why: The server cannot tell a finished client from a broken connection. Programs that only test a server do this,
    and such that send spam.

    Mend: Let the client say QUIT and wait for 221.

    Not when: The server closed first, an answer was still owed, encryption hides what was said last, or the capture
    ends before the connection does.

    Source: RFC 5321 section 4.1.1.10.
    """
    conversation = talk.conversation
    if conversation.closed is not ClosedHow.FIN or not conversation.complete or not talk.is_clear(talk.packets[-1]):
        return
    closer = next((packet for packet in talk.controls if packet.flags & Flags.FIN), None)
    if closer is None or closer.side is not Side.CLIENT or not talk.hellos:
        return
    last = talk.commands[-1]
    if last.command is None or last.command.verb == "QUIT" or not last.replies:
        return
    if last.replies[-1].status != "421" and last.replies[-1].outcome is not Outcome.MORE:
        yield seen((closer.number,), client=talk.client)
