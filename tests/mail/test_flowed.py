"""format=flowed unfolded: the rules of RFC 3676 section 4, on the text of a Korean lab mail and on quotes."""

from __future__ import annotations

import pytest

from mailtrace.mail.flowed import unfold


@pytest.mark.parametrize(
    ("text", "delete_space", "unfolded"),
    [
        ("one \ntwo\nthree", False, "one two\nthree"),
        ("한글 \n본문 \n= end", True, "한글본문= end"),
        ("> quoted \n> on\n>> deeper \n> back", False, "> quoted on\n>> deeper \n> back"),
        ("> quote \nanswer", False, "> quote \nanswer"),
        (" From here\n  two", False, "From here\n two"),  # space-stuffing
        ("text \n-- \nLee", False, "text \n-- \nLee"),
        ("ends open ", False, "ends open "),
        ("", False, ""),
        ("a\n\nb\n", False, "a\n\nb\n"),
    ],
)
def test_unfold(text: str, delete_space: bool, unfolded: str) -> None:
    assert unfold(text, delete_space) == unfolded
