"""Who the hosts of a figure are: one box for each name, with its addresses and what it does."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.mail.naming import Naming
from mailtrace.model import Analysis, Host, StreamKey
from mailtrace.model.language import said
from mailtrace.reports.ladder.figures import Lane

MAX_ADDRESSES = 2
"""Addresses shown of one host; one for each version of IP is what a host has, the others are counted."""

ROLES = {
    "mta": "mail server",
    "pop3": "POP3 server",
    "imap": "IMAP server",
    "dns": "name server",
    "mail client": "mail client",
}
"""What hosts are called by what they do. Who only asks name servers is called nothing: everybody does."""


class Cast:
    """The hosts that take part: lanes by name, in the order in which they are met.

    Two addresses of one name are one host. Where both sides of a conversation have the same name, they are told apart
    by their ports, as everywhere.
    """

    def __init__(self, analysis: Analysis, naming: Naming) -> None:
        self._roles = {host.address: host for host in analysis.hosts}
        self._naming = naming
        self._addresses: dict[str, dict[str, None]] = {}

    def place(self, name: str, address: str = "") -> int:
        """Return the place of a host, met now or before; `address` is one that it has."""
        known = self._addresses.setdefault(name, {})
        if address:
            known[address] = None
        return list(self._addresses).index(name)

    def meet(self, key: StreamKey, *, server_first: bool = False) -> tuple[int, int]:
        """Return the places of client and server, who are met in this order or in the other one."""
        client, server = self._naming.pair(key)
        if server_first:
            self.place(server, key.server.host)
        return self.place(client, key.client.host), self.place(server, key.server.host)

    def lanes(self) -> list[Lane]:
        """Return all hosts met so far."""
        return [Lane(name, self._details(name, tuple(known))) for name, known in self._addresses.items()]

    def _details(self, name: str, addresses: tuple[str, ...]) -> tuple[str, ...]:
        shown = [address for address in addresses if address != name][:MAX_ADDRESSES]
        if len(addresses) > MAX_ADDRESSES:
            shown.append(said("and {count} more addresses", count=len(addresses) - MAX_ADDRESSES))
        does = role_words(self._roles[address] for address in addresses if address in self._roles)
        return (*shown, does) if does else tuple(shown)


def role_words(hosts: Iterable[Host]) -> str:
    """Return what a host does, by all its addresses, in a few words; '' where there is nothing to say.

    Who takes mail from others and passes it on is a server, and not a client as well.
    """
    roles = dict.fromkeys(role for host in hosts for role in host.roles)
    if "mta" in roles:
        roles.pop("mail client", None)
    return ", ".join(said(ROLES[role]) for role in ROLES if role in roles)
