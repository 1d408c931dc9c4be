"""Scenes for the rules of SMTP about refusals: the words are those of real servers."""

from __future__ import annotations

from tests.findings.pair import Pair
from tests.findings.smtp_scenes import ENDS, GREETED, begun

MAIL = GREETED + "C: MAIL FROM:<a@example.net>\nS: 250 2.1.0 Ok\n"
"""Packets 4 to 8."""


def recipient(answer: str, address: str = "b@example.org") -> str:
    """Return a conversation in which the recipient gets this answer: packets 9 and 10."""
    return f"{MAIL}\nC: RCPT TO:<{address}>\nS: {answer}\n{ENDS}"


def sender(answer: str) -> str:
    """Return a conversation in which the sender gets this answer: packets 7 and 8."""
    return f"{GREETED}\nC: MAIL FROM:<a@example.net>\nS: {answer}\n{ENDS}"


def content(answer: str) -> str:
    """Return a conversation in which the mail gets this answer: DATA is packet 11, the answer 14."""
    return f"{begun()}\nC| Subject: x\\r\\n\\r\\nHi\\r\\n.\\r\\n\nS: {answer}\n{ENDS}"


UNKNOWN = "550 5.1.1 <b@example.org>... User unknown"
FULL = "552 5.2.2 <b@example.org>: Mailbox full"
GREY = "450 4.2.0 <b@example.org>: Recipient address rejected: Greylisted"
LATER = "450 4.7.1 <b@example.org>: Recipient address rejected: try again later"
SIZE = "552 5.3.4 Message size exceeds fixed limit"
SPAM = "550 5.7.1 Message content rejected, id=07"
LISTED = "554 5.7.1 Service unavailable; Client host [10.0.0.1] blocked using bl.example.org"
SPF = "550 5.7.23 SPF validation failed"
PTR = "450 4.7.1 Client host rejected: cannot find your hostname, [10.0.0.1]"
LOGIN = "530 5.7.0 Authentication required"
TLS = "530 5.7.0 Must issue a STARTTLS command first"
DOMAIN = "450 4.1.8 <a@example.net>: Sender address rejected: Domain not found"
MANY = "452 4.5.3 Error: too many recipients"
POLICY = "550 5.7.1 <b@example.org>: Recipient address rejected: not here"
DISK = "452 4.3.1 Insufficient system storage"
RATE = "421 4.7.0 Rate limit exceeded, try again later"

PROBES = "".join(f"C: RCPT TO:<u{n}@example.org>\nS: 550 5.1.1 User unknown\n" for n in range(10))

RELAYED = """
    == {client} 198.51.100.2:25
    S: 220 mx.hoster.example ESMTP
    C: EHLO client.example.net
    S: 250 mx.hoster.example
    C: MAIL FROM:<a@example.net>
    S: 250 2.1.0 Ok
    C: RCPT TO:<b@example.org>
    S: 250 2.1.5 Ok
    C: DATA
    S: 354 go ahead
    C| Message-ID: <1@example.net>\\r\\nSubject: x\\r\\n\\r\\nHi\\r\\n.\\r\\n
    S: 250 2.0.0 Ok: queued as 4F1A2B3C4D
    C: QUIT
    S: 221 2.0.0 Bye
    @ 198.51.100.2 -> 198.51.100.53 MX example.org = 10 mx.example.org.
    @ 198.51.100.2 -> 198.51.100.53 A mx.example.org = 192.0.2.3
    == 198.51.100.2 192.0.2.3:25
    S: 220 mx.example.org ESMTP
    C: EHLO mx.hoster.example
    S: 250 mx.example.org
    C: MAIL FROM:<a@example.net>
    S: 250 2.1.0 Ok
    C: RCPT TO:<b@example.org>
    S: 250 2.1.5 Ok
    C: DATA
    S: 354 go ahead
    C| Received: from client.example.net by mx.hoster.example with ESMTP id 4F1A2B3C4D\\r\\n
    C| Message-ID: <1@example.net>\\r\\n
    C| Subject: x\\r\\n\\r\\nHi\\r\\n.\\r\\n
    S: 250 2.0.0 Ok: queued as 5A6B7C8D9E
    C: QUIT
    S: 221 2.0.0 Bye
"""

