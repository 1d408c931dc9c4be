"""Packets of understood conversations: every event speaks into the packets that carried it, secrets masked."""

from __future__ import annotations

from mailtrace.explain.dialogueinfo import Payload, dialogue_told, mail_text
from mailtrace.explain.tlsinfo import TlsRecords, tls_info
from mailtrace.model import (
    ClosedHow,
    Command,
    Content,
    Continuation,
    Conversation,
    Dialogue,
    Direction,
    Endpoint,
    Event,
    Message,
    MessagePart,
    Outcome,
    Packet,
    Reply,
    Side,
    StreamKey,
    Transport,
    WentDark,
)
from mailtrace.streams.tcpmarks import Place


def command(packet: int, line: bytes, secrets: tuple[tuple[int, int], ...] = ()) -> Command:
    """Return a command that came in one packet."""
    verb, _, _ = line.partition(b" ")
    return Command(verb.decode().upper(), line, len(verb), packet, 0, (packet,), secrets)


def reply(packets: tuple[int, ...], status: str, *lines: bytes) -> Reply:
    """Return an answer that came in `packets`."""
    return Reply(status, Outcome.GOOD, lines, packets[-1], 0, packets)


def content(packets: tuple[int, ...], message: int | None = 1, complete: bool = True) -> Content:
    """Return a mail that came in `packets`."""
    return Content("DATA", b"", 413, "", packets, 0, 0, complete, message=message)


MAIL = Message(
    id=1,
    conversation=1,
    direction=Direction.SUBMITTED,
    content=content((5, 6)),
    message_id=None,
    subject="시험",
    from_=(),
    to=(),
    cc=(),
    date=None,
    headers=(("Received", "from x"), ("Subject", "시험"), ("To", "kim@daum.net"), ("From", "이네이버 <lee@naver.com>")),
    received=(),
    parts=(
        MessagePart("1", "text/plain", None, None, 1, "", None),
        MessagePart("2", "text/html", None, None, 1, "", None),
    ),
)


def told(protocol: str, events: list[Event], lines: dict[int, int], show_secrets: bool = False) -> dict[int, str]:
    """Tell a conversation whose packets have so many lines each, of 100 octets; return `PROTOCOL info` by packet."""
    packets = tuple(Packet(number, 0, Side(number % 2), 0x18, 1, 1, 100) for number in lines)
    key = StreamKey(Endpoint("10.0.0.1", 4000), Endpoint("10.0.0.2", 25), Transport.TCP)
    conversation = Conversation(1, protocol, key, 0, packets, Dialogue(events=events), True, ClosedHow.FIN)
    payloads = {number: Payload(100, count, "Application Data") for number, count in lines.items()}
    rows = dialogue_told(conversation, {1: MAIL}, payloads, show_secrets)
    return {number: f"{row.protocol} {row.info}" for number, row in rows.items()}


def test_commands_and_replies_of_one_packet_are_joined() -> None:
    """As tshark joins them: `RCPT To:<kim@daum.net> | DATA`."""
    events: list[Event] = [
        command(1, b"RCPT To:<kim@daum.net>"),
        command(1, b"DATA"),
        reply((2,), "250", b"2.1.5 <kim@daum.net>... Recipient ok"),
        reply((2,), "354", b"Enter mail"),
    ]
    assert told("smtp", events, {1: 2, 2: 2}) == {
        1: "SMTP C: RCPT To:<kim@daum.net> | DATA",
        2: "SMTP S: 250 2.1.5 <kim@daum.net>... Recipient ok | 354 Enter mail",
    }


def test_a_long_smtp_answer_is_shown_line_by_line_where_it_came() -> None:
    """Its first line has code and hyphen, the others are told without; packet 4 brought the end of a line only."""
    answer = reply((2, 4, 6), "250", b"mail Hello", b"PIPELINING", b"SIZE", b"HELP")
    assert told("smtp", [answer], {2: 2, 4: 0, 6: 2}) == {
        2: "SMTP S: 250-mail Hello | PIPELINING",
        6: "SMTP S: SIZE | HELP",
    }


def test_a_range_that_begins_inside_an_answer_shows_its_rest() -> None:
    """Packets outside of the range are nowhere."""
    answer = reply((2, 6), "250", b"mail Hello", b"HELP")
    assert told("smtp", [answer], {6: 1}) == {6: "SMTP S: 250-mail Hello | HELP"}


