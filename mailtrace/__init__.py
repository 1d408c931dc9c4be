"""mailtrace: packet captures of mail, explained step by step.

    import mailtrace
    analysis = mailtrace.analyze("capture.pcapng")
    for walkthrough in mailtrace.walkthroughs(analysis):
        for step in walkthrough.steps:
            print(step.number, step.packets, step.says, step.means)
    for finding in mailtrace.judge(analysis, language="ko"):
        print(finding.code, finding.severity, finding.packets, finding.message)

`Analysis` and everything in it are described in `mailtrace.model`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailtrace.model import Analysis, Finding, Walkthrough

__version__ = "0.1.0"

__all__ = ["__version__", "analyze", "judge", "walkthroughs"]


def analyze(
    path: str | PathLike[str] | Sequence[str | PathLike[str]],
    *,
    names: Mapping[str, Sequence[str]] | None = None,
    protocols: Iterable[str] | None = None,
    batch_bytes: int | None = None,
    progress: Callable[[int, int, int], None] | None = None,
    keylog: str | PathLike[str] | None = None,
    decode_as: Mapping[int, str] | None = None,
    language: str | None = None,
) -> Analysis:
    """Read one capture (or several, as parts of one) and return all that was found.

    `names` maps addresses to names; `protocols` limits the result to some of smtp, pop3, imap, dns, ident, tls and
    unknown.
    `progress` is called now and then with octets read, packets and conversations so far. `keylog` is a file with keys
    that open TLS, in the format of SSLKEYLOGFILE; `decode_as` names the protocol of ports, such as `{2525: "smtp"}`.
    `language` is that of the few sentences in the result, such as why two mails are the same one: `en` or `ko`.

    Raises: `mailtrace.errors.UnreadableInput` when a file cannot be read at all. Damage is told in the notes of
    `Analysis.capture`, which are always in English.
    """
    from mailtrace.analyzer import Analyzer, analyze_files
    from mailtrace.capture.keylogfile import read_keylog

    paths = [path] if isinstance(path, str | PathLike) else list(path)
    keys = None if keylog is None else read_keylog(str(keylog))
    inputs = [str(each) for each in paths]
    analyzer = Analyzer(inputs, names, batch_bytes, progress, keylog=keys, decode_as=decode_as)
    with _speaking(language):
        return analyze_files(analyzer, frozenset(protocols) if protocols is not None else None)


def walkthroughs(
    analysis: Analysis,
    *,
    conversation: int | None = None,
    journey: int | None = None,
    show_secrets: bool = False,
    language: str | None = None,
) -> list[Walkthrough]:
    """Return the annotated walkthroughs of an analysis' conversations, of one of them, or of one mail on its way.

    `language` is `en` or `ko`.
    """
    from mailtrace.explain.journeys.telling import journey_walkthroughs
    from mailtrace.explain.walkthrough import walkthroughs as explained

    with _speaking(language):
        if journey is not None:
            wanted = [each for each in analysis.journeys if each.id == journey]
            return list(journey_walkthroughs(analysis, wanted, show_secrets))
        return explained(analysis, conversation=conversation, show_secrets=show_secrets)


def judge(
    analysis: Analysis, *, select: Iterable[str] = (), ignore: Iterable[str] = (), language: str | None = None
) -> list[Finding]:
    """Return what is wrong in an analysis, or worth knowing: the worst first, each with the packets that show it.

    `select` names the only rules that count, `ignore` those that do not: by code, beginning of codes, or name. Give an
    analysis of all protocols: what is left out of it would be taken for missing. `language` is `en` or `ko`.

    Raises: `mailtrace.errors.UsageError` for a word that names no rule.
    """
    from mailtrace.findings.catalog import chosen_rules, findings

    with _speaking(language):
        return findings(analysis, chosen_rules(select, ignore))


def _speaking(code: str | None) -> AbstractContextManager[None]:
    """Speak a language for a while, None: the one that is spoken already, at first English. Raises: `UsageError`."""
    if code is None:
        return nullcontext()
    from mailtrace.languages import catalogue
    from mailtrace.model.language import speaking

    return speaking(catalogue(code))