PAIRS = (
    Pair(
        "SMTP007",
        seen=RELAYED.format(client="203.0.113.9"),
        says="mx.hoster.example relayed a mail of a@example.net to b@example.org for 203.0.113.9, a stranger that had "
        "not logged in: it may relay for everybody",
        packets=(*range(7, 15), 17, 18, *range(30, 40)),
        alike=RELAYED.format(client="198.51.100.9"),
    ),
    Pair(
        "SMTP008",
        seen=MAIL + PROBES + ENDS,
        says="10.0.0.1 named 10 recipients that mx.example.org does not know, and sent no mail: "
        "somebody seems to try names",
        packets=tuple(range(9, 29)),
        alike=MAIL
        + PROBES
        + "C: RCPT TO:<b@example.org>\nS: 250 Ok\nC: DATA\nS: 354 go ahead\nC| Hi\\r\\n.\\r\\n\nS: 250 Ok\n"
        + ENDS,
    ),
    Pair(
        "SMTP040",
        seen=recipient(UNKNOWN),
        says=f"mx.example.org does not know the recipient b@example.org: {UNKNOWN} [5.1.1: no such mailbox]",
        packets=(9, 10),
        alike=recipient(FULL),
    ),
    Pair(
        "SMTP041",
        seen=recipient("554 5.7.1 <k@daum.net>: Relay access denied", "k@daum.net"),
        says="mx.example.org refused to relay a mail of 10.0.0.1 to k@daum.net: 554 5.7.1 <k@daum.net>: "
        "Relay access denied [5.7.1: not authorised: policy refuses this]",
        packets=(9, 10),
        alike=recipient("550 5.1.1 <relay@daum.net>: User unknown", "relay@daum.net"),
    ),
    Pair(
        "SMTP042",
        seen=recipient(FULL),
        says=f"The mailbox of b@example.org at mx.example.org is full or over its limit: {FULL} "
        "[5.2.2: the mailbox is full]",
        packets=(9, 10),
        alike=recipient("552 5.2.3 Message exceeds maximum fixed size"),
    ),
    Pair(
        "SMTP043",
        seen=recipient(GREY),
        says=f"mx.example.org put 10.0.0.1 off with greylisting: {GREY} [4.2.0: no further detail about the mailbox]",
        packets=(9, 10),
        alike=recipient("450 4.2.0 <greylist@example.org>: try again later"),
    ),
    Pair(
        "SMTP044",
        seen=sender("450 4.7.1 Error: too much mail from 10.0.0.1"),
        says="mx.example.org limits how much 10.0.0.1 may send or connect: 450 4.7.1 Error: too much mail from "
        "10.0.0.1 [4.7.1: not authorised: policy refuses this]",
        packets=(7, 8),
        alike=recipient(MANY),
    ),
    Pair(
        "SMTP045",
        seen=sender(SIZE),
        says=f"mx.example.org does not take a mail as large as that of 10.0.0.1: {SIZE} "
        "[5.3.4: the mail is too big for the system]",
        packets=(7, 8),
        alike=recipient("552 5.2.2 Over quota"),
    ),
    Pair(
        "SMTP046",
        seen=content(SPAM),
        says=f"mx.example.org took a mail of 10.0.0.1 for spam or malware: {SPAM} "
        "[5.7.1: not authorised: policy refuses this]",
        packets=(11, 13, 14),
        alike=content(LISTED),
    ),
    Pair(
        "SMTP047",
        seen=recipient(LISTED),
        says=f"mx.example.org refused 10.0.0.1 because of a blocklist: {LISTED} "
        "[5.7.1: not authorised: policy refuses this]",
        packets=(9, 10),
        alike=recipient("550 5.7.1 Client host [10.0.0.1] rejected: Access denied"),
    ),
    Pair(
        "SMTP048",
        seen=sender(SPF),
        says=f"mx.example.org refused 10.0.0.1, since SPF, DKIM or DMARC speak against it: {SPF} "
        "[5.7.23: SPF check failed]",
        packets=(7, 8),
        alike=recipient("550 5.1.1 <spf@example.org>... User unknown", "spf@example.org"),
    ),
    Pair(
        "SMTP049",
        seen=recipient(PTR),
        says=f"mx.example.org refused 10.0.0.1, whose address has no fitting name: {PTR} "
        "[4.7.1: not authorised: policy refuses this]",
        packets=(9, 10),
        alike=recipient("450 4.7.1 <client>: Helo command rejected: Host not found"),
    ),
    Pair(
        "SMTP050",
        seen=sender(LOGIN),
        says=f"mx.example.org wants 10.0.0.1 to log in before it takes this mail: {LOGIN} "
        "[5.7.0: security or policy, no further detail]",
        packets=(7, 8),
        alike=sender(TLS),
    ),
    Pair(
        "SMTP051",
        seen=sender(TLS),
        says=f"mx.example.org wants 10.0.0.1 to encrypt before it takes this mail: {TLS} "
        "[5.7.0: security or policy, no further detail]",
        packets=(7, 8),
        alike=sender(LOGIN),
    ),
    Pair(
        "SMTP052",
        seen=recipient(DOMAIN),
        says=f"mx.example.org does not believe the sender a@example.net: {DOMAIN} "
        "[4.1.8: the sender's domain does not exist or takes no mail]",
        packets=(9, 10),
        alike=recipient("550 5.1.2 <b@example.org>: Recipient address rejected: Domain not found"),
    ),
    Pair(
        "SMTP053",
        seen=recipient(MANY),
        says=f"mx.example.org takes no further recipients for one mail of 10.0.0.1: {MANY} "
        "[4.5.3: too many recipients]",
        packets=(9, 10),
        alike=recipient(DISK),
    ),
    Pair(
        "SMTP054",
        seen=recipient(POLICY),
        says=f"mx.example.org refused the recipient b@example.org for good: {POLICY} "
        "[5.7.1: not authorised: policy refuses this]",
        packets=(9, 10),
        alike=recipient(UNKNOWN),
    ),
    Pair(
        "SMTP055",
        seen=recipient(LATER),
        says=f"mx.example.org put off the mail to b@example.org for now: {LATER} "
        "[4.7.1: not authorised: policy refuses this]",
        packets=(9, 10),
        alike=recipient(GREY),
    ),
    Pair(
        "SMTP056",
        seen=sender("550 5.7.1 Sender rejected by policy"),
        says="mx.example.org refused the sender a@example.net for good: 550 5.7.1 Sender rejected by policy "
        "[5.7.1: not authorised: policy refuses this]",
        packets=(7, 8),
        alike=sender(SPF),
    ),
    Pair(
        "SMTP057",
        seen=content("554 5.6.0 Headers are not in order"),
        says="mx.example.org refused the mail to b@example.org for good: 554 5.6.0 Headers are not in order "
        "[5.6.0: no further detail about the content]",
        packets=(11, 13, 14),
        alike=MAIL + "C: RCPT TO:<b@example.org>\nS: 550 5.7.1 No\nC: DATA\nS: 554 No valid recipients" + ENDS,
    ),
    Pair(
        "SMTP058",
        seen="S: 554 5.7.1 No mail from you\n" + ENDS,
        says="10.0.0.2 greeted 10.0.0.1 with a refusal: 554 5.7.1 No mail from you "
        "[5.7.1: not authorised: policy refuses this]",
        packets=(4,),
        alike="S: 421 4.7.0 Rate limit exceeded, try again later\nS! fin\nC! fin",
    ),
    Pair(
        "SMTP059",
        seen=sender(DISK),
        says=f"mx.example.org cannot take mail because of a trouble of its own: {DISK} "
        "[4.3.1: the mail system's storage is full]",
        packets=(7, 8),
        alike=sender("452 4.2.2 Mailbox full"),
    ),
)
