"""The rule of SMTP about relays that are open to everybody: a sign, told only where the mail was seen to go on."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from mailtrace.findings.facts import Talk, Way
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import JOURNEYS
from mailtrace.model import Hop, HopKind, Severity

OWN_NETWORKS = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7"))
)
"""Addresses of one's own network, whose hosts may be relayed for. Source: RFC 1918 section 3, RFC 4193 section 3.1."""

SMTP_PORT = 25


def _is_outsider(talk: Talk) -> bool:
    """Tell whether the client is a stranger to the server: neither of its network nor of an internal one."""
    client = ip_address(talk.conversation.key.client.host)
    server = ip_address(talk.conversation.key.server.host)
    near = ip_network(f"{server}/{24 if server.version == 4 else 64}", strict=False)
    inside = client in near or client.is_link_local or any(client in network for network in OWN_NETWORKS)
    return not inside and not any(login.accepted for login in talk.conversation.dialogue.logins)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].rstrip(".").lower()


def _is_at_home(talk: Talk, domain: str) -> bool:
    """Tell whether a domain seems to be the server's own, by the server's names."""
    hosts = talk.facts.analysis.hosts
    names = next((host.names for host in hosts if host.address == talk.conversation.key.server.host), ())
    return any(f".{name.rstrip('.').lower()}".endswith(f".{domain}") for name in names)


@rule(
    "SMTP007",
    Severity.ERROR,
    JOURNEYS,
    "{server} relayed a mail of {sender} to {recipient} for {client}, a stranger that had not logged in: it may relay "
    "for everybody",
)
def relay_seems_open(way: Way) -> Iterator[Seen]:
    """A server took a mail from a stranger, between two domains that are not its own, and sent it on.

    Why: Whoever finds such a server sends spam through it. Its address is on blocklists within hours, and then its own
    mail is refused, too.

    Mend: Let the server relay only for its own networks and for clients that have logged in.
        postfix: smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
        exim: hostlist relay_from_hosts = 127.0.0.1
        sendmail: take FEATURE(`promiscuous_relay') out, and lines with RELAY out of the access map

    Not when: The client had logged in, or is of the server's own network; sender or recipient belongs to the server; or
    it did not look for the recipient's MX: then it is a relay that was made for this domain.

    Source: RFC 5321 section 3.6.2, RFC 2505 section 2.1.
    """
    hops = way.journey.hops
    for hop in hops:
        before = hops[hop.before] if hop.before is not None else None
        if before is None or hop.kind is not HopKind.RELAYED or before.kind not in (HopKind.RELAYED, HopKind.SUBMITTED):
            continue
        talk = way.facts.talks_by_id.get(before.conversation or 0)
        if talk is None or talk.conversation.key.server.port != SMTP_PORT or not _is_outsider(talk):
            continue
        sender = way.journey.sender or ""
        for recipient in hop.recipients:
            looked = _looked_up(way, hop, recipient)
            if (
                looked
                and not _is_at_home(talk, _domain(recipient))
                and not (sender and _is_at_home(talk, _domain(sender)))
            ):
                packets = (*before.packets, *looked, *hop.packets)
                fields = {"sender": sender or "<>", "recipient": recipient}
                found = seen(
                    packets, likely=True, conversation=before.conversation, client=talk.client, server=talk.server
                )
                yield found._replace(fields={**found.fields, **fields})
                return


def _looked_up(way: Way, hop: Hop, recipient: str) -> tuple[int, ...]:
    """Return the packets with which the relay asked for the recipient's MX, none where it did not."""
    for asked in way.facts.asked_by_name.get((_domain(recipient), "MX"), []):
        if asked.lookup.client == hop.sender or asked.lookup.caused_by == hop.conversation:
            return asked.lookup.packets
    return ()
