"""Rules about whether a mail is what it says: SPF, DKIM, DMARC, ARC, what others claim of them, and clocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtrace.findings.facts import Facts, Mail, Talk, Way
from mailtrace.findings.mail_headers import called, earlier_copies, is_news
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import CAPTURE, JOURNEYS, MAILS, talks
from mailtrace.model import ClockCertainty, ClockSkew, Dkim, Host, Severity, Spf, Verdict

WRONG_BY_S = 60
"""Seconds by which a clock must be wrong to be told: stamps have whole seconds, and mail waits a little."""

CLAIMS = ("authentication-results", "received-spf", "arc-authentication-results")
"""Headers in which servers tell what their checks found."""

_LENGTH = re.compile(r"(?:\A|;)\s*l\s*=\s*([0-9]{1,20})\s*(?:;|\Z)")


@rule(
    "MAIL041",
    Severity.WARNING,
    talks("smtp", alone=False),
    "{client} may not send for {domain}: SPF fails, since {because}",
)
def spf_fails(talk: Talk) -> Iterator[Seen]:
    """The SPF record of the sender's domain forbids this client to send for it.

    Why: The mail is forged, or it was forwarded, or the domain's owner has forgotten one of the own servers.

    Mend: As the receiver, refuse it or let DMARC decide. As the owner, add the server to the record.
        bind: example.org. IN TXT "v=spf1 ip4:192.0.2.25 -all"

    Not when: The record was not captured, the result is softfail (MAIL042), or the client had logged in.

    Source: RFC 7208 section 8.4.
    """
    yield from _judged(talk, Verdict.FAIL)


@rule(
    "MAIL042",
    Severity.INFO,
    talks("smtp", alone=False),
    "{client} should not send for {domain}: SPF has doubts, since {because}",
)
def spf_has_doubts(talk: Talk) -> Iterator[Seen]:
    """The SPF record of the sender's domain suspects this client (softfail).

    Why: As with a fail, but the owner is still testing: receivers let the mail in and mark it.

    Mend: As the owner, complete the record, then end it with -all.
        bind: example.org. IN TXT "v=spf1 ip4:192.0.2.25 -all"

    Not when: The record forbids the client (MAIL041), or was not captured.

    Source: RFC 7208 section 8.5.
    """
    yield from _judged(talk, Verdict.SOFTFAIL)


def _judged(talk: Talk, result: Verdict) -> Iterator[Seen]:
    """Yield the domains of a conversation's senders on which SPF has this result, each once."""
    told: set[str | None] = set()
    for spf in _spf(talk) if "TXT" in talk.facts.authenticator.book.types else ():
        if spf.result is result and spf.domain not in told:
            told.add(spf.domain)
            packets = spf.packets or talk.packets[-1:]
            yield seen(packets, client=talk.client, domain=spf.domain or "", because=spf.because)


def _spf(talk: Talk) -> Iterator[Spf]:
    """Yield what SPF says of each mail, and of each transaction that ended before there was one."""
    mails = {mail.message.id: mail for mail in talk.mails}
    for transaction in talk.conversation.dialogue.transactions:
        content = transaction.content
        mail = mails.get(content.message) if content is not None and content.message is not None else None
        if mail is not None:
            yield mail.authentication.spf
        else:
            yield talk.facts.authenticator.refused(transaction, talk.conversation).spf


@rule(
    "MAIL043", Severity.WARNING, MAILS, "The DKIM signature of {domain} on the mail {subject} does not hold: {because}"
)
def dkim_fails(mail: Mail) -> Iterator[Seen]:
    """A DKIM signature does not fit the mail.

    Why: The mail was changed after it was signed, or the signature is forged. Where DMARC relies on it the mail is
    refused.

    Mend: Sign last, behind every filter that changes mail; use relaxed/relaxed; let nothing on the way add footers.
        opendkim: Canonicalization relaxed/relaxed

    Not when: The key was not captured or is missing (DNS033), or it broke at a hop within this capture (JRN011).

    Source: RFC 6376 section 6.1.3.
    """
    if mail.talk.conversation.protocol != "smtp" or not mail.header("dkim-signature"):
        return
    for each in mail.authentication.dkim:
        if each.result is Verdict.FAIL and not _held_before(mail, each):
            packets = (*mail.packets, *each.packets)
            yield seen(packets, subject=called(mail), domain=each.domain or "", because=each.because)


