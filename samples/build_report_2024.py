"""Builds 02-report-2024.pcapng: a mail and its reply between naver.com and daum.net, from the tables of a report.

Run `python samples/build_report_2024.py [FOLDER]`. What the tables do not show is told in 02-report-2024.md.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from building import LINUX, LINUX_WITHOUT_TIMES, WINDOWS, Conversation, Host, Story, base64_lines, wire_lines, write

NAME = "02-report-2024"
SENDMAIL = "8.15.2/8.15.2/Debian-18"
MAIL_ID = "<a84b8cfb564e117b3628faa74fa40a4fb695bbef.camel@naver.com>"
MAIL_TEXT = "Lee가 Kim에게 보내는 메시지 확인 바람\r\n"
MAIL_HEAD = (
    f"Message-ID: {MAIL_ID}",
    "Subject: test",
    "From: =?euc-kr?Q?=C0=CC=B3=D7=C0=CC=B9=F6?= <lee@naver.com>",
    "To: kim@daum.net",
    "Date: Fri, 26 Apr 2024 10:57:59 +0900",
    'Content-Type: text/plain; charset="UTF-8"',
    "User-Agent: Evolution 3.36.1-2 ",
    "MIME-Version: 1.0",
)
REPLY_TEXT = (
    "\r\n이건 Kim이 Lee에게 보내는 메시지입니다. Reply\r\n\r\n"
    "Fri, 26 Apr 2024 10:57:59 +0900, 이네이버 <lee@naver.com>님이 쓴 글:\r\n\r\n"
    "> Lee가 Kim에게 보내는 메시지 확인 바람\r\n"
)
REPLY_HEAD = (
    "Content-Type: text/plain; charset=euc-kr; format=flowed; delsp=yes",
    "To: =?euc-kr?B?wMyz18DMufY=?= <lee@naver.com>",
    "Subject: Re: test2",
    f"References: {MAIL_ID}",
    "Date: Fri, 26 Apr 2024 10:58:52 +0900",
    "MIME-Version: 1.0",
    "From: =?euc-kr?B?sei02cC9?= <kim@daum.net>",
    "Message-ID: <op.2mtbsex0nak22s8p@desktop-oeju5p7.localdomain>",
    f"In-Reply-To: {MAIL_ID}",
    "User-Agent: Opera Mail/1.0 (Win32)",
)


class Stamp(NamedTuple):
    """A `Received` line: who handed the mail to which host, the queue id it got there, for whom, and when."""

    sender: str
    host: str
    queue_id: str
    recipient: str
    time: str

    def lines(self) -> tuple[str, str, str]:
        """Return the three lines that Sendmail puts on top of a mail it accepts."""
        by = f"\tby {self.host} ({SENDMAIL}) with ESMTP id {self.queue_id}"
        return (f"Received: from {self.sender}", by, f"\tfor <{self.recipient}>; Fri, 26 Apr 2024 {self.time}")


LEE, KIM = "client ([192.168.111.130])", "desktop-oeju5p7.localdomain ([192.168.111.133])"
FROM_A, FROM_B = "mail.naver.com ([192.168.111.100])", "mail.daum.net ([192.168.111.200])"
MAIL_AT_A = Stamp(LEE, "mail.naver.com", "43Q1vx0G007503", "kim@daum.net", "10:58:00 +0900")
MAIL_AT_B = Stamp(FROM_A, "mail.daum.net", "43Q1w1lW007636", "kim@daum.net", "01:58:02 GMT")
REPLY_AT_B = Stamp(KIM, "mail.daum.net", "43Q1wvqQ007664", "lee@naver.com", "01:58:58 GMT")
REPLY_AT_A = Stamp(FROM_B, "mail.naver.com", "43Q1wwYr007507", "lee@naver.com", "10:58:59 +0900")


def _hello(server: str, client: str) -> bytes:
    """Return the answer to EHLO: the extensions of Debian's Sendmail."""
    words = ["ENHANCEDSTATUSCODES", "PIPELINING", "EXPN", "VERB", "8BITMIME", "SIZE", "DSN", "ETRN"]
    words += ["AUTH DIGEST-MD5 CRAM-MD5", "DELIVERBY"]
    first = f"250-{server} Hello [{client}], pleased to meet you"
    return wire_lines(first, *(f"250-{word}" for word in words), "250 HELP")


def _fetched(head: tuple[str, ...], text: bytes, encoding: str, sender: str, last: Stamp, first: Stamp) -> bytes:
    """Return the answer to RETR: the mail as the local mailer stored it, its base64 turned into plain 8-bit text."""
    mail = wire_lines(f"Return-Path: <{sender}>", *last.lines(), *first.lines(), *head)
    mail += wire_lines("Content-Transfer-Encoding: 8bit")
    mail += wire_lines(f"X-MIME-Autoconverted: from {encoding} to 8bit by {last.host} id {last.queue_id}", "") + text
    return wire_lines(f"+OK {len(mail)} octets") + mail + wire_lines(".")


