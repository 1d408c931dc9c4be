"""Take address lists apart: one pass over the text, no recursion, linear whatever it holds.

The scanner goes from special character to special character and gathers, for the mailbox it is in, the phrase, the
address in angle brackets and the comments. Display names are decoded after that, so that a decoded comma or bracket is
text, never structure. Obsolete and broken forms are read as people mean them: source routes are dropped, white space
inside an address is removed, the comment after a bare address is its name, semicolons separate like commas, and two
addresses without a comma are two mailboxes. Group names are no mailboxes. Source: RFC 5322 sections 3.4 and 4.4.
"""

from __future__ import annotations

import re

from mailtrace.mail.encodedwords import decode_words
from mailtrace.model import Person

PEOPLE_LIMIT = 10_000
"""Mailboxes listed of one field: ten times the recipients any MTA takes in one transaction by default."""

LITERAL_LIMIT = 256
"""Characters in which the end of an address literal such as `[IPv6:2001:db8::1]` is looked for; none is longer."""

PEOPLE_LIMIT_REACHED = "limit-addresses"
UNCLOSED = "address-unclosed"

_PLAIN = re.compile(r"([^\"(),:;<>@\[\]\\]*)<([^\"(),:;<>\s\\]+)>")
_BARE = re.compile(r"[^\"(),:;<>\s\[\]\\]+")
_ENCODED_WORD = re.compile(r"=\?[^?\s]{1,80}\?[BbQq]\?[^?\s]*\?=")
_SPECIAL = re.compile(r'["(),:;<>\[]|=\?')
_QUOTE_END = re.compile(r'\\.|"', re.DOTALL)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_ANGLE_MARK = re.compile(r'[">,(]')
_QUOTING = re.compile(r'\\(.)|"', re.DOTALL)


def parse_addresses(value: str, defects: list[str]) -> tuple[Person, ...]:
    """Return the mailboxes of an address list, in order; `value` is the unfolded field with its encoded words."""
    found = _PLAIN.fullmatch(value)
    if found is not None:
        name, address = found.groups()
        return (Person(decode_words(name.strip(), defects), address),)
    if _BARE.fullmatch(value):
        return (Person("", value),)
    return _Scanner(value, defects).people()


class _Scanner:
    """Walks one address list; holds the mailbox being read."""

    def __init__(self, value: str, defects: list[str]) -> None:
        """Start before the first character."""
        self.value = value
        self.defects = defects
        self.at = 0
        self.phrase: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None
        self.named = 0  # how much of the phrase stood before the bracket
        self.found: list[Person] = []

    def people(self) -> tuple[Person, ...]:
        """Read to the end and return all mailboxes."""
        value = self.value
        while len(self.found) < PEOPLE_LIMIT:
            special = _SPECIAL.search(value, self.at)
            if special is None:
                self.phrase.append(value[self.at :])
                self.at = len(value)
                break
            self.phrase.append(value[self.at : special.start()])
            self.at = special.end()
            self._take(special[0])
        self._finish()
        if self.at < len(value):
            self.defects.append(PEOPLE_LIMIT_REACHED)
        return tuple(self.found)

    def _take(self, mark: str) -> None:
        """Deal with one special character; `at` is behind it."""
        if mark == '"':
            self.phrase.append(self._quoted())
        elif mark == "(":
            self.comments.append(self._comment())
        elif mark == "<":
            if self.angle is not None:  # a comma is missing: what follows the first bracket names the second mailbox
                following = self.phrase[self.named :]
                del self.phrase[self.named :]
                self._finish()
                self.phrase = following
            self.named = len(self.phrase)
            self.angle = self._inside_angle()
        elif mark in ",;":
            self._finish()
        elif mark == ":":  # the name of a group ends here
            self.phrase.clear()
            self.comments.clear()
        elif mark == "[":
            end = self.value.find("]", self.at, self.at + LITERAL_LIMIT)
            self.phrase.append(self.value[self.at - 1 : end + 1] if end >= 0 else "[")
            self.at = end + 1 if end >= 0 else self.at
        elif mark == "=?":
            word = _ENCODED_WORD.match(self.value, self.at - 2)
            self.phrase.append(word[0] if word else mark)
            self.at = word.end() if word else self.at

    def _quoted(self) -> str:
        """Return the quoted string that was opened, with its quotes; an unclosed one runs to the end."""
        start = self.at - 1
        for mark in _QUOTE_END.finditer(self.value, self.at):
            if mark[0] == '"':
                self.at = mark.end()
                return self.value[start : self.at]
        self.defects.append(UNCLOSED)
        self.at = len(self.value)
        return self.value[start:]

    def _comment(self) -> str:
        """Return the text of the comment that was opened, comments inside included; an unclosed one runs to the end."""
        start = self.at
        depth = 1
        for mark in _COMMENT_MARK.finditer(self.value, self.at):
            depth += (mark[0] == "(") - (mark[0] == ")")
            if depth == 0:
                self.at = mark.end()
                return self.value[start : mark.start()]
        self.defects.append(UNCLOSED)
        self.at = len(self.value)
        return self.value[start:]

    def _inside_angle(self) -> str:
        """Return the address in the bracket that was opened; without a closing bracket it ends at the next comma."""
        pieces: list[str] = []
        while True:
            mark = _ANGLE_MARK.search(self.value, self.at)
            stop = mark.start() if mark else len(self.value)
            pieces.append(self.value[self.at : stop])
            self.at = stop + 1 if mark else stop
            if mark is None or (mark[0] == "," and not pieces[0].lstrip("< ").startswith("@")):
                self.defects.append(UNCLOSED)
                self.at = stop
                break
            if mark[0] == ">":
                break
            if mark[0] == ",":
                pieces.append(",")
            elif mark[0] == "(":
                self._comment()
            else:
                pieces.append(self._quoted())
        address = "".join(pieces).strip("< ")
        if address.startswith("@") and ":" in address:  # a source route, RFC 5321 appendix C
            address = address.partition(":")[2]
        return _compact(address)

    def _finish(self) -> None:
        """The mailbox being read is over: keep it, and start the next."""
        phrase = "".join(self.phrase).strip()
        comment = " ".join(self.comments)
        angle, self.angle = self.angle, None
        self.phrase.clear()
        self.comments.clear()
        if angle is None:
            phrase, angle = _bare_address(phrase)
        name = decode_words(_unquoted(phrase) or _unquoted(comment), self.defects)
        if angle or name:
            self.found.append(Person(name, angle))


def _bare_address(phrase: str) -> tuple[str, str]:
    """Return the name and the address in a mailbox without angle brackets, each '' when it is not there."""
    quoted, quote, rest = phrase.rpartition('"')
    if quote and rest.startswith("@"):
        return "", phrase
    address = _compact(rest)
    name, _, last = address.rpartition(" ")
    if "@" in last or not (name or quote or "=?" in last):
        return quoted + quote + name, last.strip("<>")
    return phrase, ""


def _compact(address: str) -> str:
    """Return an address without the white space that obsolete syntax allows around its at sign and at its ends."""
    if '"' in address:
        return address.strip()
    return "@".join(" ".join(piece.split()) for piece in address.split("@"))


def _unquoted(text: str) -> str:
    """Return a phrase as it is meant: quotes and escapes undone, white space runs of folding made one space."""
    if '"' in text or "\\" in text:
        text = _QUOTING.sub(lambda found: found[1] or "", text)
    return " ".join(text.split())
