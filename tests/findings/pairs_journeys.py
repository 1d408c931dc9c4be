"""Scenes for the rules about the ways of mails. A conversation that takes one has 19 packets, and it is the 13th."""

from __future__ import annotations

from tests.findings.pair import Pair
from tests.findings.pairs_checks import BODY_HASH, signed
from tests.findings.pairs_pop3 import LOGIN

HOP = """
    == {client} {server}:25
    S: 220 {server} ESMTP
    C: EHLO {client}
    S: 250 {server}
    C: MAIL FROM:<{sender}>
    S: 250 ok
    C: RCPT TO:<{recipient}>
    S: {taken}
"""
DATA = """
    C: DATA
    S: 354 go ahead
    C| {mail}\\r\\n.\\r\\n
    S: {status} 2.0.0 {queue_id} Message accepted for delivery
"""
BYE = """
    C: QUIT
    S: 221 bye
"""

LEE, ONE, TWO, KIM = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"

TRACE = "Received: from {client} by {server} (8.17/8.17) with ESMTP id {id}; Tue, 14 Nov 2023 22:13:20 +0000\\r\\n"


def mail(
    *traces: str,
    number: int = 1,
    subject: str = "Hello",
    body: str = "Good day.",
    sender: str = "lee@naver.com",
    more: str = "",
) -> str:
    """Return a mail, written with escapes; `number` makes its Message-ID."""
    return (
        f"{''.join(traces)}From: <{sender}>\\r\\nDate: Tue, 14 Nov 2023 22:13:20 +0000\\r\\n"
        f"Message-ID: <{number}@naver.com>\\r\\nSubject: {subject}\\r\\n{more}\\r\\n{body}"
    )


def trace(client: str, server: str, queue_id: str) -> str:
    """Return the trace header of a hop."""
    return TRACE.format(client=client, server=server, id=queue_id)


def hop(
    client: str,
    server: str,
    message: str,
    queue_id: str,
    recipient: str = "kim@daum.net",
    sender: str = "lee@naver.com",
    status: str = "250",
) -> str:
    """Return a conversation in which a server takes a mail."""
    names = {"client": client, "server": server, "recipient": recipient, "sender": sender, "mail": message}
    return (HOP + DATA + BYE).format(taken="250 ok", queue_id=queue_id, status=status, **names)


def refused(
    client: str, server: str, answer: str, recipient: str = "kim@daum.net", sender: str = "lee@naver.com"
) -> str:
    """Return a conversation in which a server refuses the recipient: packet 9 of 15 names it, 10 refuses."""
    return (HOP + BYE).format(client=client, server=server, recipient=recipient, sender=sender, taken=answer)


def sealed(scene: str) -> str:
    """Return a scene whose mails are signed, as their body was at first."""
    return scene.replace("From: <", f"{signed(BODY_HASH)}\\r\\nFrom: <")


FIRST = hop(LEE, ONE, mail(), "22ADAK01")
SECOND = hop(ONE, TWO, mail(trace(LEE, ONE, "22ADAK01")), "22ADAK02")

BOUNCE = (
    "From: <MAILER-DAEMON@10.0.0.3>\\r\\nTo: <lee@naver.com>\\r\\nSubject: Returned mail\\r\\n"
    "Date: Tue, 14 Nov 2023 22:13:21 +0000\\r\\nMessage-ID: <99@10.0.0.3>\\r\\n"
    "MIME-Version: 1.0\\r\\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\\r\\n\\r\\n"
    "--b\\r\\n\\r\\nSorry.\\r\\n--b\\r\\nContent-Type: message/delivery-status\\r\\n\\r\\n"
    "Reporting-MTA: dns; mail.daum.net\\r\\n\\r\\n"
    "Final-Recipient: rfc822; kim@daum.net\\r\\nAction: {action}\\r\\nStatus: {status}\\r\\n"
    "Diagnostic-Code: smtp; {diagnostic}\\r\\n\\r\\n"
    "--b\\r\\nContent-Type: message/rfc822\\r\\n\\r\\nFrom: <lee@naver.com>\\r\\nMessage-ID: <1@naver.com>\\r\\n"
    "Subject: Hello\\r\\n\\r\\nGood day.\\r\\n--b--"
)


def bounce(action: str, status: str, diagnostic: str) -> str:
    """Return a conversation that brings a report on the mail back."""
    report = BOUNCE.format(action=action, status=status, diagnostic=diagnostic)
    return hop(TWO, ONE, report, "22ADAK09", recipient="lee@naver.com", sender="")


def passed(number: int) -> str:
    """Return a mail that is taken by one server and passed on to the next."""
    queue_id = f"22ADAK{number:02}"
    first = hop(LEE, ONE, mail(number=number, subject=f"Mail {number}"), queue_id)
    message = mail(trace(LEE, ONE, queue_id), number=number, subject=f"Mail {number}")
    return first + hop(ONE, TWO, message, f"22BDAK{number:02}")


LOST = hop(LEE, ONE, mail(number=5, subject="Lost"), "22ADAK05")

FETCHED = (
    LOGIN + "C: RETR 1\nS| +OK\\r\\n" + mail(trace(LEE, ONE, "22ADAK01")) + "\\r\\n.\\r\\n" + BYE.replace("221", "+OK")
)

ROUND = trace("10.0.0.9", ONE, "A{0}") + trace(ONE, "10.0.0.9", "B{0}")

