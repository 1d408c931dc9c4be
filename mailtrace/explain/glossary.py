"""What `mailtrace explain` knows of the words of mail: verbs, reply codes, record types, terms of the field.

A page puts together what a word means, from the `words` tables of the protocols, and what one should know of it, from
the tables of the language. Where a word means several things (`LIST`, `AUTH`) it has several pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from mailtrace.explain.english import ALERTS, VIOLATIONS
from mailtrace.explain.english import glossary as english
from mailtrace.explain.english.glossary import GLOSSARY, NOTHING, Lesson, Term
from mailtrace.model.language import language, said
from mailtrace.protocols.dns import words as dns
from mailtrace.protocols.ident import words as ident
from mailtrace.protocols.imap import words as imap
from mailtrace.protocols.pop3 import words as pop3
from mailtrace.protocols.smtp import words as smtp
from mailtrace.protocols.violations import SAYINGS
from mailtrace.protocols.word import Word

WORD_LIMIT = 80
"""Characters of a word that is looked for; the longest entry has half as many."""

MOST_SIMILAR = 6
"""Entries that are proposed where a word is not known: more would be no help."""

SIMILAR = 0.6
"""How much of two words must agree, from 0 to 1, for one to be taken for a misspelling of the other."""

PROTOCOLS = ("smtp", "pop3", "imap", "dns", "tls")
"""Words that people put before a word that means something else in another protocol: `IMAP LIST`."""

_REPLY = re.compile(r"[2-5][0-9]{2}")
_ENHANCED = re.compile(r"([245xX])\.([0-9]{1,3}\.[0-9]{1,3})")


class Entry(NamedTuple):
    """A page: `name` as it is written, `kind` of word, what it `means`, and what to `know`, paragraph by paragraph.

    `called` is what the word is called in the language of the page, '' where that is its name.
    `form` is how it looks on the wire, line by line; `who` says which roles speak; `see` are other entries.
    """

    name: str
    kind: str
    means: str
    know: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    who: str = ""
    source: str | None = None
    see: tuple[str, ...] = ()
    called: str = ""


def look_up(word: str) -> tuple[Entry, ...]:
    """Return the pages of a word, none where it is not known; case, hyphens and spaces make no difference."""
    word = word[:WORD_LIMIT].strip()
    found = _index().get(_key(word))
    if found:
        return found
    if code := _ENHANCED.fullmatch(word):
        return _enhanced(code[1].lower(), code[2])
    if _REPLY.fullmatch(word):
        return (_unknown_reply(word),)
    first, _, rest = _key(word).partition(" ")
    if first == "uid" and rest.upper() in imap.COMMANDS:
        return _index()[rest]
    if first in PROTOCOLS:
        kinds = {said(words) for words in GLOSSARY.values() if words.endswith(first.upper())}
        return tuple(entry for entry in _index().get(rest, ()) if entry.kind in kinds)
    rest, _, last = _key(word).rpartition(" ")
    return _index().get(rest, ()) if last in english.KINDS_SAID else ()


def similar(word: str) -> list[str]:
    """Return entries whose names are nearly like a word, or contain it, the best first."""
    key, index = _key(word[:WORD_LIMIT]), _index()
    names = get_close_matches(key, index, MOST_SIMILAR, SIMILAR)
    if len(key) > 2:
        names += [name for name in sorted(index, key=len) if key in name]
    return list(dict.fromkeys(index[name][0].name for name in names))[:MOST_SIMILAR]


def entries_of(kind: str) -> Iterator[Entry]:
    """Yield all entries of a kind, by its name in `GLOSSARY`, such as `term`."""
    yield from (entry for entry, _ in _entries() if entry.kind == said(GLOSSARY[kind]))


def _key(word: str) -> str:
    return " ".join(re.sub(r"(?<=\w)[-_]", " ", word.casefold()).split())


def _index() -> dict[str, tuple[Entry, ...]]:
    """Return all pages by the spellings under which they are found."""
    return _indexed(language())


@lru_cache(maxsize=2)
def _indexed(spoken: str) -> dict[str, tuple[Entry, ...]]:
    """Return the pages in the language that is spoken, whose code is `spoken`."""
    found: dict[str, tuple[Entry, ...]] = {}
    for entry, spellings in _entries():
        for key in dict.fromkeys(_key(each) for each in (entry.name, *spellings)):
            found[key] = (*found.get(key, ()), entry)
    return found


def _entries() -> Iterator[tuple[Entry, tuple[str, ...]]]:
    """Yield every page with the further spellings of its name; the order is that of pages with the same name."""
    for entry, _ in _pages("smtp verb", smtp.COMMANDS, english.SMTP_VERBS):
        yield entry, english.SPELLINGS.get(entry.name, ())
    yield from _pages("pop3 verb", pop3.COMMANDS, english.POP3_VERBS)
    yield from _pages("imap verb", imap.COMMANDS, english.IMAP_VERBS, english.ACCESS)
    for code, word in smtp.REPLIES.items():
        yield _reply(code, word, english.REPLY_LESSONS.get(code, NOTHING)), ()
    yield from _terms("replies", english.CLASS_TERMS)
    yield from _terms("term", english.TERMS)
    yield from _terms("pop3 status", english.POP3_STATUS)
    yield from _terms("imap response", english.IMAP_RESPONSES)
    yield from _pages("record type", dns.TYPES, english.TYPE_LESSONS)
    yield from _pages("rcode", dns.RCODES, english.RCODE_LESSONS)
    yield from _pages("smtp extension", _without(smtp.EXTENSIONS, smtp.COMMANDS), {})
    yield from _pages("mechanism", smtp.MECHANISMS, {})
    for name, word in smtp.PARAMETERS.items():
        yield _entry(name, "parameter", said(word.means, value="..."), word.source, (), NOTHING, ""), ()
    yield from _pages("pop3 capability", _without(pop3.CAPABILITIES, pop3.COMMANDS), {})
    yield from _pages("pop3 code", pop3.RESPONSE_CODES, english.POP3_CODES)
    yield from _pages("imap capability", _without(imap.CAPABILITIES, imap.COMMANDS), {})
    yield from _pages("imap code", _without(imap.RESPONSE_CODES, imap.COMMANDS), english.CODE_LESSONS)
    yield from _pages("ident", ident.ANSWERS | ident.ERRORS, {})
    yield from _broken_rules()
    for name, means in ALERTS.items():
        yield _entry(name, "alert", f'"{said(means)}"', "RFC 8446 section 6", (), NOTHING, ""), ()


def _without(words: Mapping[str, Word], told: Mapping[str, Word]) -> dict[str, Word]:
    """Return what is not told already as a command of the same name."""
    return {name: word for name, word in words.items() if name not in told}


def _pages(
    kind: str, words: Mapping[str, Word], lessons: Mapping[str, Lesson], who: str = ""
) -> Iterator[tuple[Entry, tuple[str, ...]]]:
    for name, word in words.items():
        lesson = lessons.get(name, NOTHING)
        know = _paragraphs(said(lesson.know))
        yield _entry(name, kind, said(word.means), word.source, know, lesson, lesson.who or who), ()


def _entry(
    name: str, kind: str, means: str, source: str | None, know: tuple[str, ...], lesson: Lesson, who: str
) -> Entry:
    form = tuple(lesson.form.splitlines())
    return Entry(name, said(GLOSSARY[kind]), _sentence(means), know, form, said(who), source, lesson.see)


def _broken_rules() -> Iterator[tuple[Entry, tuple[str, ...]]]:
    """Yield the names of what is against a protocol, as steps and JSON tell it."""
    for code, says in SAYINGS.items():
        know = (said(VIOLATIONS[code]),) if code in VIOLATIONS else ()
        yield Entry(code, said(GLOSSARY["violation"]), _sentence(said(says)), know), ()


def _terms(kind: str, terms: Iterable[Term]) -> Iterator[tuple[Entry, tuple[str, ...]]]:
    for term in terms:
        know, called = _paragraphs(said(term.know)), said(term.name)
        entry = Entry(
            term.name, said(GLOSSARY[kind]), said(term.means), know, (), said(term.who), term.source, term.see
        )
        yield entry._replace(called=called if called != term.name else ""), (called, *term.also)


def _reply(code: str, word: Word, lesson: Lesson) -> Entry:
    """Return the page of a reply code, with what its first digit tells. Source: RFC 5321 section 4.2.1."""
    know = (*_paragraphs(said(lesson.know)), said(english.REPLY_CLASSES[code[0]]))
    return _entry(code, "reply", said(word.means), word.source, know, lesson, "")


def _unknown_reply(code: str) -> Entry:
    digits = (english.REPLY_CLASSES[code[0]], english.REPLY_SUBJECTS.get(code[1], ""))
    know = tuple(said(each) for each in digits if each)
    means = _sentence(said(GLOSSARY["unknown reply"]))
    return Entry(code, said(GLOSSARY["reply"]), means, know, source="RFC 5321 section 4.2.1")


def _enhanced(kind: str, detail: str) -> tuple[Entry, ...]:
    """Return the page of an enhanced status code; `kind` is its class, or x. Source: RFC 3463 section 2."""
    word = smtp.ENHANCED.get(detail, Word(GLOSSARY["unknown enhanced"], "RFC 3463 section 2"))
    know = (
        english.ENHANCED_ADVICE.get(detail, ""),
        english.ENHANCED_CLASSES.get(kind, ""),
        english.ENHANCED_SUBJECTS.get(detail.partition(".")[0], ""),
    )
    told = tuple(said(each) for each in know if each)
    entry = Entry(f"{kind}.{detail}", said(GLOSSARY["enhanced"]), _sentence(said(word.means)), told)
    return (entry._replace(source=word.source),)


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split("\n\n")))


def _sentence(words: str) -> str:
    """Return a meaning as a sentence of its own: some tables hold clauses, which stand behind a word elsewhere."""
    ended = words if words.endswith((".", '"')) else f"{words}."
    return ended[0].upper() + ended[1:]
