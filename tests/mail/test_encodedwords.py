"""Encoded words: joined, decoded, never structure. Numbers are those of the acceptance list, section K."""

from __future__ import annotations

import pytest

from mailtrace.mail.encodedwords import decode_words
from tests.mail.contents import growth


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain = text?", "plain = text?"),
        ("=?euc-kr?Q?=C0=CC=B3=D7=C0=CC=B9=F6?=", "이네이버"),
        ("=?euc-kr?B?sei02cC9?=", "김다음"),
        ("=?euc-kr?B?sei02cC9?=<kim@daum.net>", "김다음<kim@daum.net>"),
        ("=?UTF-8*ko?b?7ZWc6riA?=", "한글"),  # a language behind the charset
        ("Fwd: =?utf-8?b?7ZWc6riA?= mail", "Fwd: 한글 mail"),
        ("=?utf-8?q?a_b=5F?=", "a b_"),
        ("=?utf-8?q??=", ""),
        ("=?us-ascii?q?a?= =?us-ascii?q?b?=", "ab"),
        ("=?us-ascii?q?a?=  \t =?utf-8?q?b?=", "ab"),  # other charsets are neighbours too
        ("=?us-ascii?q?a?= b =?us-ascii?q?c?=", "a b c"),
        ("=?us-ascii?q?a=?=", "a="),
        ("=?us-ascii?q?what??=", "what?"),
        ("=?ISO-2022-JP?B?GyRCRnxLXDhsGyhC?=", "日本語"),
        ("=?ISO-2022-KR?B?GyQpQw5HUTFbDw==?=", "한글"),
        ('"=?utf-8?b?7ZWc6riA?="', '"한글"'),
    ],
)
def test_words(value: str, text: str) -> None:
    defects: list[str] = []
    assert decode_words(value, defects) == text
    assert defects == []


@pytest.mark.parametrize(
    "value",
    [
        "=?euc-kr?Q?=C0=CC=B3?= =?euc-kr?Q?=D7=C0=CC=B9=F6?=",
        "=?euc-kr?B?wMyz?=\r\n =?EUC-KR?B?18DMufY=?=",
        "=?euc-kr?B?wMyz?==?EUC-KR?Q?=D7=C0=CC=B9=F6?=",
    ],
)
def test_k205_a_syllable_split_over_two_words_survives(value: str) -> None:
    defects: list[str] = []
    assert decode_words(value, defects) == "이네이버"
    assert defects == ["character-split-between-encoded-words"]


def test_k205_other_charsets_are_not_joined() -> None:
    defects: list[str] = []
    assert decode_words("=?euc-kr?Q?=C0=CC=B3?= =?utf-8?Q?=D7?=", defects) == "이\ufffd\ufffd"
    assert defects == ["octets-not-in-charset: euc-kr", "octets-not-in-charset: utf-8"]


@pytest.mark.parametrize(
    ("value", "text", "defect"),
    [
        ("=?utf-8?q?never closed", "=?utf-8?q?never closed", "encoded-word-broken"),
        ("=?utf-8?q?open =?utf-8?q?closed?=", "=?utf-8?q?open closed", "encoded-word-broken"),
        ("=?utf-8?q?with space?=", "with space", "encoded-word-broken"),
        ("=?utf-8?b?QUJD!?=", "ABC", "encoded-word-broken"),
        ("=?x-none?q?caf=E9?=", "café", "charset-unknown: x-none"),
        ("=?rot13?q?abc?=", "abc", "charset-unknown: rot13"),
    ],
)
def test_k204_broken_words(value: str, text: str, defect: str) -> None:
    defects: list[str] = []
    assert decode_words(value, defects) == text
    assert defects == [defect]


@pytest.mark.parametrize("value", ["=?x?y?z?=", "=?=?=?=", "=??q?a?=", "=?utf-8?x?a?="])
def test_k204_what_is_no_word_stays(value: str) -> None:
    assert decode_words(value, []) == value


def test_k204_decoded_line_ends_and_nul_never_make_a_new_header() -> None:
    defects: list[str] = []
    text = decode_words("=?utf-8?q?a=0D=0ABcc:_x=00=1B?=", defects)
    assert text == "a\ufffd\ufffdBcc: x\ufffd\x1b"
    assert defects == ["control-character-in-encoded-word"]


@pytest.mark.parametrize(
    "unit", ["=?utf-8?q?a?= ", "=?utf-8?q?a", "=?", "?=", "=?a?b?", "=?utf-8?b?", "=?euc-kr?Q?=B0?= "]
)
def test_k204_linear(unit: str) -> None:
    assert growth(lambda size: decode_words(unit * size, []), 8000) <= 2.6
