"""The index over a busy host's conversations: it finds the same causes as looking at every one of them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from mailtrace.mail.causes import Candidate, about, best_cause, candidate, ident_cause, subjects, topics
from mailtrace.mail.memory import Memory
from mailtrace.model import (
    ClosedHow,
    Command,
    Conversation,
    Dialogue,
    Endpoint,
    Lookup,
    Outcome,
    Packet,
    Reply,
    Side,
    StreamKey,
    Transport,
    Turn,
)

SERVER = "192.0.2.25"
SECOND = 1_000_000_000


def reply(at_ns: int, text: bytes) -> Reply:
    return Reply("250", Outcome.GOOD, (text,), 0, at_ns, (0,))


def session(number: int) -> Conversation:
    """Return the mail of one client to the server: it begins at its number of seconds and lasts five.

    After one second it says hello, after two it names its sender, and the server takes a second for each answer.
    """
    start = number * SECOND
    commands = [
        ("EHLO", f"EHLO out{number}.example"),
        ("MAIL", f"MAIL FROM:<a@mail.sender{number}.example>"),
        ("RCPT", "RCPT TO:<b@here.example>"),
    ]
    turns = [Turn(None, [reply(start, b"mx.here.example ready")])]
    for index, (verb, text) in enumerate(commands, 1):
        at_ns = start + index * SECOND
        command = Command(verb, text.encode(), 5, 0, at_ns, (0,))
        turns.append(Turn(command, [reply(at_ns + SECOND // 2, b"ok")]))
    packets = (Packet(1, start, Side.CLIENT, 2, 0, 0, 0), Packet(2, start + 5 * SECOND, Side.SERVER, 1, 0, 0, 0))
    key = StreamKey(Endpoint(f"10.0.{number // 250}.{number % 250}", 40_000), Endpoint(SERVER, 25), Transport.TCP)
    return Conversation(number, "smtp", key, 0, packets, Dialogue(turns=turns), True, ClosedHow.FIN)


def candidate_of(conversation: Conversation) -> Candidate:
    return candidate(conversation, about(conversation))


def ask(second: float, kind: str, name: str, client: str = SERVER, *answers: str) -> Lookup:
    return Lookup(name, kind, "NOERROR", answers, (1,), round(second * SECOND), 1, 1, client=client)


def memory(numbers: Iterable[int]) -> Memory:
    remembered = Memory()
    for number in numbers:
        remembered.add(candidate_of(session(number)))
    return remembered


@pytest.mark.parametrize("count", [40, 400])  # looked through, and indexed
@pytest.mark.parametrize(
    ("lookup", "cause"),
    [
        (ask(32.1, "MX", "mail.sender30.example"), 30),  # MAIL waits for its answer
        (ask(32.1, "TXT", "_dmarc.sender30.example"), 30),  # the domain above the sender's
        (ask(31.1, "A", "OUT30.example."), 30),  # the hello name
        (ask(30.2, "PTR", "30.0.0.10.in-addr.arpa"), 30),  # the client's address
        (ask(30.2, "A", "30.0.0.10.blocked.example"), 30),  # in a block list
        (ask(29.0, "A", "mx.here.example", "10.0.0.30", SERVER), 30),  # its client looks for the server
        (ask(32.1, "MX", "mail.sender7.example"), None),  # that one is long over
        (ask(32.1, "A", "unrelated.example.org"), None),  # four are running: nothing tells which
    ],
)
def test_the_one_that_names_it_is_found(count: int, lookup: Lookup, cause: int | None) -> None:
    assert best_cause(lookup, memory(range(1, count)).near_lookup(lookup)) == cause


@pytest.mark.parametrize("count", [40, 400])
def test_an_ident_call_finds_its_conversation(count: int) -> None:
    call = session(30)
    call.protocol = "ident"
    call.key = StreamKey(Endpoint(SERVER, 45_000), Endpoint("10.0.0.30", 113), Transport.TCP)
    assert ident_cause(call, memory(range(1, count)).near_ident(call)) == 30


def test_few_are_all_looked_at() -> None:
    lookup = ask(37, "A", "unrelated.example.org")
    assert [each.id for each in memory(range(10, 500, 10)).near_lookup(lookup)] == list(range(10, 500, 10))


def test_of_many_those_that_run_at_the_moment() -> None:
    remembered = memory(range(10, 800, 10))
    assert [each.id for each in remembered.near_lookup(ask(32, "A", "unrelated.example.org"))] == [30]
    assert list(remembered.near_lookup(ask(37, "A", "unrelated.example.org"))) == []


def test_of_many_about_one_name_those_that_began_nearest() -> None:
    remembered = memory(range(1, 1000))
    near = [each.id for each in remembered.near_lookup(ask(500, "MX", "here.example"))]
    assert near == list(range(451, 551))


def test_what_is_forgotten_is_found_no_more() -> None:
    remembered = memory(range(1, 400))
    early, late = ask(1000, "A", "out300.example"), ask(1000, "A", "out399.example")
    assert [each.id for each in remembered.near_lookup(early)] == [300]
    remembered.forget(340 * SECOND)
    assert len(remembered) == 65  # those that ended at 340 s or later: 335 to 399
    assert [each.id for each in remembered.near_lookup(early)] == []
    assert [each.id for each in remembered.near_lookup(late)] == [399]


def test_what_a_conversation_is_about() -> None:
    assert subjects(candidate_of(session(3))) == {
        *("mx.here.example", "out3.example", "mail.sender3.example", "here.example"),
        *("_dmarc.sender3.example", "_dmarc.example", SERVER, "3.0.0.10", "25.2.0.192"),
    }


def test_what_a_lookup_could_be_about() -> None:
    lookup = ask(1, "MX", "mail.Here.example.", SERVER, "10 mx.here.example.")
    lookup.additional = ("mx.here.example. 60 A 192.0.2.25",)
    assert topics(lookup) == {
        *("mail.here.example", "here.example", "example", "mail", "mail.here"),
        *("10 mx.here.example.", "192.0.2.25"),
    }
