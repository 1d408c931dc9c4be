"""Words for words: each gets a replacement of the same length and kind, the same one wherever it stands.

A replacement follows from nothing but the order in which words are met and their shapes, so that it tells nothing of
the word, and the same capture always gives the same ones. Letters stay letters of their script, digits digits.
"""

from __future__ import annotations

from collections.abc import Callable

from mailtrace.redact.vocabulary import MAIL_WORDS, ROLES

TRIES_LIMIT = 1_000
"""Replacements tried until one is free: of one and two letters there are few, and then two words may share one."""

WORDS_LIMIT = 1_000_000
"""Words that are kept apart; a capture with more is replaced, too, but its further words all look alike."""

_STEP = 2**61 - 1
"""Numbers are scattered by a prime that divides no count of words."""

_CONSONANTS, _VOWELS, _LETTERS = "bdfghjklmnprstvz", "aeiou", "abcdefghijklmnopqrstuvwxyz"
_DIGITS, _FIRST_DIGITS = "0123456789", "123456789"
_HANGUL = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호구누두루무부수우주추"
_HAN = "一二三四五六七八九十人大小山川日月水火木金土上下中天地心力手口目耳石田王白玉竹米虫貝車門雨青"
_HIRAGANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろ"
_KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロ"
_CYRILLIC, _GREEK = "абвгдежзиклмнопрстуфхцчш", "αβγδεζηθικλμνξοπρστυφχψω"

_SCRIPTS = (
    (0x0370, 0x03FF, _GREEK),
    (0x0400, 0x04FF, _CYRILLIC),
    (0x3041, 0x309F, _HIRAGANA),
    (0x30A0, 0x30FF, _KATAKANA),
    (0x3400, 0x9FFF, _HAN),
    (0xAC00, 0xD7A3, _HANGUL),
)
"""Letters by which those of a script are replaced; they are in every charset of their countries."""


class Words:
    """The words of one capture and their replacements."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[str, str] = {}
        self._used: set[str] = set()
        self._count = 0

    def word(self, word: str) -> str:
        """Return the replacement of a word of letters and digits; upper case stays upper case."""
        key = word.lower()
        if len(key) != len(word):
            key = word
        known = self._known.get(key)
        if known is None:
            known = self._new(key)
            if len(self._known) < WORDS_LIMIT:
                self._known[key] = known
                self._used.add(known)
        return "".join([new.upper() if old.isupper() else new for new, old in zip(known, word, strict=True)])

    def _new(self, word: str) -> str:
        shape = tuple([_letters(word, at) for at in range(len(word))])
        size = 1
        for letters in shape:
            size *= len(letters)
        made = word
        for _ in range(min(size, TRIES_LIMIT)):
            self._count += 1
            made = _spelled(self._count * _STEP % size, shape)
            if made != word and made not in self._used and made not in MAIL_WORDS and made not in ROLES:
                break
        return made


def _letters(word: str, at: int) -> str:
    """Return the letters one of which replaces the one at a place of a word; itself where its script is not known."""
    letter = word[at]
    if letter.isascii():
        if letter.isdigit():
            return _FIRST_DIGITS if not at and letter != "0" else _DIGITS
        if not letter.isalpha():
            return letter
        return _LETTERS if len(word) < 3 else _VOWELS if at % 2 else _CONSONANTS
    code = ord(letter)
    return next((letters for first, last, letters in _SCRIPTS if first <= code <= last), "x")


def _spelled(number: int, shape: tuple[str, ...]) -> str:
    made = []
    for letters in shape:
        number, place = divmod(number, len(letters))
        made.append(letters[place])
    return "".join(made)


def in_charset(text: str, replace: Callable[[str], str], codec: str) -> bytes:
    """Return the replacement of `text` in a charset, where it has the length of the original.

    Letters whose replacement is longer or shorter there, or missing, become as many `x` as they have octets.
    """
    other_text = replace(text)
    try:
        whole = other_text.encode(codec)
    except UnicodeEncodeError:
        whole = b""
    if len(whole) == len(text.encode(codec)):
        return whole
    pieces = []
    for old, new in zip(text, other_text, strict=True):
        octets = old.encode(codec)
        try:
            other = new.encode(codec)
        except UnicodeEncodeError:
            other = b""
        pieces.append(other if len(other) == len(octets) else b"x" * len(octets))
    return b"".join(pieces)
