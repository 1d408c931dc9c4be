"""For which mail conversation a DNS lookup or an ident call happened: evidence weighed, one cause or none.

A lookup is asked by one of the two hosts of the conversation that caused it. A server asks while the conversation
runs: who the client is (the reverse name of its address, block lists, its hello name), whether the sender's domain is
real and allows the client (A, MX, TXT, `_dmarc`, `_domainkey`), where the recipient's domain is. A client asks before
it connects: where the recipient's domain takes mail, and the address it then connects to; or, while it talks, who it is
itself.

The strongest evidence is a command that names the domain and is not answered yet: sendmail asks for the recipient's
domain within RCPT, and its relaying a moment later asks the same for itself. A lookup whose name relates to nothing is
given to a conversation only if its server owes a reply at that moment and no other conversation comes into question.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

from msgspec import Struct

from mailtrace.model import Command, Conversation, Lookup, Turn

BEFORE_NS = 10_000_000_000
"""How long before a connection its client may have looked for the server: resolvers give up a try after 5 s, twice."""

AFTER_NS = 10_000_000_000
"""How long after a conversation its server may still look for where to relay what it accepted, and not connect then."""

IDENT_NS = 30_000_000_000
"""How long after a connection was opened its server may ask who opened it: no server holds its greeting back longer."""

TURNS_LOOKED_AT = 200
"""Turns around the lookup whose names count: a conversation of thousands of transactions is not searched for each."""

REMEMBERED_ARGUMENT = 300
"""Octets of an argument that is read once for all lookups; a path has at most 256 (RFC 5321 section 4.5.3.1.3)."""

NAMED_BY_PENDING = 95
SERVER_FOUND = 85
ABOUT_CLIENT = 80
ABOUT_SENDER = 70
ABOUT_RECIPIENT = 60
SAME_DOMAIN = 50
AFTERWARDS = 40
TIME_ONLY = 20
OWED = 5
"""Weights: only their order matters. `OWED` is added while the server owes a reply."""

_DOMAIN = re.compile(rb"@([^@<>\s,:\"]{1,255})>")
_DOMAIN_ALONE = re.compile(rb"@([^@<>\s,:\"]{1,255})")
_HELLOS = frozenset(("EHLO", "HELO", "LHLO"))
_NAMING = _HELLOS | {"MAIL", "RCPT"}
_NOT_MAIL = frozenset(("dns", "ident"))
_TRANSPORT_POLICY = ("_mta-sts.", "_smtp._tls.")


def best_cause(lookup: Lookup, conversations: Iterable[Conversation]) -> int | None:
    """Return the id of the conversation the lookup happened for, None when none is likely.

    Of equal evidence the nearer start counts; evidence of time alone does not count when conversations compete.
    """
    best: tuple[int, int] | None = None
    cause = None
    rivals = 0
    for conversation in conversations:
        weight = score(lookup, conversation)
        if not weight:
            continue
        rivals += 1
        rank = (weight, -abs(conversation.start_ns - lookup.start_ns))
        if best is None or rank > best:
            best, cause = rank, conversation.id
    if best is None or (best[0] <= TIME_ONLY + OWED and rivals > 1):
        return None
    return cause


def subjects(conversation: Conversation) -> set[str]:
    """Return all by which a lookup could be about a conversation: names, addresses reversed, the server's also not.

    What `topics` returns for any lookup that `score` finds to be named by the conversation has one of them in it.
    """
    server = conversation.key.server.host
    found = {server, reversed_address(server), _greeting_name(conversation)}
    found.update(reversed_address(client) for client in _clients(conversation))
    for turn in conversation.dialogue.turns:
        if turn.command is not None:
            found.update(_domains(turn.command))
            if turn.command.verb == "MAIL":
                for domain in _domains(turn.command):
                    labels = domain.split(".")
                    found.update("_dmarc." + ".".join(labels[at:]) for at in range(1, len(labels)))
    return found


def topics(lookup: Lookup) -> set[str]:
    """Return all that a lookup could be about: what its name ends with and begins with, and the addresses found."""
    labels = _plain(lookup.name).split(".")
    found = {".".join(labels[at:]) for at in range(len(labels))}
    found.update(".".join(labels[:at]) for at in range(1, len(labels)))
    found.update(lookup.answers)
    found.update(record.rstrip().rpartition(" ")[2] for record in lookup.additional)
    return found


def score(lookup: Lookup, conversation: Conversation) -> int:
    """Return how strongly the lookup seems to be made for the conversation; 0 is not at all."""
    start, end = conversation.start_ns, conversation.end_ns
    if not start - BEFORE_NS <= lookup.start_ns <= end + AFTER_NS or conversation.protocol in _NOT_MAIL:
        return 0
    as_server = lookup.client == conversation.key.server.host and lookup.start_ns >= start
    as_client = lookup.client == conversation.key.client.host and lookup.start_ns <= end
    if not as_server and not as_client:
        return 0
    name = _plain(lookup.name)
    names = _names(conversation, lookup.start_ns)
    return max(
        _as_server(lookup, name, names, conversation) if as_server else 0,
        _as_client(lookup, name, names, conversation) if as_client else 0,
    )


def ident_cause(ident: Conversation, conversations: Iterable[Conversation]) -> int | None:
    """Return the id of the conversation whose server asked who its client is, None when there is none.

    The ports in the query, when it was sent, must be those of the conversation. Source: RFC 1413 section 4.
    """
    ports = _asked_ports(ident)
    nearest: int | None = None
    cause = None
    for conversation in conversations:
        key = conversation.key
        delay = ident.start_ns - conversation.start_ns
        if (
            not 0 <= delay <= IDENT_NS
            or conversation.protocol in _NOT_MAIL
            or (ident.key.client.host, ident.key.server.host) != (key.server.host, key.client.host)
            or ports not in (None, (key.client.port, key.server.port))
        ):
            continue
        if nearest is None or delay < nearest:
            nearest, cause = delay, conversation.id
    return cause


class _Names(Struct, gc=False):
    """The names a conversation is about around one moment; `pending` are the commands without their last reply then."""

    hellos: set[str]
    senders: set[str]
    recipients: set[str]
    greeting: str
    owed: bool
    pending: list[Command]


def _as_server(lookup: Lookup, name: str, names: _Names, conversation: Conversation) -> int:
    """Weigh a lookup by the conversation's server since it began."""
    if lookup.start_ns > conversation.end_ns:
        return AFTERWARDS if _is_in(name, names.recipients) else 0
    if any(_is_in(name, set(_domains(command))) for command in names.pending):
        return NAMED_BY_PENDING
    owed = OWED if names.owed else 0
    if name in names.hellos or any(_is_about(name, client) for client in _clients(conversation)):
        return ABOUT_CLIENT + owed
    if _is_in(name, names.senders) or _is_policy_of(name, names.senders):
        return ABOUT_SENDER + owed
    if _is_in(name, names.recipients):
        return ABOUT_RECIPIENT + owed
    return TIME_ONLY + owed if names.owed else 0


