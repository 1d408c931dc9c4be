"""A mail with what was chosen replaced: as long as before, read by Python's own parser, and nobody's any more."""

from __future__ import annotations

import email
import email.policy
from base64 import encodebytes
from email.message import EmailMessage

import pytest

from mailtrace.redact.fields import FIELDS
from mailtrace.redact.mails import Mails
from mailtrace.redact.text import Rewriter
from tests.support import ROOT

MAILS = sorted((ROOT / "tests/data/lab/07-messages").glob("*.eml"))

LETTER = f"""\
Received: from lee-pc.naver.com (lee-pc.naver.com [192.168.111.130])
\tby mail.naver.com (8.17.1/8.17.1) with ESMTP id 43Q1vx0G007503
\tfor <kim@daum.net>; Fri, 26 Apr 2024 10:57:59 +0900
From: =?euc-kr?B?sei02cC9?= <kim@daum.net>
To: "Lee, Younghee" <lee@naver.com>, park@nate.example (Park Jun)
Subject: Re: =?utf-8?B?7JWI64WV?= dear Lee
Message-ID: <20240426.1234@mail.naver.com>
Date: Fri, 26 Apr 2024 10:57:59 +0900
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_b"

--=_b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

{encodebytes("Dear Lee, ask kim@daum.net. 김다음".encode()).decode().strip()}
--=_b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Lee =3D lee@naver.com and =EA=B9=80
--=_b
Content-Type: application/pdf; name="lee.pdf"
Content-Disposition: attachment; filename*=utf-8''%EA%B7%B8.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjQKSGVsbG8gTGVl
--=_b--
""".replace("\n", "\r\n").encode()


def mails(*fields: str) -> Mails:
    """Return what replaces in mails, which knows Lee and Kim."""
    rewriter = Rewriter(frozenset(fields or FIELDS))
    if rewriter.fields & {"addresses", "names"}:
        for name in ("lee", "kim", "김다음"):
            rewriter.know_person(name)
    if "hosts" in rewriter.fields:
        rewriter.know_host("naver.com")
    return Mails(rewriter)


def parsed(octets: bytes) -> EmailMessage:
    """Return a mail as Python's parser reads it."""
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_everything() -> None:
    made = mails().mail(LETTER)
    assert len(made) == len(LETTER)
    message = parsed(made)
    text = made.decode()
    for name in ("lee", "kim", "naver", "daum", "Younghee", "Park", "Jun", "192.168.111", "dear", "lee.pdf"):
        assert name.lower() not in text.lower().replace("junk", ""), name
    assert message["Date"] == parsed(LETTER)["Date"]
    parts = [part.get_content_type() for part in message.walk()]
    assert parts == ["multipart/mixed", "text/plain", "text/plain", "application/pdf"]
    plain, quoted, attached = list(message.iter_parts())
    assert plain.get_content() == "xxxx xxx, xxx xxx@xxxx.xxx. 가가가"
    assert quoted.get_content().strip() == "xxx = xxx@xxxxx.xxx xxx 가"
    assert attached.get_content() == b"x" * 18
    assert attached.get_filename() is not None and "xxx" in str(attached.get_filename())


def test_people_are_the_same_everywhere() -> None:
    made = parsed(mails("addresses", "names", "hosts").mail(LETTER))
    (sender,) = made["From"].addresses
    lee = made["To"].addresses[0]
    plain, quoted, _ = list(made.iter_parts())
    assert f"ask {sender.username}@{sender.domain}." in plain.get_content()
    assert plain.get_content().startswith(f"Dear {lee.username.title()}, ")
    assert plain.get_content().endswith(sender.display_name)
    assert f"{lee.username}@{lee.domain}" in quoted.get_content()
    assert lee.display_name.split(",")[0] == lee.username.title()
    assert made["Received"].split()[1].endswith(lee.domain)
    assert made["Subject"].endswith(f"dear {lee.username.title()}")


def test_only_subjects() -> None:
    made = mails("subjects").mail(LETTER)
    before, after = parsed(LETTER), parsed(made)
    assert after["Subject"].startswith("Re: ") and "dear" not in after["Subject"]
    assert len(after["Subject"]) == len(before["Subject"])
    assert [each for each in after.items() if each[0] != "Subject"] == [
        each for each in before.items() if each[0] != "Subject"
    ]
    assert made.partition(b"\r\n\r\n")[2] == LETTER.partition(b"\r\n\r\n")[2]


def test_only_bodies() -> None:
    made = mails("bodies").mail(LETTER)
    assert made.partition(b"MIME-Version")[0] == LETTER.partition(b"MIME-Version")[0]
    assert b"lee.pdf" not in made and b"JVBERi0x" not in made


def test_nothing_chosen_changes_nothing() -> None:
    assert Mails(Rewriter(frozenset())).mail(LETTER) == LETTER


@pytest.mark.parametrize("path", MAILS, ids=[path.stem for path in MAILS])
def test_the_awkward_mails_of_the_lab(path: object) -> None:
    octets = path.read_bytes()  # type: ignore[attr-defined]
    made = mails().mail(octets)
    assert len(made) == len(octets) and made.count(b"\n") == octets.count(b"\n")
    before, after = (email.message_from_bytes(each) for each in (octets, made))
    assert [part.get_content_type() for part in after.walk()] == [part.get_content_type() for part in before.walk()]
    assert [name for name, _ in after.items()] == [name for name, _ in before.items()]
    assert b"naver" not in made


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\r\n",
        b"no field\r\n\r\nat all",
        b"Subject: lee",
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n--a\r\n--a--\r\n--a--\r\n",
        b"Content-Type: message/rfc822\r\n\r\n" * 300 + b"Subject: lee\r\n",
        b"Subject: =?utf-8?B?7JWI?= =?utf-8?B??= =?x?Q?=?= =?euc-kr?B?sei0?=\r\n\r\n",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!! QUI= = ==\r\n",
    ],
)
def test_odd_mails_keep_their_length(octets: bytes) -> None:
    made = mails().mail(octets)
    assert len(made) == len(octets)
    assert b"lee" not in made


def test_what_reports_say_of_a_mail_stays_readable() -> None:
    report = (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mail.naver.com\r\n\r\nFinal-Recipient: rfc822; lee@naver.com\r\nAction: failed\r\n"
        b"Status: 5.1.1\r\n\r\n--b--\r\n"
    )
    made = mails().mail(report)
    assert b"Action: failed\r\nStatus: 5.1.1\r\n" in made
    assert b"naver" not in made and b"lee" not in made and b"Final-Recipient: rfc822; " in made
