"""Display names: every address is called by the first name known for it."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.model import Endpoint, Host, StreamKey


class Naming:
    """Addresses to names, the same in every table and every step."""

    def __init__(self, hosts: Iterable[Host]) -> None:
        """Keep the first name of each host; a host without names keeps its address."""
        self._names = {host.address: host.names[0] for host in hosts if host.names}

    def of(self, address: str) -> str:
        """Return the display name of `address`, or the address itself."""
        return self._names.get(address, address)

    def of_endpoint(self, endpoint: Endpoint) -> str:
        """Return name and port, brackets around a bare IPv6 address."""
        return endpoint_text(Endpoint(self.of(endpoint.host), endpoint.port))

    def pair(self, key: StreamKey) -> tuple[str, str]:
        """Return the names of client and server, told apart by their ports where they are the same host."""
        client, server = self.of(key.client.host), self.of(key.server.host)
        if client == server:
            return self.of_endpoint(key.client), self.of_endpoint(key.server)
        return client, server


def endpoint_text(endpoint: Endpoint) -> str:
    """Return address or name and port, brackets around a bare IPv6 address."""
    return f"[{endpoint.host}]:{endpoint.port}" if ":" in endpoint.host else f"{endpoint.host}:{endpoint.port}"
