"""One entry of the glossary's tables: what somebody who learns about mail should know of a word."""

from __future__ import annotations

from typing import NamedTuple


class Lesson(NamedTuple):
    """What there is to know of a word whose meaning stands in a `words` table of its protocol.

    `know` are whole sentences, paragraphs apart by an empty line. `form` shows how it looks on the wire, `who` says in
    one sentence which roles speak to each other; both are '' where the page needs none. `see` are other entries.
    """

    know: str
    form: str = ""
    who: str = ""
    see: tuple[str, ...] = ()


class Term(NamedTuple):
    """A word of the field: `name` as it is written, `means` in one sentence; the rest as for `Lesson`.

    `also` are other spellings by which it is found. `source` is the RFC section, None where no RFC says it.
    """

    name: str
    means: str
    know: str
    source: str | None = None
    also: tuple[str, ...] = ()
    who: str = ""
    see: tuple[str, ...] = ()
