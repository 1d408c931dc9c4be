"""Hostile DNS, item by item of the acceptance list (J185 to J191), as far as the other tests do not hold it."""

from __future__ import annotations

import struct
import time
import tracemalloc

import pytest

from mailtrace.model import Data, Dialogue, Side, Transport, Violation
from mailtrace.protocols.dns.grammar import parse_message
from mailtrace.protocols.dns.session import DnsSession
from tests.protocols.dns.datagrams import RESPONSE, TO_QUESTION, ask, message, name, record, udp, violations

A = record(TO_QUESTION, 1, bytes([192, 0, 2, 1]))
SECOND = 1_000_000_000


def at(*datagrams: tuple[str, int, bytes]) -> Dialogue:
    """Feed datagrams sent at these seconds."""
    session = DnsSession(Transport.UDP)
    for number, (side, seconds, wire) in enumerate(datagrams, 1):
        session.feed(Data(Side.CLIENT if side == "C" else Side.SERVER, wire, number, seconds * SECOND))
    session.finish()
    return session.dialogue


def framed(wire: bytes) -> bytes:
    """Put the length of TCP before a message."""
    return struct.pack("!H", len(wire)) + wire


@pytest.mark.parametrize(
    ("owner", "problem"),
    [
        (b"\xc0\x30", "does not lead back"),
        (b"\xc0\x2a", "does not lead back"),
        (b"\xc0\x04", "does not lead back"),
        (b"\x40abc", "label type 0x40"),
        (b"\x80abc", "label type 0x80"),
        (b"\x01a" * 130 + b"\0", "longer than 255 octets"),
    ],
    ids=["forward", "itself", "into the header", "label type 0x40", "label type 0x80", "too long"],
)
def test_j185_names_that_break_the_rules(owner: bytes, problem: str) -> None:
    """J185: named, and what was read before them is kept."""
    wire = message(flags=RESPONSE, answers=(A, record(owner, 1, bytes(4))))
    read = parse_message(wire)
    assert read is not None
    assert read.questions[0].name == "daum.net."
    assert read.sections[0][0].data == "192.0.2.1"
    assert problem in read.problems[0][1]


def test_j185_a_chain_of_ten_thousand_pointers() -> None:
    """J185: each leads back by one; it costs nothing and ends."""
    chain = b"".join((0xC000 | min(12 + 2 * n, 0x3FFF)).to_bytes(2, "big") for n in range(10_000))
    wire = message(flags=RESPONSE, question=b"", answers=(b"\0" + struct.pack("!HHIH", 10, 1, 0, len(chain)) + chain,))
    begin = time.process_time()
    for _ in range(20):
        assert parse_message(wire) is not None
        assert parse_message(wire[:12] + chain + wire[12:]) is not None
    assert time.process_time() - begin < 1.0


@pytest.mark.parametrize(("length", "kept"), [(4, 1), (3, 0), (5, 0), (0, 1), (65_535, 0)])
def test_j186_lengths_of_data_that_do_not_fit(length: int, kept: int) -> None:
    """J186: a record too small, too large, past the end: what came before it is kept."""
    odd = TO_QUESTION + struct.pack("!HHIH", 1, 1, 300, length) + bytes([192, 0, 2, 2])
    dialogue = udp(
        ("C", message(question=ask("daum.net", 1))), ("S", message(0x1234, RESPONSE, ask("daum.net", 1), (A, odd)))
    )
    (lookup,) = dialogue.lookups
    assert lookup.answers[0] == "192.0.2.1"
    assert ("192.0.2.2" in lookup.answers) == (length == 4 and kept == 1)
    assert bool(violations(dialogue)) == (length != 4)


