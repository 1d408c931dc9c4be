"""The hosts of a capture: what they are called, where they stand, and which part each plays, told from the traffic."""

from __future__ import annotations

from collections import Counter

from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Block, Paragraph, Section
from mailtrace.reports.document.figures import topology_figure
from mailtrace.reports.document.material import MOST_ROWS, Material
from mailtrace.reports.document.parts.wording import left_out
from mailtrace.reports.tables import Source, sheet_of
from mailtrace.reports.tables.values import as_block

LABELS = {
    "section": "The hosts",
    "shared": "A MAC address that stands beside several addresses is the router's on the way to them.",
    "no host": "No host of the capture took part in mail traffic.",
}


def hosts_section(material: Material) -> Section:
    """Return the table of hosts and the figure of how they stand."""
    source = Source(material.analysis, material.everything, links=material.links)
    sheet = sheet_of("hosts", source, None, MOST_ROWS)
    if not sheet.rows:
        return Section(said(LABELS["section"]), "topology", (Paragraph(said(LABELS["no host"])),), part="topology")
    table = as_block(sheet, sheet.caption, more=left_out(sheet.count, len(sheet.rows)))
    blocks: list[Block] = [*topology_figure(material), table]
    beside = Counter(link for address in {str(row[1]) for row in sheet.rows} for link in source.links.get(address, ()))
    if any(count > 1 for count in beside.values()):
        blocks.append(Paragraph(said(LABELS["shared"])))
    return Section(said(LABELS["section"]), "topology", tuple(blocks), part="topology")
