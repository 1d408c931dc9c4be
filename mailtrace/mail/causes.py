"""For which mail conversation a DNS lookup or an ident call happened: evidence weighed, one cause or none.

A lookup is asked by one of the two hosts of the conversation that caused it. A server asks while the conversation
runs: who the client is (the reverse name of its address, block lists, its hello name), whether the sender's domain is
real and allows the client (A, MX, TXT, `_dmarc`, `_domainkey`), where the recipient's domain is. A client asks before
it connects: where the recipient's domain takes mail, and the address it then connects to; or, while it talks, who it is
itself.

The strongest evidence is a command that names the domain and is not answered yet: sendmail asks for the recipient's
domain within RCPT, and its relaying a moment later asks the same for itself. A lookup whose name relates to nothing is
given to a conversation only if its server owes a reply at that moment and no other conversation comes into question.

Inside TLS that nobody can read a server may owe a reply at any moment, and nothing but the names that both hosts gave
before tells what it is about: a lookup for the domain of one of them counts more than time alone, but not if two such
conversations run at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

from msgspec import Struct

from mailtrace.mail.course import Asked, Course, course_of, plain
from mailtrace.model import Conversation, Encryption, Endpoint, Lookup, WentDark

BEFORE_NS = 10_000_000_000
"""How long before a connection its client may have looked for the server: resolvers give up a try after 5 s, twice."""

AFTER_NS = 10_000_000_000
"""How long after a conversation its server may still look for where to relay what it accepted, and not connect then."""

IDENT_NS = 30_000_000_000
"""How long after a connection was opened its server may ask who opened it: no server holds its greeting back longer."""

COMMANDS_LOOKED_AT = 200
"""Commands around the lookup whose names count: one with thousands of mails is not searched for each lookup."""

CLEAR = Encryption.NO

NAMED_BY_PENDING = 95
SERVER_FOUND = 85
ABOUT_CLIENT = 80
ABOUT_SENDER = 70
ABOUT_RECIPIENT = 60
SAME_DOMAIN = 50
AFTERWARDS = 40
IN_THE_DARK = 30
TIME_ONLY = 20
PERHAPS = 10
OWED = 5
"""Weights: only their order matters. `OWED` is added while the server owes a reply.

