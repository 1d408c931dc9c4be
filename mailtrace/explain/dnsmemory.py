"""What a lookup is for follows from what was said before: the mail's addresses, and answers to earlier lookups."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.explain.reverse import reversed_address
from mailtrace.model import Conversation, Lookup


class Memory:
    """Names that have a meaning in the conversation told, by lower-case name without final dot.

    `claimed` are names that reverse lookups gave, with their address; `exchangers` are hosts that an MX answer named,
    with the domain they take mail for. Names asked for before may be tried again by a resolver, with a suffix.
    """

    def __init__(self, told: Conversation) -> None:
        """Learn the addresses of the mails."""
        transactions = told.dialogue.transactions
        self.is_mail = told.protocol != "dns"
        self.server = told.key.server.host
        self.client = told.key.client.host
        self.senders = _domains(transaction.sender or "" for transaction in transactions)
        self.recipients = _domains(r.address for transaction in transactions for r in transaction.recipients)
        self.claimed: dict[str, str] = {}
        self.exchangers: dict[str, str] = {}
        self._searched: list[str] = []

    def peer_of(self, asker: str) -> str:
        """Return the address of the other side of the mail conversation told, '' where none is told."""
        if not self.is_mail:
            return ""
        return self.server if asker == self.client else self.client

    def suffix(self, lookup: Lookup) -> tuple[str, str]:
        """Return an earlier name and the search domain behind it, both '' where a name is not made that way."""
        name = lookup.name.lower()
        for earlier in self._searched:
            if lookup.rcode == "NXDOMAIN" and name.startswith(f"{earlier}."):
                return lookup.name[: len(earlier)], lookup.name[len(earlier) + 1 :]
        return "", ""

    def learn(self, lookups: list[Lookup]) -> None:
        """Remember what was asked and answered; the way back from a claimed name is checked once."""
        for lookup in lookups:
            name = lookup.name.lower()
            self.claimed.pop(name, None)
            if name not in self._searched:
                self._searched.append(name)
            if lookup.type == "PTR":
                address = reversed_address(lookup.name)
                self.claimed.update({answer.rstrip(".").lower(): address for answer in lookup.answers})
            elif lookup.type == "MX":
                hosts = [answer.partition(" ")[2].rstrip(".").lower() for answer in lookup.answers]
                self.exchangers.update({host: lookup.name for host in hosts if host})


def _domains(addresses: Iterable[str]) -> set[str]:
    """Return the domains of mail addresses, in lower case."""
    return {address.rpartition("@")[2].lower() for address in addresses if "@" in address}
