"""Notes on clocks: who differs, by how much, in words; and who does not is not mentioned."""

from __future__ import annotations

import pytest

from mailtrace.explain.clocks import clock_notes
from mailtrace.model import ClockCertainty, ClockEvidence, ClockSkew, Host, Note

A, B = "192.0.2.1", "192.0.2.2"
CERTAIN, LIKELY, WEAK = ClockCertainty.CERTAIN, ClockCertainty.LIKELY, ClockCertainty.WEAK


def clock(
    low_s: float,
    high_s: float | None,
    skew_s: float | None,
    sure: ClockCertainty = CERTAIN,
    contradicting: int = 0,
    zone_hours: int = 0,
) -> ClockSkew:
    """Return a clock of which two stamps tell."""
    evidence = (ClockEvidence("greeting", "", (7, 9)), ClockEvidence("received", "", (3, 8, 9)))
    return ClockSkew(low_s, high_s, skew_s, zone_hours, sure, 5, contradicting, evidence)


def told(*clocks: ClockSkew) -> list[str]:
    """Return the notes on the clocks of A, which has a name, and of B."""
    hosts = [Host(A, ("mail.example.com",), ("mta",), clocks[0]), *(Host(B, (), (), each) for each in clocks[1:])]
    return [note.message for note in clock_notes(hosts, [A, B])]


@pytest.mark.parametrize(
    ("skew", "message"),
    [
        (clock(37.1, 38.0, 37.55), "The clock of mail.example.com is about 38 seconds ahead of the capture's."),
        (clock(-3.4, -2.4, -2.9), "The clock of mail.example.com is about 2.9 seconds behind the capture's."),
        (clock(59.2, 60.2, 59.7), "The clock of mail.example.com is about 1 minute ahead of the capture's."),
        (clock(-3722, -3721, -3721.5), "The clock of mail.example.com is about 1 hour 2 minutes behind the capture's."),
        (clock(3605, 3606, 3605.5), "The clock of mail.example.com is about 1 hour ahead of the capture's."),
        (
            clock(-568503164.9, -568503163.9, -568503164.4),
            "The clock of mail.example.com is about 6,579 days 21 hours behind the capture's.",
        ),
        (clock(120.0, None, 120.0), "The clock of mail.example.com is at least 2 minutes ahead of the capture's."),
        (
            clock(32399.0, 32401.0, 32400.0, zone_hours=9),
            "The clock of mail.example.com is 9 hours ahead of the capture's, as if its time zone were set wrong.",
        ),
        (
            clock(-3642.0, -3641.0, -3641.5, zone_hours=-1),
            "The clock of mail.example.com is 1 hour behind the capture's, as if its time zone were set wrong.",
        ),
        (
            clock(-75.0, -14.0, -75.0, WEAK),
            "By the dates of the mails it sent, the clock of mail.example.com is about 1 minute 15 seconds behind the"
            " capture's.",
        ),
        (
            clock(3600.0, None, 3600.0, WEAK, zone_hours=1),
            "By the dates of the mails it sent, the clock of mail.example.com is at least 1 hour ahead of the"
            " capture's.",
        ),
        (
            clock(37.1, 38.0, 37.55, LIKELY, 2),
            "The clock of mail.example.com is about 38 seconds ahead of the capture's. Not all of its stamps fit"
            " (2 do not): it was set meanwhile, or they are another's.",
        ),
    ],
)
def test_a_clock_that_differs(skew: ClockSkew, message: str) -> None:
    assert told(skew) == [message]


@pytest.mark.parametrize(
    "skew", [clock(-0.5, 0.5, 0.0), clock(0.2, 1.2, 0.7), clock(-60.0, None, None), clock(-0.9, None, None, WEAK)]
)
def test_clocks_that_are_right_or_unknown(skew: ClockSkew) -> None:
    assert told(skew) == []


def test_the_packets_that_tell() -> None:
    hosts = [Host(A, (), (), clock(37.1, 38.0, 37.55))]
    (note,) = clock_notes(hosts, [A])
    assert note == Note("clock", f"The clock of {A} is about 38 seconds ahead of the capture's.", (3, 7, 8, 9))
    assert clock_notes(hosts, [B]) == []
    assert clock_notes([Host(A, (), ())], [A]) == []


def test_the_clock_of_the_capture() -> None:
    """Two servers that are ahead by the same: it is the capture's clock. Where one is right it is not."""
    assert told(clock(36.0, 38.0, 37.0), clock(36.5, 37.5, 37.0)) == [
        "All servers that tell their time are about 37 seconds ahead of the capture: its own clock is probably behind."
    ]
    assert told(clock(-7201.0, -7199.0, -7200.0, zone_hours=-2), clock(-7200.5, -7199.5, -7200.0, zone_hours=-2)) == [
        "All servers that tell their time are about 2 hours behind the capture: its own clock is probably ahead."
    ]
    assert len(told(clock(36.0, 38.0, 37.0), clock(-0.5, 0.5, 0.0))) == 1
    assert len(told(clock(36.0, 38.0, 37.0), clock(300.0, 301.0, 300.5))) == 2
    assert len(told(clock(36.0, 38.0, 37.0), clock(36.0, 38.0, 37.0, WEAK))) == 2