def texts() -> dict[str, bytes]:
    """Return what the table names with a `$`: texts of many lines, and those that do not end at a line's end."""
    mail_text, reply_text = MAIL_TEXT.encode("utf-8"), REPLY_TEXT.encode("euc-kr")
    body = wire_lines(*MAIL_HEAD[1:], "Content-Transfer-Encoding: base64", "", *base64_lines(mail_text), "")
    mail = wire_lines(MAIL_HEAD[0]) + body + b"\r\n"
    reply = wire_lines(*REPLY_HEAD, "Content-Transfer-Encoding: Base64", "", *base64_lines(reply_text))
    capabilities = ("+OK", "CAPA", "TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE")
    return {
        "hello-lee": _hello("mail.naver.com", "192.168.111.130"),
        "hello-a": _hello("mail.daum.net", "192.168.111.100"),
        "hello-kim": _hello("mail.daum.net", "192.168.111.133"),
        "hello-b": _hello("mail.naver.com", "192.168.111.200"),
        "mail-first-line": wire_lines(MAIL_HEAD[0]),
        "mail-rest-and-dot": body + b"\r\n.\r\n",
        "mail-relayed": wire_lines(*MAIL_AT_A.lines()) + mail,
        "mail-fetched": _fetched(MAIL_HEAD, mail_text, "base64", "lee@naver.com", MAIL_AT_B, MAIL_AT_A),
        "reply": reply,
        "reply-end-and-dot": b"\r\n.\r\n",
        "reply-relayed": wire_lines(*REPLY_AT_B.lines()) + reply + b"\r\n",
        "reply-fetched": _fetched(REPLY_HEAD, reply_text, "Base64", "kim@daum.net", REPLY_AT_A, REPLY_AT_B),
        "capabilities-before-login": wire_lines(*capabilities, "USER", "SASL PLAIN LOGIN", "."),
        "capabilities": wire_lines(*capabilities, "."),
    }


def hosts() -> dict[str, Host]:
    """Return the four machines of the report, and the neighbours and groups that the background noise needs."""
    return {
        "serverA": Host("192.168.111.100", "00:0c:29:b5:3a:45", next_ip_id=0x3A45),
        "serverB": Host("192.168.111.200", "00:0c:29:20:31:79", next_ip_id=0x7931),
        "lee": Host("192.168.111.130", "00:0c:29:c3:bc:f4", next_ip_id=0xBCF4),
        "kim": Host("192.168.111.133", "00:0c:29:37:e2:10", ttl=128, next_ip_id=0x1E5D),
        "vmware": Host("192.168.111.1", "00:50:56:c0:00:08", ttl=128, next_ip_id=0x0C08),
        "gateway": Host("192.168.111.2", "00:50:56:e4:7b:1d", ttl=128, next_ip_id=0x2001),
        "timeserver": Host("203.0.113.123", "00:50:56:e4:7b:1d", ttl=128, next_ip_id=0x5AA0),
        "mdns": Host("224.0.0.251", "01:00:5e:00:00:fb"),
        "llmnr": Host("224.0.0.252", "01:00:5e:00:00:fc"),
        "ssdp": Host("239.255.255.250", "01:00:5e:7f:ff:fa"),
    }


def conversations() -> dict[str, Conversation]:
    """Return the dialogues by the names the table uses; nobody listens on port 113, so no answer has a first number."""
    refused = 2**32 - 1
    return {
        "submit-lee": Conversation(("lee", 41428, 0x5D2C1A07), ("serverA", 25, 0x9E40B3F1), LINUX),
        "ident-lee": Conversation(("serverA", 45315, 0x21F08C5E), ("lee", 113, refused), LINUX),
        "relay-mail": Conversation(("serverA", 58842, 0xC3A7105B), ("serverB", 25, 0x0B91E6D4), LINUX),
        "ident-a": Conversation(("serverB", 39207, 0x77D2043C), ("serverA", 113, refused), LINUX),
        "fetch-kim": Conversation(
            ("kim", 52579, 0x6A18F2C9), ("serverB", 110, 0xE05B7A12), WINDOWS, LINUX_WITHOUT_TIMES
        ),
        "submit-kim": Conversation(
            ("kim", 52580, 0x6B9D0E44), ("serverB", 25, 0xFFFFFE90), WINDOWS, LINUX_WITHOUT_TIMES
        ),
        "ident-kim": Conversation(("serverB", 37391, 0x48C6D15A), ("kim", 113, refused), LINUX),
        "relay-reply": Conversation(("serverB", 46954, 0x15E8A09B), ("serverA", 25, 0xB27C4D30), LINUX),
        "ident-b": Conversation(("serverA", 43789, 0x8F31275D), ("serverB", 113, refused), LINUX),
        "fetch-lee": Conversation(("lee", 42366, 0xD4096BE2), ("serverA", 110, 0x3CF5810F), LINUX),
    }


def story() -> Story:
    """Return all that the table needs to become the capture."""
    return Story(
        hosts=hosts(),
        conversations=conversations(),
        texts=texts(),
        start_us=int(datetime(2024, 4, 26, 1, 57, 27, tzinfo=UTC).timestamp()) * 1_000_000 + 31_574,
        captured_on="serverA",
        comment="Rebuilt from the tables of a course report of 2024; see 02-report-2024.md.",
        names={
            "192.168.111.100": "serverA",
            "192.168.111.200": "serverB",
            "192.168.111.130": "UbunClient(Lee)",
            "192.168.111.133": "WinClient(Kim)",
        },
    )


if __name__ == "__main__":
    write(NAME, story())
