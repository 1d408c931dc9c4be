"""HOT. The one sanitiser: whatever came from the wire passes here before anybody sees it (tests/bench `mail`).

Three outputs, three ways to be harmless:

* `safe` is for people: every character that would move the cursor, hide itself, turn the text around or pile up is
  shown as a mark, `\\x1b` for controls and `⟨RLO⟩` for what has a name; the result is one printable line.
* `markdown` and `markdown_code` stay literal text in GitHub and Obsidian. Words that those turn into links, mentions
  or pictures (`@`, `://`, `www.`, `:smile:`, `#12`) become code spans, which nothing looks into.
* `json_safe` is for machines that print: the values stay what they are, only their spelling becomes `\\uXXXX`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST_FIELD = 4_096
"""Characters of one field that are looked at; a 10 MB subject costs no more than this, and its cut is told."""

MOST_MARKS = 4
"""Combining characters on one base; no living script needs more, and a flood of them covers the lines around it."""

_NAMES: Final[dict[int, str]] = {
    0x00AD: "SHY",
    0x034F: "CGJ",
    0x061C: "ALM",
    0x180E: "MVS",
    0x200B: "ZWSP",
    0x200C: "ZWNJ",
    0x200D: "ZWJ",
    0x200E: "LRM",
    0x200F: "RLM",
    0x2028: "LS",
    0x2029: "PS",
    0x202A: "LRE",
    0x202B: "RLE",
    0x202C: "PDF",
    0x202D: "LRO",
    0x202E: "RLO",
    0x2060: "WJ",
    0x2066: "LRI",
    0x2067: "RLI",
    0x2068: "FSI",
    0x2069: "PDI",
    0xFEFF: "BOM",
}
"""Characters without a picture of their own that have a well-known short name."""

_SHORT: Final[dict[int, str]] = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}

_UNSEEN: Final = frozenset({0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x17B5, 0x2800, *range(0x180B, 0x1810)})
"""Letters and marks that Unicode calls printable and that show nothing: fillers, selectors, the empty Braille cell."""

_EMOJI_STYLE: Final = frozenset({0xFE0E, 0xFE0F})


class _Shown(dict[str, str]):
    """What stands for each character, worked out when it is first met; '' marks one that joins the character before."""

    def __missing__(self, char: str) -> str:
        self[char] = shown = _shown(char)
        return shown


def _shown(char: str) -> str:
    code = ord(char)
    category = unicodedata.category(char)
    if code in _NAMES:
        return f"⟨{_NAMES[code]}⟩"
    if category == "Cc":
        return _SHORT.get(code, f"\\x{code:02x}")
    if category == "Cs":
        return f"\\u{code:04x}"
    if code in _UNSEEN or category in ("Cf", "Co", "Cn") or 0xFE00 <= code < 0xFE0E or 0xE0000 <= code < 0xE1000:
        return f"⟨U+{code:04X}⟩"
    if category == "Zs" and code != 0x3000:
        return " "
    if category in ("Mn", "Me") or code in _EMOJI_STYLE or 0x1160 <= code < 0x1200 or 0xD7B0 <= code < 0xD800:
        return ""
    return char


_SHOWN = _Shown()


def safe(text: str) -> str:
    """Return `text` as one printable line: no controls, no bidi, nothing unseen, no floods, a limited length."""
    more = len(text) - LONGEST_FIELD
    if more > 0:
        return f"{safe(text[:LONGEST_FIELD])}⟨{more} more characters⟩"
    if text.isascii() and text.isprintable():
        return text
    pieces: list[str] = []
    marks = MOST_MARKS  # nothing to join at the start of a field
    for char in unicodedata.normalize("NFC", text):
        shown = _SHOWN[char]
        if shown:
            marks = 0
            pieces.append(shown)
        elif not pieces:
            marks = 1
            pieces.append(f"◌{char}")
        else:
            marks += 1
            if marks <= MOST_MARKS:
                pieces.append(char)
            elif marks == MOST_MARKS + 1:
                pieces.append("⟨…marks⟩")
    return "".join(pieces)


def encodable(text: str, encoding: str) -> str:
    """Return `text` with what `encoding` cannot write spelled `\\uXXXX`: an old terminal never makes it fail."""
    if text.isascii():
        return text
    return text.encode(encoding, "backslashreplace").decode(encoding)


_WORD_TURNED_LIVE = re.compile(r"@|://|www\.|mailto:|xmpp:|:(?!\d\d:)[\w+-]+:|#\w|GH-\d", re.ASCII | re.IGNORECASE)
"""What GitHub or Obsidian make a link, a mention, an emoji or a tag of, even when every sign is escaped."""

_AROUND_A_WORD = "<>()\"'.,;!?"
"""Signs left outside the code span that a word becomes."""

_MARKDOWN_SIGNS = re.compile(r"[\\`*_{}\[\]<>|~=$%^&#]|^[+-]|^\d+(?=[.)](?: |$))")


def markdown(text: str) -> str:
    """Return `text` as Markdown that reads literally, in a paragraph, a list and a table cell."""
    shown = safe(text)
    written = " ".join(map(_word, shown.split(" "))) if _WORD_TURNED_LIVE.search(shown) else _escaped(shown)
    return f"&#32;{written[1:]}" if written.startswith(" ") else written  # four spaces would make it a code block


def _word(word: str) -> str:
    core = word.strip(_AROUND_A_WORD)
    if core.endswith(":") and _WORD_TURNED_LIVE.search(core[:-1]):
        core = core[:-1]
    if not _WORD_TURNED_LIVE.search(core):
        return _escaped(word)
    before, after = word.split(core, 1)
    return f"{_escaped(before)}{markdown_code(core)}{_escaped(after)}"


def _escaped(text: str) -> str:
    """Escape every sign that means something inside a line or at its start."""
    return _MARKDOWN_SIGNS.sub(_escape, text)


def _escape(sign: re.Match[str]) -> str:
    """Return one sign escaped; a pipe becomes an entity, because a table splits its cells before it reads escapes."""
    if sign[0] == "|":
        return "&#124;"
    return f"{sign[0]}\\" if sign[0].isdigit() else f"\\{sign[0]}"


def markdown_code(text: str) -> str:
    """Return `text` as code spans, fenced longer than any backtick run inside and cut around pipes."""
    return "&#124;".join(_span(piece) for piece in safe(text).split("|"))


def _span(text: str) -> str:
    if not text.strip():
        return text
    fence = "`" * (1 + longest_run(text))
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def longest_run(text: str) -> int:
    """Return the length of the longest run of backticks in `text`."""
    return max(map(len, re.findall("`+", text)), default=0)


_LEADS: Final = (0x7F, 0xC2, 0xCD, 0xD8, 0xE1, 0xE2, 0xE3, 0xEF, 0xF0, 0xF3)
"""First octets, in UTF-8, of all that `_UNSAFE` looks for: ten quick scans spare most Korean text the slow one.

