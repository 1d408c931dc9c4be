"""What happened in a conversation, in a few words, and how it ended: two cells of the table of conversations."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from mailtrace.explain.dns import answer_shown
from mailtrace.explain.ident import ident_outcome
from mailtrace.explain.reverse import blocklisted
from mailtrace.explain.texts import counted, has_text, text
from mailtrace.model import (
    Command,
    Conversation,
    Encryption,
    Flags,
    Lookup,
    Message,
    Outcome,
    Reply,
    Side,
    Transaction,
    TransactionOutcome,
    Transport,
    wire_text,
)

MAX_RECIPIENTS = 3
"""Recipients named in a cell; the others are counted."""

MAX_LOOKUPS = 3
"""Lookups named in a cell; the others are counted."""

MAX_ANSWER_CHARACTERS = 60
"""Characters of an answer in a cell: a DKIM key has hundreds, which nobody reads there."""

_BAD = (TransactionOutcome.REJECTED, TransactionOutcome.DEFERRED)


def happened(conversation: Conversation, messages: Sequence[Message] = ()) -> str:
    """Return what happened in a few words: `lee@naver.com -> kim@daum.net`, `login kim, 2 messages listed, 1 fetched`.

    `messages` are those of this conversation, or more: they tell who wrote where the envelope was not captured.
    """
    if conversation.protocol == "smtp":
        told = _mail_sent(conversation, messages)
    else:
        teller = {"pop3": _mail_fetched, "dns": _looked_up, "ident": _identified}.get(conversation.protocol)
        told = teller(conversation) if teller else ""
    return told or _connection_only(conversation)


def result(conversation: Conversation) -> str:
    """Return how it ended: `accepted as mag8q5r02536`, `refused: 550 5.1.1 no such user`, `no answer`."""
    if _never_spoken(conversation):
        return _unopened(conversation)
    if conversation.protocol == "smtp" and conversation.dialogue.transactions:
        return _mail_result(conversation)
    if conversation.protocol == "dns":
        return _lookup_result(conversation)
    if conversation.protocol == "ident":
        return text(f"result.ident.{ident_outcome(conversation)}")
    if conversation.dialogue.encryption is not Encryption.NO:
        return text("result.encrypted")
    if conversation.protocol == "pop3":
        return _fetch_result(conversation)
    refused = _last_refusal(conversation)
    if refused:
        return refused
    return text(f"result.closed.{conversation.closed.value}")


def together(group: Sequence[Conversation], messages: Sequence[Message]) -> str:
    """Return what happened in conversations told together."""
    if len(group) == 1:
        return happened(group[0], messages)
    lookups = [lookup for conversation in group for lookup in conversation.dialogue.lookups]
    return _lookups_shown(lookups)


def ended(group: Sequence[Conversation]) -> str:
    """Return how conversations told together ended: how many lookups with which result."""
    if len(group) == 1:
        return result(group[0])
    counts = Counter(_lookup_end(lookup) for conversation in group for lookup in conversation.dialogue.lookups)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(text("result.dns.counted", count=count, result=end) for end, count in counts.items())


def _mail_sent(conversation: Conversation, messages: Sequence[Message]) -> str:
    transactions = conversation.dialogue.transactions
    if not transactions:
        return _login_or_hello(conversation)
    shown = _envelope(transactions[0], messages)
    if len(transactions) == 1:
        return shown
    return text("happened.mails", mails=counted("mails", len(transactions)), first=shown)


def _envelope(transaction: Transaction, messages: Sequence[Message]) -> str:
    """Return sender and recipients, the accepted ones where there are any; by the header what the envelope lacks."""
    message = _message_of(transaction, messages) if transaction.sender is None else None
    accepted = [recipient.address for recipient in transaction.recipients if recipient.accepted]
    named = accepted or [recipient.address for recipient in transaction.recipients]
    if not named and message is not None:
        named = [person.address for person in message.to]
    shown = ", ".join(named[:MAX_RECIPIENTS]) or text("happened.no-recipient")
    if len(named) > MAX_RECIPIENTS:
        shown = text("happened.more", shown=shown, count=len(named) - MAX_RECIPIENTS)
    if message is not None and message.from_:
        return text("happened.header", sender=message.from_[0].address, recipients=shown)
    sender = text("happened.unknown-sender") if transaction.sender is None else transaction.sender or "<>"
    return text("happened.envelope", sender=sender, recipients=shown)


def _message_of(transaction: Transaction, messages: Sequence[Message]) -> Message | None:
    """Return the message of a transaction out of messages ordered by id."""
    number = transaction.content.message if transaction.content else None
    if number is None:
        return None
    at = bisect_left(messages, number, key=lambda message: message.id)
    return messages[at] if at < len(messages) and messages[at].id == number else None


def _login_or_hello(conversation: Conversation) -> str:
    """Return what an SMTP conversation without mail was: a login, a change to TLS, or a few commands."""
    dialogue = conversation.dialogue
    if dialogue.encryption is Encryption.STARTTLS:
        return text("happened.starttls")
    if dialogue.logins:
        return text("happened.login", user=dialogue.logins[-1].user or dialogue.logins[-1].mechanism)
    return _verbs(conversation)


def _verbs(conversation: Conversation) -> str:
    """Return the commands that were used, each once."""
    verbs = [event.verb for event in conversation.dialogue.events if isinstance(event, Command)]
    distinct = list(dict.fromkeys(verbs))
    return text("happened.commands", verbs=", ".join(distinct[:6])) if distinct else ""


def _mail_fetched(conversation: Conversation) -> str:
    dialogue = conversation.dialogue
    if dialogue.encryption is Encryption.STARTTLS:
        return text("happened.stls")
    parts = []
    if dialogue.logins:
        login = dialogue.logins[-1]
        parts.append(text("happened.login", user=login.user or login.mechanism))
    listed = _listed(conversation)
    if listed is not None:
        parts.append(text("happened.listed", messages=counted("messages", listed)))
    for verb in ("RETR", "TOP", "DELE"):
        done = sum(1 for turn in dialogue.turns if turn.command and turn.command.verb == verb and _good(turn.replies))
        if done:
            parts.append(text(f"happened.{verb}", count=f"{done:,}"))
    return ", ".join(parts) or _verbs(conversation)


def _good(replies: list[Reply]) -> bool:
    return bool(replies) and replies[-1].outcome is Outcome.GOOD


def _listed(conversation: Conversation) -> int | None:
    """Return how many messages the last LIST or UIDL of all of them, or STAT, showed."""
    found = None
    for turn in conversation.dialogue.turns:
        command = turn.command
        if command is None or not _good(turn.replies):
            continue
        reply = turn.replies[-1]
        if command.verb in ("LIST", "UIDL") and len(command.line.split()) == 1:
            found = max(len(reply.lines) - 1, 0)
        elif command.verb == "STAT":
            count = reply.lines[0].split()[:1] if reply.lines else []
            found = int(count[0]) if count and count[0].isdigit() and len(count[0]) < 10 else found
    return found


def _looked_up(conversation: Conversation) -> str:
    return _lookups_shown(conversation.dialogue.lookups)


def _lookups_shown(lookups: Sequence[Lookup]) -> str:
    shown = [lookup_shown(lookup) for lookup in lookups[:MAX_LOOKUPS]]
    if len(lookups) > MAX_LOOKUPS:
        shown.append(text("happened.more-lookups", count=f"{len(lookups) - MAX_LOOKUPS:,}"))
    return "; ".join(shown)


def lookup_shown(lookup: Lookup) -> str:
    """Return a lookup in a few words: `MX daum.net -> 10 mail.daum.net`."""
    answer = answer_shown(lookup)
    if lookup.type != "TXT":
        answer = ", ".join(part.removesuffix(".") for part in answer.split(", "))
    if len(answer) > MAX_ANSWER_CHARACTERS:
        answer = f"{answer[:MAX_ANSWER_CHARACTERS]}..."
    return text("happened.lookup", type=lookup.type, name=lookup.name, answer=answer)


def _identified(conversation: Conversation) -> str:
    return text("happened.ident", server=conversation.key.server.host)


def _connection_only(conversation: Conversation) -> str:
    if _never_spoken(conversation):
        return text("happened.attempt", port=conversation.key.server.port)
    if conversation.dialogue.encryption is Encryption.IMPLICIT:
        return text("happened.tls")
    octets = sum(packet.length for packet in conversation.packets)
    return text("happened.octets", octets=counted("octets", octets)) if octets else text("happened.silence")


def _never_spoken(conversation: Conversation) -> bool:
    """Tell whether a TCP connection was never opened."""
    if conversation.key.transport is not Transport.TCP:
        return False
    from_server = [packet for packet in conversation.packets if packet.side is Side.SERVER]
    asked = any(packet.flags & Flags.SYN for packet in conversation.packets)
    if any(packet.length for packet in conversation.packets) or not asked:
        return False
    return all(packet.flags & Flags.RST for packet in from_server)


def _unopened(conversation: Conversation) -> str:
    refused = any(packet.side is Side.SERVER for packet in conversation.packets)
    return text("result.refused-connection" if refused else "result.unanswered")


def _mail_result(conversation: Conversation) -> str:
    transactions = conversation.dialogue.transactions
    if len(transactions) > 1:
        counts = Counter(transaction.outcome for transaction in transactions)
        told = [
            text(f"result.count.{outcome.value}", count=counts[outcome])
            for outcome in TransactionOutcome
            if counts[outcome]
        ]
        return ", ".join(told)
    transaction = transactions[0]
    if transaction.outcome is TransactionOutcome.ACCEPTED and transaction.queue_id:
        return text("result.accepted-as", queue_id=transaction.queue_id)
    if transaction.outcome in _BAD:
        return _last_refusal(conversation) or text(f"result.{transaction.outcome.value}")
    if transaction.outcome is TransactionOutcome.ABORTED:
        return _last_refusal(conversation) or text("result.aborted")
    return text(f"result.{transaction.outcome.value}")


def _last_refusal(conversation: Conversation) -> str:
    """Return the last refusing reply that matters: one to QUIT does not, nor to a hello that was tried again."""
    for turn in reversed(conversation.dialogue.turns):
        if turn.command is not None and turn.command.verb in ("QUIT", "EHLO", "RSET", "NOOP"):
            continue
        for reply in reversed(turn.replies):
            if reply.outcome in (Outcome.NO, Outcome.LATER):
                said = wire_text(reply.lines[0]) if reply.lines else ""
                key = "result.refused" if reply.outcome is Outcome.NO else "result.deferred-reply"
                return text(key, reply=f"{reply.status} {said}".strip())
    return ""


def _lookup_result(conversation: Conversation) -> str:
    """Return how the lookups of a conversation ended, each way once."""
    ends = dict.fromkeys(_lookup_end(lookup) for lookup in conversation.dialogue.lookups)
    return ", ".join(ends) or text(f"result.closed.{conversation.closed.value}")


def _lookup_end(lookup: Lookup) -> str:
    if blocklisted(lookup) and (lookup.answers or lookup.rcode == "NXDOMAIN"):
        return text("result.dns.listed" if lookup.answers else "result.dns.not-listed")
    kind = "none" if lookup.rcode is None else "nodata" if lookup.nodata else lookup.rcode
    return text(f"result.dns.{kind}") if has_text(f"result.dns.{kind}") else kind


def _fetch_result(conversation: Conversation) -> str:
    """Return whether a POP3 session logged in and ended in order."""
    dialogue = conversation.dialogue
    if dialogue.logins and dialogue.logins[-1].accepted is False:
        return _last_refusal(conversation) or text("result.login-refused")
    deleted = [t for t in dialogue.turns if t.command and t.command.verb == "DELE" and _good(t.replies)]
    goodbye = any(t.command and t.command.verb == "QUIT" and _good(t.replies) for t in dialogue.turns)
    if deleted:
        return text("result.pop3.deleted" if goodbye else "result.pop3.not-deleted", count=len(deleted))
    fetched = any(t.command and t.command.verb == "RETR" and _good(t.replies) for t in dialogue.turns)
    if fetched:
        return text("result.pop3.kept")
    return text("result.pop3.quit" if goodbye else f"result.closed.{conversation.closed.value}")