What weighs `PERHAPS` is never the cause, but leaves none to evidence of time alone.
"""

_HELLOS = frozenset(("EHLO", "HELO", "LHLO"))
_TRANSPORT_POLICY = ("_mta-sts.", "_smtp._tls.")


class About(Struct, frozen=True, array_like=True, gc=False):
    """What a mail conversation is about.

    `clients` are the addresses that the server takes for its client's, `greeting` the name with which it greeted at
    `greeted_ns`, '' and None without one. From `dark_ns` on it cannot be read, None where all of it can.
    """

    clients: tuple[str, ...]
    greeting: str
    greeted_ns: int | None
    asked: tuple[Asked, ...]
    dark_ns: int | None = None


class Candidate(Struct, frozen=True, gc=False):
    """What is remembered of a mail conversation that a lookup or an ident call may have happened for; see `About`."""

    id: int
    start_ns: int
    end_ns: int
    client: Endpoint
    server: Endpoint
    clients: tuple[str, ...]
    greeting: str
    greeted_ns: int | None
    asked: tuple[Asked, ...]
    dark_ns: int | None = None


def about(conversation: Conversation, course: Course | None = None) -> About:
    """Return what a mail conversation is about, whose `course` may be known."""
    course = course or course_of(conversation)
    greeting, server = course.greeting, course.server
    return About(
        _clients(conversation),
        "" if server is None else server.domains[0],
        None if greeting is None else greeting.time_ns,
        course.asked,
        None if conversation.dialogue.encryption is CLEAR else _dark_ns(conversation),
    )


def candidate(conversation: Conversation, what: About) -> Candidate:
    """Return what is to be remembered of a mail conversation that is about something."""
    key = conversation.key
    start_ns, end_ns = conversation.span_ns()
    return Candidate(
        conversation.id,
        start_ns,
        end_ns,
        key.client,
        key.server,
        what.clients,
        what.greeting,
        what.greeted_ns,
        what.asked,
        what.dark_ns,
    )


def best_cause(lookup: Lookup, candidates: Iterable[Candidate]) -> int | None:
    """Return the id of the conversation the lookup happened for, None when none is likely.

    Of equal evidence the nearer start counts; evidence of time alone does not count when conversations compete.
    """
    best: tuple[int, int] | None = None
    cause = None
    rivals = hidden = 0
    for each in candidates:
        weight = score(lookup, each)
        if not weight:
            continue
        rivals += 1
        hidden += weight == IN_THE_DARK
        rank = (weight, -abs(each.start_ns - lookup.start_ns))
        if best is None or rank > best:
            best, cause = rank, each.id
    if best is None or best[0] <= PERHAPS or (best[0] <= TIME_ONLY + OWED and rivals > 1):
        return None
    return None if best[0] == IN_THE_DARK and hidden > 1 else cause


def subjects(of: Candidate) -> set[str]:
    """Return all by which a lookup could be about a conversation: names, addresses reversed, the server's also not.

    What `topics` returns for any lookup that `score` finds to be named by the conversation has one of them in it.
    """
    server = of.server.host
    found = {server, reversed_address(server), of.greeting}
    found.update(reversed_address(client) for client in of.clients)
    for _, _, verb, domains in of.asked:
        found.update(domains)
        if verb == "MAIL":
            for domain in domains:
                labels = domain.split(".")
                found.update("_dmarc." + ".".join(labels[at:]) for at in range(1, len(labels)))
    return found


def topics(lookup: Lookup) -> set[str]:
    """Return all that a lookup could be about: what its name ends with and begins with, and the addresses found."""
    labels = plain(lookup.name).split(".")
    found = {".".join(labels[at:]) for at in range(len(labels))}
    found.update(".".join(labels[:at]) for at in range(1, len(labels)))
    found.update(lookup.answers)
    found.update(record.rstrip().rpartition(" ")[2] for record in lookup.additional)
    return found


def score(lookup: Lookup, of: Candidate) -> int:
    """Return how strongly the lookup seems to be made for the conversation; 0 is not at all."""
    start, end = of.start_ns, of.end_ns
    if not start - BEFORE_NS <= lookup.start_ns <= end + AFTER_NS:
        return 0
    as_server = lookup.client == of.server.host and lookup.start_ns >= start
    as_client = lookup.client == of.client.host and lookup.start_ns <= end
    if not as_server and not as_client:
        return 0
    name = plain(lookup.name)
    names = _names(of, lookup.start_ns)
    return max(
        _as_server(lookup, name, names, of) if as_server else 0,
        _as_client(lookup, name, names, of) if as_client else 0,
    )


def ident_cause(ident: Conversation, candidates: Iterable[Candidate]) -> int | None:
    """Return the id of the conversation whose server asked who its client is, None when there is none.

    The ports in the query, when it was sent, must be those of the conversation. Source: RFC 1413 section 4.
    """
    ports = _asked_ports(ident)
    nearest: int | None = None
    cause = None
    for each in candidates:
        delay = ident.start_ns - each.start_ns
        if (
            not 0 <= delay <= IDENT_NS
            or (ident.key.client.host, ident.key.server.host) != (each.server.host, each.client.host)
            or ports not in (None, (each.client.port, each.server.port))
        ):
            continue
        if nearest is None or delay < nearest:
            nearest, cause = delay, each.id
    return cause


class _Names(Struct, gc=False):
    """The names a conversation is about around one moment; `pending` are those of commands not answered then."""

    hellos: set[str]
    senders: set[str]
    recipients: set[str]
    owed: bool
    pending: set[str]


def _as_server(lookup: Lookup, name: str, names: _Names, of: Candidate) -> int:
    """Weigh a lookup by the conversation's server since it began."""
    if lookup.start_ns > of.end_ns:
        return AFTERWARDS if _is_in(name, names.recipients) else 0
    if _is_in(name, names.pending):
        return NAMED_BY_PENDING
    owed = OWED if names.owed else 0
    if name in names.hellos or any(_is_about(name, client) for client in of.clients):
        return ABOUT_CLIENT + owed
    if _is_in(name, names.senders) or _is_policy_of(name, names.senders):
        return ABOUT_SENDER + owed
    if _is_in(name, names.recipients):
        return ABOUT_RECIPIENT + owed
    if of.dark_ns is not None and lookup.start_ns >= of.dark_ns and names.hellos:
        is_above = "." in name and any(_is_in(host, {name}) for host in (*names.hellos, of.greeting))
        return IN_THE_DARK if is_above else PERHAPS
    return TIME_ONLY + owed if names.owed else 0


