"""What a reader needs to check a report: filters for Wireshark, how the report was made, what it leaves out."""

from __future__ import annotations

from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Block, Bullets, Column, Kind, Section, Table
from mailtrace.reports.document.material import MOST_ROWS, Material
from mailtrace.reports.document.parts.wording import left_out, wireshark_filter
from mailtrace.reports.overview import ranges, table_rows

LABELS = {
    "section": "To check this report",
    "filters": "Filters with which Wireshark shows each conversation",
    "number": "No.",
    "what": "Conversation",
    "packets": "Packets",
    "filter": "Filter",
    "numbers": "Packet numbers are those that Wireshark shows. Times without a date are seconds since the beginning.",
    "clock": "Dates and times are in UTC unless a time zone stands beside them.",
    "same": "Made again from the same file, this report is the same, octet by octet: the SHA-256 above names the file.",
    "masked": "Passwords and other secrets are masked. Of none of them the length is told.",
    "shown": "Passwords and other secrets are shown as they were sent: think of whom you give this report to.",
    "inside": "{client} → {server} ({protocol})",
}


def appendix_section(material: Material) -> Section:
    """Return the last section of a report."""
    secrets = "shown" if material.wishes.show_secrets else "masked"
    notes = tuple(said(LABELS[key]) for key in ("numbers", "clock", "same", secrets))
    blocks: list[Block] = [Bullets(notes)]
    groups = [[each] for each in material.analysis.conversations[:MOST_ROWS]]
    if groups:
        columns = (
            Column(said(LABELS["number"]), Kind.NUMBER, 4),
            Column(said(LABELS["what"]), Kind.TEXT, 24),
            Column(said(LABELS["packets"]), Kind.TEXT, 20),
            Column(said(LABELS["filter"]), Kind.CODE, 52),
        )
        rows = tuple(
            (
                row.number,
                said(LABELS["inside"], client=row.client, server=row.server, protocol=row.protocol),
                ranges(group[0].numbers),
                wireshark_filter(group),
            )
            for row, group in zip(table_rows(material.analysis, groups), groups, strict=True)
        )
        more = left_out(len(material.analysis.conversations), len(rows))
        blocks.append(Table("filters", said(LABELS["filters"]), columns, rows, more=more))
    return Section(said(LABELS["section"]), "appendix", tuple(blocks), part="appendix")
