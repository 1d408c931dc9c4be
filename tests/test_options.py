"""Texts of options become values, or are refused in one line that says what is wrong."""

from __future__ import annotations

import pytest

from mailtrace.errors import UsageError
from mailtrace.options import ring


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100M,5", (104_857_600, 5)),
        ("64k,2", (65_536, 2)),
        ("1G,1", (1_073_741_824, 1)),
        (" 5000 , 3 ", (5_000, 3)),
    ],
)
def test_a_ring_has_a_size_and_a_count(text: str, expected: tuple[int, int]) -> None:
    assert ring(text, "file.pcapng") == expected
    assert ring(None, None) is None


@pytest.mark.parametrize("text", ["", "100M", ",5", "100M,", "M,5", "0,5", "100M,0", "-1,5", "1T,5", "1e9,5", "٣M,5"])
def test_a_ring_that_makes_no_sense(text: str) -> None:
    with pytest.raises(UsageError, match="--ring takes SIZE,COUNT such as 100M,5"):
        ring(text, "file.pcapng")


def test_a_ring_is_for_a_record() -> None:
    with pytest.raises(UsageError, match="give -w, too"):
        ring("100M,5", None)