def test_a_mail_is_fragments_and_then_the_mail() -> None:
    """The packet that completes it tells sender and subject, decoded, and the types of its parts."""
    assert told("smtp", [content((5, 7, 9))], {5: 3, 7: 0, 9: 1}) == {
        5: "SMTP C: DATA fragment, 100 bytes",
        7: "SMTP C: DATA fragment, 100 bytes",
        9: "SMTP/IMF subject: 시험, from: 이네이버 <lee@naver.com>, (text/plain) (text/html)",
    }
    assert told("smtp", [content((5, 7), complete=False)], {5: 3, 7: 0})[7] == "SMTP C: DATA fragment, 100 bytes"
    assert told("smtp", [content((5,), message=None)], {5: 3}) == {5: "SMTP/IMF mail of 413 bytes"}


def test_what_follows_a_mail_in_its_last_packet_is_told_too() -> None:
    """Pipelined QUIT behind the final dot."""
    events: list[Event] = [content((5,)), command(5, b"QUIT")]
    text = told("smtp", events, {5: 9})[5]
    assert text.startswith("SMTP/IMF subject: ")
    assert text.endswith("(text/html) | C: QUIT")
    chunk: list[Event] = [command(5, b"BDAT 413 LAST"), content((5,))]
    assert told("smtp", chunk, {5: 9})[5].startswith("SMTP C: BDAT 413 LAST | subject: ")


def test_secrets_are_masked_unless_asked_for() -> None:
    """Passwords and what clients answer to an AUTH challenge."""
    login = command(1, b"PASS kim", ((5, 8),))
    answer = Continuation(b"AGxlZQBsZWU=", 3, 0, (3,), ((0, 12),))
    assert told("pop3", [login, answer], {1: 1, 3: 1}) == {1: "POP C: PASS ********", 3: "POP C: ********"}
    assert told("pop3", [login], {1: 1}, show_secrets=True) == {1: "POP C: PASS kim"}


def test_pop3_shows_the_status_line_and_then_data() -> None:
    """A listing of two packets, a mail of one, a mail of three."""
    listing = reply((2, 4), "+OK", b"2 messages:", b"1 844", b"2 1245")
    assert told("pop3", [listing], {2: 2, 4: 2}) == {2: "POP S: +OK 2 messages:", 4: "POP S: DATA fragment, 100 bytes"}
    one: list[Event] = [reply((2,), "+OK", b"844 octets"), content((2,))]
    assert told("pop3", one, {2: 9})[2].startswith("POP S: +OK 844 octets | subject: ")
    three = told("pop3", [reply((2,), "+OK", b"9 octets"), content((2, 4, 6))], {2: 9, 4: 3, 6: 3})
    assert three[2] == "POP S: +OK 9 octets"
    assert three[4] == "POP S: DATA fragment, 100 bytes"
    assert three[6].startswith("POP/IMF subject: ")
    assert told("pop3", [reply((2,), "+OK")], {2: 1}) == {2: "POP S: +OK"}


def test_imap_shows_requests_and_what_ends_an_answer() -> None:
    """Secrets are masked; lines with a star are shown where no tagged line is, and three of them at most."""
    login = Command(b"LOGIN".decode(), b"a1 LOGIN lee secret", 9, 1, 0, (1,), ((13, 19),), tag="a1")
    news = [Reply(word, Outcome.MORE, (f"{n} {word}".encode(),), 3, 0, (3,)) for n, word in enumerate(["EXISTS"] * 5)]
    events: list[Event] = [
        login,
        Reply("CAPABILITY", Outcome.MORE, (b"CAPABILITY IMAP4rev1",), 2, 0, (2,)),
        Reply("OK", Outcome.GOOD, (b"Logged in",), 2, 0, (2,), tag="a1"),
        *news,
        Reply("+", Outcome.MORE, (b"idling",), 4, 0, (4,)),
        Reply("BYE", Outcome.NO, (b"gone",), 5, 0, (5,)),
    ]
    assert told("imap", events, dict.fromkeys(range(1, 6), 1)) == {
        1: "IMAP Request: a1 LOGIN lee ********",
        2: "IMAP Response: a1 OK Logged in",
        3: "IMAP Response: * 0 EXISTS | * 1 EXISTS | * 2 EXISTS",
        4: "IMAP Response: + idling",
        5: "IMAP Response: * BYE gone",
    }


