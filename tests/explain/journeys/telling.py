"""A mail from Lee over two servers to Kim, written down by hand: three conversations, two lookups, an ident call."""

from __future__ import annotations

from mailtrace.explain.journeys.telling import journey_walkthroughs
from mailtrace.model import (
    Analysis,
    Evidence,
    EvidenceKind,
    Hop,
    HopKind,
    Journey,
    JourneyOutcome,
    Message,
    RecipientOutcome,
    Walkthrough,
)
from tests.explain.making import CLIENT, Talk, analysis, at, lookup, mail, resolver

LEE, A, B, KIM = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"
NAMES = {LEE: "lee-pc", A: "mail.naver.com", B: "mail.daum.net", KIM: "kim-pc"}
OCTETS = b"Subject: test\r\n\r\nhello\r\n"


def submission() -> tuple[Talk, Message]:
    """Lee hands in two mails, the second of which is the one that is followed."""
    talk = Talk(client=LEE, server=A)
    talk.handshake(1, 0.0)
    talk.reply(6, 1.0, "220", "mail.naver.com ESMTP Sendmail")
    talk.command(7, 1.01, "EHLO client")
    talk.reply(8, 1.02, "250", "mail.naver.com Hello")
    talk.command(9, 1.03, "MAIL FROM:<lee@naver.com>")
    talk.reply(10, 1.04, "250", "2.1.0 Sender ok", enhanced="2.1.0")
    talk.command(11, 1.05, "RCPT TO:<nobody@daum.net>")
    talk.reply(12, 1.06, "550", "5.1.1 no such user", enhanced="5.1.1")
    talk.command(13, 1.07, "RSET")
    talk.reply(14, 1.08, "250", "2.0.0 Reset state", enhanced="2.0.0")
    talk.transaction("lee@naver.com", {"nobody@daum.net": "550"}, None, "550")
    talk.command(15, 1.1, "MAIL FROM:<lee@naver.com>")
    talk.reply(16, 1.11, "250", "2.1.0 Sender ok", enhanced="2.1.0")
    talk.command(17, 1.12, "RCPT TO:<kim@daum.net>")
    talk.reply(20, 1.15, "250", "2.1.5 Recipient ok", enhanced="2.1.5")
    talk.command(21, 1.16, "DATA")
    talk.reply(22, 1.17, "354", "Enter mail")
    talk.data(23, 1.18, CLIENT, len(OCTETS) + 3)
    content = talk.content("DATA", (23,), OCTETS)
    message = mail(1, content)
    talk.reply(24, 1.2, "250", "2.0.0 A0001 Message accepted for delivery", enhanced="2.0.0")
    talk.transaction("lee@naver.com", {"kim@daum.net": "250"}, content, "250", "A0001")
    talk.command(25, 1.21, "QUIT")
    return talk, message


def relay() -> tuple[Talk, Message]:
    """The first server passes the mail on; the answer to it comes late."""
    talk = Talk(client=A, server=B, number=2)
    talk.handshake(40, 2.0)
    talk.reply(43, 2.1, "220", "mail.daum.net ESMTP")
    talk.command(44, 2.2, "MAIL FROM:<lee@naver.com>")
    talk.reply(45, 2.21, "250", "2.1.0 Sender ok", enhanced="2.1.0")
    talk.command(46, 2.22, "RCPT TO:<kim@daum.net>")
    talk.reply(47, 2.23, "250", "2.1.5 Recipient ok", enhanced="2.1.5")
    talk.command(48, 2.24, "DATA")
    talk.reply(49, 2.25, "354", "Enter mail")
    talk.data(50, 2.26, CLIENT, len(OCTETS) + 3)
    content = talk.content("DATA", (50,), OCTETS)
    message = mail(2, content)
    talk.reply(51, 4.26, "250", "2.0.0 B0001 Message accepted for delivery", enhanced="2.0.0")
    talk.transaction("lee@naver.com", {"kim@daum.net": "250"}, content, "250", "B0001")
    return talk, message


