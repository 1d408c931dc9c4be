"""Protocol and Info text of the packets of an understood conversation: `SMTP`, `C: MAIL FROM:<lee@naver.com>`.

The dialogue's events know their packets; each event says its words into the packets that carried it, and the words of a
packet are joined as Wireshark joins them. Secrets are masked. Packets into which nothing is said (acknowledgements,
repeats, the first half of a line) stay plain TCP.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from msgspec import Struct, field

from mailtrace.explain.otherinfo import Told
from mailtrace.explain.tlsinfo import messages_told
from mailtrace.model import (
    Command,
    Content,
    Continuation,
    Conversation,
    Message,
    Reply,
    Side,
    TlsFacts,
    WentDark,
    masked,
    wire_text,
)
from mailtrace.protocols.imap.grammar import CONDITIONS
from mailtrace.protocols.sasl import shown

UNTAGGED_LIMIT = 3
"""Lines with a star shown of a packet that ends no answer: the flags of a folder would fill the screen."""


class Payload(Struct):
    """What a row keeps of a TCP payload.

    `length` counts its octets, `lines` its line ends; `tls` names the TLS records that end in it.
    """

    length: int
    lines: int
    tls: str


class _Words(Struct):
    """What is said in one packet, in order; `mail` is which of the texts stands for a whole mail.

    `speaker` stands before the first text that is no mail.
    """

    protocol: str
    speaker: str
    texts: list[str] = field(default_factory=list)
    mail: int | None = None

    def told(self) -> Told:
        """Return the columns: the speaker stands before the first text, a mail for itself, as in Wireshark."""
        texts = list(self.texts)
        spoken = next((index for index in range(len(texts)) if index != self.mail), None)
        if spoken is not None:
            texts[spoken] = f"{self.speaker}: {texts[spoken]}"
        return Told(f"{self.protocol}/IMF" if self.mail == 0 else self.protocol, " | ".join(texts))


def dialogue_told(
    conversation: Conversation,
    messages: Mapping[int, Message],
    payloads: Mapping[int, Payload],
    show_secrets: bool = False,
) -> dict[int, Told]:
    """Return the columns of those packets of `payloads` that say something in a conversation."""
    teller = _TELLERS.get(conversation.protocol)
    if teller is None:
        told = {}
    else:
        telling = teller(messages, payloads, show_secrets)
        for event in conversation.dialogue.events:
            telling.hear(event)
        told = {number: words.told() for number, words in telling.said.items()}
    dark_from = _dark_from(conversation)
    if dark_from is not None:
        facts = conversation.dialogue.tls
        name, opened = _tls_name(facts), messages_told(facts) if facts is not None and facts.decrypted else {}
        for packet in conversation.packets:
            payload = payloads.get(packet.number)
            if packet.number >= dark_from and payload is not None and packet.number not in told and payload.tls:
                told[packet.number] = Told(name, opened.get(packet.number, payload.tls))
    return told


def _tls_name(facts: TlsFacts | None) -> str:
    """Return TLS with its version as Wireshark names it: `TLSv1.3`."""
    name, _, number = (facts.version if facts and facts.version else "TLS").partition(" ")
    return f"{name}v{number}" if number else name


def _dark_from(conversation: Conversation) -> int | None:
    """Return from which packet on the conversation is TLS, None where it is not."""
    if conversation.protocol == "tls":
        return conversation.packets[0].number
    dark = [event.packet for event in conversation.dialogue.events if isinstance(event, WentDark)]
    return dark[0] if dark else None


class _Telling(ABC):
    """Lets the events of a dialogue speak into packets; subclasses know how a protocol's answers are shown."""

    protocol = ""
    speakers = ("C", "S")

    def __init__(self, messages: Mapping[int, Message], payloads: Mapping[int, Payload], show_secrets: bool) -> None:
        """Begin with nothing said."""
        self.said: dict[int, _Words] = {}
        self._messages = messages
        self._payloads = payloads
        self._show_secrets = show_secrets
        self._lines_told: dict[int, int] = {}

    def hear(self, event: object) -> None:
        """Let one event speak."""
        if isinstance(event, Command | Continuation):
            self._say(event.packet, Side.CLIENT, wire_text(masked(event.line, event.secrets, self._show_secrets)))
        elif isinstance(event, Reply):
            self._reply(event)
        elif isinstance(event, Content):
            self._content(event)

    @abstractmethod
    def _reply(self, reply: Reply) -> None:
        """Let a reply speak."""

    @abstractmethod
    def _content(self, content: Content) -> None:
        """Let a message speak."""

    def _words(self, packet: int, side: Side) -> _Words | None:
        """Return the words of a packet, None where it is not in the listing."""
        if packet not in self._payloads:
            return None
        words = self.said.get(packet)
        if words is None:
            words = self.said[packet] = _Words(self.protocol, self.speakers[side])
        return words

    def _say(self, packet: int, side: Side, text: str) -> None:
        words = self._words(packet, side)
        if words is not None:
            words.texts.append(text)

    def _lines(self, reply: Reply) -> list[str]:
        return [wire_text(line) for line in shown(reply.lines, self._show_secrets)]

    def _lines_left(self, packet: int) -> int:
        """Return how many of a packet's lines no event has claimed yet."""
        payload = self._payloads.get(packet)
        return payload.lines - self._lines_told.get(packet, 0) if payload is not None else 0

    def _fragment(self, packet: int, side: Side) -> None:
        payload = self._payloads.get(packet)
        if payload is not None:
            self._say(packet, side, f"DATA fragment, {payload.length} byte{'' if payload.length == 1 else 's'}")

    def _mail(self, content: Content, side: Side) -> None:
        """Show each packet of a mail as a fragment and the one that completes it as the mail."""
        for packet in content.packets[: -1 if content.complete else None]:
            self._fragment(packet, side)
        if content.complete and content.packets:
            self._whole_mail(content, side)

    def _whole_mail(self, content: Content, side: Side) -> None:
        words = self._words(content.packets[-1], side)
        message = self._messages.get(content.message) if content.message is not None else None
        if words is not None:
            words.mail = len(words.texts)
            words.texts.append(mail_text(message) if message is not None else f"mail of {content.size_bytes} bytes")


