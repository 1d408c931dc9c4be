"""One packet told: what is said in it, its step, its range of the stream; secrets masked in all of it."""

from __future__ import annotations

from mailtrace.capture.dissect import Field, Tree
from mailtrace.explain.frame import FrameView, conversation_of, frame_view, range_text
from mailtrace.explain.hidden import Frame, Payload
from mailtrace.explain.listing import ListingRow
from mailtrace.model import Analysis, Side
from tests.explain.making import CLIENT, SERVER, Talk, analysis, lookup, resolver

HEADER = bytes(54)


def login() -> Talk:
    """Return an SMTP conversation in which a password is sent in packet 7."""
    talk = Talk()
    talk.handshake(1, 0)
    talk.reply(4, 0.1, "220", "ready")
    talk.command(5, 0.2, "EHLO client")
    talk.reply(6, 0.3, "250", "host", "PIPELINING")
    talk.command(7, 0.4, "AUTH PLAIN AGxlZQBsZWU=", ((11, 23),))
    return talk


def view(found: Analysis, number: int, octets: bytes = b"", show_secrets: bool = False, **payloads: bytes) -> FrameView:
    """Tell a packet of an analysis; `payloads` are those of further packets, `p7` for packet 7."""
    carried = {int(name[1:]): Payload((40000, 25), each, 54) for name, each in payloads.items()}
    carried[number] = Payload((40000, 25), octets, 54)
    row = ListingRow(number, 0, "a", "b", "TCP", 54 + len(octets), "")
    return frame_view(Frame(number, HEADER + octets, 1), row, Tree(()), found, carried, show_secrets)


def test_a_command() -> None:
    told = view(analysis(login().conversation()), 5, b"EHLO client\r\n")
    assert told.said is not None and told.said.name == "SMTP"
    assert (told.said.start, told.said.size, told.said.fields) == (54, 13, (Field("Command", "EHLO client"),))
    assert told.conversation is not None and told.conversation.id == 1
    assert told.title.startswith("SMTP conversation 1")
    assert [step.packets for step in told.steps] == [(5,)]
    assert told.range is not None
    assert (told.range.side, told.range.first, told.range.last) == (Side.CLIENT, 1, 13)
    assert range_text(told.range) == ["EHLO client\r\n"]


def test_a_reply_of_several_lines() -> None:
    told = view(analysis(login().conversation()), 6, b"250-host\r\n250 PIPELINING\r\n")
    assert told.said is not None
    assert told.said.fields == (Field("Reply", "250", (Field("Line", "host"), Field("Line", "PIPELINING"))),)


def test_a_password_is_masked_everywhere() -> None:
    line = b"AUTH PLAIN AGxlZQBsZWU=\r\n"
    told = view(analysis(login().conversation()), 7, line)
    assert told.hidden == ((65, 77),)
    assert told.said is not None and told.said.fields == (Field("Command", "AUTH PLAIN ********"),)
    assert told.range is not None and range_text(told.range) == ["AUTH PLAIN ********\r\n"]
    assert "AGxlZQBsZWU" not in repr((told.row, told.said, told.range, told.steps, told.title))


def test_a_password_is_shown_on_request() -> None:
    told = view(analysis(login().conversation()), 7, b"AUTH PLAIN AGxlZQBsZWU=\r\n", show_secrets=True)
    assert told.hidden == ()
    assert told.said is not None and told.said.fields == (Field("Command", "AUTH PLAIN AGxlZQBsZWU="),)
    assert told.range is not None and range_text(told.range) == ["AUTH PLAIN AGxlZQBsZWU=\r\n"]


def test_a_mail_in_several_packets() -> None:
    talk = login()
    talk.data(8, 0.5, CLIENT, 6)
    talk.data(9, 0.6, CLIENT, 9)
    talk.content("DATA", (8, 9), b"a: b\r\n\r\nhello\r\n")
    told = view(analysis(talk.conversation()), 9, b"hello\r\n")
    assert told.said is not None
    assert told.said.fields == (Field("Mail", "DATA, 15 octets, packet 2 of 2"),)


def test_a_lookup_is_told_where_its_cause_is() -> None:
    talk = login()
    asked = resolver(2, lookup((20, 21), 0.35, "A", "naver.com", answers=("192.0.2.1",), caused_by=1))
    found = analysis(talk.conversation(), asked)
    question, answer = view(found, 20), view(found, 21)
    assert question.said is not None and question.said.fields == (Field("Question", "naver.com A"),)
    assert answer.said is not None and answer.said.fields == (
        Field("Question", "naver.com A"),
        Field("Answer", "NOERROR", (Field("Data", "192.0.2.1"),)),
    )
    assert answer.conversation is not None and answer.conversation.id == 2
    assert answer.title.startswith("SMTP conversation 1") and answer.steps
    assert answer.range is None


def test_an_acknowledgement_says_nothing() -> None:
    talk = login()
    talk.ack(8, 0.5, SERVER)
    told = view(analysis(talk.conversation()), 8)
    assert (told.said, told.range) == (None, None)
    assert told.conversation is not None and told.steps


def test_a_packet_of_no_conversation() -> None:
    told = view(analysis(login().conversation()), 99, b"x")
    assert (told.said, told.conversation, told.title, told.steps, told.range) == (None, None, "", (), None)
    assert conversation_of(analysis(), 1) is None


def test_range_keeps_every_octet() -> None:
    talk = Talk()
    talk.handshake(1, 0)
    talk.data(4, 0.1, CLIENT, 9)
    told = view(analysis(talk.conversation()), 4, b"a\r\nb\xff\n\x00\r")
    assert told.range is not None
    assert range_text(told.range) == ["a\r\n", "b\\xff\n", "\x00\r"]
