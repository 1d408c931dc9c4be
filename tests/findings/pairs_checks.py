"""Scenes for the rules about checks of mails, and about clocks. They begin on 14 November 2023, 22:13:20 UTC."""

from __future__ import annotations

from tests.findings.pair import Pair
from tests.findings.pairs_mail import mail
from tests.findings.pairs_policies import text

BODY_HASH = "9uOGmlHrJAz3qYW3HgUIY6YEeq1d2KGkPa4QmjjuWMw="
"""SHA-256 of `Good day.` and a line end, in base64."""

SIGNATURE = (
    "DKIM-Signature: v=1; a=rsa-sha256; d=naver.com; s=s1; c=simple/simple; h=from:subject; bh={bh}; b=QUJD{more}"
)


def signed(body_hash: str, more: str = "") -> str:
    """Return a signature whose key is nowhere."""
    return SIGNATURE.format(bh=body_hash, more=more)


def greeted(stamp: str) -> str:
    """Return conversations whose server tells the time in its greeting."""
    return f"""
        == 10.0.0.1 10.0.0.2:25
        S: 220 mx.example.org ESMTP Sendmail 8.17; {stamp}
        C: QUIT
        S: 221 bye
    """


FORBIDDEN = text("naver.com", "v=spf1 ip4:192.0.2.1 -all")
DOUBTED = text("naver.com", "v=spf1 ip4:192.0.2.1 ~all")
ALLOWED = text("naver.com", "v=spf1 ip4:10.0.0.1 -all")
REJECT = text("_dmarc.naver.com", "v=DMARC1\\; p=reject")

NOT_NAMED = "the SPF record of naver.com does not name 10.0.0.1, and ends with"

PAIRS = (
    Pair(
        "MAIL041",
        seen=FORBIDDEN + mail(),
        says=f"10.0.0.1 may not send for naver.com: SPF fails, since {NOT_NAMED} `-all`",
        packets=(1, 2),
        alike=ALLOWED + mail(),
    ),
    Pair(
        "MAIL042",
        seen=DOUBTED + mail(),
        says=f"10.0.0.1 should not send for naver.com: SPF has doubts, since {NOT_NAMED} `~all`",
        packets=(1, 2),
        alike=FORBIDDEN + mail(),
    ),
    Pair(
        "MAIL043",
        seen=mail(signed("AAAA" * 10 + "AAA=")),
        says="The DKIM signature of naver.com on the mail Hello does not hold: the body is not the one that was "
        "signed: it was probably changed on the way",
        packets=(13,),
        alike=mail(signed(BODY_HASH)),
    ),
    Pair(
        "MAIL044",
        seen=f"{FORBIDDEN}\n{REJECT}" + mail(),
        says="DMARC fails for the mail Hello: neither SPF nor DKIM passed for naver.com or a name that its "
        "policy lets stand for it (the policy of naver.com is reject)",
        packets=(3, 4),
        alike=f"{ALLOWED}\n{REJECT}" + mail(),
    ),
    Pair(
        "MAIL045",
        seen=mail("ARC-Seal: i=1; a=rsa-sha256; cv=none; d=naver.com; s=s1; b=QUJD"),
        says="The seals of forwarders on the mail Hello do not hold: the chain is not whole: fields are missing",
        packets=(13,),
        alike=mail("X-ARC-Seal: i=1; a=rsa-sha256; cv=none; d=naver.com; s=s1; b=QUJD"),
    ),
    Pair(
        "MAIL046",
        seen=FORBIDDEN + mail("Authentication-Results: mx.daum.net; spf=pass smtp.mailfrom=naver.com"),
        says="mx.daum.net claims spf=pass for the mail Hello, which the capture contradicts",
        packets=(15,),
        alike=FORBIDDEN + mail("Authentication-Results: mx.daum.net; spf=fail smtp.mailfrom=naver.com"),
    ),
    Pair(
        "MAIL047",
        seen=mail(signed(BODY_HASH, "; l=11")),
        says="The DKIM signature of the mail Hello covers only 11 octets of its body",
        packets=(13,),
        alike=mail(signed(BODY_HASH, "; q=dns/txt")),
    ),
    Pair(
        "MAIL048",
        seen=greeted("Tue, 14 Nov 2023 22:33:20 +0000") * 2,
        says="The clock of mx.example.org is wrong by +1,200 s",
        packets=(1, 4, 10, 13),
        alike=greeted("Tue, 14 Nov 2023 22:13:21 +0000") * 2,
    ),
    Pair(
        "MAIL049",
        seen=greeted("Tue, 14 Nov 2023 22:13:20 +0900") * 2,
        says="The clock of mx.example.org is wrong by -9 h: its time zone is not the right one",
        packets=(1, 4, 10, 13),
        alike=greeted("Wed, 15 Nov 2023 07:13:20 +0900") * 2,
    ),
)
