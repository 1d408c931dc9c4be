"""In which language people are spoken to: English texts are looked up in the catalogue of another language and filled.

    said("{server} answered after {seconds} s", server="mail.example.org", seconds="5.00")

An English text is its own key, so that without a catalogue nothing is looked up. A template is a whole sentence with
named fields, never a piece of one, so that each language can put its words in its own order. Texts that stand in tables
stay English there, and are looked up where they are used: `said(TABLE[key])`.

Which language it is belongs to the context, as in `contextvars`: a thread or a task has its own, a process that is
forked has that of its parent. `mailtrace.languages` reads catalogues and chooses one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A language and its texts: `code` is its ISO 639 code, such as `ko`.

    `translated` gives the text for an English one, `counted` that for a noun with a number: English singular, English
    plural, the number. Either gives English back where it knows no other. `filled` puts fields into a text.
    """

    code: str
    translated: Callable[[str], str]
    counted: Callable[[str, str, int], str]
    filled: Callable[[str, Mapping[str, object]], str]


_spoken: ContextVar[Catalogue | None] = ContextVar("spoken", default=None)


def said(template: str, /, **fields: object) -> str:
    """Return an English text in the language that is spoken, with its fields filled in.

    A text without fields is returned as it stands: braces in it are braces.
    """
    catalogue = _spoken.get()
    if catalogue is None or not template:
        return template.format(**fields) if fields else template
    text = catalogue.translated(template)
    return catalogue.filled(text, fields) if fields else text


def counted(one: str, many: str, number: int, /) -> str:
    """Return a number with its noun, from templates with the field `count`: `{count} mail`, `{count} mails`."""
    catalogue = _spoken.get()
    if catalogue is None:
        return (one if number == 1 else many).format(count=f"{number:,}")
    return catalogue.filled(catalogue.counted(one, many, number), {"count": f"{number:,}"})


def renamed(sentence: str, name: str, other: str) -> str:
    """Return a sentence with another name in place of one, wherever that stands as a word of its own."""
    if _spoken.get() is None:
        return re.sub(rf"(?<![\w.:]){re.escape(name)}(?![\w.:])", lambda _: other, sentence)
    from mailtrace.model.particles import renamed as with_its_particles

    return with_its_particles(sentence, name, other)


def language() -> str:
    """Return the code of the language that is spoken, such as `en` or `ko`."""
    catalogue = _spoken.get()
    return "en" if catalogue is None else catalogue.code


def speak(catalogue: Catalogue | None) -> None:
    """Let all that follows in this context be said in the language of a catalogue, None for English."""
    _spoken.set(catalogue)


@contextmanager
def speaking(catalogue: Catalogue | None) -> Iterator[None]:
    """Speak another language (None: English) for a while."""
    before = _spoken.set(catalogue)
    try:
        yield
    finally:
        _spoken.reset(before)
