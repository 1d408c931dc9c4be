"""ident: the two lines, hostile ones named, and conversations in which nobody answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import Closed, Command, Data, Dialogue, Gap, GapReason, Outcome, Reply, Side, Transport, Violation
from mailtrace.protocols.base import Guess
from mailtrace.protocols.ident import recognise
from mailtrace.protocols.ident.grammar import Answer, Ports, parse_answer, parse_ports
from mailtrace.protocols.ident.session import IdentSession


def talk(*pieces: tuple[str, bytes], how: str = "fin") -> Dialogue:
    """Feed pieces, `C` of the asker, `S` of the one asked; the n-th is packet n."""
    session = IdentSession(Transport.TCP)
    for number, (side, data) in enumerate(pieces, 1):
        session.feed(Data(Side.CLIENT if side == "C" else Side.SERVER, data, number, number))
    for side in Side:
        session.feed(Closed(side, how, 99, 99))
    session.finish()
    return session.dialogue


def violations(dialogue: Dialogue) -> list[str]:
    return [event.code for event in dialogue.events if isinstance(event, Violation)]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"6193, 23", Ports(6193, 23)),
        (b" 6193 ,\t23 ", Ports(6193, 23)),
        (b"70000,0", Ports(70000, 0)),
        (b"6193 23", None),
        (b"6193:23", None),
        (b"", None),
        (b"-1,5", None),
        (b"9" * 5000 + b",1", None),
    ],
)
def test_ports(field: bytes, expected: Ports | None) -> None:
    """J192: ports."""
    assert parse_ports(field) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"6193, 23 : USERID : UNIX : stjohns", Answer(Ports(6193, 23), "USERID", "UNIX", None, b"stjohns")),
        (b"6195, 23 : ERROR : NO-USER", Answer(Ports(6195, 23), "ERROR", error="NO-USER")),
        (b"1,2:userid:UNIX,UTF-8:a:b c ", Answer(Ports(1, 2), "USERID", "UNIX", "UTF-8", b"a:b c")),
        (b"1,2:USERID:OTHER:\x1b[31m", Answer(Ports(1, 2), "USERID", "OTHER", None, b"\x1b[31m")),
        (b"1,2 : USERID : UNIX", Answer(Ports(1, 2), "USERID")),
        (b"1,2 : ERROR :", Answer(Ports(1, 2), "ERROR")),
        (b"x : MAYBE : so", Answer(None, "MAYBE")),
        (b"hello", Answer(None, "")),
    ],
)
def test_answers(line: bytes, expected: Answer) -> None:
    assert parse_answer(line) == expected


def test_the_example_of_the_rfc() -> None:
    dialogue = talk(("C", b"6193, 23\r\n"), ("S", b"6193, 23 : USERID : UNIX : stjohns\r\n"))
    command, reply = dialogue.events
    assert isinstance(command, Command)
    assert isinstance(reply, Reply)
    assert (command.verb, command.line, command.argument_at, command.packets) == ("QUERY", b"6193, 23", 0, (1,))
    assert (reply.status, reply.outcome, reply.packets) == ("USERID", Outcome.GOOD, (2,))
    assert reply.lines == (b"6193, 23 : USERID : UNIX : stjohns",)
    assert [(turn.command, turn.replies) for turn in dialogue.turns] == [(command, [reply])]


def test_error_answer() -> None:
    dialogue = talk(("C", b"6195, 23\r\n"), ("S", b"6195, 23 : ERROR : NO-USER\r\n"))
    assert [(reply.status, reply.outcome) for reply in dialogue.turns[0].replies] == [("ERROR", Outcome.NO)]
    assert violations(dialogue) == []


def test_cut_at_every_place() -> None:
    asked, answered = b"6193, 23\r\n", b"6193, 23 : USERID : UNIX : stjohns\r\n"
    for at in range(1, len(asked)):
        dialogue = talk(("C", asked[:at]), ("C", asked[at:]), ("S", answered[:at]), ("S", answered[at:]))
        assert dialogue.turns[0].command is not None
        assert dialogue.turns[0].command.packets == (1, 2)
        assert dialogue.turns[0].replies[0].packets == (3, 4)


def test_several_questions_in_order() -> None:
    dialogue = talk(("C", b"1,2\r\n3,4\r\n"), ("S", b"1,2:ERROR:NO-USER\r\n3,4:USERID:UNIX:root\r\n"))
    assert [turn.replies[0].status for turn in dialogue.turns] == ["ERROR", "USERID"]


def test_unanswered_question_is_an_open_turn() -> None:
    dialogue = talk(("C", b"1,2\r\n"), how="open")
    assert [len(turn.replies) for turn in dialogue.turns] == [0]


def test_nothing_said() -> None:
    for how in ("rst", "open", "fin", "idle"):
        dialogue = talk(how=how)
        assert (dialogue.events, dialogue.turns) == ([], [])


@pytest.mark.parametrize(
    ("asked", "answered", "codes"),
    [
        (b"1 2\r\n", b"1,2:ERROR:INVALID-PORT\r\n", ["bad-question"]),
        (b"99999,2\r\n", b"99999,2:ERROR:INVALID-PORT\r\n", ["port-out-of-range"]),
        (b"0,2\r\n", b"", ["port-out-of-range"]),
        (b"1,2\n", b"", ["bare-line-feed"]),
        (b"1,2\r\n", b"1,2\r\n", ["bad-answer"]),
        (b"1,2\r\n", b"1,2:USERID:UNIX\r\n", ["bad-answer"]),
        (b"1,2\r\n", b"\x1b]0;x\x07\r\n", ["bad-answer"]),
        (b"1,2\r\n", b"1,3:USERID:UNIX:root\r\n", ["ports-differ"]),
        (b"1,2\r\n", b"1,2:USERID:UNIX:" + b"a" * 513 + b"\r\n", ["user-too-long"]),
        (b"1,2\r\n", b"1,2:USERID:" + b"a" * 1000 + b":b\r\n", ["answer-too-long"]),
        (b"1,2\r\n", b"1,2:ERROR:NO-USER\r\n1,2:ERROR:NO-USER\r\n", ["unmatched-reply"]),
        (b"1,2\r\n", b"1,2:ERROR:NO-USER", ["unfinished-line"]),
    ],
)
def test_hostile_lines_are_named(asked: bytes, answered: bytes, codes: list[str]) -> None:
    """J192: hostile lines are named."""
    assert violations(talk(("C", asked), ("S", answered))) == codes


def test_a_line_without_end_is_not_told_when_the_capture_ends_first() -> None:
    dialogue = talk(("C", b"1,2\r\n"), ("S", b"1,2:USERID:UNIX:ro"), how="open")
    assert [len(turn.replies) for turn in dialogue.turns] == [0]


def test_line_that_never_ends_is_capped() -> None:
    """J192: line that never ends is capped."""
    dialogue = talk(("C", b"1,2\r\n"), *[("S", b"a" * 1000)] * 200, ("S", b"\r\n"))
    assert len(dialogue.turns[0].replies[0].lines[0]) <= 8192
    assert violations(dialogue)[0] == "line-too-long"


def test_only_the_answer_was_captured() -> None:
    dialogue = talk(("S", b"6193, 23 : USERID : UNIX : stjohns\r\n"))
    assert [(turn.command, len(turn.replies)) for turn in dialogue.turns] == [(None, 1)]
    assert violations(dialogue) == []


def test_hole() -> None:
    session = IdentSession(Transport.TCP)
    gap = Gap(Side.SERVER, 10, GapReason.LOST, 2, 2)
    session.feed(Data(Side.CLIENT, b"1,2\r\n", 1, 1))
    session.feed(gap)
    session.feed(Data(Side.SERVER, b"IX : stjohns\r\n", 3, 3))
    session.finish()
    assert gap in session.dialogue.events


def test_recognise() -> None:
    assert recognise(Side.CLIENT, b"6193, 23\r\n") is Guess.MORE
    assert recognise(Side.CLIENT, b"6193, 2") is Guess.MORE
    assert recognise(Side.CLIENT, b"6193 23\r\n") is Guess.MORE
    assert recognise(Side.CLIENT, b"EHLO x\r\n") is Guess.NO
    assert recognise(Side.SERVER, b"6193, 23 : USERID : UNIX : stjohns\r\n") is Guess.YES
    assert recognise(Side.SERVER, b"6193, 23 : USER") is Guess.MORE
    assert recognise(Side.SERVER, b"220 mail ESMTP\r\n") is Guess.NO


@given(st.lists(st.tuples(st.sampled_from("CS"), st.binary(max_size=40)), max_size=8))
def test_any_octets(pieces: list[tuple[str, bytes]]) -> None:
    dialogue = talk(*pieces)
    assert (
        sum(len(turn.replies) for turn in dialogue.turns) <= b"".join(octets for _, octets in pieces).count(b"\n") + 2
    )
