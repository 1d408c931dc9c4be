"""Pairing: questions, answers, repeats, contradictions, and what nobody asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import Closed, Data, Gap, GapReason, Side, Transport
from mailtrace.protocols.dns import session as sessions
from mailtrace.protocols.dns.session import DnsSession
from tests.protocols.dns.datagrams import QUERY, RESPONSE, TO_QUESTION, ask, message, name, record, udp, violations

MX = record(TO_QUESTION, 15, b"\x00\x0a\x04mail" + TO_QUESTION)
SOA = record(TO_QUESTION, 6, b"\x02ns\xc0\x0c\x04root\xc0\x0c" + bytes(20))
NS = record(TO_QUESTION, 2, b"\x02ns" + TO_QUESTION)
OPT = record(b"\0", 41, b"", ttl=0, class_=1232)


def test_question_and_answer() -> None:
    dialogue = udp(("C", message(additional=(OPT,))), ("S", message(flags=0x85A0, answers=(MX,), authority=(NS,))))
    lookup = dialogue.lookups[0]
    assert (lookup.name, lookup.type, lookup.rcode, lookup.answers) == (
        "daum.net",
        "MX",
        "NOERROR",
        ("10 mail.daum.net.",),
    )
    assert (lookup.packets, lookup.start_ns, lookup.duration_ns, lookup.message_id) == (
        (1, 2),
        1_000_000,
        1_000_000,
        0x1234,
    )
    assert (lookup.authoritative, lookup.edns, lookup.truncated, lookup.authenticated) == (True, True, False, True)
    assert (lookup.class_, lookup.opcode, lookup.retries, lookup.nodata) == ("IN", "QUERY", 0, False)
    assert lookup.authority == ("daum.net. 300 NS ns.daum.net.",)
    assert dialogue.events == [lookup]
    assert dialogue.turns == []


def test_unanswered() -> None:
    lookup = udp(("C", message())).lookups[0]
    assert (lookup.rcode, lookup.answers, lookup.duration_ns, lookup.packets) == (None, (), None, (1,))


def test_root_question() -> None:
    assert udp(("C", message(question=ask(".", 2)))).lookups[0].name == "."


def test_nxdomain_is_no_nodata() -> None:
    lookup = udp(("C", message()), ("S", message(flags=RESPONSE | 3, authority=(SOA,)))).lookups[0]
    assert (lookup.rcode, lookup.nodata) == ("NXDOMAIN", False)
    assert lookup.authority == ("daum.net. 300 SOA ns.daum.net. root.daum.net. 0 0 0 0 0",)


def nodata(flags: int = RESPONSE, **sections: tuple[bytes, ...]) -> bool:
    question = ask("daum.net", 28)
    return udp(("C", message(question=question)), ("S", message(0x1234, flags, question, **sections))).lookups[0].nodata


def test_nodata_is_told_from_a_referral_and_from_an_alias() -> None:
    """The cases of RFC 2308 section 2.2."""
    alias = record(TO_QUESTION, 5, b"\x03www" + TO_QUESTION)
    address = record(TO_QUESTION, 28, bytes(15) + b"\1")
    assert nodata(authority=(SOA,))
    assert nodata(authority=(NS, SOA))
    assert nodata()
    assert not nodata(authority=(NS,))
    assert nodata(answers=(alias,), authority=(SOA,))
    assert nodata(answers=(alias,))
    assert not nodata(flags=0x8400, answers=(alias,))
    assert not nodata(answers=(alias, address))
    assert not nodata(flags=RESPONSE | 0x0200)


def test_alias_chain_in_order() -> None:
    """J191: alias chain in order."""
    question = ask("www.daum.net", 1)
    chain = (
        record(TO_QUESTION, 5, name("a.daum.net")),
        record(name("a.daum.net"), 5, name("b.daum.net")),
        record(name("b.daum.net"), 1, bytes([192, 0, 2, 1])),
    )
    dialogue = udp(("C", message(question=question)), ("S", message(0x1234, RESPONSE, question, chain)))
    assert dialogue.lookups[0].answers == ("a.daum.net.", "b.daum.net.", "192.0.2.1")


def test_other_types_carry_their_name() -> None:
    question = ask("daum.net", 255)
    dialogue = udp(("C", message(question=question)), ("S", message(0x1234, RESPONSE, question, (MX, NS))))
    assert dialogue.lookups[0].answers == ("MX 10 mail.daum.net.", "NS ns.daum.net.")


def test_repeated_question() -> None:
    dialogue = udp(("C", message()), ("C", message()), ("C", message()), ("S", message(flags=RESPONSE, answers=(MX,))))
    lookup = dialogue.lookups[0]
    assert len(dialogue.lookups) == 1
    assert (lookup.retries, lookup.packets, lookup.duration_ns) == (2, (1, 2, 3, 4), 3_000_000)


def test_repeated_answer_and_question_after_it() -> None:
    """J189: repeated answer and question after it."""
    answer = message(flags=RESPONSE, answers=(MX,))
    dialogue = udp(("C", message()), ("S", answer), ("C", message()), ("S", answer))
    assert [(each.packets, each.retries, each.duration_ns) for each in dialogue.lookups] == [
        ((1, 2, 3, 4), 1, 1_000_000)
    ]
    assert violations(dialogue) == []


def feed_at(*seconds: tuple[float, str, bytes]) -> DnsSession:
    session = DnsSession(Transport.UDP)
    for number, (at, side, wire) in enumerate(seconds, 1):
        session.feed(Data(Side.CLIENT if side == "C" else Side.SERVER, wire, number, int(at * 1_000_000_000)))
    return session


def test_same_question_much_later_is_a_new_one() -> None:
    answer = message(flags=RESPONSE, answers=(MX,))
    session = feed_at(
        (0, "C", message()), (0.1, "S", answer), (5.01, "C", message()), (12, "C", message()), (13, "S", answer)
    )
    session.finish()
    assert [each.packets for each in session.dialogue.lookups] == [(1, 2, 3), (4, 5)]
    session = feed_at((0, "C", message()), (301, "C", message()))
    session.finish()
    assert [(each.packets, each.retries) for each in session.dialogue.lookups] == [((1,), 0), ((2,), 0)]


@pytest.mark.parametrize(
    ("again", "answered", "id_", "took"),
    [
        (5.0, 5.1, 0x1234, 5.1),  # the answer to the repeat ends the lookup
        (0.62, 0.63, 0x1234, 0.63),
        (5.0, None, 0x1234, 5.0),  # until then the client waited in any case
        (0.55, 0.58, 0x1234, 0.1),  # less than half a second behind the answer: a copy
        (0.11, 2.0, 0x1234, 0.1),
        (5.0, 5.1, 0, 0.1),  # multicast DNS asks again and again
    ],
)
def test_who_asks_again_long_after_an_answer_has_not_got_it(
    again: float, answered: float | None, id_: int, took: float
) -> None:
    question, answer = message(id_), message(id_, RESPONSE, answers=(MX,))
    later = [] if answered is None else [(answered, "S", answer)]
    session = feed_at((0, "C", question), (0.1, "S", answer), (again, "C", question), *later)
    session.finish()
    (lookup,) = session.dialogue.lookups
    assert (lookup.duration_ns, lookup.took_ns) == (100_000_000, round(took * 1e9))
    assert (lookup.missed_ns is not None) is (took > 0.1)


def test_three_answers_that_never_arrived_are_one_lookup() -> None:
    answer = message(flags=RESPONSE, answers=(MX,))
    both = ((0.0, "C", message()), (0.1, "S", answer))
    session = feed_at(*[(at + later, side, wire) for at in (0, 5, 10) for later, side, wire in both])
    session.finish()
    assert [(each.retries, each.took_ns) for each in session.dialogue.lookups] == [(2, 10_100_000_000)]


def test_second_answer_that_differs_is_named_and_the_first_kept() -> None:
    """J189: second answer that differs is named and the first kept."""
    other = record(TO_QUESTION, 15, b"\x00\x05\x04evil" + TO_QUESTION)
    dialogue = udp(
        ("C", message()),
        ("S", message(flags=RESPONSE, answers=(MX,))),
        ("S", message(flags=RESPONSE, answers=(other,))),
    )
    assert dialogue.lookups[0].answers == ("10 mail.daum.net.",)
    assert violations(dialogue) == ["conflicting-answer"]


def test_names_compare_without_case() -> None:
    """J189: resolvers change the case of what they ask at random, and some servers answer in lower case."""
    dialogue = udp(("C", message(question=ask("DaUm.NeT", 15))), ("S", message(flags=RESPONSE, answers=(MX,))))
    assert [(each.name, each.rcode) for each in dialogue.lookups] == [("DaUm.NeT", "NOERROR")]


def test_answer_with_another_id_name_type_or_side_is_not_paired() -> None:
    """J189: answer with another id name type or side is not paired."""
    for wrong in (
        ("S", message(id_=0x1235, flags=RESPONSE)),
        ("S", message(flags=RESPONSE, question=ask("daum.com", 15))),
        ("S", message(flags=RESPONSE, question=ask("daum.net", 1))),
        ("C", message(flags=RESPONSE)),
    ):
        dialogue = udp(("C", message()), wrong)
        assert [(each.rcode, each.duration_ns) for each in dialogue.lookups] == [("NOERROR", None), (None, None)]
        assert violations(dialogue) == ["unasked-answer"]


def test_answer_without_a_question_section_is_paired_by_id() -> None:
    dialogue = udp(("C", message()), ("S", message(flags=RESPONSE | 1, question=b"")))
    assert [(each.name, each.rcode) for each in dialogue.lookups] == [("daum.net", "FORMERR")]
    assert violations(udp(("S", message(flags=RESPONSE, question=b"")))) == ["no-question"]


def test_both_sides_ask() -> None:
    dialogue = udp(
        ("C", message()), ("S", message()), ("C", message(flags=RESPONSE)), ("S", message(flags=RESPONSE | 5))
    )
    assert [(each.packets, each.rcode) for each in dialogue.lookups] == [((2, 3), "NOERROR"), ((1, 4), "REFUSED")]


def test_notify_and_update_are_named() -> None:
    update = ask("daum.net", 6)
    absent = record(name("host.daum.net"), 255, b"", 0, 254)
    dialogue = udp(
        ("C", message(1, 0x2400, update)), ("S", message(1, 0xA400, update)),
        ("C", message(2, 0x2800, update, (absent,))), ("S", message(2, 0xA809, update, (absent,))),
    )  # fmt: skip
    assert [(each.opcode, each.type, each.rcode, each.nodata) for each in dialogue.lookups] == [
        ("NOTIFY", "SOA", "NOERROR", False),
        ("UPDATE", "SOA", "NOTAUTH", False),
    ]
    assert dialogue.lookups[1].answers == ("host.daum.net. 0 NONE ANY",)


def test_multicast_announcement() -> None:
    """J190: multicast announcement."""
    dialogue = udp(("S", message(0, 0x8400, b"", (record(name("pc.local"), 1, bytes([10, 0, 0, 1]), 120, 0x8001),))))
    assert [(each.name, each.type, each.class_) for each in dialogue.lookups] == [("pc.local", "A", "IN")]


def test_datagram_cut_by_the_capture_is_no_violation() -> None:
    answer = message(flags=RESPONSE, answers=(MX,))
    for missing in range(1, len(answer)):
        session = feed_at((0, "C", message()), (1, "S", answer[:-missing]))
        session.feed(Gap(Side.SERVER, missing, GapReason.NOT_CAPTURED, 2, 1_000_000_000))
        session.finish()
        assert violations(session.dialogue) == []
    session = feed_at((0, "C", message()), (1, "S", answer[:-1]))
    session.feed(Closed(Side.SERVER, "idle", 2, 2))
    assert violations(session.dialogue) == ["bad-record", "bad-count"]
    assert session.dialogue.lookups[0].rcode == "NOERROR"


def test_short_datagram() -> None:
    assert violations(udp(("C", b"abc"))) == ["short-message"]


def test_outstanding_questions_are_limited() -> None:
    """J189: outstanding questions are limited."""
    wires = [message(id_ & 0xFFFF, question=ask(f"h{id_}.example", 1)) for id_ in range(10_005)]
    dialogue = udp(*[("C", wire) for wire in wires])
    assert sessions.MAX_OUTSTANDING == 10_000
    assert len(dialogue.lookups) == 10_005
    assert [each.name for each in dialogue.lookups[:2]] == ["h0.example", "h1.example"]
    assert violations(dialogue) == ["too-many-outstanding"] * 5


def test_endless_repeats_are_limited() -> None:
    answer = message(flags=RESPONSE, answers=(MX,))
    dialogue = udp(("C", message()), *[("S", answer)] * 3000)
    assert len(dialogue.lookups[0].packets) == 1000


@given(st.lists(st.tuples(st.sampled_from("CS"), st.integers(0, 2), st.booleans(), st.binary(max_size=3)), max_size=12))
def test_any_exchange(steps: list[tuple[str, int, bool, bytes]]) -> None:
    wires = [(side, message(id_, RESPONSE if answer else QUERY) + rest) for side, id_, answer, rest in steps]
    dialogue = udp(*wires)
    asked = {number for lookup in dialogue.lookups for number in lookup.packets}
    assert asked == set(range(1, len(wires) + 1))