def _as_client(lookup: Lookup, name: str, names: _Names, of: Candidate) -> int:
    """Weigh a lookup by the conversation's client: where to connect, or who it is itself."""
    client, server = of.client.host, of.server.host
    if lookup.start_ns > of.start_ns:
        about_hosts = _is_about(name, client) or _is_about(name, server)
        return ABOUT_CLIENT if about_hosts or name in names.hellos or name == of.greeting else 0
    if lookup.type == "TXT" and not name.startswith(_TRANSPORT_POLICY):
        return 0  # a sender's policy, not a way to a server
    if _is_found(server, lookup) or (lookup.type == "MX" and name in names.recipients):
        return SERVER_FOUND
    if _is_about(name, client) or (of.greeting and name in (of.greeting, *_searched(name, of.greeting))):
        return ABOUT_CLIENT
    return SAME_DOMAIN if _is_in(name, names.recipients) or _is_in(name, names.senders) else 0


def _names(of: Candidate, time_ns: int) -> _Names:
    """Gather what the conversation is about from the commands around a moment."""
    names = _Names(set(), set(), set(), of.greeted_ns is not None and time_ns < of.greeted_ns, set())
    at = bisect_right(of.asked, time_ns, key=_time_ns)
    first = max(0, at - COMMANDS_LOOKED_AT)
    for index, (_, answered_ns, verb, domains) in enumerate(of.asked[first : at + COMMANDS_LOOKED_AT], first):
        if verb in _HELLOS:
            names.hellos.update(domains)
        elif verb == "MAIL":
            names.senders.update(domains)
        elif verb == "RCPT":
            names.recipients.update(domains)
        if index < at and (answered_ns is None or answered_ns > time_ns):
            names.owed = True
            names.pending.update(domains)
    return names


def _time_ns(asked: Asked) -> int:
    """Return when a command was sent."""
    return asked[0]


def _is_in(name: str, domains: set[str]) -> bool:
    """Tell whether a name is one of the domains or below one."""
    return any(name == domain or name.endswith("." + domain) for domain in domains if domain)


def _is_policy_of(name: str, domains: set[str]) -> bool:
    """Tell whether a name is the DMARC record of a domain above one of the domains. Source: RFC 9989 section 4.10."""
    if not name.startswith("_dmarc."):
        return False
    parent = name.removeprefix("_dmarc.")
    return any(domain.endswith("." + parent) for domain in domains)


def _clients(conversation: Conversation) -> tuple[str, ...]:
    """Return the addresses that a server takes for its client's: its peer's, and that for which a proxy speaks."""
    header = conversation.dialogue.proxied
    peer = conversation.key.client.host
    return (peer,) if header is None or header.client is None else (peer, header.client.host)


def _dark_ns(conversation: Conversation) -> int | None:
    """Return since when a conversation cannot be read; only that it ends may show inside."""
    dialogue = conversation.dialogue
    if dialogue.tls is not None and dialogue.tls.decrypted:
        return None
    return next((event.time_ns for event in dialogue.events if isinstance(event, WentDark)), None)


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
    return bool([record for record in lookup.additional if record.rstrip().endswith(" " + address)])


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
