"""Who the addresses are: names from the user, the capture file and the traffic, and the roles seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address

from mailtrace.mail.course import Course, course_of
from mailtrace.model import Conversation, Host, Lookup

HOST_LIMIT = 100_000
"""Addresses remembered; a scan of a whole network must not fill memory."""

NAMES_PER_HOST = 8
"""Names kept for one address; more help nobody."""

ROLES = {
    "smtp": ("mail client", "mta"),
    "pop3": ("mail client", "pop3"),
    "imap": ("mail client", "imap"),
    "dns": ("resolver", "dns"),
}
"""What the client and the server of a conversation are, by its protocol."""

NO_ROLES: dict[str, None] = {}

GIVEN, IN_FILE, GREETING, REVERSE, FORWARD = range(5)
"""How good a name is, best first: given by the user, kept in the capture, the server's own word, PTR, A or AAAA."""


class HostBook:
    """What is known about addresses; `observe` conversations as they become final."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, int]] = {}
        self._best: dict[str, str] = {}
        self._roles: dict[str, dict[str, None]] = {}

    def add_names(self, names: Mapping[str, Iterable[str]], quality: int) -> None:
        """Add names by address, all of one quality."""
        for address, some in names.items():
            for name in some:
                self._add(address, name, quality)

    def observe(self, conversation: Conversation, greeting: str) -> dict[str, str]:
        """Learn roles and names from one conversation, and from the name in its `greeting`, '' without one.

        Return the best names of both sides, by address, where they have one.
        """
        key, roles, best = conversation.key, ROLES.get(conversation.protocol), self._best
        client, server = key.client.host, key.server.host
        if roles is not None:
            if roles[0] not in self._roles.get(client, NO_ROLES):
                self._role(client, roles[0])
            if roles[1] not in self._roles.get(server, NO_ROLES):
                self._role(server, roles[1])
        if greeting:
            self._add(server, greeting, GREETING)
        for lookup in conversation.dialogue.lookups:
            self._answer(lookup)
        names = {client: best[client]} if client in best else {}
        if server in best:
            names[server] = best[server]
        return names

    def name(self, address: str) -> str | None:
        """Return the best name of an address, None where none is known."""
        return self._best.get(address)

    def hosts(self) -> list[Host]:
        """Return all hosts that took part, in order of address."""
        addresses = sorted(self._roles, key=_order)
        return [
            Host(address, tuple(sorted(names, key=names.__getitem__)), tuple(self._roles[address]))
            for address in addresses
            for names in [self._names.get(address, {})]
        ]

    def _answer(self, lookup: Lookup) -> None:
        if lookup.type in ("A", "AAAA"):
            for answer in lookup.answers:
                if _is_address(answer):
                    self._add(answer, lookup.name.rstrip("."), FORWARD)
        elif lookup.type == "PTR":
            address = reverse_address(lookup.name)
            for answer in lookup.answers if address else ():
                self._add(str(address), answer.rstrip("."), REVERSE)

    def _role(self, address: str, role: str) -> None:
        roles = self._roles.get(address)
        if roles is not None:
            roles[role] = None
        elif len(self._roles) < HOST_LIMIT:
            self._roles[address] = {role: None}

    def _add(self, address: str, name: str, quality: int) -> None:
        names = self._names.get(address)
        if names is None:
            if not name or len(self._names) >= HOST_LIMIT:
                return
            names = self._names[address] = {}
        known = names.get(name)
        better = quality < known if known is not None else bool(name) and len(names) < NAMES_PER_HOST
        if better:  # seldom: hosts are called by the same names all day
            names[name] = quality
            self._best[address] = min(names, key=names.__getitem__)


def _order(address: str) -> tuple[int, ...]:
    """Addresses stand in order of their octets, those of IPv4 first."""
    return (6, int(IPv6Address(address))) if ":" in address else (4, *map(int, address.split(".")))


def greeted_as(conversation: Conversation, course: Course | None = None) -> str:
    """Return the name with which an SMTP server greets, '' where it is none. Source: RFC 5321 section 4.2."""
    if conversation.protocol != "smtp":
        return ""
    course = course or course_of(conversation)
    greeting, server = course.greeting, course.server
    if greeting is None or server is None or greeting.status != "220":
        return ""
    word = server.line.partition(" ")[0]
    return word if "." in word and not word.startswith(("localhost", "[")) else ""


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def reverse_address(name: str) -> str | None:
    """Return the address that a reverse name stands for, None where it is no reverse name.

    Source: RFC 1035 section 3.5, RFC 3596 section 2.5.
    """
    labels = name.lower().rstrip(".").split(".")
    if labels[-2:] == ["in-addr", "arpa"] and len(labels) == 6:
        text = ".".join(reversed(labels[:4]))
    elif labels[-2:] == ["ip6", "arpa"] and len(labels) == 34:
        digits = "".join(reversed(labels[:32]))
        text = ":".join(digits[at : at + 4] for at in range(0, 32, 4))
    else:
        return None
    try:
        return str(ip_address(text))
    except ValueError:
        return None