def retrieval() -> tuple[Talk, Message]:
    """Kim logs in, fetches an older mail and this one, and marks this one for deletion."""
    talk = Talk("pop3", KIM, B, 110, number=3)
    talk.handshake(60, 10.0)
    talk.reply(63, 10.1, "+OK", "ready")
    talk.command(64, 10.2, "PASS kim", ((5, 8),))
    talk.reply(65, 10.3, "+OK", "logged in")
    talk.login("USER", "kim", True, (64, 65))
    talk.command(66, 10.4, "RETR 1")
    talk.reply(67, 10.41, "+OK", "12 octets")
    other = talk.content("RETR", (67,), b"Subject: other")
    talk.command(68, 10.5, "RETR 2")
    talk.reply(69, 10.51, "+OK", "24 octets")
    content = talk.content("RETR", (69,), OCTETS)
    message = mail(3, content)
    mail(4, other)
    talk.command(70, 10.6, "DELE 1")
    talk.reply(71, 10.61, "+OK", "marked")
    talk.command(72, 10.7, "DELE 2")
    talk.reply(73, 10.71, "+OK", "marked")
    return talk, message


HOPS = (
    Hop(
        HopKind.SUBMITTED, 1, 1, LEE, A, at(1.18), ("kim@daum.net",), "A0001", "250",
        lookups=(2,), idents=(6,), packets=(15, 16, 17, 20, 21, 22, 23, 24),
    ),
    Hop(
        HopKind.RELAYED, 2, 2, A, B, at(2.26), ("kim@daum.net",), "B0001", "250", before=0,
        evidence=(
            Evidence(EvidenceKind.QUEUE_ID, "the server called it A0001", (24, 50)),
            Evidence(EvidenceKind.RECEIVED, f"a Received line tells of {LEE}", (50,)),
            Evidence(EvidenceKind.ADDRESS, f"{A} had got it", (50,)),
            Evidence(EvidenceKind.TIME, "it came later"),
        ),
        score=90, changes=("header added: Received",), lookups=(1,), packets=(44, 45, 46, 47, 48, 49, 50, 51),
    ),
    Hop(HopKind.RETRIEVED, 3, 3, B, KIM, at(10.51), ("kim",), before=1, packets=(69,)),
)  # fmt: skip

JOURNEY = Journey(
    1,
    "<1@naver.com>",
    "test",
    "lee@naver.com",
    (RecipientOutcome("kim@daum.net", JourneyOutcome.FETCHED, f"{KIM} fetched it as kim (packet 69)", 2),),
    HOPS,
    JourneyOutcome.FETCHED,
    (1, 2),
)


def capture(*journeys: Journey) -> Analysis:
    """Return the analysis of all that, with these journeys."""
    (lee, first), (a, second), (kim, third) = submission(), relay(), retrieval()
    exchanger = lookup((30, 31), 1.9, "MX", "daum.net", answers=("10 mail.daum.net.",), client=A, caused_by=2)
    policy = lookup((18, 19), 1.13, "A", "daum.net", answers=(B,), client=A, caused_by=1)
    exchanger.id, policy.id = 1, 2
    ident = Talk("ident", A, LEE, 113, number=6)
    ident.packet(4, 0.01, CLIENT, 2)
    ident.packet(5, 0.02, CLIENT.other, 4)
    ident.caused_by = 1
    talks = (lee, a, kim)
    made = analysis(
        *(talk.conversation() for talk in talks),
        resolver(4, exchanger),
        resolver(5, policy),
        ident.conversation(),
        messages=(first, second, third),
        names=NAMES,
    )
    made.conversations[3].caused_by, made.conversations[4].caused_by = 2, 1
    made.journeys = journeys
    return made


def told(*journeys: Journey) -> list[Walkthrough]:
    """Return the walkthroughs of these journeys."""
    return list(journey_walkthroughs(capture(*journeys), journeys))
