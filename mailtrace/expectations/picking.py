"""What several kinds of things are picked out by: hosts, protocols, addresses of mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from mailtrace.expectations.values import one_of, text
from mailtrace.expectations.words import Pick
from mailtrace.findings.facts import Facts, Talk

T = TypeVar("T")

MAIL_PROTOCOLS = ("smtp", "pop3", "imap")


def is_host(facts: Facts, address: str, wanted: str) -> bool:
    """Tell whether an address is the host that somebody names, by its address or one of its names."""
    folded = wanted.rstrip(".").casefold()
    if address.casefold() == folded:
        return True
    host = next((each for each in facts.analysis.hosts if each.address == address), None)
    return host is not None and any(name.rstrip(".").casefold() == folded for name in host.names)


def has_address(addresses: Iterable[str], wanted: str) -> bool:
    """Tell whether a mailbox, or with `@` before it a domain, is among addresses; case does not count."""
    folded = wanted.strip("<>").casefold()
    if folded.startswith("@"):
        return any(domain_of(each) == folded[1:] for each in addresses)
    return any(each.casefold() == folded for each in addresses)


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, '' where it has none."""
    return address.rpartition("@")[2].rstrip(".").casefold() if "@" in address else ""


def client_of(talk: Talk, wanted: str) -> bool:
    """Tell whether a host is the client of a conversation."""
    return is_host(talk.facts, talk.conversation.key.client.host, wanted)


def server_of(talk: Talk, wanted: str) -> bool:
    """Tell whether a host is the server of a conversation."""
    return is_host(talk.facts, talk.conversation.key.server.host, wanted)


def speaks(talk: Talk, protocol: str) -> bool:
    """Tell whether a conversation is of a protocol."""
    return talk.conversation.protocol == protocol


SIDES: Mapping[str, Pick[Talk]] = {"client": Pick(text, client_of), "server": Pick(text, server_of)}

PROTOCOL: Mapping[str, Pick[Talk]] = {"protocol": Pick(one_of(*MAIL_PROTOCOLS), speaks)}


def lifted(picks: Mapping[str, Pick[Talk]], talk_of: Callable[[T], Talk | None]) -> dict[str, Pick[T]]:
    """Return picks of conversations as picks of things that are about one; about none, they do not fit."""
    return {name: _lifted(pick, talk_of) for name, pick in picks.items()}


def _lifted(pick: Pick[Talk], talk_of: Callable[[T], Talk | None]) -> Pick[T]:
    def fits(thing: T, wanted: Any) -> bool:
        talk = talk_of(thing)
        return talk is not None and pick.fits(talk, wanted)

    return Pick(pick.read, fits)
