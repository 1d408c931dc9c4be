"""The book of mail transactions: what each command and reply means for the mail it is about.

A `Draft` is a transaction that is not closed; commands refer to the draft they were sent for, so that a reply finds it
even when the client has long gone on to the next mail. Source: RFC 5321 section 3.3.
"""

from __future__ import annotations

from msgspec import Struct, field

from mailtrace.model import Command, Content, Dialogue, Outcome, Recipient, Reply, Side, Transaction, TransactionOutcome
from mailtrace.protocols.octets import Octets
from mailtrace.protocols.smtp.queue_ids import find_queue_id
from mailtrace.protocols.violations import Violations

RECIPIENTS_LIMIT = 10_000
"""Recipients listed of one mail; servers allow a hundred to a few thousand."""

OUT_OF_ORDER = "503"
"""The reply to a command that may not come now. Source: RFC 5321 section 4.2.3."""

# Looking up a member of an enum takes longer than what is done for most replies.
GOOD = Outcome.GOOD
ACCEPTED, ABORTED, UNKNOWN = TransactionOutcome.ACCEPTED, TransactionOutcome.ABORTED, TransactionOutcome.UNKNOWN

_REFUSALS = {Outcome.LATER: TransactionOutcome.DEFERRED, Outcome.NO: TransactionOutcome.REJECTED}


class Draft(Struct, gc=False):
    """One transaction in progress; `before` is the one that was open when its MAIL was sent."""

    transaction: Transaction
    before: Draft | None
    packets: list[int]
    chunks: Octets | None = None  # what BDAT has brought so far
    content_sent: bool = False  # the client has nothing to add
    holed: bool = False  # a hole may have swallowed some of it
    closed: bool = False


