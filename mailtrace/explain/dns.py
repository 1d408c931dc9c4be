"""DNS lookups told for mail: what was asked, what was answered, and what that means for the mail."""

from __future__ import annotations

from mailtrace.explain.dnsmemory import Memory
from mailtrace.explain.reverse import blocklisted, reversed_address
from mailtrace.explain.texts import SECOND_NS, counted, has_text, listed, meaning, seconds, text
from mailtrace.mail.authentication.blocklists import listing_meaning
from mailtrace.model import Lookup
from mailtrace.protocols.dns.words import RCODES, TYPES

ASKING = "RFC 1035 section 4.1"
SHOWN_ANSWERS = 12
"""Records of one answer that a step quotes."""

ADDRESS_TYPES = ("A", "AAAA")
RESOLVER_TIMEOUT_NS = SECOND_NS
"""No resolver asks again for want of an answer before this; who does so had another reason."""

SLOW_NS = SECOND_NS // 2
"""An answer later than this is worth a word: people notice half a second."""


def kind_shown(lookup: Lookup) -> str:
    """Return what stands before the name: the type that is asked for, or the operation."""
    return lookup.type if lookup.is_question else lookup.opcode


def lookup_says(lookup: Lookup) -> str:
    """Return question and answer on one line."""
    key = "dns.line" if lookup.is_question else "dns.line.operation"
    return text(key, type=kind_shown(lookup), name=lookup.name, answer=answer_shown(lookup))


def answer_shown(lookup: Lookup) -> str:
    """Return an answer in a few words: its records, or why there are none."""
    if lookup.rcode is None:
        return text("dns.short.none")
    if lookup.rcode == "NOERROR" and not lookup.is_question:
        return text("dns.short.accepted")
    if lookup.nodata:
        return text("dns.short.nodata")
    if lookup.rcode != "NOERROR":
        return lookup.rcode
    if not lookup.answers:
        return text("dns.short.referral")
    shown = ", ".join(lookup.answers[:SHOWN_ANSWERS])
    if len(lookup.answers) > SHOWN_ANSWERS:
        return text("dns.short.more", answers=shown, records=counted("records", len(lookup.answers) - SHOWN_ANSWERS))
    return shown


def lookup_means(lookups: list[Lookup], asker: str, memory: Memory) -> list[str]:
    """Explain lookups of one name, asked one after the other; `asker` is the display name of who asks."""
    first = lookups[0]
    if not first.is_question:
        return [_operation(first, asker), *(sentence for lookup in lookups for sentence in _outcome(lookup))]
    claimed = memory.claimed.get(first.name.lower(), "")
    if claimed and first.type in ADDRESS_TYPES:
        return [*_confirmation(lookups, asker, claimed), *_repeats(lookups)]
    earlier, suffix = memory.suffix(first)
    if suffix:
        return [text("dns.search-domain", asker=asker, name=earlier, suffix=suffix), *_repeats(lookups)]
    sentences = [_purpose_here(lookups, asker, memory)]
    if _same_question_twice(lookups):
        edns = lookups[0].edns and not lookups[1].edns
        sentences.append(text("dns.twice.edns" if edns else "dns.twice"))
        lookups = lookups[:1]
    for lookup in lookups:
        sentences += _result(lookup)
    return sentences + _repeats(lookups)


def _repeats(lookups: list[Lookup]) -> list[str]:
    """Tell which questions were asked more than once, and whether for want of an answer."""
    sentences = []
    for lookup in lookups:
        if lookup.retries:
            answered = lookup.rcode is not None and len(lookup.packets) >= 2 * (lookup.retries + 1)
            late = (lookup.duration_ns or 0) >= RESOLVER_TIMEOUT_NS
            key = "dns.retries" if not answered else "dns.retries.lost" if late else "dns.retries.row"
            fields = {"times": counted("times", lookup.retries + 1)}
            if lookup.missed_ns is not None:
                key, fields["late"] = "dns.retries.missed", seconds(lookup.missed_ns)
            sentences.append(text(key, **fields))
    return sentences


