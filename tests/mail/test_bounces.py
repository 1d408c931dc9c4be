"""Reports on other mails: as Postfix, sendmail, qmail and exim write them, and what only looks like one."""

from __future__ import annotations

import pytest

import mailtrace
from mailtrace.model import DeliveryReport, ReportedRecipient
from tests.mail.contents import growth, read
from tests.support import shared

POSTFIX = b"""\
From: Mail Delivery System <MAILER-DAEMON@nate.com>\r
Content-Type: multipart/report; report-type=delivery-status; boundary="B/mail.nate.com"\r
Message-Id: <20261122041225.8CC3225A0BC@mail.nate.com>\r
\r
--B/mail.nate.com\r
Content-Type: text/plain; charset=utf-8\r
\r
I'm sorry to have to inform you ...\r
\r
--B/mail.nate.com\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mail.nate.com\r
Original-Envelope-Id: QQ314159=x\r
X-Postfix-Queue-ID: 8ACD925A0BD\r
X-Postfix-Sender: rfc822; lee@naver.com\r
\r
Final-Recipient: rfc822; kim@daum.net\r
Original-Recipient: rfc822;team@nate.com\r
Action: failed\r
Status: 5.1.1\r
Remote-MTA: dns; mail.daum.net\r
Diagnostic-Code: smtp; 550 5.1.1\r
    <kim@daum.net>... User unknown\r
\r
Final-Recipient: rfc822; park@nate.com\r
Action: delayed (will be tried again)\r
Status: 4.4.1\r
\r
--B/mail.nate.com\r
Content-Type: message/rfc822\r
\r
Message-ID: <m05.chunk@naver.com>\r
Subject: =?utf-8?b?7ZWc6riA?=\r
From: Lee <lee@naver.com>\r
Date: Sun, 22 Nov 2026 13:05:00 +0900\r
\r
text\r
--B/mail.nate.com--\r
"""


def report(octets: bytes) -> DeliveryReport:
    """Return what a mail reports."""
    found = read(octets).reports
    assert found is not None
    return found


def test_k211_a_bounce_names_the_mail_its_recipients_and_why() -> None:
    assert report(POSTFIX) == DeliveryReport(
        kind="delivery-status",
        message_id="<m05.chunk@naver.com>",
        recipients=(
            ReportedRecipient(
                "kim@daum.net",
                "team@nate.com",
                "failed",
                "5.1.1",
                "550 5.1.1 <kim@daum.net>... User unknown",
                "mail.daum.net",
            ),
            ReportedRecipient("park@nate.com", None, "delayed", "4.4.1"),
        ),
        reporter="mail.nate.com",
        queue_id="8ACD925A0BD",
        envelope_id="QQ314159=x",
    )


def test_the_reported_mail_is_told_as_an_attached_one() -> None:
    (attached,) = read(POSTFIX).attached
    assert (attached.path, attached.message_id, attached.subject) == ("3", "<m05.chunk@naver.com>", "한글")
    assert (attached.from_[0].name, attached.date) == ("Lee", "2026-11-22T13:05:00+09:00")


def test_the_report_of_the_lab() -> None:
    capture = shared("captures/lab/07-chunking.pcapng")
    (found,) = [message.reports for message in mailtrace.analyze(str(capture)).messages if message.reports]
    assert (found.message_id, found.queue_id) == ("<m05.chunk@naver.com>", "8ACD925A0BD")
    assert found.recipients == (
        ReportedRecipient(
            "park@nate.com", "park@nate@nate.com", "delivered", "2.0.0", "delivery via local: delivered to mailbox"
        ),
    )


HEADERS_ONLY = POSTFIX.replace(b"message/rfc822", b"text/rfc822-headers").replace(
    b"X-Postfix-Queue-ID: 8ACD925A0BD\r\n", b""
)


