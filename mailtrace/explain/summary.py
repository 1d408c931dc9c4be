"""What happened in a conversation, in a few words, and how it ended: two cells of the table of conversations."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence

from mailtrace.explain.dns import answer_shown, kind_shown
from mailtrace.explain.endings import Ending, ending, joined
from mailtrace.explain.mailboxes import last_refusal, mailbox_ending, mailbox_visited
from mailtrace.explain.reverse import blocklisted
from mailtrace.explain.texts import counted, has_text, text
from mailtrace.explain.waits.causes import ident_outcome
from mailtrace.model import (
    Command,
    Conversation,
    Encryption,
    Flags,
    Lookup,
    Message,
    Side,
    TlsFacts,
    Transaction,
    TransactionOutcome,
    Transport,
    Violation,
)
from mailtrace.model.remarks import remark

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
        teller = _TELLERS.get(conversation.protocol)
        told = teller(conversation) if teller else ""
    if not told and not unread(conversation):
        told = _stranger(conversation, "wrong-service") or _verbs(conversation)
    return _around(conversation, told or _connection_only(conversation))


def _around(conversation: Conversation, told: str) -> str:
    """Add what is true of the whole conversation: read inside TLS, by a proxy, or at home on another port."""
    facts = conversation.dialogue.tls
    if facts is not None and facts.decrypted:
        told = text("happened.within", told=told, version=facts.version or "TLS")
    proxied = conversation.dialogue.proxied
    if proxied is not None and proxied.client is not None:
        told = text("happened.proxied", told=told, client=proxied.client.host)
    misplaced = _stranger(conversation, "wrong-port")
    return text("happened.misplaced", what=misplaced, told=told) if misplaced else told


def _stranger(conversation: Conversation, code: str) -> str:
    """Return what a violation says of the service that is spoken here, '' where it is the expected one."""
    events = conversation.dialogue.events
    return next((remark(e.detail) for e in events if isinstance(e, Violation) and e.code == code), "")


def result(conversation: Conversation) -> str:
    """Return how it ended: `accepted as mag8q5r02536`, `refused: 550 5.1.1 no such user`, `no answer`."""
    return _ending(conversation).says


def _ending(conversation: Conversation) -> Ending:
    if _never_spoken(conversation):
        return _unopened(conversation)
    if conversation.protocol == "smtp" and conversation.dialogue.transactions:
        return _mail_ending(conversation)
    if conversation.protocol == "dns":
        return _lookup_ending(conversation)
    if conversation.protocol == "ident":
        return ending(f"result.ident.{ident_outcome(conversation)}")
    if unread(conversation):
        return _encrypted_ending(conversation)
    if conversation.protocol in ("pop3", "imap"):
        return mailbox_ending(conversation)
    if _stranger(conversation, "wrong-service") and conversation.protocol == "unknown":
        return ending("result.no-mail")
    return last_refusal(conversation) or ending(f"result.closed.{conversation.closed.value}")


def together(group: Sequence[Conversation], messages: Sequence[Message]) -> str:
    """Return what happened in conversations told together."""
    if len(group) == 1:
        return happened(group[0], messages)
    lookups = [lookup for conversation in group for lookup in conversation.dialogue.lookups]
    return _lookups_shown(lookups)


def ended(group: Sequence[Conversation]) -> Ending:
    """Return how conversations told together ended: how many lookups with which result."""
    if len(group) == 1:
        return _ending(group[0])
    counts = Counter(_lookup_end(lookup) for conversation in group for lookup in conversation.dialogue.lookups)
    if len(counts) == 1:
        return next(iter(counts))
    told = (
        Ending(text("result.dns.counted", count=count, result=end.says), end.is_bad) for end, count in counts.items()
    )
    return joined(told)


def _mail_sent(conversation: Conversation, messages: Sequence[Message]) -> str:
    transactions = conversation.dialogue.transactions
    if not transactions:
        return _login_only(conversation)
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


def _login_only(conversation: Conversation) -> str:
    """Return who logged in where no mail was sent, '' where nobody did."""
    dialogue = conversation.dialogue
    if dialogue.logins:
        return text("happened.login", user=dialogue.logins[-1].user or dialogue.logins[-1].mechanism)
    return ""


def _verbs(conversation: Conversation) -> str:
    """Return the commands that were used, each once."""
    verbs = [event.verb for event in conversation.dialogue.events if isinstance(event, Command)]
    distinct = list(dict.fromkeys(verb for verb in verbs if verb))
    return text("happened.commands", verbs=", ".join(distinct[:6])) if distinct else ""


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
    return text("happened.lookup", type=kind_shown(lookup), name=lookup.name, answer=answer)


def _identified(conversation: Conversation) -> str:
    return text("happened.ident", server=conversation.key.server.host)


def _connection_only(conversation: Conversation) -> str:
    if _never_spoken(conversation):
        return text("happened.attempt", port=conversation.key.server.port)
    if conversation.dialogue.encryption is not Encryption.NO:
        return _began_tls(conversation)
    octets = sum(packet.length for packet in conversation.packets)
    return text("happened.octets", octets=counted("octets", octets)) if octets else text("happened.silence")


def unread(conversation: Conversation) -> bool:
    """Tell whether TLS hides what is said."""
    dialogue = conversation.dialogue
    return dialogue.encryption is not Encryption.NO and not (dialogue.tls is not None and dialogue.tls.decrypted)


def _began_tls(conversation: Conversation) -> str:
    """Return which TLS hides a conversation, and for whom."""
    facts = conversation.dialogue.tls
    key = "happened.tls" if conversation.dialogue.encryption is Encryption.IMPLICIT else "happened.starttls"
    version = (facts.version if facts else None) or "TLS"
    name = _server_named(facts) if facts else ""
    verb = "STLS" if conversation.protocol == "pop3" else "STARTTLS"
    return text(f"{key}.named" if name else key, version=version, name=name, verb=verb)


def _server_named(facts: TlsFacts) -> str:
    """Return the name of a server as TLS shows it, '' where it does not."""
    if facts.sni or facts.certificate is None:
        return facts.sni or ""
    return next(iter(facts.certificate.names), facts.certificate.subject)


def _encrypted_ending(conversation: Conversation) -> Ending:
    """Return that the rest is hidden, or that TLS failed and why."""
    alert = conversation.dialogue.tls.alert if conversation.dialogue.tls else None
    if alert is not None and alert.fatal:
        return ending("result.tls-failed", alert=alert.description)
    return ending("result.encrypted")


def _never_spoken(conversation: Conversation) -> bool:
    """Tell whether a TCP connection was never opened."""
    if conversation.key.transport is not Transport.TCP:
        return False
    from_server = [packet for packet in conversation.packets if packet.side is Side.SERVER]
    asked = any(packet.flags & Flags.SYN for packet in conversation.packets)
    if any(packet.length for packet in conversation.packets) or not asked:
        return False
    return all(packet.flags & Flags.RST for packet in from_server)


def _unopened(conversation: Conversation) -> Ending:
    refused = any(packet.side is Side.SERVER for packet in conversation.packets)
    return ending("result.refused-connection" if refused else "result.unanswered")


def _mail_ending(conversation: Conversation) -> Ending:
    transactions = conversation.dialogue.transactions
    if len(transactions) > 1:
        counts = Counter(transaction.outcome for transaction in transactions)
        told = [
            ending(f"result.count.{outcome.value}", count=counts[outcome])
            for outcome in TransactionOutcome
            if counts[outcome]
        ]
        return joined(told)
    transaction = transactions[0]
    if transaction.outcome is TransactionOutcome.ACCEPTED and transaction.queue_id:
        return ending("result.accepted-as", queue_id=transaction.queue_id)
    refused = None
    if transaction.outcome in _BAD or transaction.outcome is TransactionOutcome.ABORTED:
        if transaction.recipients and not any(each.accepted for each in transaction.recipients):
            refused = last_refusal(conversation, ("RCPT",))  # what a DATA sent along is told has no meaning of its own
        refused = refused or last_refusal(conversation)
    return refused or ending(f"result.{transaction.outcome.value}")


def _lookup_ending(conversation: Conversation) -> Ending:
    """Return how the lookups of a conversation ended, each way once."""
    ends = dict.fromkeys(_lookup_end(lookup) for lookup in conversation.dialogue.lookups)
    return joined(ends) if ends else ending(f"result.closed.{conversation.closed.value}")


def _lookup_end(lookup: Lookup) -> Ending:
    if blocklisted(lookup) and (lookup.answers or lookup.rcode == "NXDOMAIN"):
        return ending("result.dns.listed" if lookup.answers else "result.dns.not-listed")
    kind = "none" if lookup.rcode is None else "nodata" if lookup.nodata else lookup.rcode
    return ending(f"result.dns.{kind}") if has_text(f"result.dns.{kind}") else Ending(kind)


_TELLERS: dict[str, Callable[[Conversation], str]] = {
    "pop3": mailbox_visited,
    "imap": mailbox_visited,
    "dns": _looked_up,
    "ident": _identified,
}
"""Who tells what happened, by protocol."""
