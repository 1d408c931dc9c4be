"""Which addresses and names are one host: a relay may take a mail at one address and send it on from another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailtrace.model import Host


class Places:
    """Knows hosts by all their addresses and names; addresses with the same best name are one host."""

    def __init__(self, hosts: Sequence[Host]) -> None:
        self._keys: dict[str, str] = {}
        for host in hosts:
            self._keys[host.address] = host.names[0].lower() if host.names else host.address
        for host in hosts:
            for name in host.names:
                self._keys.setdefault(name.lower(), self._keys[host.address])

    def key(self, host: str) -> str:
        """Return what is the same for all addresses and names of one host."""
        return self._keys.get(host) or self._keys.get(host.lower()) or host.lower()

    def same(self, one: str, others: Iterable[str]) -> bool:
        """Tell whether a name or address is that of one of the other hosts."""
        key = self.key(one)
        return any(self.key(other) == key for other in others)
