"""One entry of the `words` tables: what a verb, a code or a record type means, and where that is written."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """`means` is a plain sentence or clause without markup; `source` is the RFC section, None where no RFC says it."""

    means: str
    source: str | None = None
