"""HOT. What the JSON contract says of mail transactions, but for what is only known at the end (tests/bench `mail`)."""

from __future__ import annotations

from msgspec import Struct

from mailtrace.model import Recipient, Transaction, TransactionOutcome


class TransactionRecord(Struct, gc=False, omit_defaults=True):
    """What the contract says of a transaction; its message and what is judged of it come behind."""

    sender: str | None
    recipients: list[Recipient]
    status: str | None
    queue_id: str | None
    outcome: TransactionOutcome
    packets: tuple[int, ...]
    as_server_read: bool = False


def transaction_record(transaction: Transaction) -> TransactionRecord:
    """Return the record of a transaction."""
    return TransactionRecord(
        transaction.sender,
        transaction.recipients,
        transaction.status,
        transaction.queue_id,
        transaction.outcome,
        transaction.packets,
        transaction.content is not None and transaction.content.as_server_read,
    )
