"""Rules of DNS about questions and answers as such: names that do not exist, failures, and who keeps others waiting."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from mailtrace.findings.facts import Asked, Broken, Facts, Talk
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.smtp import address
from mailtrace.findings.subjects import CAPTURE, LOOKUPS, violations
from mailtrace.model import NO_TIME, Severity
from mailtrace.model.figures import SECOND_NS, seconds

ADDRESS_TYPES = ("A", "AAAA")
WHERE_TYPES = ("MX", *ADDRESS_TYPES)
"""What is asked to find the way to a mail domain."""

MAIL_TYPES = frozenset({"MX", "TLSA"})
"""Types that nothing but mail asks for, so that their lookups count even where no conversation caused them."""

UNANSWERED_NS = 5 * SECOND_NS
"""How long resolvers wait before they ask again; a question this near to the end may yet have been answered."""

SLOW_NS = SECOND_NS
"""An answer that takes longer has not come from near by, and is felt."""

REPEATED_NS = SECOND_NS // 2
"""A question that is repeated sooner is a copy of its packet, or a client in a hurry, and costs nothing."""


def is_for_mail(asked: Asked) -> bool:
    """Tell whether a lookup was made for mail: what else a host asks for is nobody's concern here."""
    lookup = asked.lookup
    return lookup.is_question and "." in asked.name and (asked.cause is not None or lookup.type in MAIL_TYPES)


def is_searched(asked: Asked) -> bool:
    """Tell whether a name is one that was asked for before, with a domain of the resolver's search list behind it."""
    lookup, labels, known = asked.lookup, asked.name.split("."), asked.facts.answered
    fronts = (".".join(labels[:at]) for at in range(2, len(labels)))
    tried = (known.get((lookup.client, front, lookup.type)) for front in fronts)
    return any(others is not None and others[0].lookup.start_ns <= lookup.start_ns for others in tried)


def first_of_each(facts: Facts, rcode: str) -> Iterator[tuple[Asked, list[Asked]]]:
    """Yield the lookups for mail that ended with a code: of each asker, name and type the first, and all of them."""
    same: dict[tuple[str, str, str], list[Asked]] = {}
    for asked in facts.asked:
        if asked.lookup.rcode == rcode and is_for_mail(asked) and not is_searched(asked):
            same.setdefault((asked.lookup.client, asked.name, asked.lookup.type), []).append(asked)
    for each in same.values():
        yield each[0], each


def packets_of(lookups: list[Asked]) -> tuple[int, ...]:
    """Return the packets of several lookups."""
    return tuple(dict.fromkeys(packet for asked in lookups for packet in asked.lookup.packets))


@rule("DNS001", Severity.WARNING, CAPTURE, "The mail domain {domain} does not exist, says {server} ({type})")
def mail_domain_does_not_exist(facts: Facts) -> Iterator[Seen]:
    """The domain of a sender or of a recipient does not exist in the DNS (NXDOMAIN).

    Why: Mail for it comes back at once; mail from it is refused by most servers, because nobody could answer it. Mostly
    the address has a typing error.

    Mend: Correct the address. If the domain is yours, register it, or repair its delegation.
        bind: rndc reload ZONE and look for errors of the zone in the log

    Not when: The name exists without the record (NODATA), the name is of a host, a blocklist or a reverse zone, or a
    search domain was tried behind it.

    Source: RFC 5321 section 5.1, RFC 1035 section 4.1.1.
    """
    told: set[str] = set()
    for asked in facts.asked:
        lookup = asked.lookup
        if lookup.rcode != "NXDOMAIN" or lookup.type not in WHERE_TYPES or asked.name in told or is_searched(asked):
            continue
        if lookup.type == "MX" or asked.name in _mail_domains(asked.cause):
            told.add(asked.name)
            yield seen(
                lookup.packets,
                conversation=lookup.caused_by,
                domain=asked.name,
                server=asked.server,
                type=lookup.type,
            )


def _mail_domains(talk: Talk | None) -> set[str]:
    """Return the domains of the sender and the recipients of a conversation's mails, in lower case."""
    if talk is None:
        return set()
    commands = [turn.command for turn in talk.commands if turn.command and turn.command.verb in ("MAIL", "RCPT")]
    return {address(command).rpartition("@")[2].rstrip(".").lower() for command in commands}


