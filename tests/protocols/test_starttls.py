"""From clear to TLS and on inside it: what SMTP, POP3 and IMAP make of agreements kept, broken and abused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtrace.model import (
    Closed,
    Command,
    Data,
    Dialogue,
    Encryption,
    Gap,
    GapReason,
    Reply,
    Side,
    StreamEvent,
    Transport,
    Violation,
    WentDark,
)
from mailtrace.protocols.choose import Chooser
from mailtrace.tls.keys import Keys
from tests.tls.openssl import CLIENT, SERVER, Pair

ASK = {
    "smtp": [
        b"220 mail.example.org ESMTP\r\n",
        b"EHLO c\r\n",
        b"250-mail.example.org\r\n250 STARTTLS\r\n",
        b"STARTTLS\r\n",
    ],
    "pop3": [b"+OK ready\r\n", b"CAPA\r\n", b"+OK\r\nSTLS\r\n.\r\n", b"STLS\r\n"],
    "imap": [b"* OK ready\r\n", b"a1 CAPABILITY\r\n", b"* CAPABILITY STARTTLS\r\na1 OK\r\n", b"a2 STARTTLS\r\n"],
}
AGREE = {"smtp": b"220 go ahead\r\n", "pop3": b"+OK begin\r\n", "imap": b"a2 OK begin\r\n"}
REFUSE = {"smtp": b"454 not now\r\n", "pop3": b"-ERR not now\r\n", "imap": b"a2 NO not now\r\n"}
INSIDE = {
    "smtp": [(CLIENT, b"EHLO c\r\n"), (SERVER, b"250 inside\r\n"), (CLIENT, b"QUIT\r\n"), (SERVER, b"221 bye\r\n")],
    "pop3": [(CLIENT, b"NOOP\r\n"), (SERVER, b"+OK inside\r\n"), (CLIENT, b"QUIT\r\n"), (SERVER, b"+OK bye\r\n")],
    "imap": [
        (CLIENT, b"a3 NOOP\r\n"),
        (SERVER, b"a3 OK inside\r\n"),
        (CLIENT, b"a4 LOGOUT\r\n"),
        (SERVER, b"a4 OK bye\r\n"),
    ],
}
PORTS = {"smtp": 25, "pop3": 110, "imap": 143}
TLS_PORTS = {"smtp": 465, "pop3": 995, "imap": 993}
PROTOCOLS = tuple(PORTS)


class Talk:
    """A conversation made event by event; packets count on."""

    def __init__(self, port: int, keys: Keys | None = None) -> None:
        self.keys = keys or Keys()
        self.chooser = Chooser(Transport.TCP, port, from_start=True, keys=self.keys)
        self.packet = 0

    def say(self, side: Side, octets: bytes) -> Talk:
        """Let a side say something in a packet of its own."""
        self.packet += 1
        self.chooser.feed(Data(side, octets, self.packet, self.packet * 10))
        return self

    def lose(self, side: Side, missing: int) -> Talk:
        """Lose what a side says."""
        self.packet += 1
        self.chooser.feed(Gap(side, missing, GapReason.LOST, self.packet, self.packet * 10))
        return self

    def ask(self, protocol: str, *, and_more: bytes = b"") -> Talk:
        """Go up to the command that asks for TLS, with something behind it in the same segment."""
        *before, last = ASK[protocol]
        for at, octets in enumerate(before):
            self.say((SERVER, CLIENT)[at % 2], octets)
        return self.say(CLIENT, last + and_more)

    def wire(self, pair: Pair, start: int = 0) -> Talk:
        """Say what a TLS connection has on the wire."""
        self.keys.add(pair.keylog)
        for event in pair.wire[start:]:
            self.say(event.side, event.data)
        return self

    def end(self) -> Dialogue:
        """Close the conversation and return what was understood."""
        for side in (CLIENT, SERVER):
            event: StreamEvent = Closed(side, "fin", self.packet + 1, self.packet * 10)
            self.chooser.feed(event)
        self.chooser.finish()
        return self.chooser.dialogue


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Return a connection whose handshake is done."""
    return Pair(tmp_path, version="TLSv1_3").handshake()


def inside(pair: Pair, protocol: str) -> Pair:
    """Let both sides say over TLS what the protocol says there."""
    for side, octets in INSIDE[protocol]:
        pair.say(side, octets)
    return pair


def told(dialogue: Dialogue) -> list[str]:
    """Return commands and replies, in order."""
    lines = []
    for event in dialogue.events:
        if isinstance(event, Command):
            lines.append(event.line.decode())
        elif isinstance(event, Reply):
            lines.append(f"{event.tag + ' ' if event.tag else ''}{event.status} {event.lines[0].decode()}".rstrip())
    return lines


