"""HOT. What the JSON contract says of mail transactions, and of those that were refused also what SPF says (`mail`)."""

from __future__ import annotations

from msgspec import Struct

from mailtrace.mail.authentication import Authenticator
from mailtrace.model import Authentication, Conversation, Recipient, Transaction, TransactionOutcome


class TransactionRecord(Struct, gc=False, omit_defaults=True):
    """What the contract says of a transaction; `authentication` is there where no mail followed that would have it."""

    sender: str | None
    recipients: list[Recipient]
    message: int | None
    status: str | None
    queue_id: str | None
    outcome: TransactionOutcome
    packets: tuple[int, ...]
    as_server_read: bool = False
    authentication: Authentication | None = None


def transaction_record(
    transaction: Transaction, conversation: Conversation, judge: Authenticator | None
) -> TransactionRecord:
    """Return the record of a transaction; `judge` judges those that were refused before there was a mail."""
    content = transaction.content
    authentication = None
    if content is None and transaction.sender is not None and judge is not None:
        authentication = judge.refused(transaction, conversation)
    return TransactionRecord(
        transaction.sender,
        transaction.recipients,
        None if content is None else content.message,
        transaction.status,
        transaction.queue_id,
        transaction.outcome,
        transaction.packets,
        content is not None and content.as_server_read,
        authentication,
    )
