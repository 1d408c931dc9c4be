"""Particles after names, numbers and words of other languages, as Koreans read them aloud."""

from __future__ import annotations

import pytest

from mailtrace.model.particles import Sound, filled, last_sound, renamed, with_particle

READ: tuple[tuple[str, str], ...] = (
    # Hangul: the final consonant of the last syllable
    ("서버", "서버가"),
    ("클라이언트", "클라이언트가"),
    ("메일", "메일이"),
    ("수신자", "수신자가"),
    ("메일 3통", "메일 3통이"),
    ("패킷 12개", "패킷 12개가"),
    ("5초", "5초가"),
    ("415옥텟", "415옥텟이"),
    # digits: 영 일 이 삼 사 오 육 칠 팔 구, 십, 백, 천, 만
    ("0", "0이"),
    ("1", "1이"),
    ("2", "2가"),
    ("3", "3이"),
    ("4", "4가"),
    ("5", "5가"),
    ("6", "6이"),
    ("7", "7이"),
    ("8", "8이"),
    ("9", "9가"),
    ("10", "10이"),
    ("25", "25가"),
    ("100", "100이"),
    ("1,230", "1,230이"),
    ("192.168.111.200", "192.168.111.200이"),
    ("192.168.111.133", "192.168.111.133이"),
    ("10.0.0.5", "10.0.0.5가"),
    ("5.00", "5.00이"),
    ("1, 2, 4", "1, 2, 4가"),
    # units: 초, 밀리초, 바이트, 분
    ("5.00 s", "5.00 s가"),
    ("9.00 ms", "9.00 ms가"),
    ("12 KB", "12 KB가"),
    ("3 min", "3 min이"),
    ("92.3 %", "92.3 %가"),
    # names of hosts: 넷, 컴, 케이알, 오르그
    ("mail.daum.net", "mail.daum.net이"),
    ("mail.naver.com", "mail.naver.com이"),
    ("mail.kaist.ac.kr", "mail.kaist.ac.kr이"),
    ("example.jp", "example.jp가"),
    ("example.org", "example.org가"),
    ("lee@naver.com", "lee@naver.com이"),
    ("desktop-oeju5p7.localdomain", "desktop-oeju5p7.localdomain이"),
    ("serverA", "serverA가"),
    ("serverB", "serverB가"),
    ("client", "client가"),
    ("server", "server가"),
    ("mx1", "mx1이"),
    ("localhost", "localhost가"),
    # words: a stop only after a short vowel, 버킷 but 클라이언트
    ("packet", "packet이"),
    ("Sendmail", "Sendmail이"),
    ("Postfix", "Postfix가"),
    ("exim", "exim이"),
    ("Gmail", "Gmail이"),
    ("kim", "kim이"),
    ("lee", "lee가"),
    ("park", "park이"),
    ("hong", "hong이"),
    ("choi", "choi가"),
    ("example", "example이"),
    ("line", "line이"),
    ("test", "test가"),
    ("check", "check가"),
    ("stack", "stack이"),
    # abbreviations: letter by letter, or as words
    ("SMTP", "SMTP가"),
    ("DNS", "DNS가"),
    ("MX", "MX가"),
    ("TXT", "TXT가"),
    ("PTR", "PTR이"),
    ("URL", "URL이"),
    ("POP3", "POP3가"),
    ("IMAP", "IMAP이"),
    ("IPv6", "IPv6가"),
    ("EHLO", "EHLO가"),
    ("QUIT", "QUIT이"),
    ("CNAME", "CNAME이"),
    ("NXDOMAIN", "NXDOMAIN이"),
    ("SERVFAIL", "SERVFAIL이"),
    ("SYN+ACK", "SYN+ACK가"),
    ("AUTH PLAIN", "AUTH PLAIN이"),
    ("CRAM-MD5", "CRAM-MD5가"),
    ("UTF-8", "UTF-8이"),
    ("EUC-KR", "EUC-KR이"),
    # what is not read: quotes, full stops, brackets behind a name
    ('"test"', '"test"가'),
    ("(nothing)", "(nothing)이"),
    ("mail.naver.com (192.168.111.100)", "mail.naver.com (192.168.111.100)이"),
    ("UbunClient(Lee)", "UbunClient(Lee)가"),
    ("<lee@naver.com>", "<lee@naver.com>이"),
    ("daum.net.", "daum.net.이"),
    ("kim...", "kim...이"),
)


@pytest.mark.parametrize(("text", "expected"), READ)
def test_the_last_sound_decides(text: str, expected: str) -> None:
    assert with_particle(text, "이/가") == expected


@pytest.mark.parametrize(
    ("text", "pair", "expected"),
    [
        ("mail.daum.net", "을/를", "mail.daum.net을"),
        ("serverA", "은/는", "serverA는"),
        ("kim", "과/와", "kim과"),
        ("mail.daum.net", "으로/로", "mail.daum.net으로"),
        ("serverB", "으로/로", "serverB로"),
        ("메일", "으로/로", "메일로"),
        ("PTR", "으로/로", "PTR로"),
        ("7", "으로/로", "7로"),
        ("3", "으로/로", "3으로"),
        ("example.co.kr", "으로/로", "example.co.kr로"),
        ("Gmail", "으로부터/로부터", "Gmail로부터"),
        ("test", "이라는/라는", "test라는"),
        ("kim", "이라고/라고", "kim이라고"),
        ("lee", "이었/였", "lee였"),
        ("mail", "이/", "mail이"),
        ("lee", "이/", "lee"),
    ],
)
def test_every_pair(text: str, pair: str, expected: str) -> None:
    assert with_particle(text, pair) == expected


@pytest.mark.parametrize("text", ["", "<>", "漢字", "???", "—"])
def test_both_forms_where_the_sound_is_not_known(text: str) -> None:
    assert last_sound(text) is None
    assert with_particle(text, "을/를") == f"{text}을(를)"
    assert with_particle(text, "으로/로") == f"{text}(으)로"
    assert with_particle(text, "이라는/라는") == f"{text}(이)라는"


def test_sounds() -> None:
    assert last_sound("한글") is Sound.RIEUL
    assert last_sound("한국") is Sound.CONSONANT
    assert last_sound("한자") is Sound.VOWEL


def test_templates_are_filled() -> None:
    assert filled("{a:이/가} {b:을/를} {n:,}번", {"a": "kim", "b": "메일", "n": 1234}) == "kim이 메일을 1,234번"
    assert filled("{{{n}}}", {"n": 3}) == "{3}"
    assert filled("{text}", {"text": "{a:이/가}"}) == "{a:이/가}"  # what is filled in is no template


def test_a_name_in_place_of_an_address_takes_its_own_particle() -> None:
    sentence = "192.168.111.200이 받았고, 192.168.111.20이 192.168.111.200을 불렀음"
    assert renamed(sentence, "192.168.111.200", "serverB") == "serverB가 받았고, 192.168.111.20이 serverB를 불렀음"
    assert renamed("10.0.0.1로", "10.0.0.1", "mail.daum.net") == "mail.daum.net으로"
    assert renamed("10.0.0.1의 응답", "10.0.0.1", "serverA") == "serverA의 응답"
