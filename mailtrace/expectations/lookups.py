"""Expectations of DNS: which names were asked for, and whether there was an answer.

A name that is asked for several times counts once: who wants three domains does not mean the same one three times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailtrace.expectations.picking import is_host
from mailtrace.expectations.values import nearest, text, texts, yes
from mailtrace.expectations.words import Demand, Fact, Kind, Pick
from mailtrace.findings.facts import Asked, Facts
from mailtrace.model.language import said
from mailtrace.protocols.dns.numbers import TYPES

MOST_ANSWERS = 4
"""Records of an answer that are shown."""

USUAL_TYPES = ("A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")


class Question(NamedTuple):
    """A name that was asked for, with a type of record, and all lookups of it, in their order."""

    type: str
    name: str
    asked: Sequence[Asked]


def questions(facts: Facts) -> list[Question]:
    """Return what was asked, each question once, in the order of the first time."""
    found: dict[tuple[str, str], list[Asked]] = {}
    for asked in facts.asked:
        if asked.lookup.is_question:
            found.setdefault((asked.lookup.type, asked.name), []).append(asked)
    return [Question(type_, name, asked) for (type_, name), asked in found.items()]


def record_type(value: object) -> str:
    """Return a type of record. Raises: `ValueError`."""
    word = value.strip().upper() if isinstance(value, str) else ""
    if word in TYPES.values():
        return word
    raise ValueError(f'a type of DNS record, such as "MX" or "A"{nearest(word, USUAL_TYPES)}')


def domains(value: object) -> tuple[str, ...]:
    """Return names of domains, in lower case. Raises: `ValueError`."""
    return tuple(each.rstrip(".").lower() for each in texts(value))


def _answered(question: Question, wanted: bool) -> Fact:
    """Tell whether a question got records as an answer, from whomever and whenever."""
    good = next((each.lookup for each in question.asked if each.lookup.answers), None)
    if good is not None:
        shown = ", ".join(good.answers[:MOST_ANSWERS]) + (", ..." if len(good.answers) > MOST_ANSWERS else "")
        return Fact(wanted, said("answered: {records}", records=shown), good.packets)
    last = question.asked[-1].lookup
    if last.rcode is None:
        return Fact(not wanted, said("not answered"), last.packets)
    why = said("no such record") if last.nodata else last.rcode
    return Fact(not wanted, said("answered without a record: {why}", why=why), last.packets)


LOOKUPS: Kind[Question] = Kind(
    "{count} lookup",
    "{count} lookups",
    "no lookup",
    questions,
    lambda question: f"{question.type} {question.name}",
    lambda question: question.asked[0].lookup.packets,
    {
        "type": Pick(record_type, lambda question, wanted: question.type == wanted),
        "names": Pick(domains, lambda question, wanted: question.name in wanted),
        "client": Pick(
            text,
            lambda question, wanted: any(is_host(each.facts, each.lookup.client, wanted) for each in question.asked),
        ),
        "server": Pick(
            text,
            lambda question, wanted: any(is_host(each.facts, each.lookup.server, wanted) for each in question.asked),
        ),
    },
    {"answered": Demand(yes, _answered)},
)
