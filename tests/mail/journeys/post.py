"""Small mail traffic for the tests of journeys: hosts with names, and conversations that carry mails."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.mail.journeys import NOTHING_SEEN, Notebook
from mailtrace.mail.kept import carried, gist
from mailtrace.mail.message import read_message
from mailtrace.model import (
    ClosedHow,
    Command,
    Content,
    Conversation,
    Dialogue,
    Direction,
    Encryption,
    Endpoint,
    Host,
    Journey,
    Login,
    Lookup,
    Message,
    Outcome,
    Packet,
    Recipient,
    Reply,
    Side,
    StreamKey,
    Transaction,
    TransactionOutcome,
    Transport,
    Turn,
)

LEE, KIM, PARK = "192.168.111.130", "192.168.111.133", "192.168.111.140"
A, B, C, D = "192.168.111.100", "192.168.111.200", "192.168.111.210", "192.168.111.220"
HOSTS = [
    Host(A, ("mail.naver.com",), ("mta",)),
    Host(B, ("mail.daum.net",), ("mta",)),
    Host(C, ("mail.nate.com",), ("mta",)),
    Host(D, ("mx2.daum.net",), ("mta",)),
    Host("fd00::100", ("mail.naver.com",), ("mta",)),
]

OUTCOMES = {"2": TransactionOutcome.ACCEPTED, "4": TransactionOutcome.DEFERRED, "5": TransactionOutcome.REJECTED}


def ns(second: float) -> int:
    """Return a second of the capture, which begins at midnight of 1 March 2026, as nanoseconds since 1970."""
    return 1_772_323_200_000_000_000 + round(second * 1e9)


def stamp(peer: str, by: str, id: str, second: int) -> str:
    """Return a Received field as sendmail writes it."""
    date = f"Sun, 1 Mar 2026 00:00:{second:02} +0000"
    return f"Received: from client ([{peer}])\r\n\tby {by} with ESMTP id {id};\r\n\t{date}\r\n"


def mail(
    name: str | None, body: str = "Hello\r\n", stamps: str = "", subject: str = "test", more: str = "",
) -> bytes:  # fmt: skip
    """Return a mail; `name` is its Message-ID."""
    head = f"{stamps}" + (f"Message-ID: {name}\r\n" if name else "")
    return f"{head}Subject: {subject}\r\nFrom: lee@naver.com\r\n{more}\r\n{body}".encode()


class Post:
    """Traffic in the making: each call adds a conversation, numbered from 1; its packets begin at 100 times that."""

    def __init__(self) -> None:
        self.conversations: list[Conversation] = []
        self.messages: list[Message] = []

    def smtp(
        self, client: str, server: str, second: float, to: str | Sequence[str], octets: bytes | None,
        *, sender: str = "lee@naver.com", status: str | None = "250", queue_id: str | None = None,
        refused: dict[str, str] | None = None, verb: str = "EHLO", whole: bool = True,
    ) -> Conversation:  # fmt: skip
        """Add a mail sent by SMTP; `octets` is None where it was refused before, `refused` are the replies to RCPT."""
        recipients = []
        for address in [to] if isinstance(to, str) else to:
            reply = (refused or {}).get(address, "250")
            recipients.append(Recipient(address, reply[0] == "2", reply, self._number + 1, self._number + 2))
        content = None if octets is None else self._content(octets, "DATA", second, whole)
        outcome = OUTCOMES[status[0]] if status else TransactionOutcome.ABORTED
        transaction = Transaction(sender, recipients, content, status, queue_id, outcome, self._packets)
        return self._add("smtp", client, server, 25, second, content, Dialogue(transactions=[transaction]), verb)

    def fetch(
        self, client: str, server: str, second: float, user: str | None, octets: bytes, how: str = "RETR"
    ) -> Conversation:
        """Add a mail taken from a mailbox, or put into one by APPEND."""
        logins = [Login("USER", user, True, ())] if user else []
        content = self._content(octets, how, second, True)
        protocol, port = ("pop3", 110) if how in ("RETR", "TOP") else ("imap", 143)
        return self._add(protocol, client, server, port, second, content, Dialogue(logins=logins))

    def dark(self, client: str, server: str, second: float) -> Conversation:
        """Add an encrypted conversation of one second."""
        return self._add("smtp", client, server, 25, second, None, Dialogue(encryption=Encryption.STARTTLS))

    def call(self, client: str, server: str, second: float, greeting: str | None = None) -> None:
        """Add a call that names no mail: it is not answered, or with this greeting."""
        conversation = self._add("smtp" if greeting else "unknown", client, server, 25, second, None, Dialogue())
        conversation.dialogue.turns.clear()
        if greeting:
            number = conversation.numbers[0] + 1
            reply = Reply(greeting, Outcome.NO, (b"busy",), number, ns(second), (number,))
            conversation.dialogue.turns.append(Turn(None, [reply]))

    def lookup(
        self, number: int, cause: int, second: float, kind: str = "MX", name: str = "daum.net", *answers: str
    ) -> None:
        """Add a lookup that a conversation caused."""
        found = Lookup(name, kind, "NOERROR", answers, (1,), ns(second), 1, 1, id=number, caused_by=cause)
        self._add("dns", A, B, 53, second, None, Dialogue(lookups=[found]))

    def ident(self, cause: int, second: float) -> None:
        """Add an ident conversation that another one caused."""
        self._add("ident", A, LEE, 113, second, None, Dialogue()).caused_by = cause

    def journeys(self) -> list[Journey]:
        """Return the journeys of all that was added, in whatever order conversations end."""
        notebook = Notebook()
        self.note(notebook, list(reversed(self.conversations)))
        return notebook.journeys(HOSTS)

    def note(self, notebook: Notebook, conversations: Sequence[Conversation]) -> None:
        """Let conversations be noted."""
        carried_by: dict[int, list[Message]] = {}
        for message in self.messages:
            carried_by.setdefault(message.conversation, []).append(message)
        for each in conversations:
            messages = carried_by.get(each.id, [])
            seen = gist(each, messages, carried(each, messages))
            notebook.take(each, NOTHING_SEEN if seen is None else seen.seen, [message.id for message in messages])

    @property
    def _number(self) -> int:
        return 100 * (len(self.conversations) + 1)

    @property
    def _packets(self) -> tuple[int, ...]:
        return self._number + 1, self._number + 2

    def _content(self, octets: bytes, how: str, second: float, whole: bool) -> Content:
        return Content(
            how, octets, len(octets), "", self._packets, ns(second), ns(second + 0.5), whole,
            message=len(self.messages) + 1,
        )  # fmt: skip

    def _add(
        self, protocol: str, client: str, server: str, port: int, second: float, content: Content | None,
        dialogue: Dialogue, verb: str = "EHLO",
    ) -> Conversation:  # fmt: skip
        number = self._number
        ends = (
            Packet(number, ns(second), Side.CLIENT, 2, 0, 0, 0),
            Packet(number + 99, ns(second + 1), Side.SERVER, 1, 0, 0, 0),
        )
        key = StreamKey(Endpoint(client, 40000), Endpoint(server, port), Transport.TCP)
        dialogue.turns.append(Turn(Command(verb, b"", 0, number + 1, ns(second), (number + 1,))))
        conversation = Conversation(len(self.conversations) + 1, protocol, key, 0, ends, dialogue, True, ClosedHow.FIN)
        if content is not None:
            direction = Direction.SUBMITTED if protocol == "smtp" else Direction.RETRIEVED
            if content.how == "APPEND":
                direction = Direction.APPENDED
            message = read_message(
                content, id=len(self.messages) + 1, conversation=conversation.id, direction=direction
            )
            if protocol == "smtp" and message.received:
                message.direction = Direction.RELAYED
            self.messages.append(message)
            dialogue.contents.append(content)
        self.conversations.append(conversation)
        return conversation


def shape(journey: Journey) -> list[tuple[str, int | None, int | None]]:
    """Return the hops of a journey as kind, conversation, and the hop each continues."""
    return [(hop.kind.value, hop.conversation, hop.before) for hop in journey.hops]


def fates(journey: Journey) -> dict[str, str]:
    """Return what became of the mail, by recipient."""
    return {each.address: each.outcome.value for each in journey.recipients}