def _as_client(lookup: Lookup, name: str, names: _Names, conversation: Conversation) -> int:
    """Weigh a lookup by the conversation's client: where to connect, or who it is itself."""
    client, server = conversation.key.client.host, conversation.key.server.host
    if lookup.start_ns > conversation.start_ns:
        about_hosts = _is_about(name, client) or _is_about(name, server)
        return ABOUT_CLIENT if about_hosts or name in names.hellos or name == names.greeting else 0
    if lookup.type == "TXT" and not name.startswith(_TRANSPORT_POLICY):
        return 0  # a sender's policy, not a way to a server
    if _is_found(server, lookup) or (lookup.type == "MX" and name in names.recipients):
        return SERVER_FOUND
    if _is_about(name, client) or (names.greeting and name in (names.greeting, *_searched(name, names.greeting))):
        return ABOUT_CLIENT
    return SAME_DOMAIN if _is_in(name, names.recipients) or _is_in(name, names.senders) else 0


def _names(conversation: Conversation, time_ns: int) -> _Names:
    """Gather what the conversation is about from the turns around a moment."""
    turns = conversation.dialogue.turns
    names = _Names(set(), set(), set(), "", False, [])
    at = bisect_right(turns, time_ns, key=_turn_ns)
    names.greeting = _greeting_name(conversation)
    if turns and turns[0].command is None and turns[0].replies:
        names.owed = time_ns < turns[0].replies[0].time_ns
    first = max(0, at - TURNS_LOOKED_AT)
    for index, turn in enumerate(turns[first : at + TURNS_LOOKED_AT], first):
        command = turn.command
        if command is None:
            continue
        if command.verb in _HELLOS:
            names.hellos.update(_domains(command))
        elif command.verb == "MAIL":
            names.senders.update(_domains(command))
        elif command.verb == "RCPT":
            names.recipients.update(_domains(command))
        if index < at and (not turn.replies or turn.replies[-1].time_ns > time_ns):
            names.owed = True
            names.pending.append(command)
    return names