They are numbers, as which Python takes what is looked for in octets first; to fail with `bytes` takes it longer.
"""

_UNSAFE = re.compile(
    rb"\x7f"
    rb"|\xc2[\x80-\x9f\xad]"  # C1, soft hyphen
    rb"|\xcd\x8f|\xd8\x9c"  # grapheme joiner, Arabic letter mark
    rb"|\xe1(?:\x85[\x9f\xa0]|\x9e[\xb4\xb5]|\xa0[\x8b-\x8f])"  # fillers, Mongolian selectors
    rb"|\xe2(?:\x80[\x8b-\x8f\xa8-\xae]|\x81[\xa0-\xaf])"  # zero width, line separators, bidi and isolates
    rb"|\xe3\x85\xa4|\xef(?:\xb8[\x80-\x8f]|\xbb\xbf|\xbe\xa0|\xbf[\xb0-\xbb])"  # fillers, variation selectors, BOM
    rb"|\xf0(?:\x9b\xb2[\xa0-\xa3]|\x9d\x85[\xb3-\xba])|\xf3\xa0[\x80-\xbf]{2}"  # format controls, tags
)


def json_safe(encoded: bytes) -> bytes:
    r"""Return UTF-8 JSON with all unseen or direction-changing characters as `\uXXXX`: the same values, harmless.

    C0 needs no care: JSON itself forbids it. All that is looked for can only stand inside strings.
    """
    if encoded.isascii():
        return _UNSAFE.sub(_spelled, encoded) if 0x7F in encoded else encoded
    for lead in _LEADS:
        if lead in encoded:
            return _UNSAFE.sub(_spelled, encoded)
    return encoded


def _spelled(match: re.Match[bytes]) -> bytes:
    units = match[0].decode().encode("utf-16-be").hex()
    return b"".join(b"\\u" + units[at : at + 4].encode() for at in range(0, len(units), 4))