def test_headers_alone_and_the_queue_id_of_their_last_trace_field() -> None:
    octets = HEADERS_ONLY.replace(
        b"Message-ID: <m05",
        b"Received: from client ([192.168.111.130])\r\n"
        b"\tby mail.nate.com (8.17.1/8.17.1) with ESMTP id 6AM4CPj5000689\r\n"
        b"\tfor <kim@daum.net>; Sun, 22 Nov 2026 13:05:00 +0900\r\nMessage-ID: <m05",
    )
    assert (report(octets).message_id, report(octets).queue_id) == ("<m05.chunk@naver.com>", "6AM4CPj5000689")
    elsewhere = octets.replace(b"by mail.nate.com (8", b"by mail.naver.com (8")
    assert (report(elsewhere).message_id, report(elsewhere).queue_id) == ("<m05.chunk@naver.com>", None)


def test_addresses_in_other_scripts() -> None:
    octets = POSTFIX.replace(b"rfc822; kim@daum.net", rb"utf-8; \x{AE40}\x{B2E4}\x{C74C}\x{0A}@daum.net")
    assert report(octets).recipients[0].address == "김다음\ufffd@daum.net"  # RFC 6533 section 3; no new line
    octets = POSTFIX.replace(b"rfc822; kim@daum.net", "utf-8; 김다음@daum.net".encode())
    assert report(octets).recipients[0].address == "김다음@daum.net"


RECEIPT = b"""\
From: Kim <kim@daum.net>\r
Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r
\r
--b\r
\r
read it\r
--b\r
Content-Type: message/disposition-notification\r
\r
Reporting-UA: pc.daum.net; Thunderbird 128\r
Final-Recipient: rfc822;kim@daum.net\r
Original-Message-ID: <1@naver.com>\r
Disposition: manual-action/MDN-sent-manually; displayed\r
\r
--b--\r
"""


def test_a_receipt() -> None:
    assert report(RECEIPT) == DeliveryReport(
        kind="disposition-notification",
        message_id="<1@naver.com>",
        recipients=(ReportedRecipient("kim@daum.net", action="displayed"),),
        reporter="pc.daum.net",
    )


QMAIL = b"""\
From: MAILER-DAEMON@mail.example.org\r
To: lee@naver.com\r
Subject: failure notice\r
\r
Hi. This is the qmail-send program at mail.example.org.\r
I'm afraid I wasn't able to deliver your message to the following addresses.\r
This is a permanent error; I've given up. Sorry it didn't work out.\r
\r
<kim@daum.net>:\r
192.0.2.1 does not like recipient.\r
Remote host said: 550 5.1.1 <kim@daum.net>... User unknown\r
Giving up on 192.0.2.1.\r
\r
<nobody@mail.example.org>:\r
Sorry, no mailbox here by that name. (#5.1.1)\r
\r
<full@mail.example.org>:\r
Over quota at 10.5.4.3.2\r
\r
--- Below this line is a copy of the message.\r
\r
Return-Path: <lee@naver.com>\r
Received: (qmail 123 invoked by uid 0); 22 Nov 2026 04:05:00 -0000\r
Message-ID: <1@naver.com>\r
Subject: test\r
\r
<other@daum.net>:\r
"""


def test_a_bounce_of_qmail() -> None:
    assert report(QMAIL) == DeliveryReport(
        kind="qmail",
        message_id="<1@naver.com>",
        recipients=(
            ReportedRecipient(
                "kim@daum.net",
                action="failed",
                status="5.1.1",
                diagnostic="192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 <kim@daum.net>... User "
                "unknown Giving up on 192.0.2.1.",
            ),
            ReportedRecipient(
                "nobody@mail.example.org",
                action="failed",
                status="5.1.1",
                diagnostic="Sorry, no mailbox here by that name. (#5.1.1)",
            ),
            ReportedRecipient("full@mail.example.org", action="failed", diagnostic="Over quota at 10.5.4.3.2"),
        ),
        reporter="mail.example.org",
    )


