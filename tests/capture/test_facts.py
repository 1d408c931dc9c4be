"""What is kept about a capture is bounded, and what is beyond the bound is counted exactly."""

from __future__ import annotations

from mailtrace.capture.facts import Facts


def test_notes_of_one_code_are_kept_up_to_a_limit() -> None:
    facts = Facts()
    for place in range(100):
        facts.note("hole", f"hole {place}", damage=True)
    facts.note("other", "something else")
    assert [note.message for note in facts.notes][:2] == ["hole 0", "hole 1"]
    assert len(facts.notes) == 25 + 1 + 1
    assert facts.notes[-1].message == "and 75 more notes of this kind"
    assert facts.notes[-1].damage


def test_tallies_list_the_first_packets_and_count_all() -> None:
    facts = Facts()
    facts.tally("odd", "odd", range(1, 21), 20)
    facts.tally("odd", "odd", range(21, 1021), 1000)
    (note,) = facts.notes
    assert note.message == "odd (1020 packets)"
    assert note.packets == tuple(range(1, 26))


def test_comments_are_kept_up_to_a_limit() -> None:
    facts = Facts()
    for number in range(1, 11):
        facts.comment(number, "x" * 2**20)
    assert sorted(facts.comments) == [1, 2, 3, 4, 5, 6, 7]
    assert facts.notes[0].damage
    assert "(3 packets)" in facts.notes[0].message
    facts = Facts()
    for number in range(1, 200_001):
        facts.comment(number, "")
    assert len(facts.comments) == 131_072
    assert "(68928 packets)" in facts.notes[0].message


def test_names_are_kept_once_and_up_to_a_limit() -> None:
    facts = Facts()
    for _ in range(3):
        facts.name("192.168.1.2", "mail")
    facts.name("192.168.1.2", "smtp")
    assert facts.names == {"192.168.1.2": ["mail", "smtp"]}
    for number in range(200_000):
        facts.name("10.0.0.1", f"host{number:06}")
    assert 100_000 < sum(map(len, facts.names.values())) < 131_072
    assert [note.code for note in facts.notes] == ["name-limit"]


def test_drops_are_not_counted_twice() -> None:
    facts = Facts()
    facts.drops_before_packet(0, 5)
    facts.drops_before_packet(0, 6)
    facts.drops_in_total(0, 11)
    facts.drops_in_total(0, 8)
    facts.drops_before_packet(1, 2)
    facts.drops_in_total(2, 30)
    assert facts.dropped == 11 + 2 + 30