def _confirmation(lookups: list[Lookup], asker: str, claimed: str) -> list[str]:
    """Explain the way back from a name to the address that claimed it: anybody can claim any name."""
    purpose = text("dns.purpose.confirm", asker=asker, address=claimed, name=lookups[0].name)
    if any(claimed in lookup.answers for lookup in lookups):
        return [purpose, text("dns.confirmed")]
    if any(lookup.answers or lookup.rcode == "NXDOMAIN" for lookup in lookups):
        return [purpose, text("dns.not-confirmed", name=lookups[0].name, address=claimed)]
    return [purpose, *(sentence for lookup in lookups for sentence in _result(lookup))]


def _operation(lookup: Lookup, asker: str) -> str:
    """Return one sentence on a message that is no question. Source: RFC 1996 section 1, RFC 2136 section 1."""
    key = f"dns.operation.{lookup.opcode}"
    return text(key if has_text(key) else "dns.operation.other", asker=asker, opcode=lookup.opcode, name=lookup.name)


def _outcome(lookup: Lookup) -> list[str]:
    """Return a sentence on how an operation ended; what an answer to it repeats of it is nothing new."""
    if lookup.rcode is None:
        return _result(lookup)
    return [text("dns.accepted") if lookup.rcode == "NOERROR" else _failure(lookup.rcode)]


def lookup_source(lookup: Lookup) -> str:
    """Return the RFC section that explains a lookup best."""
    if not lookup.is_question:
        return _OPERATION_SOURCES.get(lookup.opcode, ASKING)
    if lookup.rcode == "NXDOMAIN" or lookup.nodata:
        return "RFC 2308 section 2.1" if lookup.rcode == "NXDOMAIN" else "RFC 2308 section 2.2"
    if lookup.type == "MX":
        return "RFC 5321 section 5.1"
    if lookup.type == "TXT":
        return _TXT_SOURCES.get(txt_purpose(lookup), "RFC 1035 section 3.3.14")
    word = TYPES.get(lookup.type)
    return word.source if word and word.source else ASKING


_OPERATION_SOURCES = {"NOTIFY": "RFC 1996 section 3", "UPDATE": "RFC 2136 section 2"}

_TXT_SOURCES = {
    "spf": "RFC 7208 section 4.4",
    "dkim": "RFC 6376 section 3.6.2",
    "dmarc": "RFC 9989 section 4.10",
    "mta-sts": "RFC 8461 section 3.1",
    "tls-reports": "RFC 8460 section 3",
    "blocklist": "RFC 5782 section 2.1",
}


def txt_purpose(lookup: Lookup) -> str:
    """Tell by name and content what a TXT lookup is for: spf, dkim, dmarc, mta-sts, tls-reports, or text."""
    name = lookup.name.lower()
    for label, purpose in (("_dmarc.", "dmarc"), ("_mta-sts.", "mta-sts"), ("_smtp._tls.", "tls-reports")):
        if name.startswith(label):
            return purpose
    if "._domainkey." in f".{name}":
        return "dkim"
    if any("v=spf1" in answer.lower() for answer in lookup.answers):
        return "spf"
    return "blocklist" if blocklisted(lookup) else "text"


def _purpose_here(lookups: list[Lookup], asker: str, memory: Memory) -> str:
    """Return one sentence on why a name is asked for in this conversation, or in general."""
    first = lookups[0]
    name = first.name.lower()
    fields = {
        "asker": asker,
        "name": first.name,
        "types": listed(list(dict.fromkeys(lookup.type for lookup in lookups))),
    }
    plain = first.type in (*ADDRESS_TYPES, "MX")
    if plain and first.client == memory.server and name in memory.senders:
        return text("dns.purpose.sender", **fields)
    if plain and first.client == memory.server and name in memory.recipients:
        return text("dns.purpose.recipient", **fields)
    if first.type in ADDRESS_TYPES and name in memory.exchangers:
        return text("dns.purpose.exchanger", domain=memory.exchangers[name], **fields)
    return _purpose(first, asker, memory.peer_of(first.client), {lookup.type for lookup in lookups})


