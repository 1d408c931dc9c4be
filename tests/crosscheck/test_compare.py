"""Two lists of facts compared: what is the same, what only one says, what they say otherwise."""

from __future__ import annotations

from mailtrace.crosscheck.compare import differences
from mailtrace.crosscheck.facts import Difference, Fact, Kind

MAIL = Fact(Kind.COMMAND, 0, "MAIL", (10,))
RCPT = Fact(Kind.COMMAND, 0, "RCPT", (12,))


def test_equal_lists_differ_in_nothing() -> None:
    assert differences([MAIL, RCPT], [RCPT, MAIL]) == []
    assert differences([], []) == []


def test_what_only_one_says() -> None:
    assert differences([MAIL, RCPT], [RCPT]) == [Difference(MAIL, None)]
    assert differences([RCPT], [MAIL, RCPT]) == [Difference(None, MAIL)]


def test_one_packet_in_common_is_enough() -> None:
    """A line in three packets: tshark shows it at the last."""
    assert differences([Fact(Kind.COMMAND, 0, "EHLO", (4, 5, 9))], [Fact(Kind.COMMAND, 0, "EHLO", (9,))]) == []


def test_each_fact_is_taken_once() -> None:
    one = Fact(Kind.COMMAND, 0, "RCPT", (12,))
    assert differences([one, one], [one]) == [Difference(one, None)]


def test_streams_are_apart() -> None:
    other = Fact(Kind.COMMAND, 1, "MAIL", (10,))
    assert differences([MAIL], [other]) == [Difference(MAIL, None), Difference(None, other)]


def test_same_command_in_another_packet_is_one_difference() -> None:
    late = Fact(Kind.COMMAND, 0, "MAIL", (31,))
    assert differences([MAIL], [late]) == [Difference(MAIL, late)]


def test_same_place_counts_more_than_the_order() -> None:
    """Of two equal commands the one at its own packet is taken, and the other one is left."""
    first, second = Fact(Kind.COMMAND, 0, "NOOP", (3,)), Fact(Kind.COMMAND, 0, "NOOP", (7,))
    assert differences([first, second], [second]) == [Difference(first, None)]


def test_conversations_are_compared_by_stream() -> None:
    ours, theirs = Fact(Kind.CONVERSATION, 3, "imap", (7, 8, 9)), Fact(Kind.CONVERSATION, 3, "pop3", (20,))
    assert differences([ours], [theirs]) == [Difference(ours, theirs)]
    assert differences([ours], [Fact(Kind.CONVERSATION, 3, "imap", (20,))]) == []


def test_details_that_share_nothing_are_a_difference() -> None:
    ours = Fact(Kind.MESSAGE, 0, "<1@x>", (5, 6), ("413 octets",))
    theirs = Fact(Kind.MESSAGE, 0, "<1@x>", (6,), ("411 octets", "596 octets"))
    assert differences([ours], [theirs]) == [Difference(ours, theirs)]
    assert differences([ours], [Fact(Kind.MESSAGE, 0, "<1@x>", (6,), ("596 octets", "413 octets"))]) == []
    assert differences([ours], [Fact(Kind.MESSAGE, 0, "<1@x>", (6,))]) == []


def test_the_same_octets_at_a_later_packet_are_the_same_mail() -> None:
    ours = Fact(Kind.MESSAGE, 0, "<1@x>", (44, 45, 47), ("3339 octets",))
    assert differences([ours], [Fact(Kind.MESSAGE, 0, "<1@x>", (49,), ("3339 octets",))]) == []
    header = Fact(Kind.MESSAGE, 0, "<1@x>", (49,), ("327 octets",))
    assert differences([ours], [header]) == [Difference(ours, None), Difference(None, header)]


def test_differences_come_in_the_order_of_packets() -> None:
    facts = [
        Fact(Kind.LOOKUP, None, "x A", (9,)),
        Fact(Kind.REPLY, 0, "250", (3,)),
        Fact(Kind.COMMAND, 0, "QUIT", (3,)),
    ]
    assert [each.fact.says for each in differences(facts, [])] == ["QUIT", "250", "x A"]
