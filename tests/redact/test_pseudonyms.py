"""Words get words of their length and kind, the same for the same."""

from __future__ import annotations

import pytest

from mailtrace.redact.pseudonyms import Words, in_charset


def test_the_same_word_has_the_same_replacement_in_any_case() -> None:
    words = Words()
    kim = words.word("kim")
    assert kim != "kim"
    assert kim.isascii() and kim.islower() and len(kim) == 3
    assert [words.word(word) for word in ("kim", "KIM", "Kim")] == [kim, kim.upper(), kim.title()]


def test_different_words_have_different_replacements() -> None:
    words = Words()
    known = [f"{first}{second}{third}" for first in "abcdefgh" for second in "ijklmnop" for third in "qrstuvwx"]
    made = [words.word(word) for word in known]
    assert len(set(made)) == len(known) == 512


def test_letters_stay_letters_of_their_script_and_digits_digits() -> None:
    words = Words()
    made = words.word("김철수")
    assert len(made) == 3 and all("가" <= letter <= "힣" for letter in made)
    assert words.word("2024abc")[:4].isdecimal()
    assert words.word("иван").isalpha() and len(words.word("иван").encode()) == 8


def test_the_order_of_words_alone_decides() -> None:
    """Nothing of a word is in its replacement: another word in its place gets the same."""
    assert Words().word("secretary") == Words().word("president")


def test_of_too_many_short_words_some_share_one() -> None:
    words = Words()
    made = [words.word(letter) for letter in "abcdefghijklmnopqrstuvwxyz"]
    assert all(len(each) == 1 for each in made)


@pytest.mark.parametrize(
    ("text", "codec"),
    [("김철수", "cp949"), ("김철수", "utf-8"), ("山田", "shift_jis"), ("Иван", "koi8-r"), ("Müller", "latin-1")],
)
def test_a_replacement_is_as_long_in_any_charset(text: str, codec: str) -> None:
    octets = in_charset(text, Words().word, codec)
    assert len(octets) == len(text.encode(codec))
    assert octets != text.encode(codec)
    assert len(octets.decode(codec)) >= len(text)