def _purpose(lookup: Lookup, asker: str, peer: str, types: set[str]) -> str:
    """Return one sentence on why such a thing is asked."""
    fields = {"name": lookup.name, "type": lookup.type, "asker": asker}
    if blocklisted(lookup):
        key = "dns.purpose.TXT.blocklist" if lookup.type == "TXT" else "dns.purpose.blocklist"
        zone = ".".join(lookup.name.split(".")[4:])
        return text(key, address=blocklisted(lookup), zone=zone, asker=asker)
    if lookup.type == "PTR":
        address = reversed_address(lookup.name)
        own = "own" if peer else "own.alone"
        whose = own if address and address == lookup.client else "peer" if address and address == peer else "other"
        return text(f"dns.purpose.PTR.{whose}", address=address or lookup.name, asker=asker)
    if lookup.type == "TXT":
        return text(f"dns.purpose.TXT.{txt_purpose(lookup)}", **fields)
    if types >= set(ADDRESS_TYPES):
        return text("dns.purpose.addresses", **fields)
    if has_text(f"dns.purpose.{lookup.type}"):
        return text(f"dns.purpose.{lookup.type}", **fields)
    word = TYPES.get(lookup.type)
    return text("dns.purpose.other", means=meaning(word) if word else lookup.type, **fields)


def _same_question_twice(lookups: list[Lookup]) -> bool:
    return len(lookups) == 2 and lookups[0].type == lookups[1].type and lookups[0].answers == lookups[1].answers


def _result(lookup: Lookup) -> list[str]:
    """Return sentences on what was answered and what follows for mail."""
    fields: dict[str, object] = {"name": lookup.name, "type": lookup.type}
    late = lookup.duration_ns is not None and lookup.duration_ns >= SLOW_NS
    slow = [text("dns.slow", duration=seconds(lookup.duration_ns or 0))] if late else []
    if lookup.rcode is None:
        return [text("dns.none", **fields)]
    if lookup.rcode == "NXDOMAIN":
        return [text("dns.blocklist.free" if blocklisted(lookup) else "dns.nxdomain", **fields), *slow]
    if lookup.rcode != "NOERROR":
        return [_failure(lookup.rcode), *slow]
    if lookup.nodata:
        return [text("dns.nodata.MX" if lookup.type == "MX" else "dns.nodata", **fields), *slow]
    if not lookup.answers:
        return [text("dns.referral", **fields), *slow]
    if blocklisted(lookup):
        return [_listing(lookup) if lookup.type == "A" else text("dns.blocklist.reason"), *slow]
    if lookup.type == "MX":
        return [*_exchangers(lookup), *slow]
    if lookup.type in (*ADDRESS_TYPES, "PTR"):
        shown = [answer.removesuffix(".") for answer in lookup.answers[:SHOWN_ANSWERS]]
        return [text("dns.answers", answers=", ".join(shown)), *slow]
    return slow


def _failure(rcode: str) -> str:
    word = RCODES.get(rcode)
    return text("dns.failed", rcode=rcode, means=meaning(word) if word else rcode)


def _listing(lookup: Lookup) -> str:
    """Tell what a list answered. Source: RFC 5782 section 2.1."""
    meaning, listed = listing_meaning(".".join(lookup.name.split(".")[4:]), lookup.answers[0])
    key = "dns.blocklist.listed" if listed else "dns.blocklist.unclear"
    return text(key, meaning=meaning)


def exchangers(lookup: Lookup) -> list[tuple[int, str]]:
    """Return an MX answer as preference and host, lowest preference first. Source: RFC 5321 section 5.1."""
    found = []
    for answer in lookup.answers:
        preference, _, host = answer.partition(" ")
        if preference.isdecimal():
            found.append((int(preference), host.strip()))
    return sorted(found)


def _exchangers(lookup: Lookup) -> list[str]:
    """Tell where mail for the domain goes. Source: RFC 5321 section 5.1, RFC 7505 section 3."""
    hosts = exchangers(lookup)
    if hosts == [(0, ".")]:
        return [text("dns.MX.null", name=lookup.name)]
    if not hosts:
        return []
    lowest = hosts[0][0]
    best = listed([host.rstrip(".") for preference, host in hosts if preference == lowest])
    if len(hosts) == 1:
        return [text("dns.MX.one", name=lookup.name, host=best)]
    key = "dns.MX.several" if hosts[-1][0] > lowest else "dns.MX.equal"
    return [text(key, name=lookup.name, hosts=best, preference=lowest)]
