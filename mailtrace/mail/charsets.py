"""Which charsets are believed, and how octets become text with and without a declaration.

A name from the wire never reaches a codec lookup: it is looked up in `CODECS`, and only the codec named there is used.
The table follows the WHATWG Encoding Standard where mail practice does too (a label of EUC-KR means CP949, of GB2312
means GB18030, of ISO-8859-1 means Windows-1252), because senders label that way; the ISO-2022 family, HZ and UTF-7 are
added because mail still carries them. In Korean, syllables that KS X 1001 has no code for are read from their letters,
which its appendix 3 and Python's own EUC-KR allow and CP949 does not know. Octets that contradict their label are read
as what they are when that is certain (valid UTF-8 labelled EUC-KR, Korean labelled UTF-8), and as replacement
characters otherwise.
"""

from __future__ import annotations

import codecs
import re

UNKNOWN_CHARSET = "charset-unknown"
MISLABELLED = "charset-mislabelled"
NOT_IN_CHARSET = "octets-not-in-charset"

GUESS_LIMIT = 2048
"""Octets looked at when a charset must be guessed statistically: enough to tell languages apart, and cheap."""

SHOWN_NAME_LIMIT = 40
"""Characters of an unknown charset's name that a defect repeats; real names are shorter."""

_LABELS = {
    "ascii": "us-ascii ascii ansi_x3.4-1968 ansi_x3.4-1986 iso-ir-6 iso646-us iso_646.irv:1991 us cp367 ibm367 646",
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 utf8mb4 utf-8-mac",
    "utf-16": "utf-16 unicode ucs-2 iso-10646-ucs-2 csunicode",
    "utf-16-le": "utf-16le unicodefffe",
    "utf-16-be": "utf-16be unicodefeff",
    "utf-32": "utf-32",
    "utf-32-le": "utf-32le",
    "utf-32-be": "utf-32be",
    "utf-7": "utf-7 unicode-1-1-utf-7 csunicode11utf7",
    "cp949": "euc-kr euckr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 ks_c_5601 ks-c-5601 ks-c5601 korean cseuckr"
    " csksc56011987 iso-ir-149 windows-949 x-windows-949 ms949 cp949 uhc x-uhc ks_x_1001 ksx1001",
    "johab": "johab cp1361 ms1361 x-johab",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "iso2022_jp_ext": "iso-2022-jp csiso2022jp iso-2022-jp-3 iso-2022-jp-2004 iso-2022-jp-ms cp50220 cp50221 cp50222",
    "iso2022_jp_2": "iso-2022-jp-1 iso-2022-jp-2 csiso2022jp2",
    "cp932": "shift_jis shift-jis sjis ms_kanji csshiftjis windows-31j x-sjis ms932 cp932",
    "euc_jp": "euc-jp eucjp x-euc-jp cseucpkdfmtjapanese",
    "gb18030": "gb2312 gbk gb18030 gb_2312 gb_2312-80 gb2312-80 chinese csgb2312 csiso58gb231280 iso-ir-58 x-gbk cp936"
    " ms936 windows-936 euc-cn euccn",
    "hz": "hz-gb-2312 hz",
    "big5hkscs": "big5 big5-hkscs big5hkscs cn-big5 csbig5 x-x-big5 cp950 ms950 windows-950",
    "cp1252": "iso-8859-1 iso8859-1 iso_8859-1 iso_8859-1:1987 latin1 l1 cp819 ibm819 csisolatin1 iso-ir-100"
    " windows-1252 cp1252 x-cp1252 x-ansi",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 latin5 csisolatin5",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "iso8859-2": "iso-8859-2 iso8859-2 iso_8859-2 latin2 csisolatin2",
    "iso8859-3": "iso-8859-3 iso8859-3 latin3",
    "iso8859-4": "iso-8859-4 iso8859-4 latin4",
    "iso8859-5": "iso-8859-5 iso8859-5 cyrillic csisolatincyrillic",
    "iso8859-6": "iso-8859-6 iso8859-6 arabic iso-8859-6-e iso-8859-6-i",
    "iso8859-7": "iso-8859-7 iso8859-7 greek csisolatingreek",
    "iso8859-8": "iso-8859-8 iso8859-8 hebrew iso-8859-8-i iso-8859-8-e visual logical",
    "iso8859-10": "iso-8859-10 iso8859-10 latin6",
    "cp874": "windows-874 tis-620 iso-8859-11 iso8859-11 cp874 dos-874",
    "iso8859-13": "iso-8859-13 iso8859-13",
    "iso8859-14": "iso-8859-14 iso8859-14 latin8",
    "iso8859-15": "iso-8859-15 iso8859-15 iso_8859-15 latin-9 latin9 csisolatin9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "koi8-r koi8 koi8_r koi cskoi8r",
    "koi8-u": "koi8-u koi8-ru",
    "cp437": "ibm437 cp437 437",
    "cp850": "ibm850 cp850 850",
    "cp852": "ibm852 cp852 852",
    "cp855": "ibm855 cp855 855",
    "cp866": "ibm866 cp866 866 csibm866",
    "mac-roman": "macintosh mac csmacintosh x-mac-roman",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
}

CODECS: dict[str, str] = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
"""Every charset name that is believed, in lower case, with the codec that reads it."""

_PLAIN_LINES = frozenset(("ascii", "utf-8"))
"""Frequent codecs for which a CR is a CR, whatever stands before it."""

_HANGUL = re.compile("[\u3131-\u318e\uac00-\ud7a3]+")
_OTHER_LETTERS = re.compile("[\u3041-\u312f\u3400-\u9fff\ue000-\ufaff]+")

