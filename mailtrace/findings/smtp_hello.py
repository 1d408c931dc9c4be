"""Rules of SMTP: how clients introduce themselves. Servers judge them by it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from mailtrace.findings.facts import Facts, Talk
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.smtp import argument, explained
from mailtrace.findings.smtp_security import is_inside
from mailtrace.findings.subjects import REFUSING, talks
from mailtrace.model import Command, Outcome, Reply, Severity
from mailtrace.model.language import said
from mailtrace.protocols.services import SUBMISSION_PORTS

_LABEL = re.compile(r"[A-Za-z0-9-]{1,63}")
_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]", re.IGNORECASE)

SMTP = talks("smtp")
WITH_LOOKUPS = talks("smtp", alone=False)

Address = IPv4Address | IPv6Address


def _named(talk: Talk) -> Iterator[tuple[Command, Reply | None, str]]:
    """Yield the hellos of a client that is a server itself, as far as one can tell, and the name it gives."""
    conversation = talk.conversation
    if conversation.key.server.port in SUBMISSION_PORTS or conversation.dialogue.logins or is_inside(talk):
        return
    seen_names = set()
    for command, reply in talk.hellos:
        name = argument(command).split(" ", 1)[0]
        if command.verb != "LHLO" and command.certain and name not in seen_names:
            seen_names.add(name)
            yield command, reply, name


def _is_domain(name: str) -> bool:
    """Tell whether a name is one of several labels, as names in the DNS are. Source: RFC 5321 section 4.1.2."""
    labels = name.removesuffix(".").split(".")
    return len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdecimal()


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _literal(name: str) -> Address | None:
    found = _LITERAL.fullmatch(name)
    return _address(found[1]) if found else None


@rule("SMTP030", Severity.INFO, SMTP, "{client} introduced itself as {name}, which is no full domain name")
def hello_no_domain(talk: Talk) -> Iterator[Seen]:
    """The name in HELO or EHLO is neither a full domain name nor an address in brackets.

    Why: Servers take it for a sign of a badly kept machine or of a program that sends spam, and some refuse it.

    Mend: Let the client use its full name, which the DNS knows, or its address such as [192.0.2.1].
        postfix: smtp_helo_name = $myhostname
        exim: primary_hostname = mail.example.org
        sendmail: define(`confDOMAIN_NAME', `mail.example.org')dnl

    Not when: The client hands in mail as a user does (port 587 or 465, or with a login): there any name will do. Or TLS
    hides whether it logs in.

    Source: RFC 5321 section 4.1.1.1, RFC 5321 section 4.1.4.
    """
    dialogue = talk.conversation.dialogue
    if dialogue.tls is not None and not dialogue.tls.decrypted:
        return
    for command, _, name in _named(talk):
        if not _is_domain(name) and _literal(name) is None:
            yield seen((command.packet,), client=talk.client, name=name or said("(nothing)"))


@rule(
    "SMTP031",
    Severity.WARNING,
    WITH_LOOKUPS,
    "{client} introduced itself as {name}, but comes from {address}; the name stands for {owner}",
)
def hello_of_another(talk: Talk) -> Iterator[Seen]:
    """The name in HELO or EHLO belongs to another address than the one the client comes from.

    Why: Servers compare the two, and refuse or distrust a client that does not say who it is. Forged mail looks so.

    Mend: Give the client a name that the DNS knows for its address, also behind address translation (NAT).
        postfix: smtp_helo_name = mail.example.org, smtp_bind_address = 192.0.2.1
        bind: mail IN A 192.0.2.1

    Not when: No lookup of the name is in the capture, or one of its addresses is the client's.

    Source: RFC 5321 section 4.1.4, RFC 7208 section 2.3.
    """
    for command, _, name in _named(talk):
        literal = _literal(name)
        owners = [literal] if literal is not None else _addresses(talk.facts, name)
        if not owners:
            continue
        own = ip_address(talk.conversation.key.client.host)
        alike = [owner for owner in owners if owner.version == own.version]
        if alike and own not in alike:
            yield seen(
                (command.packet, *_lookup_packets(talk.facts, name)),
                client=talk.client,
                address=str(own),
                name=name,
                owner=", ".join(str(owner) for owner in alike),
            )


def _addresses(facts: Facts, name: str) -> list[Address]:
    """Return the addresses that captured lookups gave for a name."""
    found = [
        _address(answer)
        for type_ in ("A", "AAAA")
        for asked in facts.asked_by_name.get((name.rstrip(".").lower(), type_), [])
        for answer in asked.lookup.answers
    ]
    return [address for address in found if address is not None]


def _lookup_packets(facts: Facts, name: str) -> list[int]:
    lower = name.rstrip(".").lower()
    asked = [*facts.asked_by_name.get((lower, "A"), []), *facts.asked_by_name.get((lower, "AAAA"), [])]
    return [packet for each in asked[:1] for packet in each.lookup.packets]


@rule("SMTP032", Severity.WARNING, WITH_LOOKUPS, "{client} introduced itself as {name}, a name that does not exist")
def hello_name_not_found(talk: Talk) -> Iterator[Seen]:
    """The name in HELO or EHLO does not exist in the DNS.

    Why: Servers that look it up refuse or distrust the client.

    Mend: Enter the name in the DNS, or let the client use one that is there.
        bind: mail IN A 192.0.2.1
        postfix: smtp_helo_name = mail.example.org

    Not when: The name exists but has no address of the type that was asked for (NODATA), nobody asked for it, or it is
    none that the DNS could know (SMTP030).

    Source: RFC 5321 section 2.3.5.
    """
    for command, _, name in _named(talk):
        if not _is_domain(name):
            continue
        lower = name.rstrip(".").lower()
        asked = [each for type_ in ("A", "AAAA") for each in talk.facts.asked_by_name.get((lower, type_), [])]
        if asked and all(each.lookup.rcode == "NXDOMAIN" for each in asked):
            yield seen((command.packet, *asked[0].lookup.packets), client=talk.client, name=name)


@rule("SMTP033", Severity.WARNING, SMTP, "{client} introduced itself as {name}, which is the name of {server} itself")
def hello_of_the_server(talk: Talk) -> Iterator[Seen]:
    """The client gives the server's own name or address as its own.

    Why: Only the server is called so: it is a common trick of programs that send spam, to be taken for something local.

    Mend: Refuse such clients; if it is a machine of your own, give it a name of its own.
        postfix: smtpd_helo_restrictions = reject_invalid_helo_hostname, check_helo_access hash:/etc/postfix/helo
        exim: condition = ${if match_domain{$sender_helo_name}{$primary_hostname:+local_domains}}

    Not when: Both are the same host, or the client shares the address of the server.

    Source: RFC 5321 section 4.1.1.1.
    """
    server = talk.conversation.key.server.host
    greeting = next((reply for turn in talk.turns[:1] if turn.command is None for reply in turn.replies), None)
    own = (
        "" if greeting is None or not greeting.lines else greeting.lines[0].split(b" ", 1)[0].decode("ascii", "replace")
    )
    for command, _, name in _named(talk):
        literal = _literal(name)
        is_address = literal is not None and literal == ip_address(server)
        if is_address or ("." in own and name.lower() == own.lower()):
            yield seen((command.packet,), client=talk.client, server=talk.server, name=name)


@rule("SMTP034", Severity.WARNING, REFUSING, "{server} refused the hello of {client}: {answer}")
def hello_refused(talk: Talk) -> Iterator[Seen]:
    """The server did not accept HELO or EHLO.

    Why: Without a hello no mail can be sent. The server does not like the name, or knows the client as unwanted.

    Mend: Let the client give a full name of its own that the DNS knows; the server's log tells what it objected to.
        postfix: smtp_helo_name = $myhostname

    Not when: The server does not know EHLO (500 or 502) and takes the HELO that follows.

    Source: RFC 5321 section 4.1.1.1, RFC 5321 section 4.1.4.
    """
    for command, reply in talk.hellos:
        if reply is None or reply.outcome not in (Outcome.LATER, Outcome.NO):
            continue
        if reply.status not in ("421", "500", "501", "502", "503", "504"):
            yield seen((command.packet, reply.packet), client=talk.client, server=talk.server, answer=explained(reply))