def test_j187_messages_in_every_form_over_tcp() -> None:
    """J187: the length apart, length 0, several at once, and one that claims more than comes."""
    asked = [framed(message(number, question=ask(f"h{number}", 1))) for number in (1, 2, 3)]
    answered = [framed(message(number, RESPONSE, ask(f"h{number}", 1), (A,))) for number in (1, 2, 3)]
    session = DnsSession(Transport.TCP)
    pieces = [
        (Side.CLIENT, asked[0][:1]), (Side.CLIENT, asked[0][1:] + b"\0\0" + asked[1] + asked[2]),
        (Side.SERVER, answered[1] + answered[0]), (Side.SERVER, b"\xff\xff" + answered[2][2:]),
    ]  # fmt: skip
    for number, (side, octets) in enumerate(pieces, 1):
        session.feed(Data(side, octets, number, number))
    session.finish()
    told = [(one.name, one.rcode, one.answers) for one in session.dialogue.lookups]
    assert told == [(f"h{number}", "NOERROR", ("192.0.2.1",)) for number in (2, 1, 3)]
    assert violations(session.dialogue) == ["short-message", "cut-message"]


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        (b"a.b", r"a\.b"), (b"a\0b", r"a\000b"), (b"\x1b[31m", r"\027[31m"), (b"<b>", "<b>"), (b'"', r"\""),
        ("\u202e".encode(), r"\226\128\174"), (b"\xff\xfe", r"\255\254"), (b"xn--9f4b", "xn--9f4b"),
        ("김".encode(), r"\234\185\128"), (b"xn--\xff", r"xn--\255"),
    ],
)  # fmt: skip
def test_j188_names_with_odd_octets(label: bytes, shown: str) -> None:
    """J188: escaped as zone files do, never decoded, never raising."""
    question = bytes([len(label)]) + label + name("net") + struct.pack("!HH", 15, 1)
    dialogue = udp(("C", message(question=question)), ("S", message(flags=RESPONSE, question=question)))
    (lookup,) = dialogue.lookups
    assert (lookup.name, lookup.rcode) == (f"{shown}.net", "NOERROR")
    assert lookup.name.isascii()


def test_j189_an_answer_that_spells_the_name_otherwise() -> None:
    """J189: it is paired all the same, and the difference named: a resolver that mixes case looks for just that."""
    asked = message(question=ask("DaUm.NeT", 15))
    dialogue = udp(("C", asked), ("S", message(flags=RESPONSE, question=ask("daum.net", 15))))
    assert [(one.name, one.rcode) for one in dialogue.lookups] == [("DaUm.NeT", "NOERROR")]
    assert violations(dialogue) == ["spelled-otherwise"]
    assert violations(udp(("C", asked), ("S", message(flags=RESPONSE, question=ask("DaUm.NeT", 15))))) == []


def test_j189_an_answer_after_five_minutes_is_none() -> None:
    """J189: by then the id may serve another question."""
    dialogue = at(("C", 0, message()), ("S", 301, message(flags=RESPONSE)))
    assert [(one.rcode, one.packets) for one in dialogue.lookups] == [(None, (1,)), ("NOERROR", (2,))]
    assert violations(dialogue) == ["unasked-answer"]


def test_j189_a_flood_of_names_that_do_not_exist() -> None:
    """J189: twenty thousand answered questions hold no more than the last thousand for late repeats."""
    session = DnsSession(Transport.UDP)
    grown = []
    for number in range(20_000):
        question = ask(f"x{number}.example", 1)
        session.feed(Data(Side.CLIENT, message(number & 0xFFFF, question=question), 2 * number + 1, number))
        session.feed(Data(Side.SERVER, message(number & 0xFFFF, 0x8183, question), 2 * number + 2, number))
        session.dialogue.lookups.clear()
        session.dialogue.events.clear()
        if number == 12_000:
            tracemalloc.start()
        elif number in (17_000, 19_999):
            grown.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert grown[1] - grown[0] < 200_000


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (b"\x00\x0a\x00\x09abc", "bad-option"), (b"\x00\x0a\x00", "bad-option"), (b"\x00\x0a\xff\xff", "bad-option"),
        (b"", None), (b"\x00\x0a\x00\x00", None),
    ],
)  # fmt: skip
def test_j190_options_of_edns(options: bytes, code: str | None) -> None:
    """J190: broken options are named and cost nothing else."""
    opt = record(b"\0", 41, options, class_=1232)
    dialogue = udp(("C", message(additional=(opt,))), ("S", message(flags=RESPONSE)))
    assert violations(dialogue) == ([code] if code else [])
    assert [(one.name, one.edns) for one in dialogue.lookups] == [("daum.net", True)]


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        (250, name("hmac-sha256") + bytes(6) + b"\x01\x2c\0\0\x12\x34\0\0\0\0"),
        (24, bytes(18) + name("x") + b"sig"),
        (250, b"\xff"),
    ],
    ids=["TSIG", "SIG(0)", "broken TSIG"],
)
def test_j190_signed_messages(type_: int, data: bytes) -> None:
    """J190: a signature is one more record."""
    signature = record(b"\0", type_, data, ttl=0, class_=255)
    dialogue = udp(("C", message(additional=(signature,))), ("S", message(flags=RESPONSE, additional=(signature,))))
    assert [(one.name, one.rcode, len(one.additional)) for one in dialogue.lookups] == [("daum.net", "NOERROR", 1)]