class TransactionBook(Struct, gc=False):
    """Keeps the drafts of one conversation; `current` is the one that the client's next command is about."""

    _dialogue: Dialogue
    _violations: Violations
    _drafts: dict[int, Draft] = field(default_factory=dict)  # those not closed, by the identity of the draft
    current: Draft | None = None

    def begin(self, sender: str | None, packets: tuple[int, ...]) -> Draft:
        """Open a draft; `sender` is None when its MAIL was not seen."""
        transaction = Transaction(sender, [], None, None, None, UNKNOWN, packets)
        before = self.current
        if before is not None and before.before is not None:  # MAIL upon MAIL, none of them answered
            self.abandon(before.before)
            before.before = None
        draft = Draft(transaction, before, [*packets])
        self._dialogue.transactions.append(transaction)
        self._drafts[id(draft)] = draft
        self.current = draft
        return draft

    def sender_answered(self, draft: Draft, reply: Reply) -> None:
        """Take the reply to MAIL. A refused one leaves the mail before it open. Source: RFC 5321 section 4.1.4.

        It was no mail where only its order was wrong.
        """
        before = draft.before
        if before is not None:
            draft.before = None
        if reply.outcome is GOOD:
            if before is not None:
                self.abandon(before)
        elif reply.outcome in _REFUSALS:
            self._decide(draft, _REFUSALS[reply.outcome], reply.status)
            if self.current is draft:
                self.current = None if before is None or before.closed else before
            if before is not None and reply.status == OUT_OF_ORDER and not draft.transaction.recipients:
                self._unlist(draft.transaction)

    def _unlist(self, transaction: Transaction) -> None:
        """Take a transaction from the list, at whose end it is unless others were sent in one go with it."""
        transactions = self._dialogue.transactions
        for at in range(len(transactions) - 1, -1, -1):
            if transactions[at] is transaction:
                del transactions[at]
                return

    def add_recipient(self, draft: Draft, address: str, command: Command) -> int:
        """List a recipient and return its place, -1 when the list is full."""
        recipients = draft.transaction.recipients
        if len(recipients) >= RECIPIENTS_LIMIT:
            self._violations.add("too-many-recipients", Side.CLIENT, command.packet, command.time_ns)
            return -1
        recipients.append(Recipient(address, None, None, command.packet))
        return len(recipients) - 1

    def recipient_answered(self, draft: Draft, place: int, reply: Reply) -> None:
        """Take the reply to a RCPT, or of LMTP to one recipient after the content."""
        recipients = draft.transaction.recipients
        if 0 <= place < len(recipients):
            asked = recipients[place]
            is_good = reply.outcome is GOOD
            recipients[place] = Recipient(asked.address, is_good, reply.status, asked.packet, reply.packet)

    def content_ended(self, draft: Draft, content: Content, whole: bool = True) -> None:
        """List what the client sent; not `whole`: it was cut short, and no reply will decide."""
        self._dialogue.events.append(content)
        self._dialogue.contents.append(content)
        draft.transaction.content = content
        draft.packets.extend(content.packets)
        draft.chunks = None
        draft.content_sent = whole
        if self.current is draft:
            self.current = None

    def sent_elsewhere(self, draft: Draft) -> None:
        """The server fetches the rest of the message by itself, so that it ends here. Source: RFC 4468 section 3."""
        if draft.chunks is not None:
            self.content_ended(draft, draft.chunks.content())
        draft.content_sent = True
        if self.current is draft:
            self.current = None

    def decided(self, draft: Draft, reply: Reply) -> None:
        """Take the reply that decides the mail; of several (LMTP) the best one counts. Source: RFC 2033 section 4.2.

        Where no recipient was taken a refusal only says that there is none: theirs are what decided.
        """
        transaction = draft.transaction
        if reply.outcome is GOOD:
            if transaction.outcome is not ACCEPTED:
                transaction.queue_id = find_queue_id(reply.lines)
                self._decide(draft, ACCEPTED, reply.status)
        elif reply.outcome in _REFUSALS and not draft.closed:
            if not any(one.accepted for one in transaction.recipients):
                self._judge_by_recipients(draft)
            if not draft.closed:
                self._decide(draft, _REFUSALS[reply.outcome], reply.status)

    def content_refused(self, draft: Draft, reply: Reply) -> None:
        """Take a refusal of DATA; one without recipients stays open for more of them. Source: RFC 5321 section 3.3.

        So does one whose chunks it came among: what that leads to is not defined. Source: RFC 3030 section 2.
        """
        if draft.chunks is not None:
            return
        if not any(one.accepted for one in draft.transaction.recipients):
            self._judge_by_recipients(draft)
            return
        self.decided(draft, reply)
        if self.current is draft:
            self.current = None

    def reset(self) -> None:
        """The client drops the current mail: RSET, a new hello, QUIT. Source: RFC 5321 section 4.1.1.5."""
        if self.current is not None:
            self.abandon(self.current)
            self.current = None

    def abandon(self, draft: Draft, outcome: TransactionOutcome = ABORTED) -> None:
        """Close a draft whose content was never sent in whole, and the one it would have left open."""
        before, draft.before = draft.before, None
        if before is not None:
            self.abandon(before, outcome)
        if draft.chunks is not None:
            self.content_ended(draft, draft.chunks.content(), whole=False)
        if not draft.closed and not draft.content_sent:
            self._judge_by_recipients(draft)
            if not draft.closed:
                self._decide(draft, outcome, draft.transaction.status)

    def finish(self, connection_ended: bool) -> None:
        """Close what is open: no more will come."""
        if self.current is not None:
            self._drafts[id(self.current)] = self.current  # a refused mail whose chunks were still coming
        outcome = ABORTED if connection_ended else UNKNOWN
        for draft in list(self._drafts.values()):
            self.abandon(draft, outcome)
            if not draft.closed:  # sent, but the deciding reply was not captured
                self._decide(draft, UNKNOWN, None)
        self.current = None

    def _judge_by_recipients(self, draft: Draft) -> None:
        """Close a draft all whose recipients were refused: that is how it ended."""
        recipients = draft.transaction.recipients
        if recipients and not any(one.accepted or one.status is None for one in recipients):
            final = [one.status for one in recipients if one.status and one.status[0] == "5"]
            outcome = TransactionOutcome.REJECTED if final else TransactionOutcome.DEFERRED
            self._decide(draft, outcome, final[-1] if final else recipients[-1].status)

    def _decide(self, draft: Draft, outcome: TransactionOutcome, status: str | None) -> None:
        """Close a draft with its result."""
        draft.closed = True
        transaction = draft.transaction
        transaction.outcome = outcome
        transaction.status = status
        transaction.packets = tuple(sorted(set(draft.packets)))
        self._drafts.pop(id(draft), None)
