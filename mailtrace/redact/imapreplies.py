"""What an IMAP server says, with mails, heads and parts of mails among it replaced as what they are.

It is cut into lines and literals by their counts. What a literal is stands before it; in an ENVELOPE the place of a
string says what it is. Source: RFC 9051 sections 7.5.2 and 9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtrace.redact.blanks import blank
from mailtrace.redact.fields import BODIES, HOSTS, NAMES, SUBJECTS
from mailtrace.redact.heads import Heads
from mailtrace.redact.mails import Mails
from mailtrace.redact.text import Rewriter

_LITERAL = re.compile(rb"~?\{([0-9]{1,10})\+?\}\r?\n")
_SECTION = re.compile(rb"(?i)(?:BODY|BINARY)(?:\.PEEK)?\[([^\]]{0,998})\](?:<[0-9]{1,10}>)? \Z")
_OLD = re.compile(rb"(?i)RFC822(\.HEADER|\.TEXT|) \Z")
_TOKEN = re.compile(rb'"(?:[^"\\\r\n]|\\[^\r\n])*"|[()]|[^\s()"]+')
_ENVELOPE = re.compile(rb"(?i)\bENVELOPE (?=\()")
_FILE_NAME = re.compile(rb'(?i)("(?:FILE)?NAME\*?" )("(?:[^"\\\r\n]|\\[^\r\n])*")')

DEPTH_LIMIT = 8
"""Parentheses within each other in an ENVELOPE; the standard has three."""

_ANNOUNCED = re.compile(rb"~?\{[0-9]{1,10}\+?\}\Z")
_SUBJECT = 1
_NAME, _MAILBOX, _HOST = 0, 2, 3


class ImapReplies:
    """Replaces in what IMAP servers say."""

    def __init__(self, rewriter: Rewriter, mails: Mails) -> None:
        """Replace what the rewriter was told to."""
        self._rewriter = rewriter
        self._mails = mails

    def replaced(self, octets: bytes) -> bytes:
        """Return octets of a server, from the start of a line on."""
        pieces: list[bytes] = []
        before = b""
        envelope: Envelope | None = None
        for piece, is_literal in _cut(octets):
            if not is_literal:
                made, envelope = self._line(piece, envelope)
                pieces.append(made)
                before = piece
            elif envelope is not None:
                pieces.append(envelope.string(piece))
            else:
                pieces.append(self._literal(piece, before))
        return b"".join(pieces)

    def _literal(self, octets: bytes, before: bytes) -> bytes:
        """Return a literal by what stands before it."""
        text = before[: before.rfind(b"{")].removesuffix(b"~")
        section = _SECTION.search(text)
        if section is not None:
            return self._section(octets, section[1].upper())
        old = _OLD.search(text)
        if old is not None:
            return self._section(octets, old[1].upper().removeprefix(b"."))
        if self._rewriter.fields & {NAMES, SUBJECTS, BODIES}:
            return blank(octets)
        return self._rewriter.text(octets)

    def _section(self, octets: bytes, section: bytes) -> bytes:
        """Return what was asked for of a mail."""
        if not section:
            return self._mails.mail(octets)
        if b"HEADER" in section or section.endswith(b"MIME"):
            return self._mails.head(octets)
        return self._mails.part(octets)

    def _line(self, line: bytes, envelope: Envelope | None) -> tuple[bytes, Envelope | None]:
        """Return a line, or the part of one between literals, and the ENVELOPE that goes on behind it."""
        if BODIES in self._rewriter.fields:
            line = _FILE_NAME.sub(lambda found: found[1] + b'"' + blank(found[2][1:-1]) + b'"', line)
        pieces, at = [], 0
        while at < len(line):
            if envelope is None:
                found = _ENVELOPE.search(line, at)
                stop = found.end() if found else len(line)
                pieces.append(self._rewriter.text(line[at:stop]))
                envelope = Envelope(self._rewriter, self._mails.heads) if found else None
            else:
                made, stop = envelope.feed(line, at)
                pieces.append(made)
                envelope = None if envelope.is_over else envelope
            at = stop
        return b"".join(pieces), envelope


class Envelope:
    """An ENVELOPE while it is read: strings are replaced by their place in it. Source: RFC 9051 section 7.5.2."""

    def __init__(self, rewriter: Rewriter, heads: Heads) -> None:
        """Begin before its first parenthesis."""
        self.is_over = False
        self._rewriter, self._heads = rewriter, heads
        self._places = [-1]  # how many things stand before the one that comes next, at each depth

    def feed(self, octets: bytes, at: int) -> tuple[bytes, int]:
        """Return what belongs to it from a place on, replaced, and where that stops."""
        pieces = []
        for token in _TOKEN.finditer(octets, at):
            word = token[0]
            pieces.append(octets[at : token.start()])
            at = token.end()
            if word == b"(":
                self._places[-1] += 1
                self._places.append(-1)
            elif word == b")":
                self._places.pop()
                self.is_over = len(self._places) < 2
            elif word.startswith(b'"'):
                word = b'"' + self.string(word[1:-1]) + b'"'
            elif not _ANNOUNCED.match(word):
                self._places[-1] += 1
            pieces.append(word)
            if self.is_over or len(self._places) > DEPTH_LIMIT:
                self.is_over = True
                return b"".join(pieces), at
        return b"".join([*pieces, octets[at:]]), len(octets)

    def string(self, octets: bytes) -> bytes:
        """Return the string that comes next: the subject, or name, mailbox or host of somebody."""
        self._places[-1] += 1
        rewriter, depth, place = self._rewriter, len(self._places), self._places[-1]
        if depth == 2 and place <= _SUBJECT:
            return self._heads.field("subject", octets) if place else octets
        if depth == 4 and place == _NAME and NAMES in rewriter.fields:
            return self._heads.field("from", octets)
        if depth == 4 and place == _MAILBOX:
            return rewriter.mailbox(octets)
        if depth == 4 and place == _HOST:
            return rewriter.host(octets) if HOSTS in rewriter.fields else octets
        return rewriter.text(octets)


def _cut(octets: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield lines, those with a literal up to its count, and literals, each with whether it is one."""
    at = 0
    while at < len(octets):
        stop = octets.find(b"\n", at) + 1 or len(octets)
        yield octets[at:stop], False
        found = _LITERAL.search(octets, max(stop - 20, at), stop)
        at = stop
        if found is not None and found.end() == stop:
            end = min(stop + int(found[1]), len(octets))
            yield octets[stop:end], True
            at = end