PAIRS = (
    Pair(
        "JRN001",
        seen=FIRST + refused(ONE, TWO, "550 5.1.1 User unknown"),
        says="The mail Hello was taken by 10.0.0.2, and then refused for kim@daum.net: "
        "10.0.0.3 refused the recipient with 550 (packet 29)",
        packets=(14, 29),
        alike=refused(LEE, ONE, "550 5.1.1 User unknown"),
    ),
    Pair(
        "JRN002",
        seen=FIRST + SECOND + bounce("failed", "5.1.1", "550 5.1.1 User unknown"),
        says="The mail Hello came back: for kim@daum.net mail.daum.net reported later that it failed: "
        "550 5.1.1 User unknown (packet 52)",
        packets=(33, 52),
        alike=FIRST + SECOND + bounce("delayed", "4.4.1", "connection refused"),
    ),
    Pair(
        "JRN003",
        seen=FIRST + refused(ONE, TWO, "450 4.7.1 Greylisted"),
        says="The mail Hello still waits for kim@daum.net: 10.0.0.3 put it off with 450 (packet 29), "
        "and no later try was seen",
        packets=(29,),
        alike=FIRST + refused(ONE, TWO, "450 4.7.1 Greylisted") + ".. 60" + SECOND,
    ),
    Pair(
        "JRN004",
        seen=passed(1) + LOST + ".. 20" + passed(2) + ".. 400" + passed(3),
        says="10.0.0.2 took the mail Lost for kim@daum.net and was not seen to pass it on, as it did others before "
        "and after",
        packets=(52,),
        alike=passed(1) + passed(2) + ".. 400" + passed(3) + LOST,
    ),
    Pair(
        "JRN005",
        seen=hop(LEE, ONE, mail(*(ROUND.format(number) for number in range(3))), "22ADAK01"),
        says="The mail Hello has come to 10.0.0.2 3 times: it goes round in circles",
        packets=(13,),
        alike=hop(LEE, ONE, mail(*(ROUND.format(number) for number in range(2))), "22ADAK01"),
    ),
    Pair(
        "JRN006",
        seen=FIRST + ".. 900" + SECOND,
        says="10.0.0.2 kept the mail Hello for 900.0 s before 10.0.0.3 got it",
        packets=(14, 33),
        alike=FIRST + ".. 200" + SECOND,
    ),
    Pair(
        "JRN007",
        seen=FIRST + ".. 60" + FIRST.replace("22ADAK01", "22ADAK07"),
        says="10.0.0.2 took the mail Hello from 10.0.0.1 twice for kim@daum.net",
        packets=(14, 33),
        alike=FIRST + ".. 60" + FIRST.replace("22ADAK01", "22ADAK07").replace("kim@daum.net", "choi@daum.net"),
    ),
    Pair(
        "JRN008",
        seen=FIRST + hop(ONE, TWO, mail(trace(LEE, ONE, "22ADAK01"), body="Buy now."), "22ADAK02"),
        says="10.0.0.2 changed the text of the mail Hello before passing it on",
        packets=(13, 32),
        alike=FIRST + hop(ONE, TWO, mail(trace(LEE, ONE, "22ADAK01"), body="Good day.  "), "22ADAK02"),
    ),
    Pair(
        "JRN009",
        seen=FIRST + hop(ONE, TWO, mail(trace(LEE, ONE, "22ADAK01"), subject="[spam] Hello"), "22ADAK02"),
        says="10.0.0.2 changed headers of the mail Hello before passing it on: Subject",
        packets=(13, 32),
        alike=FIRST + hop(ONE, TWO, mail(trace(LEE, ONE, "22ADAK01"), more="X-Spam: no\\r\\n"), "22ADAK02"),
    ),
    Pair(
        "JRN010",
        seen=FIRST
        + hop(
            "10.0.0.8", "10.0.0.9", mail(body="Other.", subject="Other"), "22ADAK08", "park@nate.com", "cho@nate.com"
        ),
        says="2 different mails carry the Message-ID <1@naver.com>",
        packets=(14, 33),
        alike=FIRST + SECOND,
    ),
    Pair(
        "JRN011",
        seen=sealed(FIRST + hop(ONE, TWO, mail(trace(LEE, ONE, "22ADAK01"), body="Buy now."), "22ADAK02")),
        says="The DKIM signature of naver.com broke on the way from 10.0.0.2 to 10.0.0.3",
        packets=(13, 32),
        alike=sealed(FIRST + SECOND),
    ),
    Pair(
        "JRN012",
        seen=SECOND.replace("with ESMTP id", "with ESMTPS id"),
        says="The mail Hello came to 10.0.0.2 encrypted, and went on to 10.0.0.3 in clear",
        packets=(13,),
        alike=SECOND,
    ),
    Pair(
        "JRN013",
        seen=bounce("delayed", "4.4.1", "connection refused"),
        says="mail.daum.net warns that a mail for kim@daum.net is late: connection refused",
        packets=(13,),
        alike=bounce("failed", "5.1.1", "550 5.1.1 User unknown"),
    ),
    Pair(
        "JRN014",
        seen=FETCHED * 2,
        says="The mail Hello was fetched 2 times from 10.0.0.2",
        packets=(10, 25),
        alike=FETCHED + FETCHED.replace("RETR 1", "TOP 1 0"),
    ),
    Pair(
        "JRN015",
        seen=refused(LEE, ONE, "450 4.7.1 Greylisted") + ".. 60" + FIRST,
        says="The mail Hello was put off before 10.0.0.2 took it (times: 1)",
        packets=(10, 29),
        alike=refused(LEE, ONE, "450 4.7.1 Greylisted") + ".. 60" + FIRST.replace("lee@naver", "cho@naver"),
    ),
    Pair(
        "JRN016",
        seen=refused(TWO, ONE, "550 5.1.1 User unknown", "lee@naver.com", ""),
        says="The report (no subject) could not be delivered either: "
        "10.0.0.2 refused the recipient with 550 (packet 10)",
        packets=(10,),
        alike=refused(TWO, ONE, "550 5.1.1 User unknown", "lee@naver.com", "kim@daum.net"),
    ),
)
