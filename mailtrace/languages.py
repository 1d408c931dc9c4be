"""The languages mailtrace speaks: where their catalogues lie, and which one the user wants.

A language is a folder in `locale` with its catalogue: `ko/LC_MESSAGES/mailtrace.mo`, made of the `.po` beside it.
English needs none, and nothing is read or loaded for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mailtrace.errors import UsageError

if TYPE_CHECKING:  # loaded when a language is chosen, so that `--help` is instant
    from mailtrace.model.language import Catalogue

FOLDER = Path(__file__).parent / "locale"
"""Where the catalogues lie."""

CATALOGUE = "LC_MESSAGES/mailtrace.mo"
"""A catalogue within the folder of its language."""

ENGLISH = "en"
"""The language of the texts in the code."""

LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Variables of the environment that name the user's language; the first that is set counts, as POSIX says."""


def languages() -> list[str]:
    """Return the codes of all languages, English first."""
    return [ENGLISH, *sorted(path.parents[1].name for path in FOLDER.glob(f"*/{CATALOGUE}"))]


@lru_cache
def catalogue(code: str) -> Catalogue | None:
    """Read the catalogue of a language, None for English. Raises: `UsageError` where there is none."""
    if code == ENGLISH:
        return None
    path = FOLDER / code / CATALOGUE
    if not code.isalpha() or not path.is_file():
        raise UsageError(f"there is no language {code!r}; mailtrace speaks {', '.join(languages())}")
    from gettext import GNUTranslations

    from mailtrace.model.language import Catalogue
    from mailtrace.model.particles import filled

    with path.open("rb") as file:
        texts = GNUTranslations(file)
    return Catalogue(code, texts.gettext, texts.ngettext, filled)


def language_of(environment: Mapping[str, str]) -> str:
    """Return the language that a user's environment asks for; English where mailtrace does not speak it."""
    wanted = next((environment[name] for name in LOCALE_VARIABLES if environment.get(name)), "")
    code = wanted.partition(".")[0].partition("@")[0].partition("_")[0].lower()
    return code if code.isalpha() and (FOLDER / code / CATALOGUE).is_file() else ENGLISH
