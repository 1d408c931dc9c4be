"""The head of a mail with what was chosen replaced: each field by what it holds, through its encoded words."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from mailtrace.mail import charsets
from mailtrace.redact.blanks import blank, blank_name
from mailtrace.redact.coding import Replace, in_base64, in_quoted_printable
from mailtrace.redact.fields import BODIES, HOSTS, NAMES, SUBJECTS
from mailtrace.redact.pseudonyms import in_charset
from mailtrace.redact.text import Rewriter

FIELDS_LIMIT = 10_000
"""Fields of a head that are looked at one by one; what follows is replaced as plain text."""

_PEOPLE_TEXT = (
    "from to cc bcc sender reply-to resent-from resent-to resent-cc resent-bcc resent-sender mail-followup-to"
    " disposition-notification-to errors-to return-receipt-to x-sender x-from x-to"
)
PEOPLE = frozenset(_PEOPLE_TEXT.split())
"""Fields that name people beside their addresses."""

_SUBJECTS = frozenset(("subject", "thread-topic", "x-original-subject", "original-subject"))
_TOUCHED_NEVER_TEXT = (
    "date resent-date mime-version content-transfer-encoding lines content-length status x-status importance"
    " priority x-priority precedence auto-submitted"
)
_TOUCHED_NEVER = frozenset(_TOUCHED_NEVER_TEXT.split())
_PARTS = frozenset(("content-type", "content-disposition", "content-description", "content-location", "content-id"))
_ANSWERS = frozenset(("re", "fwd", "fw", "aw", "회신", "전달"))
"""Words before a subject that say what becomes of it."""

_SIGNATURES = frozenset(("dkim-signature", "arc-message-signature", "arc-seal"))
_SELECTOR = re.compile(rb"(\bs[ \t]{0,9}=[ \t\r\n]{0,99})([^;\s]+)")
_FIELD = re.compile(rb"([!-9;-~]{1,998})[ \t]{0,998}:")
_LINE = re.compile(rb"[^\n]*\n?")
_ENCODED = re.compile(rb"=\?([^?\s=]{1,80})\?([BbQq])\?([^?\s]*)\?=")
_FILE_NAME = re.compile(rb'(?i)(\b(?:file)?name(?:\*[0-9]{0,3}\*?)?[ \t\r\n]{0,998}=[ \t\r\n]{0,998})("[^"]*"|[^;\s]*)')
_ATOM = re.compile(rb"[A-Za-z0-9_.+=@:~\x80-\xff'-]+")
_ANY_WORD = re.compile(r"[^\W_]+")


class Field(Struct, gc=False):
    """A field: its name in lower case, and where its value starts and its last line stops."""

    name: str
    start: int
    stop: int


class Head(Struct, gc=False):
    """A head: its fields in order, and where it stops, an empty line behind it included.

    `first` has the first value of each field by name, unfolded.
    """

    fields: list[Field]
    stop: int
    first: dict[str, str]


class Heads:
    """Reads heads, and replaces in them."""

    def __init__(self, rewriter: Rewriter) -> None:
        """Replace what the rewriter was told to."""
        self._rewriter = rewriter

    def read(self, octets: bytes, at: int) -> Head:
        """Return the head that starts at a place; without a field and an empty line it stops there."""
        fields: list[Field] = []
        first: dict[str, str] = {}
        while at < len(octets):
            line = _line_end(octets, at)
            if not octets[at:line].strip():
                at = line
                break
            found = _FIELD.match(octets, at, line)
            if found is None and fields and octets[at : at + 1] in (b" ", b"\t"):
                fields[-1].stop = line
            elif found is not None and len(fields) < FIELDS_LIMIT:
                fields.append(Field(found[1].decode("ascii").lower(), found.end(), line))
            elif fields or not octets.startswith((b"From ", b">From "), at):
                break
            at = line
        for field in reversed(fields):
            value = octets[field.start : field.stop]
            first[field.name] = value.decode("latin-1").replace("\r", "").replace("\n", "").strip()
        return Head(fields, at, first)

    def replaced(self, octets: bytes, at: int, head: Head) -> bytes:
        """Return the octets of a head that was read at a place."""
        pieces = []
        for field in head.fields:
            pieces += [octets[at : field.start], self.field(field.name, octets[field.start : field.stop])]
            at = field.stop
        pieces.append(self._rewriter.text(octets[at : head.stop]))
        return b"".join(pieces)

    def field(self, name: str, value: bytes) -> bytes:
        """Return the value of a field, with its line ends; `name` is in lower case."""
        fields = self._rewriter.fields
        if name in _TOUCHED_NEVER:
            return value
        if name in _SUBJECTS:
            return (
                self._through(value, self._subject, self._subject_octets) if SUBJECTS in fields else self._text(value)
            )
        if name in PEOPLE and NAMES in fields:
            return self._through(value, self._rewriter.person_text, self._people)
        if name in _SIGNATURES and HOSTS in fields:
            value = _SELECTOR.sub(lambda found: found[1] + self._rewriter.host(found[2]), value)
        if name in _PARTS:
            return self._part(name, value)
        return self._text(value)

    def _text(self, value: bytes) -> bytes:
        return self._through(value, self._rewriter.spoken, self._rewriter.text)

    def _part(self, name: str, value: bytes) -> bytes:
        """Return a field that describes a part: only names of files, which belong to what is in it."""
        if name == "content-description" and BODIES in self._rewriter.fields:
            return self._through(value, None, blank)
        if name == "content-id":
            return self._rewriter.text(value)
        if BODIES not in self._rewriter.fields:
            return value
        return _FILE_NAME.sub(lambda found: found[1] + self._file_name(found[2]), value)

    def _file_name(self, value: bytes) -> bytes:
        return self._through(value, None, blank) if _ENCODED.search(value) else blank_name(value)

    def _subject(self, text: str) -> str:
        return _ANY_WORD.sub(
            lambda found: found[0] if found[0].lower() in _ANSWERS else self._rewriter.words.word(found[0]), text
        )

    def _subject_octets(self, octets: bytes) -> bytes:
        return replaced_in(octets, "utf-8", self._subject, blank)

    def _people(self, octets: bytes) -> bytes:
        """Return mailboxes with their names; what has an at sign is an address."""
        return _ATOM.sub(
            lambda found: (self._rewriter.text if b"@" in found[0] else self._rewriter.person)(found[0]), octets
        )

    def _through(self, value: bytes, spoken: Callable[[str], str] | None, plain: Replace) -> bytes:
        """Return a value with its encoded words replaced by `spoken`, and what is between them by `plain`.

        Neighbours are read as one, since senders cut inside of words. Without `spoken` all is replaced by `plain`.
        """
        pieces, at = [], 0
        for run in _runs(value):
            pieces += [plain(value[at : run[0].start()]), self._run(value, run, spoken, plain)]
            at = run[-1].end()
        return b"".join([*pieces, plain(value[at:])])

    def _run(
        self, value: bytes, run: list[re.Match[bytes]], spoken: Callable[[str], str] | None, plain: Replace
    ) -> bytes:
        octets: list[bytes] = []
        for word in run:
            _coded(word, _collected(octets))
        charset = run[0][1].decode("latin-1").partition("*")[0]
        joined = b"".join(octets)
        made = plain(joined) if spoken is None else replaced_in(joined, charset, spoken, plain)
        pieces, at, done = [], run[0].start(), 0
        for word, inside in zip(run, octets, strict=True):
            new = made[done : done + len(inside)]
            pieces += [value[at : word.start(3)], _coded(word, _always(new)), b"?="]
            at, done = word.end(), done + len(inside)
        return b"".join(pieces)


def _runs(value: bytes) -> list[list[re.Match[bytes]]]:
    """Return the encoded words of a value; those of one charset with nothing between them are one run."""
    runs: list[list[re.Match[bytes]]] = []
    for word in _ENCODED.finditer(value):
        last = runs[-1][-1] if runs else None
        if last is not None and last[1].lower() == word[1].lower() and not value[last.end() : word.start()].strip():
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _line_end(octets: bytes, at: int) -> int:
    end = octets.find(b"\n", at) + 1
    return end or len(octets)


def _coded(word: re.Match[bytes], replace: Replace) -> bytes:
    """Return the text of an encoded word with what it encodes replaced."""
    return in_base64(word[3], replace) if word[2] in b"Bb" else in_quoted_printable(word[3], replace, b"_")


def _collected(octets: list[bytes]) -> Replace:
    """Return what replaces nothing, and adds what it is given to a list."""

    def collect(inside: bytes) -> bytes:
        octets.append(inside)
        return inside

    return collect


def _always(octets: bytes) -> Replace:
    return lambda _: octets


def replaced_in(octets: bytes, charset: str, spoken: Callable[[str], str], plain: Replace) -> bytes:
    """Return octets in a charset replaced as text; by `plain` where they are none, or nobody knows the charset."""
    codec = charsets.codec_of(charset)
    try:
        made = in_charset(octets.decode(codec or "ascii"), spoken, codec or "ascii")
    except (UnicodeError, LookupError):
        return plain(octets)
    return made if len(made) == len(octets) else plain(octets)
