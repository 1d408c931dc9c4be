"""The table of hosts: what they are called, and which part each plays, told from the traffic."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.model import Host
from mailtrace.model.language import said
from mailtrace.reports.tables import Source, TableKind
from mailtrace.reports.tables.values import Heading, Shape, Value

SERVES = {
    "smtp": "takes mail (SMTP server)",
    "pop3": "hands out mailboxes (POP3 server)",
    "imap": "hands out mailboxes (IMAP server)",
    "dns": "answers lookups (name server)",
    "ident": "is asked who is calling (ident)",
    "tls": "serves mail over TLS",
    "unknown": "is called on a mail port",
}
CALLS = {
    "smtp": "hands mail over (SMTP client)",
    "pop3": "fetches mail (POP3 client)",
    "imap": "reads mail (IMAP client)",
    "dns": "looks names up",
    "ident": "asks who is calling (ident)",
    "tls": "calls a mail server over TLS",
    "unknown": "calls a mail port",
}
"""What a host does, by protocol, where it answers and where it calls."""

HEADINGS = (
    Heading("name", "Name", Shape.TEXT, 22),
    Heading("address", "Address", Shape.LABEL, 16),
    Heading("mac", "MAC address", Shape.LABEL, 18),
    Heading("roles", "What it does", Shape.TEXT, 44),
)


def _rows(source: Source) -> Iterator[tuple[Value, ...]]:
    serving: dict[str, set[str]] = {}
    calling: dict[str, set[str]] = {}
    for conversation in source.analysis.conversations:
        serving.setdefault(conversation.key.server.host, set()).add(conversation.protocol)
        calling.setdefault(conversation.key.client.host, set()).add(conversation.protocol)
    doing = serving.keys() | calling.keys()
    known = {host.address for host in source.everything.hosts}
    hosts = [host for host in source.everything.hosts if host.address in doing]
    hosts += [Host(address, (), ()) for address in sorted(doing - known)]
    for host in hosts:
        serves, calls = serving.get(host.address, ()), calling.get(host.address, ())
        roles = [said(SERVES[protocol]) for protocol in SERVES if protocol in serves]
        roles += [said(CALLS[protocol]) for protocol in CALLS if protocol in calls]
        links = ", ".join(source.links.get(host.address, ()))
        yield ", ".join(host.names) or None, host.address, links or None, "; ".join(roles)


TABLE = TableKind("Hosts that took part in mail, as the traffic shows them", HEADINGS, len(HEADINGS), _rows)