def _held_before(mail: Mail, dkim: Dkim) -> bool:
    """Tell whether an earlier copy of a mail still had the body that was signed, or was told of already."""
    return any(
        each.domain == dkim.domain and each.selector == dkim.selector and (each.body or each.result is dkim.result)
        for copy in earlier_copies(mail)
        for each in copy.authentication.dkim
    )


@rule(
    "MAIL044",
    Severity.WARNING,
    MAILS,
    "DMARC fails for the mail {subject}: {because} (the policy of {domain} is {policy})",
)
def dmarc_fails(mail: Mail) -> Iterator[Seen]:
    """Neither SPF nor DKIM vouches for the domain that the reader sees in From, though it has a DMARC policy.

    Why: The mail is forged, or the domain's owner sends by a way that is not set up. With reject it is refused.

    Mend: As the owner, let SPF or DKIM pass for your own domain on every way you send by. As the receiver, follow the
    policy.
        opendmarc: RejectFailures true

    Not when: One of both passes and is aligned, the records were not captured, or the domain has no policy.

    Source: RFC 9989 section 4.4.
    """
    if "TXT" not in mail.facts.authenticator.book.types:
        return
    dmarc = mail.authentication.dmarc
    if mail.talk.conversation.protocol == "smtp" and dmarc.result is Verdict.FAIL:
        packets = dmarc.packets or mail.packets
        domain, policy = dmarc.domain or "", dmarc.policy or ""
        yield seen(packets, subject=called(mail), because=dmarc.because, domain=domain, policy=policy)


@rule("MAIL045", Severity.WARNING, MAILS, "The seals of forwarders on the mail {subject} do not hold: {because}")
def arc_fails(mail: Mail) -> Iterator[Seen]:
    """The chain of ARC seals on a mail is broken.

    Why: What earlier hosts say of the mail counts no more: a forwarded mail then has nobody who vouches for it.

    Mend: Let the forwarder seal last, behind everything that changes the mail.

    Not when: The keys were not captured, or there are no seals.

    Source: RFC 8617 section 5.2.
    """
    if mail.header("arc-seal") and is_news(mail, lambda each: each.authentication.arc.result is Verdict.FAIL):
        arc = mail.authentication.arc
        yield seen(arc.packets or mail.packets, subject=called(mail), because=arc.because)


@rule(
    "MAIL046",
    Severity.WARNING,
    MAILS,
    "{by} claims {method}={result} for the mail {subject}, which the capture contradicts",
)
def claim_contradicted(mail: Mail) -> Iterator[Seen]:
    """A header of the mail says that a check had one result, and by the captured records it has another.

    Why: The header is forged, so that a later server or the reader believes it; or the server that wrote it judged by
    other records.

    Mend: Let the first server of your own domain remove such headers when a mail comes in from outside.
        opendkim: RemoveARFrom example.org

    Not when: The records that the judgement needs were not captured.

    Source: RFC 8601 section 5.
    """
    if not any(map(mail.header, CLAIMS)):
        return
    if not is_news(mail, lambda each: any(claim.agrees is False for claim in each.authentication.claims)):
        return
    for claim in mail.authentication.claims:
        if claim.agrees is False:
            by, subject = claim.by or "somebody", called(mail)
            yield seen(mail.packets, subject=subject, by=by, method=claim.method, result=claim.result)


@rule(
    "MAIL047",
    Severity.WARNING,
    MAILS,
    "The DKIM signature of the mail {subject} covers only {octets} octets of its body",
)
def signature_covers_a_part(mail: Mail) -> Iterator[Seen]:
    """A DKIM signature has the tag l=: what stands behind so many octets of the body is not signed.

    Why: Anybody can add text to the mail, and with a trick of MIME make it all that the reader sees.

    Mend: Sign without l=.
        opendkim: BodyLengthDB must not be set

    Not when: The signature has no l=.

    Source: RFC 6376 section 8.2.
    """
    lengths = [found[1] for value in mail.header("dkim-signature") if (found := _LENGTH.search(value))]
    if lengths and is_news(mail, lambda each: any(map(_LENGTH.search, each.header("dkim-signature")))):
        yield seen(mail.packets, subject=called(mail), octets=lengths[0])