FILLER = "\u3164"
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FINALS = f"{FILLER}ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_SPELLED = re.compile(f"{FILLER}([{_INITIALS}])([ㅏ-ㅣ])([{_FINALS}])")
"""A syllable spelled by its letters, the last of which a filler stands for where there is none."""

_GUESSES = {
    "gb18030": "gb18030",
    "big5": "big5",
    "shift_jis": "shift_jis",
    "euc_jp": "euc-jp",
    "cp1251": "windows-1251",
    "cp1252": "windows-1252",
    "koi8_r": "koi8-r",
}
"""What a statistical guess may choose from, after UTF-8 and Korean were ruled out, with the names told."""


def codec_of(charset: str) -> str | None:
    """Return the codec that reads what wire and people call `charset`, or None when the name is not on the list."""
    return CODECS.get(charset.strip().lower())


def decode(data: bytes, charset: str, defects: list[str], *, cut: bool = False) -> str:
    """Return `data` as text of the declared `charset`; contradictions and unknown names are added to `defects`.

    `cut` tells that `data` ends where a limit cut it, maybe inside a character, which is then no contradiction.
    """
    codec = CODECS.get(charset) or codec_of(charset)
    if codec is None:
        defects.append(f"{UNKNOWN_CHARSET}: {charset[:SHOWN_NAME_LIMIT]}")
        return data.decode("latin-1")
    if codec == "iso2022_kr" and b"\x1b$)C" not in data:
        data = b"\x1b$)C" + data  # RFC 1557 wants the designator once per text; words and parts often lack it
    text = _strictly(data, codec, cut)
    if text is not None:
        return _composed(text) if codec == "cp949" and FILLER in text else text
    certain = _by_content(data, cut) if codec in ("cp949", "utf-8", "ascii") else None
    if certain is not None:
        defects.append(f"{MISLABELLED}: {charset}")
        return certain[0]
    defects.append(f"{NOT_IN_CHARSET}: {charset}")
    return _encodable(data.decode(codec, "replace"))


def decode_lines(data: bytes, charset: str, defects: list[str]) -> str:
    """Return what `decode` does, with line feeds as line ends."""
    codec = CODECS.get(charset)
    if codec in _PLAIN_LINES:
        short = data.replace(b"\r", b"")  # one octet is found in a fourth of the time that two are
        dropped = len(data) - len(short)
        text = _strictly(short, codec, False) if not dropped or dropped == data.count(b"\r\n") else None
        if text is not None:
            return text
    return decode(data, charset, defects).replace("\r\n", "\n")


def guess(data: bytes, *, cut: bool = False) -> tuple[str, str | None]:
    """Return the most probable text of `data` and the charset taken for it, None for plain ASCII: that is no guess."""
    if data.isascii():
        if data.find(b"\x1b$") < 0:
            return data.decode("ascii"), None
        charset = "iso-2022-kr" if b"\x1b$)C" in data else "iso-2022-jp"
        return decode(data, charset, [], cut=cut), charset
    certain = _by_content(data, cut)
    if certain is not None:
        return certain
    charset = _by_statistics(data)
    return _encodable(data.decode(CODECS[charset], "replace")), charset


def is_multibyte(charset: str) -> bool:
    """Tell whether a character of `charset` may take several octets, so that a cut can fall inside one."""
    return codec_of(charset) in _MULTIBYTE


_MULTIBYTE = frozenset(
    (
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
        *("cp949", "johab", "cp932", "euc_jp", "gb18030", "big5hkscs"),
    )
)


def _strictly(data: bytes, codec: str, cut: bool) -> str | None:
    """Return `data` read by `codec` without a single contradiction, or None."""
    try:
        text = codecs.getincrementaldecoder(codec)().decode(data, final=False) if cut else data.decode(codec)
    except (UnicodeError, OverflowError):
        return None
    return text if codec != "utf-7" else _encodable(text)


def _by_content(data: bytes, cut: bool) -> tuple[str, str] | None:
    """Return the text of octets that are as good as certainly UTF-8 or Korean, and which; None for others."""
    text = _strictly(data, "utf-8", cut)
    if text is not None:
        return text, "utf-8"
    text = _strictly(data, "cp949", cut)
    if text is None or not _looks_korean(text[:GUESS_LIMIT]):
        return None
    return _composed(text), "euc-kr" if _strictly(data, "euc_kr", cut) is not None else "cp949"


def _composed(text: str) -> str:
    """Return `text` with syllables that are spelled as a filler and three letters, of which the last may be a filler.

    Source: KS X 1001:2004 appendix 3.
    """
    return _SPELLED.sub(_syllable, text)


def _syllable(letters: re.Match[str]) -> str:
    initial, vowel, final = _INITIALS.index(letters[1]), ord(letters[2]) - ord("ㅏ"), _FINALS.index(letters[3])
    return chr(ord("가") + (initial * 21 + vowel) * 28 + final)


def _looks_korean(text: str) -> bool:
    """Tell whether text has more Hangul than other letters of East Asia, which Chinese read as CP949 turns into."""
    hangul = sum(map(len, _HANGUL.findall(text)))
    return hangul > sum(map(len, _OTHER_LETTERS.findall(text)))


def _by_statistics(data: bytes) -> str:
    """Return the charset in which the start of `data` reads most like a language; Windows-1252 when none does."""
    # Imported here because it is slow to import and few messages need it.
    from charset_normalizer import from_bytes

    best = from_bytes(data[:GUESS_LIMIT], steps=1, chunk_size=GUESS_LIMIT, cp_isolation=list(_GUESSES)).best()
    return _GUESSES.get(best.encoding, "windows-1252") if best is not None else "windows-1252"


def _encodable(text: str) -> str:
    """Return `text` with lone surrogates, which UTF-7 can spell, replaced, so that every output can encode it."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
