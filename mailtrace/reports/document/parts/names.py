"""Lookups: all of them in a table, and those of mail servers, of names and of texts as `nslookup` would show them."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.model import Lookup
from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Block, Paragraph, Section, Verbatim
from mailtrace.reports.document.material import MOST_ROWS, Material
from mailtrace.reports.document.parts.wording import left_out
from mailtrace.reports.overview import ranges
from mailtrace.reports.tables import Source, sheet_of
from mailtrace.reports.tables.values import as_block

LABELS = {
    "section": "Lookups in the DNS",
    "caption": "What was asked, and what was answered",
    "shown": "As nslookup shows them",
    "why": (
        "This is what nslookup would have printed: which host takes the mail of a domain (MX), which name belongs to "
        "an address (PTR), and texts such as SPF policies and DKIM keys (TXT)."
    ),
    "asked": "Packets {packets}: {client} asks {server}",
}

LIKE_NSLOOKUP = {"MX": "mail exchanger = {answer}", "PTR": "name = {answer}", "TXT": "text = {answer}"}
"""Types that are shown so, and how nslookup writes an answer of each."""

ADDRESSES = {"A": "internet address =", "AAAA": "has AAAA address"}
"""How nslookup writes addresses that come along with an answer."""

MOST_CHARACTERS = 80
"""Characters of an answer in the table: a DKIM key has hundreds, and stands whole below it."""

MOST_SHOWN = 60
"""Lookups shown so; of those that are alike one."""


def lookups_section(material: Material) -> Section | None:
    """Return the lookups, None where there is none."""
    lookups = material.analysis.lookups
    if not lookups:
        return None
    sheet = sheet_of("lookups", Source(material.analysis, material.everything), None, MOST_ROWS)
    links = [material.anchors.get(each.caused_by or each.conversation, "") for each in lookups[:MOST_ROWS]]
    table = as_block(sheet, said(LABELS["caption"]), links, left_out(len(lookups), len(sheet.rows)))
    shown = tuple(_shown(material))
    told = Section(said(LABELS["shown"]), "lookups-shown", (Paragraph(said(LABELS["why"])), *shown))
    return Section(said(LABELS["section"]), "dns", (table,), (told,) if shown else (), part="dns")


def _shortened(answer: str) -> str:
    return answer if len(answer) <= MOST_CHARACTERS else f"{answer[:MOST_CHARACTERS].rstrip()} ..."


def _shown(material: Material) -> Iterator[Block]:
    alike: dict[tuple[object, ...], list[Lookup]] = {}
    for lookup in material.analysis.lookups:
        if lookup.type in LIKE_NSLOOKUP and lookup.is_question:
            key = (lookup.client, lookup.server, lookup.name, lookup.type, lookup.rcode, lookup.answers, lookup.nodata)
            alike.setdefault(key, []).append(lookup)
    for same in list(alike.values())[:MOST_SHOWN]:
        first = same[0]
        client, server = material.naming.of(first.client), material.naming.of(first.server)
        packets = ranges([number for each in same for number in each.packets])
        caption = said(LABELS["asked"], packets=packets, client=client, server=server)
        yield Verbatim(caption, tuple(nslookup_lines(first)))
    if more := left_out(len(alike), MOST_SHOWN):
        yield Paragraph(more)


def nslookup_lines(lookup: Lookup) -> Iterator[str]:
    """Yield a lookup as the command `nslookup` would print it, from the command on.

    What it prints is no language of people's: it is never translated.
    """
    yield f"$ nslookup -type={lookup.type.lower()} {lookup.name} {lookup.server}"
    if lookup.rcode is None:
        yield ";; connection timed out; no servers could be reached"
        return
    yield f"Server:   {lookup.server}"
    yield f"Address:  {lookup.server}#53"
    yield ""
    if lookup.rcode != "NOERROR":
        yield f"** server can't find {lookup.name}: {lookup.rcode}"
        return
    if not lookup.authoritative:
        yield "Non-authoritative answer:"
    if not lookup.answers:
        yield f"*** Can't find {lookup.name}: No answer"
    for answer in lookup.answers:
        yield f"{lookup.name}  {LIKE_NSLOOKUP[lookup.type].format(answer=answer)}"
    for line in lookup.additional:
        owner, _, rest = line.partition(" ")
        kind, _, data = rest.partition(" ")[2].partition(" ")
        if kind in ADDRESSES:
            yield f"{owner}  {ADDRESSES[kind]} {data}"
