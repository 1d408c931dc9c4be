"""Pairing replies with what asked for them."""

from __future__ import annotations

import pytest

from mailtrace.model import Outcome, Reply
from mailtrace.protocols.pairing import Pairing


def _reply(status: str, packet: int) -> Reply:
    return Reply(status, Outcome.GOOD, (b"",), packet, packet, (packet,))


def _pairing() -> Pairing[str]:
    return Pairing(lambda question, status: (question, status) in {("DATA", "354"), ("QUIT", "221")})


def test_by_order() -> None:
    pairing = _pairing()
    for question in ("MAIL", "RCPT", "DATA"):
        assert pairing.ask(question, 5)
    assert [pairing.answer(_reply(status, 6)) for status in ("250", "550", "354")] == ["MAIL", "RCPT", "DATA"]
    assert not pairing.waiting


def test_a_reply_cannot_answer_what_was_sent_after_it() -> None:
    pairing = _pairing()
    early, late = _reply("250", 4), _reply("250", 9)
    pairing.hold(early)
    pairing.hold(late)
    assert (pairing.overtaken(7), pairing.overtaken(7)) == (early, None)
    assert list(pairing.early) == [late]


def test_after_lost_replies_only_what_fits_is_paired_until_the_client_goes_on() -> None:
    pairing = _pairing()
    for question in ("MAIL", "RCPT", "DATA"):
        pairing.ask(question, 5)
    pairing.replies_lost(6)
    assert pairing.answer(_reply("250", 7)) is None
    assert pairing.answer(_reply("354", 7)) == "DATA"
    assert not pairing.waiting


def test_after_lost_replies_the_only_question_is_answered() -> None:
    pairing = _pairing()
    pairing.ask("MAIL", 5)
    pairing.replies_lost(6)
    assert pairing.answer(_reply("250", 7), more_to_ask=True) is None
    assert pairing.answer(_reply("250", 7)) == "MAIL"


def test_after_lost_commands_replies_owed_before_are_certain() -> None:
    pairing = _pairing()
    pairing.ask("MAIL", 5)
    pairing.commands_lost()
    pairing.ask("RCPT", 7)
    assert pairing.answer(_reply("250", 8)) == "MAIL"
    assert pairing.answer(_reply("250", 8)) is None
    assert pairing.ask("QUIT", 9)
    assert pairing.answer(_reply("221", 10)) == "QUIT"


def test_the_end_of_a_message_in_a_hole_is_answered_first() -> None:
    pairing = _pairing()
    pairing.commands_lost(owed=1)
    pairing.ask("end", 5)
    pairing.ask("MAIL", 7)
    assert [pairing.answer(_reply("250", 8)), pairing.answer(_reply("250", 8))] == ["end", None]


def test_questions_above_the_limit_are_counted_not_kept() -> None:
    pairing = _pairing()
    taken = [pairing.ask(str(number), 5) for number in range(1500)]
    assert taken == [True] * 1000 + [False] * 500
    answers = [pairing.answer(_reply("250", 6)) for _ in range(1500)]
    assert answers == [str(number) for number in range(1000)] + [None] * 500
    assert not pairing.waiting
    assert pairing.ask("again", 7)
    assert pairing.answer(_reply("250", 8)) == "again"


def test_early_replies_above_the_limit_come_back() -> None:
    pairing = _pairing()
    held = [pairing.hold(_reply("250", packet)) for packet in range(1, 1002)]
    assert held[:1000] == [None] * 1000
    assert held[1000] == _reply("250", 1)


@pytest.mark.parametrize("places", [1, 3])
def test_a_question_with_several_answers_stays_first(places: int) -> None:
    pairing = _pairing()
    pairing.ask("end", 5)
    pairing.ask("QUIT", 5)
    assert pairing.answer(_reply("250", 6)) == "end"
    for _ in range(places):
        pairing.ask_again("end", 6)
    assert [pairing.answer(_reply("250", 6)) for _ in range(places)] == ["end"] * places
    assert pairing.answer(_reply("221", 6)) == "QUIT"
