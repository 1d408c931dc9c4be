"""A rule is one function: it looks at one subject and yields what it sees; its docstring is its manual page.

    @rule("SMTP001", Severity.WARNING, talks("smtp"), "{client} sent the password of {user} to {server} in clear")
    def password_sent_in_clear(talk: Talk) -> Iterator[Seen]:
        '''What was seen, in a sentence or a few.

        Why: why it matters, one paragraph.

        Mend: what to do about it, one paragraph; it is also the finding's advice. Then examples, by program:
            postfix: smtpd_tls_auth_only = yes
            dovecot: auth_allow_cleartext = no

        Not when: what looks alike and is left alone, one paragraph.

        Source: RFC 4954 section 9, RFC 8314 section 3.
        '''

The function's name, with hyphens, is the finding's name: what was seen, not the cure. The last argument of `rule` is a
whole sentence, whose fields get their values from what the function has seen.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Generic, NamedTuple, Protocol, TypeVar

from mailtrace.findings.facts import Facts
from mailtrace.model import Confidence, Finding, Severity
from mailtrace.model.language import said

LISTED_LIMIT = 10
"""Findings of one rule about one subject that are listed: more of the same tell nothing new, and are counted."""

COUNTED_LIMIT = 10_000
"""Findings of one rule about one subject that are counted: a hostile capture could make millions."""

FIELD_LIMIT = 200
"""Characters of one field of a message, such as a line from the wire; more help nobody."""

PACKETS_LIMIT = 100
"""Packets that one finding lists; the first of very many show it, too."""

WITHOUT_MANUALS = "Python was told to leave the manual pages out (-OO or PYTHONOPTIMIZE=2)."

MANUAL_PARTS = {"Why: ": "why", "Mend: ": "mend", "Not when: ": "not_when", "Source: ": "source"}
"""How the paragraphs of a manual page begin, and what they are; the one before them says what was seen."""


class Subject(Protocol):
    """What a rule looks at: it knows of what its findings are about, None where that is not one of its kind."""

    @property
    def conversation_id(self) -> int | None:
        """The conversation it is, or is part of."""

    @property
    def mail_id(self) -> int | None:
        """The message it is."""

    @property
    def journey_id(self) -> int | None:
        """The journey it is."""


T = TypeVar("T", bound=Subject)


class Over(NamedTuple, Generic[T]):
    """Which subjects a rule looks at. `alone`: all it needs is in one conversation, so it can judge as that ends.

    `what` says what they are, with the field `{of}` where it depends on the names in `of`.
    """

    what: str
    subjects: Callable[[Facts], Iterable[T]]
    alone: bool
    of: tuple[str, ...] = ()


class Seen(NamedTuple):
    """What a rule has seen once; see `seen`."""

    packets: tuple[int, ...]
    fields: dict[str, str | int]
    confidence: Confidence
    conversation: int | None


def seen(packets: Iterable[int], *, likely: bool = False, conversation: int | None = None, **fields: str | int) -> Seen:
    """Return what a rule has seen: the packets that show it, and the fields of its message.

    Integers get thousands separators. `conversation` is only needed where the subject does not know it.
    """
    confidence = Confidence.LIKELY if likely else Confidence.CERTAIN
    return Seen(tuple(sorted(set(islice(packets, PACKETS_LIMIT)))), fields, confidence, conversation)


class Manual(NamedTuple):
    """A manual page, paragraph by paragraph; '' where there is none. `examples` are pairs of program and setting."""

    what: str
    why: str
    mend: str
    examples: tuple[tuple[str, str], ...]
    not_when: str
    source: str


@dataclass(frozen=True)
class Rule(Generic[T]):
    """One rule of the registry; `says` is the sentence with fields in braces."""

    code: str
    severity: Severity
    over: Over[T]
    says: str
    judge: Callable[[T], Iterable[Seen]]

    @property
    def name(self) -> str:
        """What was seen, in a few words with hyphens."""
        return self.judge.__name__.replace("_", "-")

    @cached_property
    def manual(self) -> Manual:
        """The manual page."""
        return parse_manual(inspect.getdoc(self.judge) or WITHOUT_MANUALS)

    def findings(self, facts: Facts) -> Iterable[Finding]:
        """Yield what the rule finds in all of its subjects."""
        for subject in self.over.subjects(facts):
            found = iter(self.judge(subject))
            first = next(found, None)
            if first is None:  # as nearly always
                continue
            listed = [self._finding(each, subject, facts) for each in (first, *islice(found, LISTED_LIMIT - 1))]
            more = sum(1 for _ in islice(found, COUNTED_LIMIT)) if len(listed) == LISTED_LIMIT else 0
            yield from listed[:-1]
            yield _with_more(listed[-1], more)

    def _finding(self, each: Seen, subject: T, facts: Facts) -> Finding:
        conversation = subject.conversation_id if each.conversation is None else each.conversation
        talk = facts.talks_by_id.get(conversation or 0)
        fields = {name: _shown(value) for name, value in each.fields.items()}
        return Finding(
            code=self.code,
            name=self.name,
            severity=self.severity,
            confidence=each.confidence,
            message=said(self.says, **fields),
            packets=each.packets or (() if talk is None else talk.packets[:1]),
            advice=said(self.manual.mend),
            conversation=conversation,
            mail=subject.mail_id,
            journey=subject.journey_id,
        )


def _with_more(finding: Finding, more: int) -> Finding:
    if not more:
        return finding
    from msgspec.structs import replace

    return replace(finding, more=more)


def _shown(value: str | int) -> str:
    text = value if isinstance(value, str) else f"{value:,}"
    return text if len(text) <= FIELD_LIMIT else text[: FIELD_LIMIT - 3] + "..."


def rule(code: str, severity: Severity, over: Over[T], says: str) -> Callable[[Callable[[T], Iterable[Seen]]], Rule[T]]:
    """Make a rule of a function; see above."""

    def made(judge: Callable[[T], Iterable[Seen]]) -> Rule[T]:
        return Rule(code, severity, over, says, judge)

    return made


def parse_manual(text: str) -> Manual:
    """Read a manual page from the text of a docstring."""
    parts: dict[str, str] = {}
    examples: list[tuple[str, str]] = []
    for paragraph in text.split("\n\n"):
        begin = next((begin for begin in MANUAL_PARTS if paragraph.startswith(begin)), "")
        lines = paragraph.removeprefix(begin).splitlines()
        part = MANUAL_PARTS.get(begin, "what")
        words = " ".join(line for line in lines if not line.startswith("    "))
        parts[part] = f"{parts[part]} {words}" if part in parts else words
        for line in lines:
            if line.startswith("    "):
                program, _, setting = line.strip().partition(": ")
                examples.append((program, setting))
    order = ("what", "why", "mend", "not_when", "source")
    what, why, mend, not_when, source = (parts.get(part, "") for part in order)
    return Manual(what, why, mend, tuple(examples), not_when, source.rstrip("."))
