"""Whole messages: the lab's, byte for byte, the reports', and hostile ones. Numbers: the acceptance list, section K."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.model import Direction, Message, Person
from tests.mail.contents import growth, read
from tests.support import shared

SUBJECTS = {
    "m01": "BDAT one chunk",
    "m04": "국제화 메일 주소 시험 📧",
    "m06": "첨부 파일 세 개",
    "m07": "Fwd: 원본 메일",
    "m08": "안녕하세요 (raw EUC-KR)",
    "m09": "日本語",
    "m10": "한글",
    "m11": "반쪽 글자",
    "m16": "스파일",
    "m17": "folded header\tcontinued",
}
TEXTS = {
    "m01": "hello\n.\nlone dot above is not the end\n",
    "m04": "SMTPUTF8 본문입니다.\n",
    "m06": "첨부를 확인하세요.\n",
    "m07": "전달합니다.\n",
    "m08": "문자집합 선언이 없는 EUC-KR 본문입니다.\n뷁 같은 글자는 없습니다.\n",
    "m09": "日本語の本文です。文字コードの宣言なし。\n",
    "m10": "한글 일곱 비트 본문\n",
    "m11": "한글 본문= end\n",
    "m12": "똠방각하 펲시콜라 (CP949)",
    "m16": "<p>유니코드 16</p>",
    "m17": "BadHeaderLine without colon\nbody starts because of the bad header\n",
}


def lab(name: str) -> Message:
    """Return one of the lab's messages."""
    return read(shared(f"captures/lab/07-messages/{name}.eml").read_bytes())


@pytest.mark.parametrize(("name", "subject"), SUBJECTS.items())
def test_subjects_of_the_lab(name: str, subject: str) -> None:
    assert lab(name).subject == subject


@pytest.mark.parametrize(("name", "text"), TEXTS.items())
def test_texts_of_the_lab(name: str, text: str) -> None:
    assert lab(name).parts[0].text == text


def test_people_and_dates_of_the_lab() -> None:
    message = lab("m04")
    assert message.from_ == (Person("이네이버", "이네이버@naver.com"),)
    assert message.to == (Person("박네이트", "park@nate.com"),)
    assert (message.message_id, message.date) == ("<m04.chunk@naver.com>", "2026-11-22T13:04:00+09:00")
    assert (message.id, message.conversation, message.direction) == (3, 2, Direction.SUBMITTED)


def test_attachments_of_the_lab() -> None:
    assert [(part.path, part.content_type, part.filename, part.size_bytes) for part in lab("m06").parts] == [
        ("1.1", "text/plain", None, 28),
        ("1.2", "text/html", None, 42),
        ("2", "application/pdf", "보고서 최종.pdf", 241),
        ("3", "application/zip", "자료.zip", 157),
        ("4", "image/png", "logo.png", 86),
    ]
    last = lab("m12").parts[1]
    assert (last.filename, last.sha256) == ("긴 파일.bin", hashlib.sha256(bytes(range(6))).hexdigest())


def test_an_attached_message_of_the_lab() -> None:
    assert [(part.path, part.content_type, part.text) for part in lab("m07").parts] == [
        ("1", "text/plain", "전달합니다.\n"),
        ("2", "message/rfc822", None),
        ("2.1", "text/plain", "안쪽 메일의 본문\n"),
    ]


def test_a_message_without_an_octet() -> None:
    message = lab("m15")
    assert (message.subject, message.from_, message.headers, message.defects) == (None, (), (), ())
    assert [(part.content_type, part.size_bytes, part.text) for part in message.parts] == [("text/plain", 0, "")]


def test_the_first_mail_of_the_2024_report() -> None:
    octets = (
        b"Message-ID: <a84b8cfb564e117b3628faa74fa40a4fb695bbef.camel@naver.com>\r\n"
        b"Subject: test\r\nFrom: =?euc-kr?Q?=C0=CC=B3=D7=C0=CC=B9=F6?= <lee@naver.com>\r\nTo: kim@daum.net\r\n"
        b'Date: Fri, 26 Apr 2024 10:57:59 +0900\r\nContent-Type: text/plain; charset="UTF-8"\r\n'
        b"User-Agent: Evolution 3.36.1-2 \r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"TGVl6rCAIEtpbeyXkOqyjCDrs7TrgrTripQg66mU7Iuc7KeAIO2ZleyduCDrsJTrnow=\r\n"
    )
    message = read(octets)
    assert message.from_ == (Person("이네이버", "lee@naver.com"),)
    assert message.date == "2024-04-26T10:57:59+09:00"
    assert message.parts[0].text == "Lee가 Kim에게 보내는 메시지 확인 바람"
    assert message.defects == ()


def test_the_reply_of_the_2024_report() -> None:
    octets = (
        b"To: lee@naver.com\r\nSubject: Re: test2\r\nFrom: =?euc-kr?B?sei02cC9?=<kim@daum.net>\r\n"
        b"Content-Type: text/plain; charset=euc-kr; format=flowed; delsp=yes\r\n\r\n\xc8\xae\xc0\xce \r\n\xc7\xd4\r\n"
    )
    message = read(octets)
    assert message.from_ == (Person("김다음", "kim@daum.net"),)
    assert message.parts[0].text == "확인함\n"
    assert message.parts[0].charset == "euc-kr"


