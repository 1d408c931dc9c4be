"""Korean particles after names, numbers and words of other languages: each has two forms, and the last sound decides.

A template names both behind a field, `{server:이/가}`: the first form stands after a final consonant, the second after
a vowel. `으로/로` has its second form after ㄹ, too. What is not Korean is heard as Koreans read it aloud: digits by
their Sino-Korean names, abbreviations and domains of countries letter by letter, English words as they are written in
Hangul. Where the sound cannot be known both forms are written: `이(가)`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from string import Formatter
from typing import Any


class Sound(Enum):
    """What a word ends with, as far as particles mind."""

    VOWEL = "vowel"
    RIEUL = "ㄹ"
    CONSONANT = "another consonant"


V, L, C = Sound.VOWEL, Sound.RIEUL, Sound.CONSONANT

PAIR = re.compile(r"[가-힣]{1,6}/[가-힣]{0,6}")
"""A pair of particles as templates write it: the form after a consonant first."""

PAIRS = ("이라는/라는", "이나/나", "이라고/라고", "으로/로", "이며/며", "이고/고", "이/가", "을/를", "은/는", "과/와")
"""Those that stand behind names, longer ones first."""

HEARD_LIMIT = 200
"""Characters of a text that are looked at: its end is what is heard last, however long it is."""

DIGITS = {"0": C, "1": L, "2": V, "3": C, "4": V, "5": V, "6": C, "7": L, "8": L, "9": V}
"""영 일 이 삼 사 오 육 칠 팔 구; 십, 백, 천 and 만 end as 영 does."""

SPELLED = {"l": L, "r": L, "m": C, "n": C}
"""Names of letters that end with a consonant: 엘 알 엠 엔. All others end with a vowel."""

UNITS = {
    **dict.fromkeys(("s", "ms", "us", "µs", "ns", "B", "kB", "KB", "MB", "GB", "KiB", "MiB", "GiB", "bytes"), V),
    **dict.fromkeys(("min", "h"), C),
}
"""What stands behind numbers, and how it is read: 초, 밀리초, 바이트; 분, 시간."""

WORDS = {
    # abbreviations that are read as words
    **dict.fromkeys(("pop", "apop", "imap", "top", "noop", "quit", "stat", "bdat", "rset", "ldap", "soap"), C),
    **dict.fromkeys(("mime", "cname", "dname", "rename", "pipelining", "chunking"), C),
    **dict.fromkeys(("helo", "ehlo", "lhlo", "data", "auth", "user", "pass", "list", "capa", "arc", "help", "size"), V),
    **dict.fromkeys(("ack", "ok", "copy", "move", "dele", "store", "fetch", "close", "noerror"), V),
    **dict.fromkeys(("mail", "idle", "nul", "sasl", "enable"), L),
    # where digits are read in English, or hide the word before them
    **dict.fromkeys(("pop3", "ipv4", "ipv6", "md5", "mp3", "imap4"), V),
    **dict.fromkeys(("8bitmime",), C),
    **dict.fromkeys(("bit", "7bit", "8bit"), V),
    # domains and words of the trade
    **dict.fromkeys(("com", "lab", "web", "club", "job", "bob", "ebook", "book", "facebook", "outlook", "type"), C),
    **dict.fromkeys(("group", "dovecot", "logout", "timeout", "done", "notebook", "macbook"), C),
    **dict.fromkeys(("biz", "check", "corp", "acme", "apache", "cafe", "recipe", "me", "the", "be", "we"), V),
    # Korean names as they are romanised
    **dict.fromkeys(("park", "pak", "baek", "kwak", "seok", "hyeok"), C),
    **dict.fromkeys(("seol", "seoul"), L),
}
"""Words whose last sound the rules for spelling would get wrong, in lower case."""

SPELLED_LENGTH = 4
"""Capitals of up to this many letters are read letter by letter; longer ones only where nobody could pronounce them."""

_PARTICLES = "|".join(form for pair in PAIRS for form in pair.split("/"))
_BRACKETED = re.compile(r"(?<=[^\s(]) ?\([^()]*\)$")
_SILENT = " \t\"'`”’»)]}>.,;:!?…"
_MEASURED = re.compile(r"[0-9] ?([A-Za-zµ]{1,5})$")
_NAME = re.compile(r"[A-Za-zÀ-ÿ0-9]+$")
_LETTERS = re.compile(r"[A-Za-zÀ-ÿ]+$")
_CAPITALS = re.compile(r"(?<![A-Z])[A-Z]+$")
_UNPRONOUNCEABLE = re.compile(r"[^AEIOUY]{4}")
_VOWELS = re.compile(r"(?i)[aeiouyà-ÿ]")
_COUNTRY = re.compile(r"\.[a-z]{2}$")


class _Filling(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        """Return a field as text, followed by the particle that suits it where the template names a pair."""
        if PAIR.fullmatch(format_spec):
            return with_particle(str(value), format_spec)
        return str(super().format_field(value, format_spec))


def filled(template: str, fields: Mapping[str, object]) -> str:
    """Return a template with its fields filled in, each with the particle that the template asks for."""
    return _Filling().vformat(template, (), fields)


def with_particle(text: str, pair: str) -> str:
    """Return a text followed by that of two particles which suits its last sound, or by both where it is not known."""
    after_consonant, _, after_vowel = pair.partition("/")
    sound = last_sound(text[-HEARD_LIMIT:])
    if sound is None:
        return f"{text}{_both(after_consonant, after_vowel)}"
    if sound is L and after_consonant.startswith("으로"):
        return f"{text}{after_vowel}"
    return f"{text}{after_vowel if sound is V else after_consonant}"


def _both(after_consonant: str, after_vowel: str) -> str:
    """Return both forms as Koreans write them: `을(를)`, `(으)로`, `(이)라는`."""
    if after_vowel and after_consonant.endswith(after_vowel):
        return f"({after_consonant.removesuffix(after_vowel)}){after_vowel}"
    return f"{after_consonant}({after_vowel})" if after_vowel else f"({after_consonant})"


def renamed(sentence: str, name: str, other: str) -> str:
    """Return a sentence with another name in place of one; a particle behind it becomes the one that suits it."""

    def instead(found: re.Match[str]) -> str:
        pair = next((pair for pair in PAIRS if found[1] in pair.split("/")), None)
        return other if pair is None else with_particle(other, pair)

    return re.sub(rf"(?<![A-Za-z0-9_.:]){re.escape(name)}({_PARTICLES})?(?![A-Za-z0-9_.:])", instead, sentence)


@lru_cache(maxsize=1024)
def last_sound(text: str) -> Sound | None:
    """Return how a text ends when a Korean reads it aloud, None where that cannot be known.

    What stands in brackets behind it is not read, nor are quotes and full stops.
    """
    heard = _BRACKETED.sub("", text.rstrip()).rstrip(_SILENT)
    last = heard[-1:]
    if "가" <= last <= "힣":
        return _of_syllable(last)
    if measured := _MEASURED.search(heard):
        unit = UNITS.get(measured[1])
        if unit is not None:
            return unit
    if (name := _NAME.search(heard)) and name[0].lower() in WORDS:
        return WORDS[name[0].lower()]
    if last in DIGITS:
        return DIGITS[last]
    letters = _LETTERS.search(heard)
    if letters is None:
        return V if last == "%" else None
    return _of_letters(letters[0], bool(_COUNTRY.search(heard)))


def _of_syllable(syllable: str) -> Sound:
    """Return the last sound of a Hangul syllable: its code tells its final consonant, of which the eighth is ㄹ."""
    final = (ord(syllable) - ord("가")) % 28
    return {0: V, 8: L}.get(final, C)


def _of_letters(letters: str, is_country: bool) -> Sound:
    """Return the last sound of Latin letters: a word, an abbreviation, or the name of a country's domain."""
    if letters.lower() in WORDS:
        return WORDS[letters.lower()]
    capitals = _CAPITALS.search(letters)
    is_spelled = is_country or not _VOWELS.search(letters)
    if capitals is not None:
        is_spelled = len(capitals[0]) <= SPELLED_LENGTH or bool(_UNPRONOUNCEABLE.search(capitals[0]))
    return SPELLED.get(letters[-1].lower(), V) if is_spelled else _of_word(letters.lower())


_SYLLABLES: tuple[tuple[re.Pattern[str], Sound], ...] = (
    (re.compile(r"(?:[mn]|ng|[mn]e)$"), C),
    (re.compile(r"(?:l|le)$"), L),
    (re.compile(r"(?:ck|(?<![aeiouy])[aeiouy][cpt])$"), C),
    (re.compile(r"(?<![aeiouy])[aeiouy]k$"), C),
)
"""How English words end whose last sound is a consonant in Hangul: a stop only after a short vowel (`packet`, 패킷, but
`client`, 클라이언트); all others get a vowel (`host`, 호스트)."""


def _of_word(word: str) -> Sound:
    return next((sound for ending, sound in _SYLLABLES if ending.search(word)), V)