def test_j190_any_and_several_questions_and_multicast() -> None:
    """J190: ANY tells each record with its type; multicast DNS asks several things and announces unasked."""
    mx = record(TO_QUESTION, 15, b"\x00\x0a" + TO_QUESTION)
    asked = ask("daum.net", 255)
    dialogue = udp(("C", message(question=asked)), ("S", message(0x1234, RESPONSE, asked, (A, mx))))
    assert dialogue.lookups[0].answers == ("A 192.0.2.1", "MX 10 daum.net.")
    several = struct.pack("!6H", 0, 0, 2, 0, 0, 0) + ask("a.local", 1, 0x8001) + ask("b.local", 28)
    announced = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + record(name("c.local"), 1, bytes(4), class_=0x8001)
    dialogue = udp(("C", several), ("S", announced))
    assert sorted(one.name for one in dialogue.lookups) == ["a.local", "c.local"]
    assert violations(dialogue) == ["several-questions"]


def test_j190_a_zone_of_a_million_records() -> None:
    """J190: streamed: ten thousand are told, the rest is counted as left out; memory and time stay small."""
    question = ask("daum.net", 252)
    part = framed(message(7, RESPONSE, question, tuple([A] * 1000)))
    session = DnsSession(Transport.TCP)
    session.feed(Data(Side.CLIENT, framed(message(7, question=question)), 1, 1))
    for packet in range(2, 52):
        session.feed(Data(Side.SERVER, part, packet, packet))
    lookup = session.dialogue.lookups[0]
    tracemalloc.start()
    for packet in range(52, 72):
        session.feed(Data(Side.SERVER, part, packet, packet))
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert (len(lookup.answers), grown < 200_000) == (10_000, True)
    told = [event for event in session.dialogue.events if isinstance(event, Violation)]
    assert {event.code for event in told} == {"too-many-answers"}
    assert len(told) == 25


@pytest.mark.parametrize("text", [b"v=spf1 ", b"v=DKIM1; p=", b"v=DMARC1; p=none; rua="])
def test_j191_a_text_record_of_64_kb(text: bytes) -> None:
    """J191: all its strings, joined."""
    strings = [text] + [b"x" * 255] * 250
    data = b"".join(bytes([len(one)]) + one for one in strings)
    asked = ask("daum.net", 16)
    answer = message(0x1234, RESPONSE, asked, (record(TO_QUESTION, 16, data),))
    session = DnsSession(Transport.TCP)
    session.feed(Data(Side.CLIENT, framed(message(question=asked)), 1, 1))
    session.feed(Data(Side.SERVER, framed(answer), 2, 2))
    (lookup,) = session.dialogue.lookups
    assert lookup.answers == (f'"{text.decode()}{"x" * 255 * 250}"',)


@pytest.mark.parametrize("type_", [64, 65])
def test_j191_service_bindings_that_do_not_fit(type_: int) -> None:
    """J191: HTTPS and SVCB whose parameters run past their end are named and shown as they are."""
    asked = ask("daum.net", type_)
    broken = record(TO_QUESTION, type_, b"\x00\x01\x00\x00\x01\x00\xff\x02h2")
    dialogue = udp(("C", message(question=asked)), ("S", message(0x1234, RESPONSE, asked, (broken,))))
    assert violations(dialogue) == ["bad-record"]
    assert dialogue.lookups[0].answers[0].startswith("\\# 10 ")


def test_j191_aliases_that_lead_in_a_circle() -> None:
    """J191: told as they are; nobody follows them."""
    asked = ask("daum.net", 15)
    there, back = record(TO_QUESTION, 5, name("kakao.com")), record(name("kakao.com"), 5, TO_QUESTION)
    dialogue = udp(("C", message(question=asked)), ("S", message(0x1234, RESPONSE, asked, (there, back, there))))
    assert dialogue.lookups[0].answers == ("kakao.com.", "daum.net.", "kakao.com.")
    assert dialogue.lookups[0].rcode == "NOERROR"