class _Smtp(_Telling):
    """SMTP shows every line of an answer, each in the packet that brought it."""

    protocol = "SMTP"

    def _reply(self, reply: Reply) -> None:
        lines = self._lines(reply) or [""]
        lines[0] = f"{reply.status}{'-' if len(lines) > 1 else ' '}{lines[0]}"
        for packet in reply.packets:
            count = len(lines) if packet == reply.packet else max(0, min(self._lines_left(packet), len(lines) - 1))
            for line in lines[:count]:
                self._say(packet, Side.SERVER, line)
            self._lines_told[packet] = self._lines_told.get(packet, 0) + count
            lines = lines[count:]

    def _content(self, content: Content) -> None:
        self._mail(content, Side.CLIENT)


class _Pop(_Telling):
    """POP3 shows the status line of an answer, and what follows it as data."""

    protocol = "POP"

    def _reply(self, reply: Reply) -> None:
        first = "".join(self._lines(reply)[:1])
        started = False
        for packet in reply.packets:
            if started:
                self._fragment(packet, Side.SERVER)
            elif packet == reply.packet or self._lines_left(packet) > 0:
                self._say(packet, Side.SERVER, f"{reply.status} {first}".rstrip())
                started = True

    def _content(self, content: Content) -> None:
        for packet in content.packets:
            if packet not in self.said and (packet != content.packets[-1] or not content.complete):
                self._fragment(packet, Side.SERVER)
        if content.complete and content.packets:
            self._whole_mail(content, Side.SERVER)


class _Imap(_Telling):
    """IMAP shows what is asked; of an answer the line that ends it, else the first ones; a fetched mail for itself."""

    protocol = "IMAP"
    speakers = ("Request", "Response")

    def __init__(self, messages: Mapping[int, Message], payloads: Mapping[int, Payload], show_secrets: bool) -> None:
        """Begin with no packet that ends an answer."""
        super().__init__(messages, payloads, show_secrets)
        self._ended: set[int] = set()

    def _reply(self, reply: Reply) -> None:
        first = "".join(self._lines(reply)[:1])
        ends = reply.tag is not None
        words = self._words(reply.packet, Side.SERVER)
        if words is None or words.mail is not None:
            return
        if ends and reply.packet not in self._ended:
            words.texts.clear()
            self._ended.add(reply.packet)
        if ends:
            words.texts.append(f"{reply.tag} {reply.status} {first}".rstrip())
        elif reply.packet not in self._ended and len(words.texts) < UNTAGGED_LIMIT:
            said = first if reply.status.encode() not in CONDITIONS else f"{reply.status} {first}"
            words.texts.append(f"{'+' if reply.status == '+' else '*'} {said}".rstrip())

    def _content(self, content: Content) -> None:
        side = Side.CLIENT if content.how == "APPEND" else Side.SERVER
        words = self._words(content.packet, side) if content.complete else None
        if words is not None and side is Side.SERVER:
            words.texts.clear()
        self._mail(content, side)


_TELLERS: dict[str, type[_Telling]] = {"smtp": _Smtp, "pop3": _Pop, "imap": _Imap}


def mail_text(message: Message) -> str:
    """Return a mail in a line: sender and subject, decoded, in the order of its header, and the types of its parts."""
    shown = [f"{name.lower()}: {value}" for name, value in message.headers if name.lower() in ("from", "subject")]
    types = " ".join(f"({part.content_type})" for part in message.parts)
    return ", ".join([*shown, types] if types else shown)
