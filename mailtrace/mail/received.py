"""HOT. Read trace fields: who says to have got a mail from whom, how, under which id, and when (tests/bench `mail`).

Servers differ in everything but the keywords `from`, `by`, `via`, `with`, `id`, `for` and the semicolon before the
time, so a field is cut by these; what the comments tell of the peer and of TLS is read by `peers`. One pattern takes
what sendmail, Postfix and those that follow them write, in a third of the time. Source: RFC 5321 section 4.4.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct, field

from mailtrace.mail.dates import parse_date
from mailtrace.mail.peers import Peer, host_name, ipv4_address, parse_peer, parse_tls
from mailtrace.model import Received

PIECES_LIMIT = 1_000
"""Words and comments of one trace field that are looked at; real ones have fewer than fifty and maybe recipients."""

COMMENT_LIMIT = 500
"""Characters of one comment that are looked at; real ones have fewer than two hundred."""

_KEYWORDS = frozenset(("from", "by", "via", "with", "id", "for", "envelope-from", "tls", "group", "priority"))
_LATER = frozenset(("tls", "group", "priority"))
"""Clauses registered later stand behind `with`; before it such a word is a name. Source: RFC 8314 section 7.4."""

_KEYWORD = r"(?i:from|by|via|with|id|for|tls)\b"
_WORD = rf"((?!{_KEYWORD})[^\s\"();\\]++)"
_COMMENT = r"(?:\s\(([^\"()\\]*+)\))?"
_PASSED_OVER = r"(?:\s\([^\"()\\]*+\))?"
_USING = r"(?:\s\((using\s[^\s()]++\swith\scipher\s[^\s()]++)\s\(\d++/\d++\sbits\)[^\"()\\]*+\))?"
_USUAL = re.compile(
    rf"(?:from\s{_WORD}{_COMMENT}{_USING}{_PASSED_OVER}\s++)?by\s{_WORD}{_PASSED_OVER}"
    rf"(?:\s++with\s(?!local\s){_WORD}\s?{_COMMENT}(?:\stls\s{_WORD})?{_COMMENT}{_COMMENT})?\s++id\s{_WORD}{_COMMENT}"
    rf"(?:\s++for\s<?([^\s\"();\\<>,]++)>?)?;\s*+([^\"();\\]*+)(?:\([^\"()\\<]*+\))?"
)
"""The order in which sendmail, Postfix and Exim say it all, without anything quoted."""

_ASCII_WORD = rf"((?!(?=[FfBbVvWwIiTt]){_KEYWORD})[!#-'*-:<-\[\]-~]++)"
_FREQUENT = re.compile(
    rf"from (?!\[){_ASCII_WORD} \(([!#-'*-<>?A-Z^-~]++) \[([0-9.]++)\]\)\s++by {_ASCII_WORD} \([^\"()\\]*+\)"
    rf" with (?!local\s){_ASCII_WORD} id {_ASCII_WORD}"
    r"\s++for <([!#-'*+\--:=?-\[\]-~]++)>;\s*+([^\"();\\]*+)(?:\([^\"()\\<]*+\))?"
)
"""What most fields are of all that, in ASCII; without choices, and with all of the peer, it is found twice as fast."""

_SPECIAL = re.compile(r'\([^()\\]*+\)|"[^"\\]*+"|["();\\]')
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_ENVELOPE = re.compile(r"envelope-(?:from|sender):?\s<?([^<>\s]*)")
_DAY = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d")


_NOBODY = Peer()


class _Cut(Struct):
    """A field in pieces: words by keyword ('' before the first), all comments, those about the peer, and the time."""

    words: dict[str, list[str]] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    peer: list[str] = field(default_factory=list)
    time: str = ""
    clause: list[str] = field(default_factory=list)  # the words of the one that is being read
    key: str = ""
    unfinished: bool = False  # the last word goes on where the next text starts

    def first(self, keyword: str) -> str | None:
        """Return the first word of a clause; None where there is none."""
        words = self.words.get(keyword)
        return words[0] if words else None

    def begin(self, key: str) -> None:
        """A new clause begins."""
        self.key, self.unfinished = key, False
        self.clause = self.words[key] = []

    def add_words(self, text: str) -> None:
        """Take what stands between comments, quoted strings and semicolons."""
        words = text.split(None, PIECES_LIMIT)[:PIECES_LIMIT]
        if self.unfinished and not text[0].isspace():
            self.clause[-1] += words.pop(0)
        for word in words:
            lower = word.lower()
            if lower in _KEYWORDS and lower not in self.words and (lower not in _LATER or "with" in self.words):
                self.begin(lower)
            else:
                self.clause.append(word)
        self.unfinished = bool(self.clause) and not text[-1].isspace()

    def add_quoted(self, text: str) -> None:
        """Take a quoted string, which may be part of a word, or a mark that means nothing here."""
        if self.unfinished:
            self.clause[-1] += text
        else:
            self.clause.append(text)
        self.unfinished = True

    def add_comment(self, text: str) -> None:
        """Take a comment."""
        self.unfinished = False
        self.comments.append(text)
        if self.key == "from":
            self.peer.append(text)


def parse_received(value: str) -> Received:
    """Return what one Received field says, each thing None where it says nothing; the first clause of a kind counts."""
    frequent = _FREQUENT.fullmatch(value)
    if frequent is not None:
        from_, name, address, by, with_, id_, for_, time = frequent.groups()
        rdns, address = host_name(name), ipv4_address(address)
        return Received(from_, by, with_, id_, parse_date(time), (for_,), address, from_, rdns)
    usual = _USUAL.fullmatch(value)
    if usual is None:
        return _any_received(value)
    from_, remark, using, by, with_, version, cipher, server, sender, id_, behind, for_, time = usual.groups()
    peer = _NOBODY if from_ is None else parse_peer((from_,), (remark,) if remark else ())
    for_who = (for_,) if for_ else ()
    if using is version is cipher is behind is None:
        return Received(from_, by, with_, id_, parse_date(time), for_who, peer.address, peer.helo, peer.rdns)
    comments = [each for each in (using, version, server, sender, behind) if each]
    tls, sender = parse_tls(comments, with_, cipher), _envelope_from(None, comments)
    return Received(from_, by, with_, id_, parse_date(time), for_who, peer.address, peer.helo, peer.rdns, tls, sender)


def _any_received(value: str) -> Received:
    cut = _cut(value)
    with_ = " ".join(cut.words.get("with", ())) or None
    by = cut.words.get("by", [])
    peer = parse_peer(cut.words.get("from", ())[:2], cut.peer)
    return Received(
        from_=cut.first("from"),
        by=by[2] if len(by) > 2 and by[1] == "of" else cut.first("by"),  # Daum: `by hermes of HOST`
        with_=with_,
        id=cut.first("id"),
        time=parse_date(cut.time),
        for_=_recipients(cut.words.get("for", [])),
        address=peer.address,
        helo=None if with_ == "local" else peer.helo,  # Exim's `from` has the user then
        rdns=peer.rdns,
        tls=parse_tls(cut.comments, with_, cut.first("tls")),
        envelope_from=_envelope_from(cut.first("envelope-from"), cut.comments),
    )


def _cut(value: str) -> _Cut:
    """Cut a field at its keywords and at the last semicolon outside of comments and quoted strings."""
    cut = _Cut()
    day = _DAY.search(value) if ";" not in value else None
    if day is not None:
        value, cut.time = value[: day.start()], value[day.start() :]
    at = time_at = 0
    for _ in range(PIECES_LIMIT):
        special = _SPECIAL.search(value, at)
        stop = len(value) if special is None else special.start()
        if stop > at:
            cut.add_words(value[at:stop])
        if special is None:
            break
        text, at = special[0], special.end()
        if text[0] == "(":
            if len(text) == 1:
                at = _comment_end(value, at)
            cut.add_comment(value[stop + 1 : min(at - 1, stop + COMMENT_LIMIT)])
        elif text == ";":
            time_at = at
            cut.begin(";")
        else:
            cut.add_quoted(text)
    if time_at:
        cut.time = value[time_at:].strip()
    return cut


def _comment_end(value: str, at: int) -> int:
    """Return where a comment ends whose text starts at `at`; one that is not closed runs to the end."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(value, at):
        depth += (mark[0] == "(") - (mark[0] == ")")
        if not depth:
            return mark.end()
    return len(value) + 1


def _recipients(words: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses of a `for` clause; `<multiple recipients>` are none."""
    if len(words) > 1:
        words = [word for word in words if "@" in word]
    return tuple([each.strip("<>,") for word in words for each in word.split(">,") if each])


def _envelope_from(word: str | None, comments: Sequence[str]) -> str | None:
    """Return the sender of the envelope, '' for the null path, None where neither a clause nor a comment tells it."""
    if word is not None:
        return word.strip("<>")
    for comment in comments:
        found = _ENVELOPE.search(comment) if "envelope-" in comment else None
        if found is not None:
            return found[1]
    return None