def codes(dialogue: Dialogue) -> list[str]:
    """Return the violations by code."""
    return [event.code for event in dialogue.events if isinstance(event, Violation)]


def expected_inside(protocol: str) -> list[str]:
    """Return the lines inside TLS."""
    return [octets.decode().rstrip() for _, octets in INSIDE[protocol]]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_inside_tls_the_conversation_goes_on(pair: Pair, protocol: str) -> None:
    talk = Talk(PORTS[protocol]).ask(protocol).say(SERVER, AGREE[protocol])
    dialogue = talk.wire(inside(pair, protocol)).end()
    assert told(dialogue)[-4:] == expected_inside(protocol)
    assert codes(dialogue) == []
    assert (talk.chooser.protocol, dialogue.encryption) == (protocol, Encryption.STARTTLS)
    assert dialogue.tls is not None and dialogue.tls.decrypted
    assert [event.packet for event in dialogue.events if isinstance(event, WentDark)] == [6]
    assert [turn.replies[0].packet for turn in dialogue.turns[-2:] if turn.command] == [talk.packet - 2, talk.packet]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_without_keys_the_facts_are_there(pair: Pair, protocol: str) -> None:
    talk = Talk(PORTS[protocol]).ask(protocol).say(SERVER, AGREE[protocol])
    for event in inside(pair, protocol).wire:
        talk.say(event.side, event.data)
    dialogue = talk.end()
    assert len(told(dialogue)) in (5, 6)
    assert dialogue.tls is not None
    assert (dialogue.tls.version, dialogue.tls.decrypted, dialogue.tls.unread) == (
        *("TLS 1.3", False, "its keys are not known"),
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("port", ["own", "other"])
def test_implicit_tls_on_any_port(pair: Pair, protocol: str, port: str) -> None:
    """RELIABILITY F127: what is inside is known by its content."""
    greeting = ASK[protocol][0]
    pair.say(SERVER, greeting)
    talk = Talk(TLS_PORTS[protocol] if port == "own" else 40_000)
    dialogue = talk.wire(inside(pair, protocol)).end()
    assert talk.chooser.protocol == protocol
    assert told(dialogue)[-4:] == expected_inside(protocol)
    assert len(told(dialogue)) == 5
    assert (dialogue.encryption, codes(dialogue)) == (Encryption.IMPLICIT, [])
    assert dialogue.tls is not None and dialogue.tls.decrypted
    assert isinstance(dialogue.events[0], WentDark)


def test_another_protocol_inside_tls_than_the_port_is_for(pair: Pair) -> None:
    pair.say(SERVER, ASK["imap"][0])
    talk = Talk(995)
    dialogue = talk.wire(inside(pair, "imap")).end()
    assert talk.chooser.protocol == "imap"
    assert [(each.code, each.detail) for each in dialogue.events if isinstance(each, Violation)] == [
        ("wrong-port", "IMAP on port 995 (POP3 over TLS)")
    ]


def test_implicit_tls_without_keys_or_with_silence_inside(pair: Pair) -> None:
    talk = Talk(993)
    for event in pair.wire:
        talk.say(event.side, event.data)
    dialogue = talk.end()
    assert (talk.chooser.protocol, told(dialogue)) == ("tls", [])
    assert dialogue.tls is not None and dialogue.tls.sni == "mail.example.org"
    silent = Talk(993)
    assert (told(silent.wire(pair).end()), silent.chooser.protocol) == ([], "tls")


def test_a_hello_split_over_segments_on_a_mail_port(pair: Pair) -> None:
    """RELIABILITY F127."""
    talk = Talk(993)
    for event in pair.wire:
        for at in range(0, len(event.data), 3):
            talk.say(event.side, event.data[at : at + 3])
    dialogue = talk.end()
    assert talk.chooser.protocol == "tls"
    assert dialogue.tls is not None and dialogue.tls.cipher == "TLS_AES_256_GCM_SHA384"


INJECTED = {"smtp": b"MAIL FROM:<evil@example.org>\r\n", "pop3": b"USER evil\r\n", "imap": b"a9 LOGIN evil pw\r\n"}
ANSWERED = {"smtp": b"250 evil\r\n", "pop3": b"+OK evil\r\n", "imap": b"* OK evil\r\n"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_text_behind_the_command_in_its_segment(pair: Pair, protocol: str) -> None:
    """RELIABILITY F129: it is named and shown, it is no TLS and no command inside TLS (CVE-2011-0411)."""
    talk = Talk(PORTS[protocol]).ask(protocol, and_more=INJECTED[protocol]).say(SERVER, AGREE[protocol])
    dialogue = talk.wire(inside(pair, protocol)).end()
    assert codes(dialogue) == ["plaintext-after-starttls"]
    (violation,) = (event for event in dialogue.events if isinstance(event, Violation))
    assert violation.packet == 4
    assert "evil" in violation.detail
    assert told(dialogue)[-4:] == expected_inside(protocol)
    assert not any("evil" in line for line in told(dialogue))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_text_behind_the_agreement_in_its_segment(pair: Pair, protocol: str) -> None:
    """RELIABILITY F130: a reply that was injected is named and answers nothing inside TLS."""
    talk = Talk(PORTS[protocol]).ask(protocol).say(SERVER, AGREE[protocol] + ANSWERED[protocol])
    dialogue = talk.wire(inside(pair, protocol)).end()
    assert codes(dialogue) == ["plaintext-after-starttls-reply"]
    assert told(dialogue)[-4:] == expected_inside(protocol)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_text_between_the_hellos(pair: Pair, protocol: str) -> None:
    """RELIABILITY F130: it comes after the ClientHello and before the ServerHello."""
    talk = Talk(PORTS[protocol]).ask(protocol).say(SERVER, AGREE[protocol])
    hello, *rest = inside(pair, protocol).wire
    talk.keys.add(pair.keylog)
    talk.say(CLIENT, hello.data).say(SERVER, ANSWERED[protocol])
    for event in rest:
        talk.say(event.side, event.data)
    dialogue = talk.end()
    assert codes(dialogue) == ["plaintext-before-tls"]
    assert told(dialogue)[-4:] == expected_inside(protocol)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_refusal_leaves_all_in_clear(protocol: str) -> None:
    """RELIABILITY F132."""
    talk = Talk(PORTS[protocol]).ask(protocol).say(SERVER, REFUSE[protocol])
    for side, octets in INSIDE[protocol]:
        talk.say(side, octets)
    dialogue = talk.end()
    assert told(dialogue)[-4:] == expected_inside(protocol)
    stripped = ["starttls-stripped"] if protocol == "pop3" else []  # -ERR may mean that it is not known
    assert (codes(dialogue), dialogue.encryption, dialogue.tls) == (stripped, Encryption.NO, None)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_agreement_that_nobody_keeps(protocol: str) -> None:
    """RELIABILITY F132: what goes on in clear is named and read."""
    talk = Talk(PORTS[protocol]).ask(protocol).say(SERVER, AGREE[protocol])
    for side, octets in INSIDE[protocol]:
        talk.say(side, octets)
    dialogue = talk.end()
    assert told(dialogue)[-4:] == expected_inside(protocol)
    assert codes(dialogue) == ["plaintext-instead-of-tls"]
    assert (dialogue.encryption, dialogue.tls) == (Encryption.NO, None)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_command_again_inside_tls(pair: Pair, protocol: str) -> None:
    """RELIABILITY F133: refused it changes nothing, and what was said before TLS is forgotten."""
    again = ASK[protocol][3].replace(b"a2", b"a3")
    refused = {"smtp": b"503 in TLS already\r\n", "pop3": b"-ERR again\r\n", "imap": b"a3 BAD again\r\n"}[protocol]
    pair.say(CLIENT, again)
    pair.say(SERVER, refused)
    inner = [(side, octets.replace(b"a4", b"a5").replace(b"a3", b"a4")) for side, octets in INSIDE[protocol]]
    for side, octets in inner:
        pair.say(side, octets)
    dialogue = Talk(PORTS[protocol]).ask(protocol).say(SERVER, AGREE[protocol]).wire(pair).end()
    assert told(dialogue)[-6:] == [line.decode().rstrip() for line in (again, refused, *(said for _, said in inner))]
    assert codes(dialogue) == []


def test_the_word_in_a_message_is_no_command(pair: Pair) -> None:
    """RELIABILITY F133: in DATA, in a literal, and where AUTH went before."""
    talk = Talk(25).say(SERVER, b"220 x ESMTP\r\n").say(CLIENT, b"EHLO c\r\n").say(SERVER, b"250 x\r\n")
    talk.say(CLIENT, b"AUTH PLAIN AGEAYg==\r\n").say(SERVER, b"235 ok\r\n")
    talk.say(CLIENT, b"MAIL FROM:<a@b.example>\r\n").say(SERVER, b"250 ok\r\n")
    talk.say(CLIENT, b"RCPT TO:<c@d.example>\r\n").say(SERVER, b"250 ok\r\n")
    talk.say(CLIENT, b"DATA\r\n").say(SERVER, b"354 go\r\n")
    talk.say(CLIENT, b"Subject: x\r\n\r\nSTARTTLS\r\n.\r\n").say(SERVER, b"250 ok\r\n")
    assert talk.chooser.dialogue.encryption is Encryption.NO
    talk.say(CLIENT, b"STARTTLS\r\n").say(SERVER, b"220 go\r\n")
    dialogue = talk.wire(inside(pair, "smtp")).end()
    assert told(dialogue)[-4:] == expected_inside("smtp")
    assert dialogue.contents[0].kept == b"Subject: x\r\n\r\nSTARTTLS\r\n"


def test_the_word_in_a_literal_is_no_command() -> None:
    """RELIABILITY F133."""
    talk = Talk(143).say(SERVER, b"* OK ready\r\n").say(CLIENT, b"a1 APPEND x {22}\r\n").say(SERVER, b"+ go\r\n")
    talk.say(CLIENT, b"a2 STARTTLS\r\n\r\n1234567\r\n").say(SERVER, b"a1 OK done\r\n")
    dialogue = talk.say(CLIENT, b"a3 NOOP\r\n").say(SERVER, b"a3 OK\r\n").end()
    assert (dialogue.encryption, dialogue.tls) == (Encryption.NO, None)
    assert told(dialogue)[-2:] == ["a3 NOOP", "a3 OK"]


def test_a_mail_begun_before_tls_is_not_gone_on_with() -> None:
    """Source: RFC 3207 section 4.2."""
    talk = Talk(25).say(SERVER, b"220 x ESMTP\r\n").say(CLIENT, b"EHLO c\r\n").say(SERVER, b"250 x\r\n")
    talk.say(CLIENT, b"MAIL FROM:<a@b.example>\r\n").say(SERVER, b"250 ok\r\n")
    talk.say(CLIENT, b"STARTTLS\r\n").say(SERVER, b"220 go\r\n").say(CLIENT, b"\x16\x03\x01\0\x04\1\0\0\0")
    (transaction,) = talk.end().transactions
    assert transaction.outcome.value == "aborted"


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_text_after_the_end_of_tls(tmp_path: Path, version: str) -> None:
    """RELIABILITY F135: it is named, and read as what it is, in clear."""
    pair = Pair(tmp_path, version=version).handshake()
    for side, octets in INSIDE["smtp"][:2]:
        pair.say(side, octets)
    pair.close(CLIENT)
    talk = Talk(25).ask("smtp").say(SERVER, AGREE["smtp"]).wire(pair)
    after = talk.packet + 1
    dialogue = talk.say(CLIENT, b"NOOP\r\n").end()
    assert told(dialogue)[-3:] == ["EHLO c", "250 inside", "NOOP"]
    assert [(e.code, e.packet) for e in dialogue.events if isinstance(e, Violation)] == [("plaintext-after-tls", after)]


def test_noise_after_the_end_of_tls_is_no_mail(pair: Pair) -> None:
    """RELIABILITY F135."""
    pair.say(CLIENT, b"EHLO c\r\n")
    pair.close(CLIENT)
    talk = Talk(25).ask("smtp").say(SERVER, AGREE["smtp"]).wire(pair)
    dialogue = talk.say(CLIENT, bytes(range(128, 200))).end()
    assert told(dialogue)[-1] == "EHLO c"
    assert codes(dialogue) == ["tls-broken"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_hole_where_tls_begins(pair: Pair, protocol: str) -> None:
    """The ClientHello is lost: what is known of the rest is told, and nothing raises."""
    talk = Talk(PORTS[protocol]).ask(protocol).say(SERVER, AGREE[protocol])
    hello, *rest = inside(pair, protocol).wire
    talk.keys.add(pair.keylog)
    talk.lose(CLIENT, len(hello.data))
    for event in rest:
        talk.say(event.side, event.data)
    dialogue = talk.end()
    assert dialogue.encryption is Encryption.STARTTLS
    assert dialogue.tls is not None
    assert (dialogue.tls.version, dialogue.tls.unread) == ("TLS 1.3", "the handshake was not captured whole")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("change", ["octet by octet", "in one event each"])
def test_any_segments(pair: Pair, protocol: str, change: str) -> None:
    talk = Talk(PORTS[protocol]).ask(protocol).say(SERVER, AGREE[protocol])
    talk.keys.add(inside(pair, protocol).keylog)
    joined: list[Any] = []
    for event in pair.wire:
        if change != "octet by octet" and joined and joined[-1].side is event.side:
            joined[-1] = Data(event.side, joined[-1].data + event.data, event.packet, event.time_ns)
        else:
            joined.append(event)
    for event in joined:
        size = 1 if change == "octet by octet" else len(event.data)
        for at in range(0, len(event.data), size):
            talk.say(event.side, event.data[at : at + size])
    assert told(talk.end())[-4:] == expected_inside(protocol)
