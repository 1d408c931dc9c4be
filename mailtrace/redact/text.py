"""Names, addresses and hosts in text, whatever the text is: found by what they look like, and by what is known of them.

Text is octets in which ASCII is ASCII. It is cut into words with dots, colons and at signs in them: what has an at sign
is a mail address, four numbers with dots are an address of IPv4, and so on. All else is compared, word by word, with
the names that the capture is known to have. Nothing gets longer or shorter.
"""

from __future__ import annotations

import re

from mailtrace.redact.addresses import Addresses
from mailtrace.redact.fields import ADDRESSES, HOSTS, NAMES, Fields
from mailtrace.redact.pseudonyms import Words, in_charset
from mailtrace.redact.vocabulary import ENDS, MAIL_WORDS, ROLES, SECOND_LEVELS

LEAST_LETTERS = 2
"""Letters of the shortest name in ASCII that is looked for in running text: single letters are in every sentence."""

LONGEST_NAME = 64
"""Octets of the longest word that is known as a name."""

PATTERN_LIMIT = 1_024
"""Octets of a word with dots that may be an address or a host name; no name is so long."""

_CODECS = ("utf-8", "cp949")
"""How names of other scripts may be written in text that does not say how."""

_ATOM = re.compile(rb"[A-Za-z0-9_.+=@:~\x80-\xff-]+")
_WORD = re.compile(rb"[A-Za-z0-9]+|[\x80-\xff]+")
_ANY_WORD = re.compile(r"[^\W_]+")
_ROLE = re.compile(r"([a-z]+?)([0-9]{0,3})\Z")
_NIBBLE = re.compile(r"[0-9A-Fa-f]\Z")
_REVERSED = frozenset(("in-addr.arpa", "ip6.arpa"))