@rule("MAIL048", Severity.WARNING, CAPTURE, "The clock of {host} is wrong by {seconds} s")
def clock_wrong(facts: Facts) -> Iterator[Seen]:
    """The stamps that a host writes do not fit the times at which its packets were captured.

    Why: Mails seem to arrive before they were sent, logs of two hosts cannot be compared, certificates and signatures
    count as expired or not yet valid.

    Mend: Let the clock be kept right by NTP.
        chrony: pool pool.ntp.org iburst

    Not when: The difference is whole hours (MAIL049), or only dates of mails tell of it. If all hosts are wrong by the
    same, it is the clock of the computer that captured.

    Source: RFC 5321 section 4.4, RFC 5905.
    """
    for host, clock in _skewed(facts):
        if not clock.zone_hours:
            yield seen(_shown_by(clock), host=_named(facts, host), seconds=f"{clock.skew_s or 0:+,.0f}")


@rule(
    "MAIL049",
    Severity.WARNING,
    CAPTURE,
    "The clock of {host} is wrong by {hours} h: its time zone is not the right one",
)
def time_zone_wrong(facts: Facts) -> Iterator[Seen]:
    """A host's stamps differ from the times of the capture by whole hours.

    Why: The clock itself is right, but the host believes to be in another time zone: mails stand at the wrong place in
    the list, hours too early or too late.

    Mend: Set the time zone.
        systemd: timedatectl set-timezone Asia/Seoul

    Not when: The difference is not near whole hours (MAIL048), or only dates of mails tell of it.

    Source: RFC 5322 section 3.3.
    """
    for host, clock in _skewed(facts):
        if clock.zone_hours:
            yield seen(_shown_by(clock), host=_named(facts, host), hours=f"{clock.zone_hours:+}")


def _skewed(facts: Facts) -> Iterator[tuple[Host, ClockSkew]]:
    """Yield the hosts whose clock is wrong for sure, or most likely."""
    for host in facts.analysis.hosts:
        clock = host.clock
        if clock is None or clock.sure is ClockCertainty.WEAK or clock.skew_s is None:
            continue
        if abs(clock.skew_s) >= WRONG_BY_S and _shown_by(clock):
            yield host, clock


def _shown_by(clock: ClockSkew) -> list[int]:
    return [packet for evidence in clock.evidence for packet in evidence.packets]


def _named(facts: Facts, host: Host) -> str:
    return facts.naming.of(host.address)


@rule(
    "JRN011", Severity.WARNING, JOURNEYS, "The DKIM signature of {domain} broke on the way from {sender} to {receiver}"
)
def signature_broken_on_the_way(way: Way) -> Iterator[Seen]:
    """The body of a mail was the signed one at one hop, and was another one at the next.

    Why: The server between both changed the mail: it added a footer, decoded an attachment, or converted the letters.
    The signature, on which DMARC may rely, does not hold any more.

    Mend: Let that server leave mails as they are, or sign behind it.
        sendmail: define(`confEIGHT_BIT_HANDLING', `pass8')dnl
        postfix: disable_mime_output_conversion = yes

    Not when: The mail was fetched by POP3 or IMAP: the local delivery may convert it, and nobody judges it there.

    Source: RFC 6376 section 5.3, RFC 6376 section 6.1.3.
    """
    journey, mails = way.journey, way.facts.mails_by_id
    for hop in journey.hops:
        before = journey.hops[hop.before] if hop.before is not None else None
        if before is None or before.message not in mails or hop.message not in mails or hop.conversation is None:
            continue
        earlier, later = mails[before.message], mails[hop.message]
        if later.talk.conversation.protocol != "smtp":
            continue
        held = {(each.domain, each.selector) for each in earlier.authentication.dkim if each.body}
        for each in later.authentication.dkim:
            if each.body is False and (each.domain, each.selector) in held:
                packets = (*earlier.packets, *later.packets)
                names = way.facts.naming
                yield seen(
                    packets,
                    conversation=hop.conversation,
                    domain=each.domain or "",
                    sender=names.of(before.receiver),
                    receiver=names.of(hop.receiver),
                )
