"""Numbers of packets, also as they are in another file."""

from __future__ import annotations

from mailtrace.model.figures import packets, renumbered


def test_packets_as_they_are_and_as_they_are_elsewhere() -> None:
    assert packets([5, 3, 4, 9]) == "3-5, 9"
    with renumbered({3: 1, 9: 2}.get):
        assert packets([5, 3, 4, 9]) == "1-2"
        assert packets([5, 4]) == "not in this file"
    assert packets([5]) == "5"