@rule(
    "DNS002",
    Severity.WARNING,
    CAPTURE,
    "{server} could not answer {client} about {name} {type} (SERVFAIL, times: {count})",
)
def lookup_failed(facts: Facts) -> Iterator[Seen]:
    """A name server answered SERVFAIL: it could not find out, one way or the other.

    Why: A mail server that gets no answer must put the mail off (450, 451), and tries again for days. The domain's name
    servers cannot be reached, their zone has an error, or DNSSEC signatures have expired.

    Mend: Ask the domain's name servers one by one, and look for the reason.
        bind: dig +trace NAME TYPE, and dig +cd NAME TYPE: if that one works it is DNSSEC

    Not when: The name does not exist (NXDOMAIN), it has no dot, or no mail depended on it.

    Source: RFC 1035 section 4.1.1, RFC 5321 section 5.1.
    """
    for first, all_ in first_of_each(facts, "SERVFAIL"):
        yield _told(first, all_)


@rule("DNS003", Severity.WARNING, CAPTURE, "{server} refused to answer {client} about {name} {type} (times: {count})")
def lookup_refused(facts: Facts) -> Iterator[Seen]:
    """A name server answered REFUSED: it does not work for this client, or not for this name.

    Why: A mail server with the wrong resolver finds neither where to send nor whom to trust.

    Mend: Give the mail server a resolver that answers it, or let this one do so.
        bind: allow-recursion { 192.0.2.0/24; };

    Not when: No mail depended on the lookup, such as the system's own search for updates.

    Source: RFC 1035 section 4.1.1.
    """
    for first, all_ in first_of_each(facts, "REFUSED"):
        yield _told(first, all_)


def _told(first: Asked, all_: list[Asked]) -> Seen:
    return seen(
        packets_of(all_),
        conversation=first.lookup.caused_by,
        server=first.server,
        client=first.client,
        name=first.name,
        type=first.lookup.type,
        count=len(all_),
    )


@rule("DNS004", Severity.WARNING, LOOKUPS, "Nobody answered {client}, which asked {server} for {name} {type}")
def lookup_unanswered(asked: Asked) -> Iterator[Seen]:
    """A question for mail got no answer, and no later one of the same client for the same did.

    Why: The mail server waits for many seconds, and then puts the mail off or goes on without a check. The name server
    is down, or a firewall drops the question or its answer.

    Mend: Look whether port 53 is open both ways, over UDP and TCP, and whether the name server runs.

    Not when: The question, or a repeat of it, was answered later; or the capture ends before an answer could come.

    Source: RFC 1035 section 7.2.
    """
    lookup = asked.lookup
    if lookup.rcode is not None or not is_for_mail(asked) or _answered_later(asked):
        return
    end_ns = asked.facts.analysis.capture.last_ns
    if end_ns is None or lookup.start_ns == NO_TIME or end_ns - lookup.start_ns >= UNANSWERED_NS:
        yield _about(asked, lookup.packets, likely=lookup.server not in asked.facts.answering)


@rule("DNS005", Severity.INFO, LOOKUPS, "{client} asked {server} again for {name} {type}, and lost {seconds} s by it")
def lookup_repeated(asked: Asked) -> Iterator[Seen]:
    """A question got no answer at first, or one that was captured and never arrived, and was asked again.

    Why: A packet was lost, before the place of the capture or behind it, or the name server was slow. Each repeat costs
    seconds, in which the mail waits.

    Mend: If it happens often, look for losses on the way to the name server, or run a resolver near by.
        bind: forwarders { 192.0.2.53; }; in a resolver on the mail server itself

    Not when: The repeat came within half a second, of the question or of its answer: that is a copy of the packet.

    Source: RFC 1035 section 7.2.
    """
    lookup = asked.lookup
    lost = lookup.took_ns or 0
    packets = list(lookup.packets)
    if lookup.rcode is None:
        later = _answered_later(asked)
        if later is None:
            return
        lost = later.lookup.start_ns - lookup.start_ns
        packets += later.lookup.packets
    elif not lookup.retries:
        return
    if lost >= REPEATED_NS and is_for_mail(asked):
        yield _about(asked, packets, seconds(lost))


