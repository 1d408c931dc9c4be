"""Encoded words, the spelling of other scripts in headers. Source: RFC 2047.

Words are found by their opening `=?charset?B?` or `=?charset?Q?`; each ends at the first `?=` before the next opening,
so the work is linear whatever the header holds. Neighbours of one charset are joined as octets before they are decoded:
many senders cut a long Korean subject inside a two-octet syllable (RFC 2047 section 5 forbids it), and decoding word by
word would destroy it. White space between neighbours is no text (RFC 2047 section 6.2). What a word decodes to is only
ever text of the same header: line ends and NUL in it become U+FFFD.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailtrace.mail import charsets
from mailtrace.mail.transfer import decode_base64, decode_quoted_printable

BROKEN_WORD = "encoded-word-broken"
SPLIT_CHARACTER = "character-split-between-encoded-words"
CONTROL_IN_WORD = "control-character-in-encoded-word"

REMEMBERED_VALUE = 200
"""Characters of a value that is decoded once for all its repetitions: each mail tells its subject twice."""

REMEMBERED_WORD = 100
"""Characters of an encoded word that is decoded once for all its repetitions: names stand in many mails."""

_OPENING = re.compile(r"=\?([^?\s=]{1,80})\?([BbQq])\?")
_WORD = re.compile(r"=\?([^?\s=]{1,80})\?([BbQq])\?([^?\s]*)\?=")
_CONTROLS = re.compile(r"[\r\n\0]")


def decode_words(value: str, defects: list[str]) -> str:
    """Return `value`, one unfolded header value, with its encoded words decoded; what is broken stays as sent."""
    if "=?" not in value:
        return value
    text, troubles = (_decoded if len(value) <= REMEMBERED_VALUE else _decoded.__wrapped__)(value)
    if troubles:
        defects += troubles
    return text


@lru_cache(maxsize=1024)
def _decoded(value: str) -> tuple[str, tuple[str, ...]]:
    """Return a value with its encoded words decoded, and its defects."""
    if value.count("?") == 4:  # as in most: one word, and nothing else that could be one
        start, end = value.find("=?"), value.rfind("?=") + 2
        word = value[start:end]
        said = (_one_word if len(word) <= REMEMBERED_WORD else _one_word.__wrapped__)(word)
        if said is not None:
            text, troubles = said
            return f"{value[:start]}{text}{value[end:]}", troubles
    defects: list[str] = []
    openings = list(_OPENING.finditer(value))
    pieces: list[str] = []
    run = _Run()
    at = 0  # everything before is dealt with
    for index, opening in enumerate(openings):
        limit = openings[index + 1].start() + 1 if index + 1 < len(openings) else len(value)
        end = value.find("?=", opening.end(), limit)
        if end < 0:
            defects.append(BROKEN_WORD)
            continue
        between = value[at : opening.start()]
        if between.strip(" \t\r\n") or not run.words:
            pieces += [run.text(defects), between]
        charset = opening[1].partition("*")[0].lower()  # RFC 2231 section 5: a language may follow
        if run.charset != charset:
            pieces.append(run.text(defects))
        run.add(charset, _octets(opening[2], value[opening.end() : end], charset, defects))
        at = end + 2
    pieces += [run.text(defects), value[at:]]
    return "".join(pieces), tuple(defects)


@lru_cache(maxsize=1024)
def _one_word(word: str) -> tuple[str, tuple[str, ...]] | None:
    """Return what a word that has no neighbours says, and its defects; None where it is no encoded word."""
    found = _WORD.fullmatch(word)
    if found is None:
        return None
    charset, encoding, text = found.groups()
    troubles: list[str] = []
    charset = charset.partition("*")[0].lower()  # RFC 2231 section 5: a language may follow
    said = charsets.decode(_octets(encoding, text, charset, troubles), charset, troubles)
    return _in_one_line(said, troubles), tuple(troubles)


class _Run:
    """Neighbouring words of one charset."""

    def __init__(self) -> None:
        """Start empty."""
        self.charset = ""
        self.words: list[bytes] = []

    def add(self, charset: str, octets: bytes) -> None:
        """Take one more word; a word of another charset must follow a call of `text`."""
        self.charset = charset
        self.words.append(octets)

    def text(self, defects: list[str]) -> str:
        """Return what the words say, and start again."""
        words, self.words = self.words, []
        if not words:
            return ""
        troubles: list[str] = []
        text = charsets.decode(b"".join(words), self.charset, troubles)
        defects += troubles
        if len(words) > 1 and not troubles and charsets.is_multibyte(self.charset):
            for word in words:
                charsets.decode(word, self.charset, troubles)
            if troubles:
                defects.append(SPLIT_CHARACTER)
        return _in_one_line(text, defects)


def _in_one_line(text: str, defects: list[str]) -> str:
    """Return text without what would end a line, or a text."""
    if "\n" in text or "\r" in text or "\0" in text:
        defects.append(CONTROL_IN_WORD)
        return _CONTROLS.sub("\ufffd", text)
    return text


def _octets(encoding: str, text: str, charset: str, defects: list[str]) -> bytes:
    """Return the octets an encoded text stands for. Source: RFC 2047 section 4."""
    data = text.encode("ascii") if text.isascii() else text.encode(charsets.codec_of(charset) or "latin-1", "replace")
    if encoding in "Bb":
        decoded, dropped = decode_base64(data)
        if dropped:
            defects.append(BROKEN_WORD)
        return decoded
    decoded, wrong = decode_quoted_printable(data.replace(b"_", b" "))
    if wrong or " " in text:
        defects.append(BROKEN_WORD)
    return decoded + b"=" if data.endswith(b"=") else decoded  # a header has no soft line breaks
