"""Rules of TCP: what the network did to the packets on their way, and who broke a connection off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailtrace.findings.facts import Talk
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import DISTURBED, TCP
from mailtrace.model import ClosedHow, Flags, Mark, Packet, Severity, Side
from mailtrace.model.figures import SECOND_NS, between, seconds
from mailtrace.streams.resent import is_acknowledged

LOSSY_SHARE = 0.02
"""Share of packets sent again from which on a path counts as bad: TCP works below, and crawls above."""

FEW_REPEATS = 3
"""Repeats of one connection that happen anywhere."""

FULL_PACKETS = 2
"""Packets of one length that are needed to call them full: a single one may have any length."""

PROBES = 2
"""Probes in a row that show that the receiver has closed its window: a single one may be a keep-alive."""

PROBED_WITHIN_NS = 3 * SECOND_NS
"""How soon the first probe comes; each further one may take so much longer. Keep-alives come after minutes or hours."""

SYN, ACK, RST, FIN = int(Flags.SYN), int(Flags.ACK), int(Flags.RST), int(Flags.FIN)


def _who(talk: Talk, side: Side) -> str:
    return talk.server if side is Side.SERVER else talk.client


@rule(
    "TCP001",
    Severity.INFO,
    DISTURBED,
    "{who} sent some packets again, since they or their acknowledgements were lost or late: {count} of {all}",
)
def packets_sent_again(talk: Talk) -> Iterator[Seen]:
    """Packets were sent a second time, since their sender had no acknowledgement in time.

    Why: Each costs time, from a round trip up to seconds. The reader of the mail notices nothing else of it.

    Mend: A few are usual. Where there are many (TCP002), look for the link that loses them.

    Not when: The packet is a SYN that asks for the connection (TCP007), a keep-alive, a copy that the capture holds
    twice, or the original that comes behind its repeat (TCP003).

    Source: RFC 9293 section 3.8.1, RFC 6298 section 5.
    """
    for side, repeats, sent in _repeats(talk):
        if not _is_bad(len(repeats), sent):
            packets = [packet.number for packet in repeats]
            yield seen(packets, who=_who(talk, side), count=len(repeats), all=sent)


@rule(
    "TCP002",
    Severity.WARNING,
    DISTURBED,
    "{who} had to send {count} of its {all} packets again: the path loses or delays many",
)
def path_lossy(talk: Talk) -> Iterator[Seen]:
    """A large share of the packets was sent again.

    Why: TCP slows down with every loss: beyond two in a hundred, mails crawl and connections reach time limits.

    Mend: Look for the link that loses packets: wireless, a duplex mismatch, a full line, a firewall with too little
    memory. If only large packets are lost, it is the path MTU (TCP017).
        linux: ip -s link, ethtool -S eth0, tracepath mail.example.org

    Not when: Three packets or fewer were sent again, or fewer than two in a hundred (TCP001); or they were too large
    for the path, and came again in smaller ones (TCP017).

    Source: RFC 9293 section 3.8.1, RFC 5681 section 3.
    """
    for side, repeats, sent in _repeats(talk):
        if _is_bad(len(repeats), sent):
            packets = [packet.number for packet in repeats]
            yield seen(packets, who=_who(talk, side), count=len(repeats), all=sent)


def _repeats(talk: Talk) -> Iterator[tuple[Side, list[Packet], int]]:
    """Yield the repeats of each side that has some, and how many packets it sent that might have come again."""
    for side in Side:
        cut = set(_cut(talk, side).repeats)
        repeats = [packet for packet in talk.again.resent if packet.side is side and packet not in cut]
        if repeats:
            sent = sum(1 for each in talk.conversation.packets if each.side is side and is_acknowledged(each))
            yield side, repeats, sent


def _is_bad(repeats: int, sent: int) -> bool:
    return repeats > FEW_REPEATS and repeats > sent * LOSSY_SHARE


@rule(
    "TCP017",
    Severity.INFO,
    DISTURBED,
    "Packets of {who} with {large} octets seem to have been too large for the path: what was in them was sent again in "
    "{count} packets of at most {small}",
)
def packets_too_large(talk: Talk) -> Iterator[Seen]:
    """Full packets were not acknowledged, and what they held was sent again in smaller ones, as all that followed.

    Why: A link on the way takes only smaller packets. A router tells the sender so by ICMP (fragmentation needed),
    which costs no more than a round trip. Where a firewall drops the ICMP message, it costs seconds, or no mail gets
    through that is larger than a packet.

    Mend: Let ICMP of type 3, code 4 (in IPv6 type 2) through. If it is the line of your own, let the router correct the
    segment size of each connection, or set the MTU of the sender.
        linux: tracepath mail.example.org shows the MTU of the path
        nftables: tcp flags syn tcp option maxseg size set rt mtu

    Not when: What was sent again was as large as before: then it was lost (TCP001, TCP002).

    Source: RFC 9293 section 3.7.2, RFC 1191 section 3, RFC 8201 section 4.
    """
    for side in Side:
        large, repeats, small = _cut(talk, side)
        if repeats:
            packets = [packet.number for packet in (*large, *repeats)]
            fields = {"count": len(repeats), "small": small, "large": large[0].length}
            yield seen(packets, likely=True, who=_who(talk, side), **fields)


class _Cut(NamedTuple):
    """Full packets that did not arrive, the smaller ones that repeat them, and the length of these; or nothing."""

    large: list[Packet]
    repeats: list[Packet]
    small: int


def _cut(talk: Talk, side: Side) -> _Cut:
    """Return what had to be cut smaller. Less than half as small are the pieces of what a network card cuts itself."""
    packets = talk.conversation.packets
    repeats = [packet for packet in talk.again.resent if packet.side is side and packet.length]
    if not repeats:
        return _Cut([], [], 0)
    since = repeats[0].number
    small = max(each.length for each in packets if each.side is side and each.number >= since)
    large = [each for each in packets if each.side is side and each.length > small]
    got = max((each.acknowledged for each in packets if each.side is not side and each.number < since), default=0)
    full = len(large) >= FULL_PACKETS and len({each.length for each in large}) == 1 and large[0].length < 2 * small
    if not full or large[0].sequence != repeats[0].sequence or got > repeats[0].sequence:
        return _Cut([], [], 0)
    end = large[-1].sequence + large[-1].length
    return _Cut(large, [each for each in repeats if each.sequence < end], small)


@rule("TCP003", Severity.INFO, DISTURBED, "Packets of {who} arrived in another order than they were sent: {count}")
def packets_out_of_order(talk: Talk) -> Iterator[Seen]:
    """Packets were overtaken by others that were sent later, or by their own repeat.

    Why: The receiver puts them in order; it only costs time. Where there are many, TCP takes them for losses.

    Mend: Look for paths that are shared packet by packet, and for network cards with several queues at the place of the
    capture.
        linux: ethtool -l eth0

    Not when: The packets are in order and only late; they do nothing but acknowledge; or one was lost before the
    capture, and what comes late is its repeat (TCP001).

    Source: RFC 9293 section 3.10.7.4.
    """
    for side in Side:
        packets = [each.number for each in talk.again.late if each.side is side]
        if packets:
            yield seen(packets, who=_who(talk, side), count=len(packets))


@rule("TCP004", Severity.ERROR, DISTURBED, "{who} sent the same octets twice with different contents")
def octets_contradict(talk: Talk) -> Iterator[Seen]:
    """Two packets claim the same place in the stream and say different things there.

    Why: Which of them counts depends on the receiver's system: somebody may be writing into the connection, or hiding
    something from those who look on. A faulty network card can also do it.

    Mend: Compare both packets octet by octet (mailtrace frame FILE NUMBER), and look where each came from: addresses of
    the network cards, TTL.

    Not when: The repeat says the same again, whole or in part.

    Source: RFC 9293 section 3.10.7.4, RFC 6528 section 1.
    """
    for side in Side:
        packets = [each.number for each in talk.marked.get(Mark.OVERLAP_CONFLICT, ()) if each.side is side]
        if packets:
            yield seen(packets, who=_who(talk, side))


@rule(
    "TCP005",
    Severity.WARNING,
    DISTURBED,
    "{who} seems to have had no room for more: {other} probed it {count} times over {waited} s before it went on",
)
def window_closed(talk: Talk) -> Iterator[Seen]:
    """The receiver had no room for more, so that the sender could only ask again and again whether there is some.

    Why: The network is free, but the program that reads is too slow: a virus scanner, a full disk, a server that is
    overloaded. The mail waits for it.

    Mend: Look at the load of the receiving host and at what its mail server waits for.
        linux: ss -tmi shows the queues of the connection
        postfix: smtpd_proxy_filter and milters read while the mail comes in

    Not when: It is a keep-alive of a connection on which nothing is to be sent, or a single probe.

    Source: RFC 9293 section 3.8.6.1.
    """
    for side in Side:
        probes = _probes(talk, side)
        if len(probes) >= PROBES:
            waited = seconds(between(probes[0].time_ns, probes[-1].time_ns))
            packets = [packet.number for packet in probes]
            who, other = _who(talk, side.other), _who(talk, side)
            yield seen(packets, likely=True, who=who, other=other, count=len(probes), waited=waited)


def _probes(talk: Talk, side: Side) -> list[Packet]:
    """Return the probes of a side between two pieces of what it says: the first soon after what it said last."""
    found: list[Packet] = []
    probes: list[Packet] = []
    last: Packet | None = None
    if Mark.KEEP_ALIVE not in talk.marked:
        return found
    for packet in talk.conversation.packets:
        if packet.side is side and packet.mark is Mark.KEEP_ALIVE:
            before = probes[-1] if probes else last
            if before is not None and between(before.time_ns, packet.time_ns) < PROBED_WITHIN_NS * (len(probes) + 1):
                probes.append(packet)
        elif packet.length:
            if packet.side is side and len(probes) >= PROBES:
                found += probes
            last, probes = (packet if packet.side is side else None), []
    return found


@rule("TCP006", Severity.WARNING, TCP, "{who} broke off the connection to {other} with a reset before all was said")
def connection_reset(talk: Talk) -> Iterator[Seen]:
    """A connection that was set up was broken off by RST in the middle of the dialogue.

    Why: What was being done is lost. A program crashed or was stopped, or a device on the way cut the connection.

    Mend: Look into the log of the side that sent the reset. If both deny it, compare the TTL of the reset with that of
    the other packets: a firewall may have sent it.
        linux: tcpdump -v 'tcp[tcpflags] & tcp-rst != 0' shows the TTL

    Not when: All was said (QUIT and its answer) and the reset only cleans up, or the connection was never accepted
    (TCP008).

    Source: RFC 9293 section 3.5.2.
    """
    conversation = talk.conversation
    if conversation.closed is not ClosedHow.RST or conversation.protocol in ("ident", "dns"):
        return
    packets = conversation.packets
    reset = next((each for each in talk.controls if each.flags & RST and each.mark is not Mark.OUT_OF_WINDOW), None)
    accepted = any(each.flags & SYN and each.flags & ACK for each in packets) or any(each.length for each in packets)
    if reset is None or not accepted or _is_over(talk, reset):
        return
    yield seen((reset.number,), who=_who(talk, reset.side), other=_who(talk, reset.side.other))


GOODBYES = frozenset({"QUIT", "LOGOUT"})


def _is_over(talk: Talk, reset: Packet) -> bool:
    """Tell whether a reset came when there was nothing more to say: behind a goodbye, or behind a FIN."""
    if any(each.flags & FIN and each.number <= reset.number for each in talk.controls):
        return True
    return any(
        turn.command is not None and turn.command.verb in GOODBYES and turn.command.packet < reset.number
        for turn in talk.commands
    )