def test_an_imap_mail_stands_for_itself_where_it_is_whole() -> None:
    """A fetched one hides the lines around it, a stored one stands beside the command in its packet."""
    fetched = Content("FETCH", b"", 413, "", (2, 3), 0, 0, True, message=1)
    answer: list[Event] = [
        Reply("FETCH", Outcome.MORE, (b"1 FETCH (BODY[] {413}", b")"), 3, 0, (2, 3)),
        fetched,
        Reply("OK", Outcome.GOOD, (b"done",), 3, 0, (3,), tag="a1"),
    ]
    rows = told("imap", answer, {2: 3, 3: 3})
    assert rows[2] == "IMAP Response: DATA fragment, 100 bytes"
    assert rows[3].startswith("IMAP/IMF subject: ")
    stored: list[Event] = [
        Command("APPEND", b"a2 APPEND INBOX {413+}", 10, 5, 0, (5,), tag="a2"),
        Content("APPEND", b"", 413, "", (5,), 0, 0, True, message=1),
    ]
    assert told("imap", stored, {5: 9})[5].startswith("IMAP Request: a2 APPEND INBOX {413+} | subject: ")


def test_tls_begins_where_the_conversation_goes_dark() -> None:
    """Packets before are plain, retransmissions and acknowledgements hold no record."""
    events: list[Event] = [command(1, b"STARTTLS"), WentDark("starttls", 3, 0)]
    assert told("smtp", events, {1: 1, 3: 0, 4: 0}) == {
        1: "SMTP C: STARTTLS",
        3: "TLS Application Data",
        4: "TLS Application Data",
    }
    assert told("tls", [], {1: 0}) == {1: "TLS Application Data"}


def test_other_protocols_stay_tcp() -> None:
    """Ident has no columns of its own in Wireshark; a connection nobody answered says nothing."""
    assert told("ident", [command(1, b"40000, 25")], {1: 1}) == {}
    assert told("unknown", [], {1: 0}) == {}


def test_mail_without_sender_or_parts() -> None:
    """Whatever is missing is left out."""
    bare = Message(1, 1, Direction.RELAYED, content(()), None, None, (), (), (), None, (), (), ())
    assert mail_text(bare) == ""


def test_tls_records_are_named_where_they_end() -> None:
    """Written by hand: a record over three segments, one sent again, a hole, and a second direction."""
    place, back = Place(b"a", 1, b"b", 2), Place(b"b", 2, b"a", 1)
    sealed = bytes.fromhex("1703030006abcdefabcdef")
    records = TlsRecords()
    assert records.see(place, 100, sealed[:3]) == ""
    assert records.see(place, 103, sealed[3:8]) == ""
    assert records.see(place, 100, sealed[:3]) == ""
    assert (
        records.see(back, 7, bytes.fromhex("15030300020228")) == "Alert (Level: Fatal, Description: Handshake Failure)"
    )
    assert records.see(place, 108, sealed[8:] + sealed) == "Application Data, Application Data"
    assert records.see(place, 900, sealed) == "Application Data"
    assert records.see(place, 911, b"220 back to clear\r\n") == ""


def test_tls_messages_that_are_encrypted_or_ask_again() -> None:
    """After the cipher was changed, only hellos are in clear; the random of a retry is that of RFC 8446."""
    change, finished = bytes.fromhex("140303000101"), bytes.fromhex("160303000400000000")
    assert tls_info(change + finished) == "Change Cipher Spec, Encrypted Handshake Message"
    assert tls_info(change + bytes.fromhex("15030300020100")) == "Change Cipher Spec, Encrypted Alert"
    hello = bytes.fromhex("01000004 03030000")
    assert tls_info(change + b"\x16\3\3\0\x08" + hello) == "Change Cipher Spec, Client Hello"
    retry = bytes.fromhex("0303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    assert tls_info(b"\x16\3\3\0\x26\2\0\0\x22" + retry) == "Hello Retry Request"
    certificate = b"\x0b\0\0\x08" + bytes(8)
    cut = b"\x16\3\3\0\6" + certificate[:6] + b"\x16\3\3\0\x0a" + certificate[6:] + b"\x0e\0\0\0"
    assert tls_info(cut) == "Certificate, Server Hello Done"


def test_tls_records_are_named() -> None:
    """Written by hand: record headers are type, version, length; handshake messages type and length."""
    hello = bytes.fromhex("1603010008 01000004 03030000".replace(" ", ""))
    change = bytes.fromhex("140303000101")
    sealed = bytes.fromhex("1703030003abcdef")
    assert tls_info(hello) == "Client Hello"
    assert tls_info(change + sealed + sealed) == "Change Cipher Spec, Application Data, Application Data"
    assert tls_info(bytes.fromhex("1603030005 deadbeef01".replace(" ", ""))) == "Encrypted Handshake Message"
    assert tls_info(sealed[:6]) == ""
    assert tls_info(b"MAIL FROM:<a@b>\r\n") == ""
    assert tls_info(bytes.fromhex("1703030000") * 1000).count("Application Data") == 32
