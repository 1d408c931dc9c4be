"""Rules of TCP: connections that were not set up, and what the capture does not show of the others."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Talk
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import DISTURBED, TCP
from mailtrace.model import ClosedHow, Flags, GapReason, Mark, Packet, Severity, Side
from mailtrace.model.figures import between, seconds

SYN, ACK, RST = int(Flags.SYN), int(Flags.ACK), int(Flags.RST)

ASIDE = frozenset({"ident"})
"""Protocols whose failure is usual, and told elsewhere."""


def _openings(talk: Talk) -> list[Packet]:
    """Return the client's packets that ask for a connection."""
    return [each for each in talk.controls if each.side is Side.CLIENT and each.flags & SYN]


def _heard(talk: Talk, side: Side) -> bool:
    return any(packet.side is side for packet in talk.conversation.packets)


@rule(
    "TCP007",
    Severity.WARNING,
    TCP,
    "{client} had to ask {server} {count} times for a connection, which took {waited} s",
)
def set_up_repeated(talk: Talk) -> Iterator[Seen]:
    """The packet that opens a connection was sent again before the server answered.

    Why: It, or its answer, was lost, or the server was too busy to accept: one second is lost at once, then two, then
    four.

    Mend: Look for losses on the path, and whether the server's queue of new connections is full.
        linux: nstat -az TcpExtListenDrops TcpExtListenOverflows
        postfix: default_process_limit, postscreen

    Not when: Nobody ever answered (TCP009), or the server refused (TCP008).

    Source: RFC 9293 section 3.5, RFC 6298 section 5.
    """
    openings, packets = _openings(talk), talk.conversation.packets
    if len(openings) < 2 or talk.conversation.protocol in ASIDE:
        return
    granted = [each.number for each in talk.controls if each.side is Side.SERVER and each.flags & SYN]
    agreed = next((each for each in packets if each.side is Side.CLIENT and each.flags & ACK), None)
    if agreed is not None:
        waited = seconds(between(openings[0].time_ns, agreed.time_ns))
        numbers = [*(each.number for each in openings), *granted, agreed.number]
        yield seen(numbers, client=talk.client, server=talk.server, count=len(openings), waited=waited)


@rule("TCP008", Severity.ERROR, TCP, "{server} refused the connection of {client} to port {port}")
def connection_refused(talk: Talk) -> Iterator[Seen]:
    """The server's host answered with RST: no program listens at that port, or a firewall rejects.

    Why: No mail can be sent to, or fetched from, this host in this way. A sender tries the next host, or later.

    Mend: See whether the server runs and listens at the address that the client uses, and not only at 127.0.0.1.
        linux: ss -ltn 'sport = :25'
        postfix: inet_interfaces = all
        sendmail: DAEMON_OPTIONS(`Family=inet, Name=MTA-v4, Port=smtp, Addr=0.0.0.0')dnl
        dovecot: listen = *, ::

    Not when: It is ident (port 113), where refusing is the best answer; or the connection was accepted first.

    Source: RFC 9293 section 3.5.2.
    """
    packets = talk.conversation.packets
    reset = next((each for each in talk.controls if each.side is Side.SERVER and each.flags & RST), None)
    if reset is None or talk.conversation.protocol in ASIDE or not _openings(talk):
        return
    if not any(each.side is Side.SERVER and each.number < reset.number for each in packets):
        port = str(talk.conversation.key.server.port)
        yield seen((_openings(talk)[0].number, reset.number), client=talk.client, server=talk.server, port=port)


