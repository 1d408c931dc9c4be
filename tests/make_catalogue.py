"""Gathers every text that people read, and keeps the catalogues of other languages in step with it.

    python -m tests.make_catalogue [--merge FILE.po ...]

`mailtrace/locale/mailtrace.pot` gets all English texts. In the catalogue of each language (`ko/LC_MESSAGES`) new texts
come in, empty until somebody translates them, and those that nobody uses any more go out; `mailtrace.mo` beside it is
what runs. `--merge` takes translations from other files. `tests/test_language.py` holds that nothing is missing.

A new language is a new folder: `mkdir -p mailtrace/locale/de/LC_MESSAGES`, then the command above.

Texts are the literals that `said` and `counted` are called with, the tables that they look into by an upper-case name
(`said(TABLE[key])`), the headings of columns, and the tables below, whose texts travel before they are said.
"""

from __future__ import annotations

import ast
import importlib
import io
import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from mailtrace.crosscheck import faults
from mailtrace.crosscheck.faults import KNOWN_FAULTS
from mailtrace.expectations import words
from mailtrace.expectations.kinds import KINDS
from mailtrace.explain.english.glossary.lesson import Lesson, Term
from mailtrace.findings.catalog import rules
from mailtrace.languages import FOLDER
from mailtrace.protocols.word import Word
from mailtrace.reports.layout import Column
from mailtrace.reports.tables import TableKind
from mailtrace.reports.tables.values import Heading
from tests.house import Source, sources
from tests.support import ROOT

TEMPLATE = FOLDER / "mailtrace.pot"
"""All texts in English."""

HOME = "mailtrace.model.language"
"""Where `said` and `counted` come from."""

ENGLISH = "mailtrace.explain.english"

TABLES: tuple[str, ...] = (
    *(
        f"{ENGLISH}.{name}"
        for name in (
            *("transport", "smtp", "content", "authentication", "pop3", "imap", "dns", "tls", "delays", "summary"),
            *("journeys", "clocks", "waits", "tables"),
        )
    ),
    "mailtrace.mail.journeys.words",
    *(f"mailtrace.protocols.{name}.words" for name in ("smtp", "pop3", "imap", "dns", "ident")),
    *(
        f"{ENGLISH}.glossary.{name}"
        for name in (
            *("basics", "content", "dns", "enhanced", "imap", "imapcodes", "network", "policy", "pop3", "replies"),
            *("reports", "roles", "smtp"),
        )
    ),
    f"{ENGLISH}.glossary",
    "mailtrace.protocols.violations",
    "mailtrace.model.remarks",
    "mailtrace.mail.authentication.blocklists",
    "mailtrace.mail.authentication.subjects",
    "mailtrace.mail.authentication.keys",
)
"""Modules all of whose tables are texts."""

NO_TEXTS = ("SPELLINGS", "KINDS_SAID", "REPLY_HINTS", "NOTABLE", "TELLING", "SIGNED_ONLY", "HEADERS")
"""Tables in them that are none."""

TITLES = "TITLES"
"""How tables of the headings of columns are called."""

TRANSLATABLE = re.compile(r"[a-z]{2}|^(ACKs|NO|No\.|At|To)$")
"""What is to be translated has a word in it; names such as `SMTP` have none."""

Text = str | tuple[str, str]
"""A text, or the singular and the plural of a counted noun."""


@lru_cache(maxsize=1)
def texts() -> dict[Text, str]:
    """Return all texts with the file in which they stand, in the order of the files."""
    found: dict[Text, str] = {}
    for text, name in _all_texts():
        key = text if isinstance(text, str) else text[0]
        if TRANSLATABLE.search(key.replace("{count}", "")):
            found.setdefault(text, name)
    return found


def _all_texts() -> Iterator[tuple[Text, str]]:
    for name in TABLES:
        module = importlib.import_module(name)
        for constant, value in vars(module).items():
            if constant.isupper() and constant not in NO_TEXTS:
                yield from ((text, _file(module)) for text in strings(value))
    for rule in rules().values():
        module = importlib.import_module(rule.judge.__module__)
        manual = rule.manual
        for text in (rule.says, manual.what, manual.why, manual.mend, manual.not_when, rule.over.what):
            yield text, _file(module)
    for kind in KINDS.values():
        yield from ((text, _file(words)) for text in ((kind.one, kind.many), kind.none))
    for fault in KNOWN_FAULTS:
        yield fault.says, _file(faults)
    for source in sources():
        yield from ((text, source.name) for text in _texts_of(source))


def _file(module: ModuleType) -> str:
    return Path(module.__file__ or "").relative_to(ROOT).as_posix()