def _greeting_name(conversation: Conversation) -> str:
    """Return the name with which the server greeted, '' without one."""
    turns = conversation.dialogue.turns
    if not turns or turns[0].command is not None or not turns[0].replies or not turns[0].replies[0].lines:
        return ""
    return _plain(_first_word(turns[0].replies[0].lines[0]))


def _turn_ns(turn: Turn) -> int:
    """Return when a turn began: with its command, or with a reply nobody asked for."""
    if turn.command is not None:
        return turn.command.time_ns
    return turn.replies[0].time_ns if turn.replies else 0


def _domains(command: Command) -> tuple[str, ...]:
    """Return the domain of the address, or the name, that a command gives; none when it gives none."""
    if command.verb not in _NAMING:
        return ()
    argument = command.line[command.argument_at :]
    read = _domains_in if len(argument) <= REMEMBERED_ARGUMENT else _domains_in.__wrapped__
    return read(command.verb, argument)


@lru_cache(maxsize=4096)
def _domains_in(verb: str, argument: bytes) -> tuple[str, ...]:
    if verb in _HELLOS:
        return (_plain(_first_word(argument)),)
    found = _DOMAIN.search(argument) or _DOMAIN_ALONE.search(argument)
    return (_plain(found[1].decode("utf-8", "replace")),) if found else ()


def _first_word(text: bytes) -> str:
    """Return the first word of a line, '' when there is none."""
    words = text.split(None, 1)
    return words[0].decode("utf-8", "replace") if words else ""


def _plain(name: str) -> str:
    """Return a domain name as it is compared: lower case, no dot at the end."""
    return name.rstrip(".").lower()


def _is_in(name: str, domains: set[str]) -> bool:
    """Tell whether a name is one of the domains or below one."""
    return any(name == domain or name.endswith("." + domain) for domain in domains if domain)


def _is_policy_of(name: str, domains: set[str]) -> bool:
    """Tell whether a name is the DMARC record of a domain above one of the domains. Source: RFC 7489 section 6.6.3."""
    if not name.startswith("_dmarc."):
        return False
    parent = name.removeprefix("_dmarc.")
    return any(domain.endswith("." + parent) for domain in domains)


def _clients(conversation: Conversation) -> tuple[str, ...]:
    """Return the addresses that a server takes for its client's: its peer's, and that for which a proxy speaks."""
    header = conversation.dialogue.proxied
    peer = conversation.key.client.host
    return (peer,) if header is None or header.client is None else (peer, header.client.host)


def _is_about(name: str, address: str) -> bool:
    """Tell whether a name asks about an address: its reverse name, or a block list's. Source: RFC 5782 section 2.1."""
    return name.startswith(reversed_address(address) + ".")


@lru_cache(maxsize=4096)
def reversed_address(address: str) -> str:
    """Return an address as reverse names and block lists spell it."""
    try:
        pointer = ip_address(address).reverse_pointer
    except ValueError:
        return address
    return pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


def _is_found(address: str, lookup: Lookup) -> bool:
    """Tell whether the answer is, or brings along, the address that was then connected to."""
    if lookup.type in ("A", "AAAA") and address in lookup.answers:
        return True
    return any(record.rstrip().endswith(" " + address) for record in lookup.additional)


def _searched(name: str, host: str) -> tuple[str, ...]:
    """Return `name` if it is `host` with a search domain behind it, as resolvers try it when the name alone fails."""
    return (name,) if name.startswith(host + ".") else ()


def _asked_ports(ident: Conversation) -> tuple[int, int] | None:
    """Return the ports in an ident query, the asked host's first; None when there was no readable query."""
    for turn in ident.dialogue.turns:
        if turn.command is not None and turn.command.verb == "QUERY":
            first, _, second = turn.command.line.partition(b",")
            if first.strip().isdigit() and second.strip().isdigit():
                return int(first.strip()[:8]), int(second.strip()[:8])
    return None