@rule(
    "TCP009",
    Severity.ERROR,
    TCP,
    "{server} never answered when {client} asked for a connection to port {port}: {count} tries in {waited} s",
)
def connection_not_answered(talk: Talk) -> Iterator[Seen]:
    """Nothing came back from the server: the host is off, the address is wrong, or a firewall drops the packets.

    Why: The client waits for its time limit, often minutes, before it tries another host or gives up.

    Mend: See whether the host can be reached at all, and at that port from that network. Providers of home lines often
    drop port 25.
        linux: ping, tcptraceroute mail.example.org 25
        nftables: tcp dport 25 accept

    Not when: It is ident (port 113), or the capture has only one direction of everything (TCP012), or ends within a
    second of the first try.

    Source: RFC 9293 section 3.10.1, RFC 5321 section 4.5.4.1.
    """
    openings = _openings(talk)
    if not openings or _heard(talk, Side.SERVER) or talk.conversation.protocol in ASIDE:
        return
    if len(openings) < len(talk.conversation.packets) or len(openings) < 2:
        return
    waited = seconds(between(openings[0].time_ns, openings[-1].time_ns))
    yield seen(
        [each.number for each in openings],
        client=talk.client,
        server=talk.server,
        port=str(talk.conversation.key.server.port),
        count=len(openings),
        waited=waited,
    )


@rule(
    "TCP010",
    Severity.WARNING,
    TCP,
    "{octets} octets of {who} are missing from the capture although {other} got them",
)
def packets_not_captured(talk: Talk) -> Iterator[Seen]:
    """The receiver acknowledged octets that are not in the capture: it lost packets, or kept their beginnings alone.

    Why: What is missing cannot be told. A mail may be incomplete here although it arrived whole.

    Mend: Capture packets whole (-s 0). Give the capturing program more memory, write to a faster disk, or capture less.
        tcpdump: tcpdump -B 65536 -s 0 -w mail.pcap 'port 25'
        dumpcap: dumpcap -B 64 -s 0 -w mail.pcapng
        ethtool: ethtool -K eth0 gro off lro off, if packets are cut

    Not when: The receiver never got the octets either (TCP011).

    Source: RFC 9293 section 3.4.
    """
    yield from _missing(talk, GapReason.NOT_CAPTURED)


@rule("TCP011", Severity.WARNING, TCP, "{octets} octets of {who} were never seen, and {other} did not acknowledge them")
def octets_never_seen(talk: Talk) -> Iterator[Seen]:
    """There is a hole in what one side said, and nothing tells whether the other got it.

    Why: What stands there cannot be told. Either the network lost the packets and the connection ended before they were
    sent again, or the capture lost those and the acknowledgements, too.

    Mend: Capture nearer to the receiver, at both ends at once if need be.

    Not when: The octets were sent again and arrived later (TCP001), or were acknowledged (TCP010).

    Source: RFC 9293 section 3.4.
    """
    yield from _missing(talk, GapReason.LOST)


def _missing(talk: Talk, why: GapReason) -> Iterator[Seen]:
    gaps = [gap for gap in talk.gaps if gap.why is why]
    for side in Side:
        some = [gap for gap in gaps if gap.side is side]
        if some and _heard(talk, side):
            who, other = (talk.client, talk.server) if side is Side.CLIENT else (talk.server, talk.client)
            octets = sum(gap.missing for gap in some)
            yield seen(dict.fromkeys(gap.packet for gap in some), who=who, other=other, octets=octets)


@rule("TCP012", Severity.WARNING, TCP, "The capture has only what {who} sent to {other}, and nothing of the way back")
def one_side_captured(talk: Talk) -> Iterator[Seen]:
    """Only one direction of the connection is in the capture, and it shows that the other side answered.

    Why: Half of the dialogue is missing: commands without answers, or the reverse. Times and outcomes cannot be told.

    Mend: Capture where both directions pass. A mirror port may copy only one, and packets may take two paths.
        cisco: monitor session 1 source interface Gi0/1 both

    Not when: The other side really never said a word: then the connection was not answered (TCP009).

    Source: RFC 9293 section 3.4.
    """
    for side in Side:
        if _heard(talk, side) and not _heard(talk, side.other):
            told = [each for each in talk.conversation.packets if each.flags & ACK or each.length]
            if len(told) > 1 and talk.conversation.protocol not in ASIDE:
                who, other = (talk.client, talk.server) if side is Side.CLIENT else (talk.server, talk.client)
                yield seen((told[0].number, told[-1].number), who=who, other=other)