def _about(asked: Asked, packets: Iterable[int], seconds: str = "", likely: bool = False) -> Seen:
    """Return what is seen of one lookup, told with the names of both sides and the question."""
    return seen(
        packets,
        likely=likely,
        conversation=asked.lookup.caused_by,
        server=asked.server,
        client=asked.client,
        name=asked.name,
        type=asked.lookup.type,
        seconds=seconds,
    )


def _answered_later(asked: Asked) -> Asked | None:
    """Return the next lookup of the same client for the same that was answered."""
    answered = asked.facts.answered.get((asked.lookup.client, asked.name, asked.lookup.type), [])
    at = bisect_right(answered, asked.lookup.start_ns, key=lambda other: other.lookup.start_ns)
    return answered[at] if at < len(answered) else None


@rule("DNS006", Severity.INFO, LOOKUPS, "{server} took {seconds} s to answer {client} about {name} {type}")
def lookup_slow(asked: Asked) -> Iterator[Seen]:
    """An answer took longer than a second, although the question had not to be repeated.

    Why: The mail that needed it waited for as long. The name server had to ask others that are far away, or down.

    Mend: Run a resolver near by, which remembers answers.

    Not when: The question was repeated (DNS005), or no mail depended on it.

    Source: RFC 1035 section 7.2.
    """
    lookup = asked.lookup
    if (lookup.duration_ns or 0) >= SLOW_NS and not lookup.retries and is_for_mail(asked):
        yield _about(asked, lookup.packets, seconds(lookup.duration_ns or 0))


@rule(
    "DNS007",
    Severity.WARNING,
    LOOKUPS,
    "The answer of {server} about {name} {type} was cut short, and {client} did not ask again over TCP",
)
def answer_cut_short(asked: Asked) -> Iterator[Seen]:
    """An answer did not fit into its packet (TC bit), and nobody fetched the whole over TCP.

    Why: What was cut off counts as not there: half an SPF record, or a missing mail exchanger.

    Mend: Open port 53 for TCP between client and name server, or let both use EDNS.
        bind: edns-udp-size 1232;

    Not when: The same was asked again, over TCP or with a larger size, and answered whole.

    Source: RFC 7766 section 5, RFC 6891 section 6.2.3.
    """
    lookup = asked.lookup
    later = _answered_later(asked)
    if lookup.truncated and (later is None or later.lookup.truncated):
        yield _about(asked, lookup.packets)


@rule("DNS008", Severity.WARNING, LOOKUPS, "{server} handed the whole zone {name} to {client} ({count} records)")
def zone_handed_out(asked: Asked) -> Iterator[Seen]:
    """All records of a zone were transferred to a client (AXFR).

    Why: A secondary name server needs it. Anybody else gets a map of the network: every host with its address.

    Mend: Allow it to the secondary name servers only.
        bind: allow-transfer { 192.0.2.54; };

    Not when: The server refused, or sent nothing.

    Source: RFC 5936 section 5.
    """
    lookup = asked.lookup
    if lookup.type in ("AXFR", "IXFR") and lookup.rcode == "NOERROR" and len(lookup.answers) > 1:
        count = len(lookup.answers)
        yield seen(lookup.packets, server=asked.server, client=asked.client, name=asked.name, count=count)


@rule(
    "DNS009",
    Severity.ERROR,
    violations("conflicting-answer", protocols=("dns",)),
    "{client} got two different answers from {server} to one question",
)
def answers_differ(broken: Broken) -> Iterator[Seen]:
    """Two answers came to one question, and they say different things.

    Why: One of them may be forged: whoever can guess the number of a question can answer it, and so send mail
    elsewhere. A fault of a device on the way that answers itself looks the same.

    Mend: Use a resolver that checks DNSSEC, and sign your own zone.
        bind: dnssec-validation auto;

    Not when: The second answer says the same, or it is the next part of a zone transfer.

    Source: RFC 5452 section 4.
    """
    yield seen(broken.packets, client=broken.talk.client, server=broken.talk.server)
