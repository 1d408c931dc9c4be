"""Reads a file of expectations: TOML, with one `[[expect]]` for each. A mistake is told in one line, with its place.

    title = "Lab 3: a mail and its reply"

    [[expect]]
    title = "Both mails were fetched by POP3"
    mails = 2
    fetched_by = "pop3"

The first word besides `title` is the kind of thing that is counted, its value is how many. The others say which.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from mailtrace.errors import UsageError
from mailtrace.expectations.kinds import KINDS
from mailtrace.expectations.values import amount, nearest, text
from mailtrace.expectations.words import Expectation, Expectations, Kind

TITLE, EXPECT = "title", "expect"

MAX_EXPECTATIONS = 1_000
"""Expectations of one file: more answers than this nobody reads."""

LONGEST_SHOWN = 60
"""Characters of a wrong value that are repeated to whoever wrote it."""

ALIKE = 0.8
"""How alike a word must be to one of other things for that to be meant; within the same things less is enough."""

_HEADING = re.compile(r"[ \t]*\[\[[ \t]*[\"']?expect[\"']?[ \t]*\]\]")


class Block(NamedTuple):
    """Where an expectation stands: the file's name, the number of it, and its lines, the first of which is `line`."""

    name: str
    number: int
    line: int | None
    lines: Sequence[str]

    def wrong(self, says: str, key: str | None = None) -> UsageError:
        """Return an error that says where the mistake is: at the line of a key, or where the expectation begins."""
        at = self.line
        if at is not None and key is not None:
            beginnings = (line.lstrip().removeprefix('"').removeprefix("'") for line in self.lines)
            found = next((place for place, line in enumerate(beginnings) if line.startswith(key)), 0)
            at += found
        place = f"{self.name}, line {at}" if at is not None else self.name
        return UsageError(f"{place}: expectation {self.number}: {says}")


def read_expectations(source: str, name: str) -> Expectations:
    """Return what the text of a file expects; `name` is what the file is called. Raises: `UsageError`."""
    try:
        table = tomllib.loads(source)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{name}: this is no TOML: {error}") from None
    for key in table:
        if key not in (TITLE, EXPECT):
            near = nearest(key, (TITLE, EXPECT))
            hint = near or f" stands outside of any expectation: begin it with [[{EXPECT}]]"
            raise UsageError(f"{name}: {_shown(key)}{hint if not near else ' is not known here' + near}")
    each = table.get(EXPECT)
    if not isinstance(each, list) or not each or not all(isinstance(item, dict) for item in each):
        raise UsageError(f"{name}: there is no expectation: each begins with [[{EXPECT}]], in double brackets")
    if len(each) > MAX_EXPECTATIONS:
        raise UsageError(f"{name}: {len(each):,} expectations are too many: at most {MAX_EXPECTATIONS:,} are read")
    title = table.get(TITLE, "")
    if not isinstance(title, str):
        raise UsageError(f"{name}: title wants a text in quotes, not {_shown(title)}")
    blocks = _blocks(source, name, len(each))
    return Expectations(title.strip(), tuple(_read(block, item) for block, item in zip(blocks, each, strict=True)))


def _blocks(source: str, name: str, many: int) -> list[Block]:
    """Return where each expectation stands; TOML's reader does not tell, so their headings are looked for."""
    lines = source.splitlines()
    starts = [place for place, line in enumerate(lines) if _HEADING.match(line)]
    if len(starts) != many:
        return [Block(name, number, None, ()) for number in range(1, many + 1)]
    ends = [*starts[1:], len(lines)]
    return [
        Block(name, number, start + 1, lines[start:end])
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    ]


def _read(block: Block, table: Mapping[str, Any]) -> Expectation:
    """Read one expectation. Raises: `UsageError`."""
    named = [key for key in table if key in KINDS]
    if not named:
        raise _nothing_counted(block, table)
    if len(named) > 1:
        raise block.wrong(f"{' and '.join(named)} are two expectations: begin the second with [[{EXPECT}]]", named[1])
    word, kind = named[0], KINDS[named[0]]
    picks, demands = {}, {}
    for key, value in table.items():
        if key in kind.picks:
            picks[key] = _value(block, key, kind.picks[key].read, value)
        elif key in kind.demands:
            demands[key] = _value(block, key, kind.demands[key].read, value)
        elif key not in (TITLE, word):
            raise block.wrong(_unknown(key, word, kind), key)
    how_many = _value(block, word, amount, table[word])
    if how_many.every and not demands:
        raise block.wrong(_all_of_what(word, kind), word)
    asks = ", ".join(f"{key} = {_toml(value)}" for key, value in table.items() if key != TITLE)
    title = _value(block, TITLE, text, table[TITLE]) if TITLE in table else asks
    return Expectation(block.number, title, asks, kind, how_many, picks, demands)


def _value(block: Block, key: str, read: Any, value: object) -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise block.wrong(f"{key} is {_shown(value)}, but wants {error}", key) from None


def _nothing_counted(block: Block, table: Mapping[str, Any]) -> UsageError:
    for key in table:
        near = nearest(key, tuple(KINDS))
        if near and key != TITLE:
            return block.wrong(f"{_shown(key)} is not known{near}", key)
    return block.wrong(f"it does not say what is counted: one of {', '.join(KINDS)}")


def _unknown(key: str, word: str, kind: Kind[Any]) -> str:
    """Say what a key could have been, or of which things it can be said."""
    near = nearest(key, _keys(kind))
    if near:
        return f"{_shown(key)} is not known of {word}{near}"
    says = f"{_shown(key)} is not known of {word}: they know {', '.join(_keys(kind))}"
    close = {other: get_close_matches(key, _keys(each), 1, ALIKE) for other, each in KINDS.items()}
    hints = [f"{other} know {found[0]}" for other, found in close.items() if found]
    return f"{says} ({', '.join(hints)})" if hints else says


def _keys(kind: Kind[Any]) -> tuple[str, ...]:
    return (*kind.picks, *kind.demands)


def _all_of_what(word: str, kind: Kind[Any]) -> str:
    if not kind.demands:
        return f'{word} = "all" says nothing: say how many there should be, or "none"'
    return f'{word} = "all" does not say what all of them should be: add one of {", ".join(kind.demands)}'


def _toml(value: object) -> str:
    """Return a value as it is written in a file, on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _shown(value: object) -> str:
    """Return a value as an error repeats it."""
    shown = _toml(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."