class Rewriter:
    """Replaces in text what the user chose; the same instance serves a whole capture."""

    def __init__(self, fields: Fields) -> None:
        """Begin with no names known."""
        self.fields = fields
        self.words = Words()
        self.addresses = Addresses()
        self._known: set[str] = set()
        self._foreign: dict[bytes, bytes] = {}

    def know_person(self, name: str) -> None:
        """Learn a name of somebody, or the part of a mail address before its at sign."""
        self._know(name)

    def know_host(self, name: str) -> None:
        """Learn a name of a host or a domain."""
        labels = name.rstrip(".").split(".")
        for label in labels[: len(labels) - _ends(labels)]:
            if not label.startswith("_"):
                self._know(label)

    def _know(self, name: str) -> None:
        for word in _ANY_WORD.findall(name):
            if is_role(word) or len(word) > LONGEST_NAME or word.lower() in self._known:
                continue
            self._known.add(word.lower())
            if not word.isascii():
                for codec in _CODECS:
                    try:
                        self._foreign[word.encode(codec)] = in_charset(word, self.words.word, codec)
                    except UnicodeEncodeError:
                        continue

    def text(self, octets: bytes) -> bytes:
        """Return running text with everything replaced that was chosen and can be found."""
        return _ATOM.sub(self._atom, octets) if self.fields else octets

    def spoken(self, text: str) -> str:
        """Return running text of any charset, which is written out."""
        made = self.text(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
        return made if len(made) == len(text) else "x" * len(text)

    def person(self, octets: bytes) -> bytes:
        """Return a name with every word of it replaced; of other scripts only in UTF-8."""
        try:
            return in_charset(octets.decode(), self.person_text, "utf-8")
        except UnicodeDecodeError:
            return _WORD.sub(self._any, octets)

    def person_text(self, text: str) -> str:
        """Return a name that is written out with every word of it replaced."""
        return _ANY_WORD.sub(lambda found: found[0] if is_role(found[0]) else self.words.word(found[0]), text)

    def _any(self, found: re.Match[bytes]) -> bytes:
        word = found[0]
        if not word.isascii():
            return self._foreign.get(word) or b"x" * len(word)
        text = word.decode()
        return word if is_role(text) else self.words.word(text).encode()

    def host(self, octets: bytes) -> bytes:
        """Return a host name, or what stands in the place of one, replaced as far as that was chosen."""
        return self.host_text(octets.decode("latin-1")).encode("latin-1")

    def host_text(self, name: str) -> str:
        """Return a host name that is written out; with it addresses as names of DNS and in brackets."""
        bare = name.rstrip(".")
        address = self.addresses.text(bare)
        if address is not None:
            return (address if ADDRESSES in self.fields else bare) + name[len(bare) :]
        return ".".join(self.labels(bare.split("."))) + name[len(bare) :]

    def labels(self, labels: list[str]) -> list[str]:
        """Return the labels of a host name replaced; those that spell an address are replaced as one."""
        if ".".join(labels[-2:]).lower() in _REVERSED:
            return self._in_reverse_zone(labels)
        before, rest = self._listed(labels)
        if HOSTS not in self.fields or not rest:
            return before + rest
        stop = len(rest) - _ends(rest)
        return before + [self._label(label) if at < stop else label for at, label in enumerate(rest)]

    def _label(self, label: str) -> str:
        if label.startswith("_") or not label.isascii():
            return label
        return _ANY_WORD.sub(lambda found: found[0] if is_role(found[0]) else self.words.word(found[0]), label)

    def _in_reverse_zone(self, labels: list[str]) -> list[str]:
        """Return a name that spells an address backwards, or the beginning of one, maybe with more before it.

        Source: RFC 1035 section 3.5, RFC 3596 section 2.5.
        """
        is_four = labels[-2].lower() == "in-addr"
        most, is_part = (4, str.isdecimal) if is_four else (32, _NIBBLE.match)
        start = len(labels) - 2
        while start and len(labels) - 2 - start < most and is_part(labels[start - 1].lower()):
            start -= 1
        before = [self._label(label) if HOSTS in self.fields else label for label in labels[:start]]
        return before + self._backwards(labels[start:-2], is_four) + labels[-2:]

    def _listed(self, labels: list[str]) -> tuple[list[str], list[str]]:
        """Return the labels of an address that is asked for in a block list, and those behind. RFC 5782 section 2."""
        for many, is_four in ((4, True), (32, False)):
            first = labels[:many]
            if len(first) < len(labels) and all(map(str.isdecimal if is_four else _NIBBLE.match, first)):
                return self._backwards(first, is_four), labels[many:]
        return [], labels

    def _backwards(self, labels: list[str], is_four: bool) -> list[str]:
        """Return the labels of an address, or of the beginning of one, replaced."""
        if ADDRESSES not in self.fields or not labels:
            return labels
        if is_four:
            address = self.addresses.text(".".join([*labels[::-1], *["0"] * (4 - len(labels))]))
            return labels if address is None else address.split(".")[: len(labels)][::-1]
        octets = self.addresses.ip(bytes.fromhex("".join(labels[::-1]).ljust(32, "0")))
        return list(octets.hex()[: len(labels)][::-1])

    def _atom(self, found: re.Match[bytes]) -> bytes:
        atom = found[0]
        if len(atom) > PATTERN_LIMIT or not atom.isascii():
            return _WORD.sub(self._word, atom)
        if b"@" in atom:
            return self._address(atom)
        return self._plain(atom)

    def _address(self, atom: bytes) -> bytes:
        """Return an atom with an at sign: before it a mailbox, maybe with something before that; behind it a host."""
        before, _, domain = atom.rpartition(b"@")
        at = max(before.rfind(b"="), before.rfind(b":")) + 1
        mailbox = before[at:]
        mailbox = self.mailbox(mailbox) if mailbox.isascii() else _WORD.sub(self._word, mailbox)
        host = domain.rstrip(b".:+=~-@")
        named = self.host(host) if host.isascii() and b":" not in host and b"=" not in host else self._plain(host)
        return self._plain(before[:at]) + mailbox + b"@" + named + domain[len(host) :]

    def mailbox(self, octets: bytes) -> bytes:
        """Return what stands before the at sign of a mail address, or the name with which somebody logs in."""
        return self.person(octets) if ADDRESSES in self.fields else octets

    def login(self, octets: bytes) -> bytes:
        """Return a name with which somebody logs in, maybe a mail address."""
        if not self.fields & {ADDRESSES, NAMES}:
            return octets
        mailbox, at, domain = octets.partition(b"@")
        return self.person(mailbox) + at + (self.host(domain) if HOSTS in self.fields else domain)

    def _plain(self, atom: bytes) -> bytes:
        """Return an atom that is no mail address."""
        if not atom:
            return atom
        text = atom.decode("latin-1")
        bare = text.rstrip(".:-")
        address = self.addresses.text(bare)
        if address is not None:
            return (address if ADDRESSES in self.fields else bare).encode() + atom[len(bare) :]
        if ":" in text or "=" in text:
            return b"".join([self._plain(each) if each not in (b":", b"=") else each for each in _split(atom)])
        if self.is_host(bare):
            return self.host(atom)
        return _WORD.sub(self._word, atom)

    def is_host(self, text: str) -> bool:
        """Tell whether a word in running text looks like a host name or an address spelled backwards."""
        labels = text.split(".")
        last = labels[-1].lower()
        if len(labels) < 2 or not all(labels):
            return False
        return (last in ENDS or (len(last) == 2 and last.isalpha())) and any(len(each) > 1 for each in labels[:-1])

    def _word(self, found: re.Match[bytes]) -> bytes:
        """Return a word of running text, replaced where it is a name that is known."""
        word = found[0]
        if not word.isascii():
            return self._foreign_word(word)
        text = word.decode()
        key = text.lower()
        if key not in self._known or len(text) < LEAST_LETTERS or text.isdecimal() or key in MAIL_WORDS:
            return word
        return self.words.word(text).encode()

    def _foreign_word(self, word: bytes) -> bytes:
        """Return a word of another script; names may have endings of grammar behind them."""
        for size in range(min(len(word), LONGEST_NAME), 1, -1):
            known = self._foreign.get(word[:size])
            if known is not None:
                return known + word[size:]
        return word


def is_role(word: str) -> bool:
    """Tell whether a word of a name says what something is for, and not whose it is."""
    found = _ROLE.match(word.lower())
    return found is not None and found[1] in ROLES


def _ends(labels: list[str]) -> int:
    """Return how many labels at the end of a name are nobody's: `com`, `co.kr`."""
    last = labels[-1].lower()
    if len(labels) > 1 and len(last) == 2 and labels[-2].lower() in SECOND_LEVELS:
        return 2
    return int(len(labels) > 1 or last in ENDS or (len(last) == 2 and last.isalpha()))


def _split(atom: bytes) -> list[bytes]:
    """Cut at colons and equals signs, which are kept."""
    return re.split(rb"([:=])", atom)