@rule("TCP013", Severity.INFO, TCP, "The capture begins in the middle of the connection of {client} to {server}")
def capture_begins_late(talk: Talk) -> Iterator[Seen]:
    """The first packets of the connection are not in the capture.

    Why: What was said before is not known: who logged in, what was offered, whether encryption had begun.

    Mend: Start the capture before the connection; end old ones, so that they begin anew.

    Not when: The packet that opens the connection is there.

    Source: RFC 9293 section 3.5.
    """
    packets = talk.conversation.packets
    if not any(packet.flags & SYN for packet in talk.controls) and any(packet.length for packet in packets):
        yield seen((packets[0].number,), client=talk.client, server=talk.server)


@rule("TCP014", Severity.INFO, TCP, "The capture ends before the connection of {client} to {server} does")
def capture_ends_early(talk: Talk) -> Iterator[Seen]:
    """The connection is still open where the capture ends.

    Why: How it went on is not known: a mail whose last answer is missing may have been accepted or not.

    Mend: Let the capture run until the connections are closed.

    Not when: Both sides, or a reset, closed the connection; or nobody answered when it was opened.

    Source: RFC 9293 section 3.6.
    """
    conversation = talk.conversation
    if conversation.closed is ClosedHow.OPEN and any(packet.length for packet in conversation.packets):
        yield seen((conversation.packets[-1].number,), client=talk.client, server=talk.server)


@rule(
    "TCP015",
    Severity.WARNING,
    DISTURBED,
    "A reset in the name of {who} does not fit into the connection: it may be forged",
)
def reset_out_of_place(talk: Talk) -> Iterator[Seen]:
    """A packet with RST has a sequence number far from where the connection is, so that nobody believes it.

    Why: Somebody may try to cut the connection without being able to see it, or a firewall sends resets of its own.

    Mend: Compare TTL and network address of the packet with others of the same host.
        linux: tcpdump -e -v 'tcp[tcpflags] & tcp-rst != 0'

    Not when: The reset stands where the connection is, or belongs to an older one of the same addresses.

    Source: RFC 5961 section 3, RFC 9293 section 3.10.7.4.
    """
    for side in Side:
        resets = [
            packet.number
            for packet in talk.marked.get(Mark.OUT_OF_WINDOW, ())
            if packet.side is side and packet.flags & RST
        ]
        if resets:
            yield seen(resets, likely=True, who=talk.server if side is Side.SERVER else talk.client)


@rule("TCP016", Severity.WARNING, TCP, "{server} accepted the connection of {client} to port {port} and said nothing")
def server_silent(talk: Talk) -> Iterator[Seen]:
    """The connection was set up, and then the server sent nothing until it was closed.

    Why: In SMTP, POP3 and IMAP the server speaks first. One that does not is overloaded, stands behind a proxy whose
    server is down, or expects TLS at once.

    Mend: At ports of implicit TLS (465, 993, 995) the client must begin with TLS; else look at the server's load and
    log.
        openssl: openssl s_client -connect mail.example.org:465

    Not when: The client spoke first, as it does in TLS; the connection is still open where the capture ends; or it was
    closed within a second.

    Source: RFC 5321 section 3.1, RFC 1939 section 4, RFC 9051 section 7.1.
    """
    conversation = talk.conversation
    if conversation.protocol != "unknown" or conversation.closed is ClosedHow.OPEN:
        return
    answered = any(each.side is Side.SERVER and each.flags & SYN for each in talk.controls)
    if not answered or any(each.length for each in conversation.packets) or not conversation.complete:
        return
    if between(conversation.start_ns, conversation.end_ns) > 1_000_000_000:
        ends = (conversation.packets[0].number, conversation.packets[-1].number)
        yield seen(ends, client=talk.client, server=talk.server, port=str(conversation.key.server.port))
