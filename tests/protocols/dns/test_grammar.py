"""Whole messages: sections, EDNS, counts that lie, and what counts as a message at all."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import Side
from mailtrace.protocols.base import Guess
from mailtrace.protocols.dns import recognise
from mailtrace.protocols.dns.grammar import looks_like_message, parse_message
from tests.protocols.dns.datagrams import RESPONSE, TO_QUESTION, ask, message, name, record

MX = record(TO_QUESTION, 15, b"\x00\x0a\x04mail" + TO_QUESTION)
OPT = record(b"\0", 41, b"", ttl=0x00008000, class_=1232)


def test_answer() -> None:
    read = parse_message(message(flags=RESPONSE, answers=(MX,), additional=(OPT,)))
    assert read is not None
    assert (read.id, read.is_response, read.opcode, read.rcode, read.edns) == (0x1234, True, 0, 0, True)
    assert (read.questions[0].name, read.questions[0].type, read.questions[0].class_) == ("daum.net.", 15, 1)
    answer = read.sections[0][0]
    assert (answer.owner, answer.type, answer.ttl, answer.data) == ("daum.net.", 15, 300, "10 mail.daum.net.")
    assert read.sections[2] == []
    assert read.problems == []


def test_record_as_a_line() -> None:
    read = parse_message(message(flags=RESPONSE, answers=(MX, record(name("a"), 16, b"\x01x", 0, 3))))
    assert read is not None
    assert [str(each) for each in read.sections[0]] == ["daum.net. 300 MX 10 mail.daum.net.", 'a. 0 CH TXT "x"']


def test_extended_rcode() -> None:
    read = parse_message(message(flags=RESPONSE, additional=(record(b"\0", 41, b"", ttl=0x01000000, class_=512),)))
    assert read is not None
    assert read.rcode == 16


def test_opt_twice_and_with_broken_options() -> None:
    """J190: opt twice and with broken options."""
    broken = record(b"\0", 41, b"\x00\x0a\x00\x09abc", class_=512)
    read = parse_message(message(additional=(broken, OPT)))
    assert read is not None
    assert [code for code, _ in read.problems] == ["bad-option", "several-opt"]


def test_no_whole_header() -> None:
    assert parse_message(message()[:11]) is None


@pytest.mark.parametrize("section", [4, 6, 8, 10])
def test_counts_that_promise_too_much(section: int) -> None:
    """J186: counts that promise too much."""
    wire = bytearray(message(flags=RESPONSE, answers=(MX,)))
    wire[section : section + 2] = b"\xff\xff"
    read = parse_message(bytes(wire))
    assert read is not None
    assert read.cut_short
    assert read.questions[0].name == "daum.net."
    assert read.problems[-1][0] == "bad-count"
    if section > 4:
        assert [each.data for each in read.sections[0]] == ["10 mail.daum.net."]


def test_twelve_octets_with_all_counts_at_their_limit() -> None:
    """J186: twelve octets with all counts at their limit."""
    read = parse_message(struct.pack("!6H", 1, RESPONSE, *(65535,) * 4))
    assert read is not None
    assert (read.questions, read.cut_short) == ([], True)


def test_record_longer_than_the_message() -> None:
    """J186: record longer than the message."""
    wire = message(flags=RESPONSE, answers=(MX, MX))[:-3]
    read = parse_message(wire)
    assert read is not None
    assert [each.data for each in read.sections[0]] == ["10 mail.daum.net."]
    assert read.problems[0] == ("bad-record", "the MX record claims 3 octets too many")


def test_what_the_capture_cut_is_no_fault() -> None:
    whole = message(flags=RESPONSE, answers=(MX, MX), additional=(OPT,))
    for stop in range(12, len(whole)):
        read = parse_message(whole[:stop], cut=True)
        assert read is not None
        assert read.cut_short
        assert read.problems == []


def test_octets_behind_the_end() -> None:
    read = parse_message(message() + b"xyz")
    assert read is not None
    assert read.problems == [("trailing-octets", "3 octets follow the last record")]


def test_a_name_that_looks_like_the_question_but_is_not() -> None:
    """A NUL inside a label ends no question, and the same octets mean the same the second time."""
    odd = b"\x03a\0b\0" + struct.pack("!HH", 1, 1)
    for _ in range(2):
        read = parse_message(message(question=odd))
        assert read is not None
        assert read.questions[0].name == "a\\000b."
        assert read.problems == []


def test_message_of_64_kib_with_pointers_everywhere_takes_no_time() -> None:
    """J185: message of 64 kib with pointers everywhere takes no time."""
    chain = b"".join((0xC000 | 28 + 2 * n).to_bytes(2, "big") for n in range(1000))
    records = record(b"\xc7\xe8", 47, chain[:2] + b"\0") * 4000
    wire = message(flags=RESPONSE, question=ask("a", 47) + b"\0" * 7 + b"\x01a\0" + chain)[:65535] + records
    begin = time.process_time()
    parse_message(wire[:65535])
    assert time.process_time() - begin < 1.0


@given(st.binary(max_size=200))
def test_any_octets(wire: bytes) -> None:
    message = parse_message(wire)
    assert (message is None) == (len(wire) < 12)  # a header is all it takes. RFC 1035 section 4.1.1
    assert looks_like_message(wire) in (True, False)


@given(st.data())
def test_any_change_to_a_message(data: st.DataObject) -> None:
    wire = bytearray(message(flags=RESPONSE, answers=(MX, MX), authority=(MX,), additional=(OPT,)))
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    assert parse_message(bytes(wire)) is not None


def test_recognise() -> None:
    query = message()
    framed = struct.pack("!H", len(query)) + query
    assert recognise(Side.CLIENT, query) is Guess.YES
    assert recognise(Side.CLIENT, framed) is Guess.YES
    assert [recognise(Side.CLIENT, framed[:stop]) for stop in range(1, len(framed))] == [Guess.MORE] * (len(framed) - 1)
    for text in (
        b"EHLO client\r\n",
        b"220 mail ESMTP\r\n",
        b"+OK ready\r\n",
    ):
        assert recognise(Side.CLIENT, text) is Guess.NO


def test_what_is_broken_or_unusual_is_left_to_the_port() -> None:
    loop = message(question=b"\xc0\x0c" + struct.pack("!HH", 1, 1))
    unknown_type = message(question=ask("example.net", 65534))
    several = message()[:4] + b"\x00\x0a" + message()[6:]
    for wire in (loop, unknown_type, several, bytes(400)):
        assert recognise(Side.CLIENT, wire) is Guess.MORE
