"""Charsets: the allow-list, Korean labels, and what contradicts its label. Numbers: the acceptance list, section K."""

from __future__ import annotations

import codecs
import subprocess
import sys

import pytest

from mailtrace.mail.charsets import CODECS, codec_of, decode, guess


@pytest.mark.parametrize(
    "label",
    ["euc-kr", "EUC-KR", "ks_c_5601-1987", "windows-949", "x-windows-949", "cp949", "ksc5601", "korean", " euc-kr "],
)
def test_k205_every_korean_label_reads_cp949(label: str) -> None:
    # The first syllable is in CP949 only, not in KS X 1001: strict EUC-KR would lose it.
    assert decode(b"\x8c\x63\xb9\xe6\xb0\xa2\xc7\xcf", label, []) == "똠방각하"


def test_other_labels_of_the_web() -> None:
    assert codec_of("gb2312") == "gb18030"
    assert codec_of("ISO-8859-1") == "cp1252"
    assert codec_of("us-ascii") == "ascii"
    assert codec_of("shift_jis") == "cp932"
    assert codec_of("iso-2022-kr") == "iso2022_kr"


def test_every_codec_of_the_list_exists() -> None:
    assert all(codecs.lookup(codec).decode(b"")[0] == "" for codec in set(CODECS.values()))


@pytest.mark.parametrize(
    "name",
    [
        *("idna", "punycode", "undefined", "rot13", "unicode_escape", "raw_unicode_escape", "mbcs", "zlib", "hex"),
        *("../x", "utf-8\0", "a" * 5000, "", "os", "antigravity"),
    ],
)
def test_k206_a_hostile_name_reaches_no_codec_and_imports_nothing(name: str) -> None:
    before = set(sys.modules)
    defects: list[str] = []
    assert decode(b"caf\xe9", name, defects) == "café"
    assert defects == [f"charset-unknown: {name[:40]}"]
    assert set(sys.modules) == before


@pytest.mark.parametrize("label", sorted(CODECS))
def test_k207_no_octets_make_a_codec_raise_and_the_text_can_be_encoded(label: str) -> None:
    for octets in (
        bytes(range(256)) * 2,
        b"\xff",
        b"\xfe\xff\xd8",
        b"+2AA-",
        b"\x1b$B\x1b",
        b"~{\xff",
        b"\x1b$)C\x0e!",
    ):
        for cut in (False, True):
            assert decode(octets, label, [], cut=cut).encode("utf-8") is not None


def test_k207_overlong_and_surrogate_octets_become_replacement_characters() -> None:
    defects: list[str] = []
    assert decode(b"a\xc0\xafb\xed\xa0\x80c", "utf-8", defects) == "a\ufffd\ufffdb\ufffd\ufffd\ufffdc"
    assert defects == ["octets-not-in-charset: utf-8"]
    assert decode(b"+2AA-x", "utf-7", []) == "\ufffdx"
    assert decode(b"\x00A\x00", "utf-16be", []) == "A\ufffd"
    assert decode(b"a\xef\xbb\xbfb", "utf-8", []) == "a\ufeffb"


def test_k205_what_contradicts_its_label_is_read_as_what_it_is() -> None:
    defects: list[str] = []
    assert decode("한글".encode(), "euc-kr", defects) == "한글"
    assert decode(b"\xc7\xd1\xb1\xdb", "utf-8", defects) == "한글"
    assert decode("한글".encode(), "us-ascii", defects) == "한글"
    assert defects == [f"charset-mislabelled: {label}" for label in ("euc-kr", "utf-8", "us-ascii")]


def test_k205_iso_2022_kr_with_and_without_its_designator() -> None:
    assert decode(b"\x1b$)C\x0eGQ1[\x0f ok", "iso-2022-kr", []) == "한글 ok"
    assert decode(b"\x0eGQ1[\x0f ok", "iso-2022-kr", []) == "한글 ok"
    assert decode(b"\xd0\x65\x8b\x69", "johab", []) == "한글"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\xa4\xd4\xa4\xb2\xa4\xce\xa4\xaa", "뷁"),  # filler, three letters
        (b"\xa4\xd4\xa4\xa8\xa4\xc2\xa4\xd4!", "떄!"),  # the last of them a filler
        (b"\xa4\xd4\xa4\xb2", "\u3164ㅂ"),  # no syllable
    ],
)
def test_k205_syllables_spelled_by_their_letters(octets: bytes, text: str) -> None:
    assert decode(octets, "euc-kr", []) == text
    assert guess(octets)[0] == text


def test_a_cut_inside_a_character_is_no_contradiction() -> None:
    defects: list[str] = []
    assert decode("한글".encode()[:-1], "utf-8", defects, cut=True) == "한"
    assert decode(b"\xc7\xd1\xb1", "euc-kr", defects, cut=True) == "한"
    assert defects == []


@pytest.mark.parametrize(
    ("octets", "text", "charset"),
    [
        (b"plain", "plain", None),
        ("한글".encode(), "한글", "utf-8"),
        (b"\xc7\xd1\xb1\xdb", "한글", "euc-kr"),
        (b"\x8c\x63\xb9\xe6\xb0\xa2\xc7\xcf", "똠방각하", "cp949"),
        (b"\x1b$)C\x0eGQ1[\x0f", "한글", "iso-2022-kr"),
        (b"\x1b$BF|K\\8l\x1b(B", "日本語", "iso-2022-jp"),
        (b"d\xe9j\xe0 vu, caf\xe9 et th\xe9", "déjà vu, café et thé", "windows-1252"),
    ],
)
def test_guesses(octets: bytes, text: str, charset: str | None) -> None:
    assert guess(octets) == (text, charset)


def test_guessing_by_statistics_is_loaded_only_when_it_is_needed() -> None:
    program = (
        "import sys; from mailtrace.mail.charsets import guess; guess(b'\\xc7\\xd1\\xb1\\xdb');"
        "print('charset_normalizer' in sys.modules);"
        "guess(b'd\\xe9j\\xe0 vu'); print('charset_normalizer' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