def test_a_fetched_copy_tells_its_hops() -> None:
    octets = (
        b"Return-Path: <lee@naver.com>\r\nReceived: from mail.naver.com ([192.168.111.100])\r\n"
        b"\tby mail.daum.net (8.15.2/8.15.2/Debian-18) with ESMTP id 43Q1w1lW007636\r\n"
        b"\tfor <kim@daum.net>; Fri, 26 Apr 2024 01:58:01 GMT\r\n"
        b"Received: from client ([192.168.111.130])\r\n\tby mail.naver.com (8.15.2/8.15.2/Debian-18) with ESMTP id"
        b" 43Q1vx0G007503\r\n\tfor <kim@daum.net>; Fri, 26 Apr 2024 10:57:59 +0900\r\n\r\n"
    )
    assert [(hop.from_, hop.by, hop.id, hop.time) for hop in read(octets).received] == [
        ("mail.naver.com", "mail.daum.net", "43Q1w1lW007636", "2024-04-26T01:58:01+00:00"),
        ("client", "mail.naver.com", "43Q1vx0G007503", "2024-04-26T10:57:59+09:00"),
    ]


def test_k199_fields_given_twice_are_all_kept_and_the_first_is_used() -> None:
    message = read(b"Subject: one\r\nFrom: a@b\r\nsubject: two\r\nFROM: c@d\r\nX-Other: 1\r\nX-Other: 2\r\n\r\n")
    assert (message.subject, message.from_) == ("one", (Person("", "a@b"),))
    assert message.headers[2:4] == (("subject", "two"), ("FROM", "c@d"))
    assert message.defects == ("header-given-twice: subject", "header-given-twice: from")


def test_k204_headers_are_told_decoded() -> None:
    message = read(b"X-A: =?utf-8?b?7ZWc6riA?=\r\nSubject: =?utf-8?q?a=0D=0AX-B:_c?=\r\n\r\n")
    assert message.headers == (("X-A", "한글"), ("Subject", "a\ufffd\ufffdX-B: c"))


def test_k211_signatures_and_seals_are_listed() -> None:
    sets = b"".join(b"ARC-Seal: i=%d; a=rsa-sha256\r\n" % number for number in range(1000))
    message = read(sets + b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
                   b"Content-Type: application/pkcs7-signature\r\n\r\ny\r\n--b--\r\n")  # fmt: skip
    assert len(message.headers) == 1001
    assert [part.content_type for part in message.parts] == ["text/plain", "application/pkcs7-signature"]


def test_limits_are_told() -> None:
    message = read(b"Received: from a by b\r\n" * 130 + b"\r\n")
    assert (len(message.received), message.defects) == (100, ("limit-received: 30 more",))
    message = read(b"Subject: x\r\n\r\n" + b"y" * 100, kept=50)
    assert message.defects == ("limit-content: 50 of 114 octets kept",)
    many = b"".join(b"X: =?none%d?q?a?=\r\n" % number for number in range(500))
    assert len(read(many).defects) == 101
    assert read(many).defects[-1] == "limit-defects: 400 more"


PIECES = [
    b"From: ", b"To: ", b"Subject: ", b"Date: ", b"Received: ", b"Content-Type: ", b"Content-Transfer-Encoding: ",
    b"Content-Disposition: ", b"multipart/mixed; boundary=b", b"text/plain; charset=", b"message/rfc822", b"euc-kr",
    b"utf-8", b"iso-2022-kr", b"hz", b"utf-7", b"base64", b"quoted-printable", b"--b", b"--", b"\r\n", b"\n", b"\r",
    b" ", b"\t", b";", b"=?", b"?=", b"=?euc-kr?q?=B0", b"=?utf-8?b?", b"<", b">", b"@", b'"', b"(", b")", b"[", b",",
    b":", b"\\", b"'", b"%", b"*0*=", b"filename", b"=", b"\xb0\xa1", b"\xff", b"\0", b"\x1b$)C", b"\x0e", b"+2AA-",
    b"22 Nov 2026 13:01:00 +0900", b"begin 644 x", b"format=flowed", b"> ",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)))
def test_no_octets_make_it_raise_and_every_text_can_be_written(octets: bytes) -> None:
    message = read(octets)
    texts = [message.subject, message.message_id, message.date, *message.defects]
    texts += [text for person in message.from_ + message.to + message.cc for text in (person.name, person.address)]
    texts += [text for field in message.headers for text in field]
    texts += [text for part in message.parts for text in (part.text, part.filename, part.charset, part.content_type)]
    for text in texts:
        (text or "").encode("utf-8")
    for name, value in message.headers:
        assert not set("\r\n\0") & set(name + value)


@pytest.mark.parametrize("field", ["From", "Subject", "Content-Type", "Content-Disposition", "Received", "Date", "X"])
@pytest.mark.parametrize("unit", [";", "(", "<", "=?a?q?b?= ", '"', "\r\n x"])
def test_k195_k196_k197_k204_linear(field: str, unit: str) -> None:
    assert growth(lambda size: read(f"{field}: {unit * size}\r\n\r\n".encode()), 4000) <= 2.6
