"""Scenes for the rules about mails."""

from __future__ import annotations

from tests.findings.pair import Pair

TALK = """
    == {client} 10.0.0.2:25
    S: 220 mx.example.org ESMTP
    C: EHLO client.example.net
    S: 250 mx.example.org
    C: MAIL FROM:<lee@naver.com>
    S: 250 ok
    C: RCPT TO:<kim@daum.net>
    S: 250 ok
    C: DATA
    S: 354 go ahead
    C| {mail}\\r\\n.\\r\\n
    S: 250 2.0.0 taken
    C: QUIT
    S: 221 bye
"""
"""Packets 1 to 3 are the handshake, 13 is the mail."""

HEAD = {
    "Received": "from a by b; Tue, 14 Nov 2023 22:13:19 +0000",
    "From": "Lee <lee@naver.com>",
    "Date": "Tue, 14 Nov 2023 22:13:00 +0000",
    "Message-ID": "<1@naver.com>",
    "Subject": "Hello",
}

FILE = 'Content-Type: application/octet-stream\\r\\nContent-Disposition: attachment; filename="{name}"'


def talk(mail: str, client: str = "10.0.0.1") -> str:
    """Return a conversation that carries a mail, written with escapes."""
    return TALK.format(mail=mail, client=client)


def mail(*more: str, body: str = "Good day.", without: tuple[str, ...] = (), **instead: str) -> str:
    """Return a conversation with a mail: its usual headers with others instead, without some, and with more."""
    head = {**HEAD, **{name.replace("_", "-"): value for name, value in instead.items()}}
    lines = [f"{name}: {value}" for name, value in head.items() if name not in without]
    return talk("\\r\\n".join([*lines, *more, "", body]))


def file(name: str) -> str:
    """Return a conversation with a mail that is a file of this name."""
    return mail(FILE.format(name=name))


