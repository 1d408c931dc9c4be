"""SMTP lines become words: pure functions from bytes.

Everything is read as tolerantly as servers do; what is not as the RFC wants it is told, not refused. What is said all
day in the same words is read once.
"""

from __future__ import annotations

import re

from msgspec import Struct

from mailtrace.model import Outcome, wire_text
from mailtrace.model.remembered import Remembered, is_short
from mailtrace.protocols.framing import LINE_LIMIT

VERBS = (
    *("HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "BURL", "RSET", "VRFY", "EXPN", "HELP", "NOOP", "QUIT"),
    *("STARTTLS", "AUTH", "ETRN", "ATRN", "TURN", "SEND", "SOML", "SAML", "VERB", "XCLIENT", "XFORWARD"),
)
"""The verbs of RFC 5321 and its extensions, and what proxies of mail say about their clients."""

HELLOS = frozenset({"HELO", "EHLO", "LHLO"})
"""The verbs that introduce a client."""

GREETINGS = ("220", "554", "421")
"""What a server may open with. Source: RFC 5321 section 4.3.2."""

REMEMBERED_COMMANDS = 1024
"""Commands remembered as they were read: a client introduces itself, sends and says goodbye in the same words."""

VERB_SHOWN = 32
"""Characters of an unknown verb that are kept: enough to see what it was."""

_SPELLINGS = {spelling.encode(): verb for verb in VERBS for spelling in (verb, verb.lower(), verb.capitalize())}

_STRICT_COMMAND = re.compile(
    rb"(?:MAIL FROM ?: ?<|RCPT TO ?: ?<|(?:HELO|EHLO|LHLO) [^ ]+ ?$|(?:DATA|RSET|QUIT|NOOP|STARTTLS) ?$"
    rb"|BDAT [0-9]{1,19}(?: LAST)?$|AUTH [A-Z0-9_-]{1,20}(?: |$))",
    re.IGNORECASE,
)
"""A command as real clients write it: nothing that is likely to be a line of a mail."""

_ENHANCED = re.compile(rb"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?=[ :]|$)")


def parse_command(line: bytes) -> tuple[str, int]:
    """Return the verb in upper case, '' for an empty line, and where in `line` its argument starts.

    Source: RFC 5321 section 4.1.1 and section 2.4 (verbs in any case); white space before the verb is tolerated.
    """
    space = line.find(b" ")
    verb = _SPELLINGS.get(line if space < 0 else line[:space])
    if verb is not None:
        if space < 0:
            return verb, len(line)
        if line[space + 1 : space + 2] not in (b" ", b"\t"):
            return verb, space + 1
    start = len(line) - len(line.lstrip(b" \t"))
    words = line[start:].split(None, 1)
    if not words:
        return "", len(line)
    known = _SPELLINGS.get(words[0].upper())
    argument_at = len(line) - len(words[1]) if len(words) > 1 else len(line)
    return known or wire_text(words[0][:VERB_SHOWN]).upper()[:VERB_SHOWN], argument_at


class Path(Struct, frozen=True, gc=False):
    """The argument of MAIL or RCPT: the mailbox without source route, the parameters; `spaced`: with white space."""

    address: str
    parameters: bytes
    spaced: bool


class ReadCommand(Struct, frozen=True, gc=False):
    """A command line as it was read: its verb, where its argument starts, and the path of MAIL and RCPT."""

    verb: str
    line: bytes
    argument_at: int
    path: Path | None = None

    @property
    def argument(self) -> bytes:
        """What stands behind the verb."""
        return self.line[self.argument_at :]


QUOTE = 0x22
"""The quotation mark, as a number: see `framing.DOT`."""

_KEYWORDS = {"MAIL": b"FROM", "RCPT": b"TO"}


def read_command(line: bytes) -> ReadCommand:
    """Read a command line, without its end."""
    verb, argument_at = parse_command(line)
    keyword = _KEYWORDS.get(verb)
    return ReadCommand(verb, line, argument_at, None if keyword is None else parse_path(line[argument_at:], keyword))


def _whole_command(octets: bytes) -> ReadCommand | None:
    """Read a segment that is one command line as it should be; None for anything else."""
    end = len(octets) - 1
    if end < 1 or end > LINE_LIMIT or octets.find(b"\n") != end or octets.find(b"\r") != end - 1:
        return None
    if 0 in octets or octets[0] in b" \t":
        return None
    return read_command(octets[:-2])


known_command = Remembered(_whole_command, REMEMBERED_COMMANDS, is_short).__getitem__
"""See `_whole_command`."""


def looks_like_command(line: bytes) -> bool:
    """Tell whether `line`, without line end, is surely meant as a command and not a line of a mail."""
    return _STRICT_COMMAND.match(line) is not None


def parse_path(argument: bytes, keyword: bytes) -> Path | None:
    """Read `FROM:<address> parameters` or `TO:...`; None when there is no address.

    Source: RFC 5321 section 4.1.2; appendix C for source routes, which are read and dropped; RFC 1870 section 6.
    """
    name, colon, text = argument.partition(b":")
    opened = text[:1]
    spaced = False
    if name != keyword or opened != b"<":  # as hardly anybody writes it
        if not colon or name.strip().upper() != keyword:
            return None
        text = text.lstrip(b" \t")
        opened = text[:1]
        spaced = len(name) + 1 + len(text) != len(argument) or name != name.strip()
    if opened == b"<":
        stop = _closing(text) if QUOTE in text else text.find(b">")
        if stop < 0:
            return None
        mailbox, parameters = text[1:stop], text[stop + 1 :]
    else:
        mailbox, _, parameters = text.partition(b" ")
        if not mailbox:
            return None
    if mailbox[:1] == b"@":
        mailbox = mailbox[mailbox.find(b":") + 1 :]
    return Path(wire_text(mailbox), parameters.strip(), spaced)


def _closing(text: bytes) -> int:
    """Return where the path that opens `text` closes: the first `>` outside of a quoted string; -1 when nowhere."""
    quoted = escaped = False
    for at, octet in enumerate(text):
        if escaped:
            escaped = False
        elif octet == 0x5C:  # backslash
            escaped = quoted
        elif octet == QUOTE:
            quoted = not quoted
        elif octet == 0x3E and not quoted:  # >
            return at
    return -1


CHUNK_LIMIT = 2**63 - 1
"""The largest chunk size taken for one: no stream is longer."""


def parse_chunk(argument: bytes) -> tuple[int, bool] | None:
    """Read the argument of BDAT: size, and whether it is the last; None if unreadable. Source: RFC 3030 section 2."""
    words = argument.split()
    if not words or not words[0].isdigit() or len(words) > 2 or len(words[0]) > 20:
        return None
    last = len(words) == 2
    if last and words[1].upper() != b"LAST":
        return None
    size = int(words[0])
    return (size, last) if size <= CHUNK_LIMIT else None


class ReplyLine(Struct, frozen=True, gc=False):
    """One line of a reply: `more` tells that another one follows."""

    status: str
    outcome: Outcome
    more: bool
    text: bytes


_OUTCOMES = {"1": Outcome.MORE, "2": Outcome.GOOD, "3": Outcome.MORE, "4": Outcome.LATER, "5": Outcome.NO}
_CODES = {str(code).encode(): (str(code), _OUTCOMES[str(code)[0]]) for code in range(100, 600)}
_MORE = {b" ": False, b"": False, b"-": True}


def parse_reply_line(line: bytes) -> ReplyLine | None:
    """Read `250-text` or `250 text`, or the code alone; None for anything else. Source: RFC 5321 section 4.2.1."""
    code = _CODES.get(line[:3])
    more = _MORE.get(line[3:4])
    if code is None or more is None:
        return None
    return ReplyLine(code[0], code[1], more, line[4:])


def parse_enhanced(text: bytes) -> str | None:
    """Return the enhanced status code that opens a reply's text, None without one. Source: RFC 2034 section 4."""
    if text[1:2] != b".":
        return None
    found = _ENHANCED.match(text)
    return found.group().decode() if found else None
