"""Rules of SMTP: how a conversation ends before its time, who was not patient enough, and sizes that do not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtrace.findings.facts import Talk, answered
from mailtrace.findings.refusals import Reason, reason
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.smtp import argument, explained, offered
from mailtrace.findings.subjects import REFUSING, talks
from mailtrace.model import (
    ClosedHow,
    Command,
    Content,
    Flags,
    Outcome,
    Packet,
    Severity,
    Side,
    Transaction,
    TransactionOutcome,
    Turn,
)
from mailtrace.model.figures import SECOND_NS, between, seconds
from mailtrace.model.language import said

SMTP = talks("smtp")

END_OF_MAIL = "."

OWED = {"": "the connection (the greeting)", END_OF_MAIL: "the end of the mail"}
"""What a client waits for the answer to, where that is no command."""

PATIENCE_S = {"": 300, "MAIL": 300, "RCPT": 300, "DATA": 120, "BDAT": 600, END_OF_MAIL: 600}
"""Seconds that a client waits at least for an answer; '' is the greeting. Source: RFC 5321 section 4.5.3.2."""

SERVER_PATIENCE_S = 300
"""Seconds that a server waits at least for the next command. Source: RFC 5321 section 4.5.3.2.7."""

ADDED_OCTETS = 1024
"""How much larger than announced a mail may be: a relay adds a trace field behind its count."""

NO_PATIENCE_NS = 2 * SECOND_NS
"""Whoever ends a connection sooner did not lose patience: it was closed for another reason."""

CLOSING = int(Flags.FIN | Flags.RST)
_SIZE = re.compile(r"(?:^| )SIZE=([0-9]{1,20})(?: |$)", re.IGNORECASE)


def _closing(talk: Talk) -> Packet | None:
    """Return the packet with which one side ended the connection, None where it was not captured or not in order."""
    return next((packet for packet in talk.controls if packet.flags & CLOSING), None)


def _who(talk: Talk, side: Side) -> str:
    return talk.server if side is Side.SERVER else talk.client


@rule(
    "SMTP060", Severity.ERROR, SMTP, "{who} ended the connection in the middle of a mail, after {octets} octets of it"
)
def connection_lost_in_mail(talk: Talk) -> Iterator[Seen]:
    """The connection ended while a mail was being sent, before the line with the single dot.

    Why: The mail was not delivered. The client has to send it again from the beginning, and if it breaks at the same
    place each time, the mail never gets through.

    Mend: If it breaks after about the same number of octets, look for a firewall or a path that swallows large packets
    (MTU); if after the same time, look for a time limit.
        postfix: smtp_discard_ehlo_keywords = chunking rules out one cause
        linux: sysctl net.ipv4.tcp_mtu_probing=1

    Not when: The client gave the mail up itself (RSET, QUIT), the capture ends before the connection does, or the
    packets in between are missing from it.

    Source: RFC 5321 section 4.5.3.2.5.
    """
    closing = _closing(talk)
    if closing is None or talk.gaps:
        return
    sent = [each for each in talk.conversation.dialogue.events if type(each) in (Command, Content)]
    last = sent[-1] if sent else None
    if isinstance(last, Content) and not last.complete:
        packets = (*last.packets[-1:], closing.number)
        yield seen(packets, who=_who(talk, closing.side), octets=last.size_bytes)


@rule("SMTP061", Severity.WARNING, SMTP, "{who} ended the connection before {server} had answered to the whole mail")
def answer_to_mail_missing(talk: Talk) -> Iterator[Seen]:
    """The mail was sent to its end, but the connection ended before the server said whether it took it.

    Why: The client must take it for not delivered and sends it again; the server may have it already. Then it arrives
    twice.

    Mend: Let the client wait ten minutes for this answer, and let the server do its slow checks afterwards.
        postfix: smtp_data_done_timeout = 600s
        exim: final_timeout = 10m
        sendmail: define(`confTO_DATAFINAL', `1h')dnl

    Not when: The answer is missing from the capture, or the capture ends first.

    Source: RFC 5321 section 4.5.3.2.6, RFC 1047.
    """
    closing = _closing(talk)
    if closing is None or talk.gaps:
        return
    for transaction in talk.conversation.dialogue.transactions:
        content = transaction.content
        if content is None or not content.complete or transaction.outcome is not TransactionOutcome.UNKNOWN:
            continue
        packets = (*content.packets[-1:], closing.number)
        yield seen(packets, who=_who(talk, closing.side), server=talk.server)


@rule("SMTP062", Severity.WARNING, REFUSING, "{server} broke off the conversation with {client}: {answer}")
def service_closed(talk: Talk) -> Iterator[Seen]:
    """The server answered 421 in the middle of a conversation and closed the connection.

    Why: What was not done yet has to be sent again. The server is being stopped, is overloaded, or has lost patience
    with the client.

    Mend: Read the answer. After too many errors correct the client; else look at the server's load and log.
        postfix: smtpd_hard_error_limit = 20
        exim: smtp_load_reserve
        sendmail: RefuseLA

    Not when: The 421 is the greeting (SMTP058), names a limit (SMTP044), or says that the client was silent too long
    (SMTP063).

    Source: RFC 5321 section 3.8.
    """
    for turn, reply in talk.refusals:
        greeting = turn is talk.turns[0] and turn.command is None
        if reply.status == "421" and not greeting and reason(reply) not in (Reason.TIMEOUT, Reason.RATE):
            yield seen((reply.packet,), client=talk.client, server=talk.server, answer=answered(reply))


@rule(
    "SMTP063",
    Severity.WARNING,
    REFUSING,
    "{server} ended the conversation, since {client} was silent too long: {answer}",
)
def client_timed_out(talk: Talk) -> Iterator[Seen]:
    """The client did not go on, and the server closed the connection after a while.

    Why: A mail that was begun is lost for this time. The client is stuck, asks a slow service in between, or its
    packets do not arrive any more.

    Mend: Look at what the client did before it fell silent. A firewall that forgets connections looks the same.
        postfix: smtpd_timeout = ${stress?{10}:{300}}s
        exim: smtp_receive_timeout = 5m
        sendmail: define(`confTO_COMMAND', `1h')dnl

    Not when: A person types by hand, and was slow: then the seconds tell so.

    Source: RFC 5321 section 4.5.3.2.7.
    """
    for _, reply in talk.refusals:
        if reply.status == "421" and reason(reply) is Reason.TIMEOUT:
            yield seen((reply.packet,), client=talk.client, server=talk.server, answer=explained(reply))


@rule(
    "SMTP064",
    Severity.WARNING,
    SMTP,
    "{client} waited {waited} s for the answer to {what} and then closed the connection; at least {least} s are wanted",
)
def client_impatient(talk: Talk) -> Iterator[Seen]:
    """The client gave up sooner than it is allowed to, while the server still owed an answer.

    Why: The server may be doing what takes its time, and the mail is sent once more later: it is delayed, or arrives
    twice.

    Mend: Give the client the time limits of the standard.
        postfix: smtp_helo_timeout = 300s, smtp_mail_timeout = 300s, smtp_data_done_timeout = 600s
        exim: command_timeout = 5m, final_timeout = 10m
        sendmail: define(`confTO_INITIAL', `5m')dnl

    Not when: It closed within two seconds (that is no time limit), broke off a connection that nobody answered at all,
    or waited as long as is wanted.

    Source: RFC 5321 section 4.5.3.2.
    """
    closing, waiting = _closing(talk), _owed(talk)
    if closing is None or closing.side is not Side.CLIENT or waiting is None or talk.gaps:
        return
    what, since_ns, packet = waiting
    waited, least = between(since_ns, closing.time_ns), PATIENCE_S.get(what)
    if least is not None and NO_PATIENCE_NS < waited < least * SECOND_NS:
        shown = said(OWED[what]) if what in OWED else what
        yield seen((packet, closing.number), client=talk.client, waited=seconds(waited), what=shown, least=least)


def _owed(talk: Talk) -> tuple[str, int, int] | None:
    """Return to what the server owes an answer at the end, since when, and the packet that asked; None: to nothing."""
    conversation = talk.conversation
    if conversation.dialogue.tls is not None and not conversation.dialogue.tls.decrypted:
        return None
    if not talk.turns:
        answer = next((each for each in conversation.packets if each.side is Side.SERVER), None)
        return None if answer is None else ("", answer.time_ns, answer.number)
    turn = talk.turns[-1]
    command = turn.command
    if command is None:
        return None
    content = conversation.dialogue.contents[-1] if conversation.dialogue.contents else None
    if content is not None and content.complete and content.packet >= command.packet:
        answer_came = turn.replies and turn.replies[-1].packet > content.packet
        return None if answer_came else (END_OF_MAIL, content.end_ns, content.packet)
    return None if turn.replies else (command.verb, command.time_ns, command.packet)


@rule(
    "SMTP065",
    Severity.WARNING,
    SMTP,
    "{server} waited {waited} s for the next command of {client} and then closed; at least 300 s are wanted",
)
def server_impatient(talk: Talk) -> Iterator[Seen]:
    """The server closed the connection although the client had more time by the standard.

    Why: A client that asks something else in between (a mailbox, another server, its user) loses the connection and has
    to begin anew.

    Mend: Give the server the time limit of the standard, at least while it is not overloaded.
        postfix: smtpd_timeout = 300s
        exim: smtp_receive_timeout = 5m
        sendmail: define(`confTO_COMMAND', `5m')dnl

    Not when: The client said QUIT, the server refused before (421, 5yz), or closed within two seconds of its last
    answer.

    Source: RFC 5321 section 4.5.3.2.7.
    """
    closing = _closing(talk)
    if closing is None or closing.side is not Side.SERVER or talk.gaps or not talk.turns:
        return
    last = _last_turn(talk)
    if last is None or not talk.is_clear(closing.number):
        return
    reply = last.replies[-1]
    heard = [packet for packet in talk.conversation.packets if packet.length and packet.number < closing.number]
    if not heard or reply.outcome not in (Outcome.GOOD, Outcome.MORE) or reply.status == "221":
        return
    waited = between(heard[-1].time_ns, closing.time_ns)
    if NO_PATIENCE_NS < waited < SERVER_PATIENCE_S * SECOND_NS and heard[-1].side is Side.SERVER:
        packets = (heard[-1].number, closing.number)
        yield seen(packets, client=talk.client, server=talk.server, waited=seconds(waited))


def _last_turn(talk: Talk) -> Turn | None:
    """Return the last exchange, where nothing of it is owed."""
    last = talk.turns[-1]
    return last if last.replies and talk.conversation.closed in (ClosedHow.FIN, ClosedHow.RST) else None


@rule(
    "SMTP066",
    Severity.WARNING,
    talks("smtp", alone=False),
    "{server} asked {client} by ident (port 113) who is calling; nobody answered, and it greeted {waited} s later",
)
def ident_not_answered(talk: Talk) -> Iterator[Seen]:
    """Before it greets, the server asks the client's ident service who is calling; the question is dropped on the way.

    Why: Every mail waits for the server's time limit, five seconds for sendmail, although nothing comes of it.

    Mend: Let the client's firewall refuse port 113 instead of dropping it, or let the server not ask.
        sendmail: define(`confTO_IDENT', `0')dnl
        exim: rfc1413_hosts =
        nftables: tcp dport 113 reject with tcp reset
        iptables: -A INPUT -p tcp --dport 113 -j REJECT --reject-with tcp-reset

    Not when: The client refuses the question (RST): that costs no time. A pause after that has another reason.

    Source: RFC 1413 section 4.
    """
    for other in talk.facts.caused_talks.get(talk.conversation.id, ()):
        ident = other.conversation
        if ident.protocol != "ident" or any(packet.side is Side.SERVER for packet in ident.packets):
            continue
        greeting = next((reply for turn in talk.turns[:1] for reply in turn.replies), None)
        if greeting is not None and greeting.time_ns > ident.start_ns:
            waited = seconds(between(ident.start_ns, greeting.time_ns))
            yield seen((*other.packets, greeting.packet), client=talk.client, server=talk.server, waited=waited)


def _announced(talk: Talk) -> Iterator[tuple[Transaction, int, int]]:
    """Yield the transactions whose MAIL names a size, with that size and the packet of MAIL."""
    mails = [turn.command for turn in talk.commands if turn.command is not None and turn.command.verb == "MAIL"]
    for transaction in talk.conversation.dialogue.transactions:
        own = [command for command in mails if command.packet in transaction.packets]
        if len(own) != 1:
            continue
        found = _SIZE.search(argument(own[0]))
        if found is not None:
            yield transaction, int(found[1]), own[0].packet


@rule(
    "SMTP070",
    Severity.WARNING,
    SMTP,
    "{client} announced a mail of {announced} octets, but sent {sent}",
)
def size_understated(talk: Talk) -> Iterator[Seen]:
    """The mail is more than a kilobyte larger than the client had announced with SIZE.

    Why: The server made room for less, and may refuse the mail in the end. Programs that count line ends as one octet
    announce too little.

    Mend: Let the client count as the standard does: with CRLF, without the dots that are doubled.

    Not when: The mail is smaller than announced, since SIZE is an estimate; or larger by less than a kilobyte: servers
    forget the header field that they add themselves (sendmail does).

    Source: RFC 1870 section 5, RFC 1870 section 6.1.
    """
    for transaction, announced, packet in _announced(talk):
        content = transaction.content
        if content is not None and content.complete and content.size_bytes > announced + ADDED_OCTETS:
            yield seen((packet, content.packet), client=talk.client, announced=announced, sent=content.size_bytes)


@rule("SMTP071", Severity.WARNING, SMTP, "{client} sent a mail of {size} octets, but {server} takes at most {limit}")
def size_above_limit(talk: Talk) -> Iterator[Seen]:
    """The server had said how large a mail may be, and the client began a larger one all the same.

    Why: The mail cannot get through. Sending it costs time on both sides, for nothing.

    Mend: Let the client look at SIZE in the answer to EHLO and give the mail back at once; or raise the limit.
        postfix: message_size_limit = 52428800
        exim: message_size_limit = 50M
        sendmail: define(`confMAX_MESSAGE_SIZE', `52428800')dnl

    Not when: The limit is 0 or not named: then there is none that is fixed. Octets that were not captured do not count.

    Source: RFC 1870 section 4, RFC 1870 section 6.1.
    """
    limit = (offered(talk) or {}).get("SIZE", "")
    if not limit.isdecimal() or not int(limit[:20]):
        return
    most = int(limit[:20])
    announced = {id(transaction): (size, packet) for transaction, size, packet in _announced(talk)}
    for transaction in talk.conversation.dialogue.transactions:
        size, packet = announced.get(id(transaction), (0, 0))
        content = transaction.content
        sent = 0 if content is None else content.size_bytes - sum(missing for _, missing in content.holes)
        if max(size, sent) > most:
            packets = [packet] if packet else []
            packets += content.packets[-1:] if content is not None else ()
            yield seen(packets, client=talk.client, server=talk.server, size=max(size, sent), limit=most)