PAIRS = (
    Pair(
        "MAIL001",
        seen=mail(without=("Message-ID",)),
        says="The mail Hello has no Message-ID, although it has passed a server",
        packets=(13,),
        alike=mail(without=("Message-ID", "Received")),
    ),
    Pair(
        "MAIL002",
        seen=mail(without=("Date",)),
        says="The mail Hello has no Date, although it has passed a server",
        packets=(13,),
        alike=mail(without=("Date", "Received")),
    ),
    Pair(
        "MAIL003",
        seen=mail(without=("From",)),
        says="The mail Hello has no From, although it has passed a server",
        packets=(13,),
        alike=mail(without=("From", "Received")),
    ),
    Pair(
        "MAIL004",
        seen=mail("Subject: Another"),
        says="The mail Hello has the header subject more than once",
        packets=(13,),
        alike=mail("Received: from c by d; Tue, 14 Nov 2023 22:13:19 +0000", "Comments: one", "Comments: two"),
    ),
    Pair(
        "MAIL005",
        seen=mail(Subject="\\xbe\\xc8\\xb3\\xe7\\xc7\\xcf\\xbc\\xbc\\xbf\\xe4"),
        says="Headers of the mail 안녕하세요 hold octets beyond ASCII as they are (euc-kr)",
        packets=(13,),
        alike=mail(Subject="=?euc-kr?B?vsiz58fPvLy/5A==?="),
    ),
    Pair(
        "MAIL006",
        seen=mail(Subject="Hel\\x00lo"),
        says="A header of the mail Hel\ufffdlo holds control characters",
        packets=(13,),
        alike=mail(body="Hel\\x00lo"),
    ),
    Pair(
        "MAIL007",
        seen=mail(Date="yesterday"),
        says="The Date of the mail Hello is no date: yesterday",
        packets=(13,),
        alike=mail(Date="21 Nov 25 10:00 KST"),
    ),
    Pair(
        "MAIL008",
        seen=mail(Date="Fri, 21 Nov 2038 10:00:00 +0900"),
        says="The mail Hello is dated 2038-11-21T10:00:00+09:00, long after it was sent",
        packets=(13,),
        alike=mail(Date="Fri, 21 Nov 1998 10:00:00 +0900"),
    ),
    Pair(
        "MAIL009",
        seen=mail(From='"security@bank.example" <lee@naver.com>'),
        says="The mail Hello shows security@bank.example as its author, and is from lee@naver.com",
        packets=(13,),
        alike=mail(From='"lee@mail.naver.com" <lee@naver.com>'),
    ),
    Pair(
        "MAIL010",
        seen=mail(From="Lee <lee@xn--nver-53d.com>"),
        says="The domain n\u0430ver.com in From mixes letters of several scripts",
        packets=(13,),
        alike=mail(From="Lee <lee@xn--naver-w50y.com>"),
    ),
    Pair(
        "MAIL011",
        seen=mail(Subject="=?utf-8?B?4oCubW9jLmtuYWI=?="),
        says="The subject or a name in the mail \u202emoc.knab turns the direction of its letters",
        packets=(13,),
        alike=mail(Subject="=?utf-8?B?4oCPbW9jLmtuYWI=?="),
    ),
    Pair(
        "MAIL012",
        seen=mail("Bcc: boss@daum.net"),
        says="The mail Hello still tells its hidden recipients: boss@daum.net",
        packets=(13,),
        alike=mail("Bcc: boss@daum.net", without=("Received",)),
    ),
    Pair(
        "MAIL021",
        seen=mail("Content-Type: text/plain; charset=euc-kr", body="\\xec\\x95\\x88\\xeb\\x85\\x95"),
        says="A text of the mail Hello is not in the charset that it declares (euc-kr)",
        packets=(13,),
        alike=mail("Content-Type: text/plain; charset=euc-kr", body="\\xbe\\xc8\\xb3\\xe7"),
    ),
    Pair(
        "MAIL022",
        seen=mail("Content-Type: text/plain; charset=utf-8", body="a\\xff\\xfe\\xffb \\xc3"),
        says="A text of the mail Hello has octets that utf-8 does not know",
        packets=(13,),
        alike=mail("Content-Type: text/plain; charset=utf-8", body="\\xec\\x95\\x88\\xeb\\x85\\x95"),
    ),
    Pair(
        "MAIL023",
        seen=mail("Content-Type: text/plain; charset=x-hangul-9", body="Good day."),
        says="The mail Hello declares a charset that nobody knows: x-hangul-9",
        packets=(13,),
        alike=mail("Content-Type: text/plain; charset=KS_C_5601-1987", body="Good day."),
    ),
    Pair(
        "MAIL024",
        seen=mail(Subject="=?euc-kr?B?vg==?= =?euc-kr?B?yA==?="),
        says="An encoded header of the mail 안 is broken (character split between encoded words)",
        packets=(13,),
        alike=mail(Subject="=?euc-kr?B?vsg=?= =?euc-kr?B?s+c=?="),
    ),
    Pair(
        "MAIL025",
        seen=file("bill.pdf      .exe"),
        says="The file bill.pdf      .exe in the mail Hello is a program that pretends to be a document",
        packets=(13,),
        alike=file("bill.tar.gz"),
    ),
    Pair(
        "MAIL026",
        seen=file("update.js"),
        says="The mail Hello carries a program: update.js",
        packets=(13,),
        alike=file("update.js.pdf"),
    ),
    Pair(
        "MAIL027",
        seen=file("photo\\xe2\\x80\\xaegnp.exe"),
        says="The name of a file in the mail Hello turns the direction of its letters: photo\u202egnp.exe",
        packets=(13,),
        alike=file("photo\\xd7\\xa9.png"),
    ),
    Pair(
        "MAIL028",
        seen=mail("Content-Type: multipart/mixed", body="--a\\r\\n\\r\\nGood day.\\r\\n--a--"),
        says="The parts of the mail Hello are not put together as they should be (boundary missing)",
        packets=(13,),
        alike=mail("Content-Type: multipart/mixed; boundary=a", body="--a\\r\\n\\r\\nGood day.\\r\\n--a--"),
    ),
    Pair(
        "MAIL029",
        seen=mail(
            "Content-Type: multipart/mixed; boundary=a",
            "Content-Transfer-Encoding: base64",
            body="--a\\r\\n\\r\\nGood day.\\r\\n--a--",
        ),
        says="Programs read the mail Hello in different ways (transfer encoding on multipart)",
        packets=(13,),
        alike=mail(
            "Content-Type: multipart/mixed; boundary=a",
            "Content-Transfer-Encoding: 8bit",
            body="--a\\r\\n\\r\\nGood day.\\r\\n--a--",
        ),
    ),
    Pair(
        "MAIL030",
        seen=talk("Subject: Hello\\r\\nGood day."),
        says="The text of the mail Hello begins without an empty line behind the headers",
        packets=(13,),
        alike=talk("Subject: Hello\\r\\n\\r\\nGood day."),
    ),
)