EXIM = b"""\
X-Failed-Recipients: kim@daum.net, choi@nate.com\r
Auto-Submitted: auto-replied\r
From: Mail Delivery System <Mailer-Daemon@mail.nate.com>\r
Subject: Mail delivery failed: returning message to sender\r
\r
This message was created automatically by mail delivery software.\r
\r
A message that you sent could not be delivered to one or more of its\r
recipients. This is a permanent error. The following address(es) failed:\r
\r
  kim@daum.net\r
    host mail.daum.net [192.168.111.200]\r
    SMTP error from remote mail server after RCPT TO:<kim@daum.net>:\r
    550 5.1.1 <kim@daum.net>... User unknown\r
  choi@nate.com\r
    Unrouteable address\r
\r
------ This is a copy of the message, including all the headers. ------\r
\r
Return-path: <lee@naver.com>\r
Message-ID: <1@naver.com>\r
\r
text\r
"""


def test_a_bounce_of_exim() -> None:
    assert report(EXIM) == DeliveryReport(
        kind="exim",
        message_id="<1@naver.com>",
        recipients=(
            ReportedRecipient(
                "kim@daum.net",
                action="failed",
                status="5.1.1",
                diagnostic="host mail.daum.net [192.168.111.200] SMTP error from remote mail server after RCPT "
                "TO:<kim@daum.net>: 550 5.1.1 <kim@daum.net>... User unknown",
            ),
            ReportedRecipient("choi@nate.com", action="failed", diagnostic="Unrouteable address"),
        ),
    )


def test_a_warning_of_exim() -> None:
    octets = (
        b"Subject: Warning: message 1rXXyZ-0001Ab-Cd delayed 24 hours\r\n\r\n"
        b"This message was created automatically by mail delivery software.\r\n"
        b"A message that you sent has not yet been delivered to one or more of its\r\n"
        b"recipients after more than 24 hours on the queue on mail.nate.com.\r\n\r\n"
        b"The message identifier is:     1rXXyZ-0001Ab-Cd\r\nThe subject of the message is: test\r\n\r\n"
        b"The address to which the message has not yet been delivered is:\r\n\r\n  kim@daum.net\r\n"
        b"    host mail.daum.net [192.168.111.200]: Connection timed out\r\n\r\nNo action is required on your part.\r\n"
    )
    found = report(octets)
    assert (found.kind, found.message_id, found.queue_id) == ("exim", None, "1rXXyZ-0001Ab-Cd")
    assert found.recipients == (
        ReportedRecipient(
            "kim@daum.net", action="delayed", diagnostic="host mail.daum.net [192.168.111.200]: Connection timed out"
        ),
    )


@pytest.mark.parametrize(
    "octets",
    [
        b"Subject: x\r\n\r\nHi. Is this the program at work?\r\n",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nno status part\r\n--b--\r\n",
        b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nWhat does this mean?\r\n--o\r\n"
        b"Content-Type: message/rfc822\r\n\r\n" + POSTFIX + b"\r\n--o--\r\n",
    ],
)
def test_what_only_looks_like_a_report(octets: bytes) -> None:
    assert read(octets).reports is None


@pytest.mark.parametrize("cut", range(0, len(POSTFIX), 37))
def test_a_report_cut_anywhere_invents_nothing(cut: int) -> None:
    for whole in (POSTFIX, QMAIL, EXIM, RECEIPT):
        found = read(whole[:cut]).reports
        addresses = [each.address for each in found.recipients] if found else []
        assert [address for address in addresses if address.encode() not in whole] == []


STATUS = b"Content-Type: message/delivery-status\r\n\r\n"
FAILED = b"X-Failed-Recipients: a@b\r\n\r\n"


@pytest.mark.parametrize("start", [STATUS, b"\r\nHi. This is the ", FAILED])
@pytest.mark.parametrize(
    "unit", [b"\r\n\r\n", b"Final-Recipient: a;b\r\n\r\n", b"<a>:\r\n", b"  a@b\r\n", b"5.1.1", b"-", b"\\x{"]
)
def test_reports_are_read_in_linear_time(start: bytes, unit: bytes) -> None:
    assert growth(lambda size: read(start + unit * size), 4000) <= 2.6