def strings(value: Any) -> Iterator[Text]:
    """Yield the texts of a table, however it is built; a pair with `{count}` is a counted noun."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Column | Heading):
        yield value.title
    elif isinstance(value, Word | Lesson | Term):
        for field in ("name", "means", "know", "who"):
            yield from strings(getattr(value, field, ""))
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, tuple | list):
        if _is_counted(value):
            yield value[0], value[1]
        else:
            for each in value:
                yield from strings(each)
    elif hasattr(value, "answers") and hasattr(value, "name"):
        yield value.name
        yield from strings(value.answers)


def _is_counted(value: Any) -> bool:
    return len(value) == 2 and all(isinstance(each, str) and "{count}" in each for each in value)


def _texts_of(source: Source) -> Iterator[Text]:
    """Yield the texts that a file says, and the headings of its columns."""
    constants = {
        target.id
        for node in source.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id.isupper()
    }
    titles = [name for name in sorted(constants) if name.endswith(TITLES)] if source.room != "crosscheck" else []
    if "Column(" in source.text or "TableKind(" in source.text:
        titles += sorted(constants)
    if titles:
        module = importlib.import_module(source.module)
        for name in titles:
            value = getattr(module, name)
            if name.endswith(TITLES) or _has_columns(value):
                yield from strings(value)
    if not any(name == HOME or name.startswith(f"{HOME}.") for name in source.imports()):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("said", "counted", "language.counted"):
            yield from _said(node, source)


def _has_columns(value: Any) -> bool:
    if isinstance(value, TableKind):
        return True
    return isinstance(value, list | tuple) and any(isinstance(each, Column) for each in value)


def _said(call: ast.Call, source: Source) -> Iterator[Text]:
    """Yield the texts that one call may say."""
    arguments = call.args
    if ast.unparse(call.func) == "said":
        yield from (text for node in arguments[:1] for text in _told(node, source))
    elif len(arguments) > 1 and all(isinstance(each, ast.Constant) for each in arguments[:2]):
        yield tuple(each.value for each in arguments[:2])  # type: ignore[attr-defined, misc]
    elif arguments and isinstance(arguments[0], ast.Starred):
        yield from _told(arguments[0].value, source)


def _told(node: ast.expr, source: Source) -> Iterator[Text]:
    """Yield the texts that an argument may be: a literal, one of two, or what a table has."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _told(node.body, source)
        yield from _told(node.orelse, source)
    elif isinstance(node, ast.Subscript):
        yield from _told(node.value, source)
    elif isinstance(node, ast.Name) and node.id.isupper():
        yield from strings(getattr(importlib.import_module(source.module), node.id))


class _Plain(Catalog):
    """A catalogue whose head has no dates and no names, so that the same texts make the same file."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:  # type: ignore[override]
        """The lines of the head."""
        head = [("Project-Id-Version", "mailtrace")]
        if self.locale_identifier is not None:
            head += [("Language", self.locale_identifier), ("Plural-Forms", self.plural_forms)]
        return [
            *head,
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def catalogue(code: str | None, translated: Iterable[Message] = ()) -> Catalog:
    """Return the catalogue of a language with what is translated of its texts, None: the template of all."""
    known = {message.id: message.string for message in translated if _is_translated(message)}
    made = _Plain(locale=code, project="mailtrace", fuzzy=False, header_comment="# Texts of mailtrace.")
    for text, name in texts().items():
        made.add(text, known.get(text), locations=[(name, 0)])
    return made


def written(made: Catalog) -> bytes:
    """Return a catalogue as its file."""
    out = io.BytesIO()
    write_po(out, made, width=0, include_lineno=False, ignore_obsolete=True)
    return out.getvalue()


def compiled(made: Catalog) -> bytes:
    """Return a catalogue as what runs."""
    out = io.BytesIO()
    write_mo(out, made)
    return out.getvalue()


def messages(path: Path) -> list[Message]:
    """Return the messages of a file, none where there is none yet."""
    if not path.is_file():
        return []
    with path.open("rb") as file:
        return [message for message in read_po(file) if message.id]


def codes() -> list[str]:
    """Return the languages that have a folder."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and Locale.parse(path.name))


def main(merged: list[str]) -> None:
    """Bring the template and the catalogues up to date; translations in the files `merged` count before others."""
    TEMPLATE.write_bytes(written(catalogue(None)))
    for code in codes():
        path = FOLDER / code / "LC_MESSAGES" / "mailtrace.po"
        known = [*messages(path), *(each for name in merged for each in messages(Path(name)))]
        made = catalogue(code, known)
        path.write_bytes(written(made))
        path.with_suffix(".mo").write_bytes(compiled(made))
        missing = sum(1 for message in made if message.id and not _is_translated(message))
        print(f"{path.relative_to(ROOT)}: {len(made)} texts, {missing} of them not translated")


def _is_translated(message: Message) -> bool:
    string = message.string
    return bool(string) and all(string if isinstance(string, tuple | list) else (string,))


if __name__ == "__main__":
    main([each for each in sys.argv[1:] if each != "--merge"])
