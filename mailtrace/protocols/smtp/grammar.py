"""SMTP lines become words: pure functions from bytes.

Everything is read as tolerantly as servers do; what is not as the RFC wants it is told, not refused. What is said all
day in the same words is read once.
"""

from __future__ import annotations

import re

from msgspec import Struct

from mailtrace.model import Outcome, wire_text
from mailtrace.model.remembered import Remembered, is_short
from mailtrace.protocols.framing import CR, LF, LINE_LIMIT, NUL

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

REMEMBERED_CODES = 256
"""Enhanced status codes remembered as text: servers use some tens of them."""

VERB_SHOWN = 32
"""Characters of an unknown verb that are kept: enough to see what it was."""

_SPELLINGS = {spelling.encode(): verb for verb in VERBS for spelling in (verb, verb.lower(), verb.capitalize())}

_BLANKS = frozenset([b" ", b"\t"])

_STRICT_COMMAND = re.compile(
    rb"(?:MAIL FROM ?: ?<|RCPT TO ?: ?<|(?:HELO|EHLO|LHLO) [^ ]+ ?$|(?:DATA|RSET|QUIT|NOOP|STARTTLS) ?$"
    rb"|BDAT [0-9]{1,19}(?: LAST)?$|AUTH [A-Z0-9_-]{1,20}(?: |$))",
    re.IGNORECASE,
)
"""A command as real clients write it: nothing that is likely to be a line of a mail."""

_ENHANCED = re.compile(rb"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?=:|$)")


def parse_command(line: bytes) -> tuple[str, int]:
    """Return the verb in upper case, '' for an empty line, and where in `line` its argument starts.

    Source: RFC 5321 section 4.1.1 and section 2.4 (verbs in any case); white space before the verb is tolerated.
    """
    word, space, rest = line.partition(b" ")
    verb = _SPELLINGS.get(word)
    if verb is not None and rest[:1] not in _BLANKS:
        return verb, len(word) + len(space)
    start = len(line) - len(line.lstrip(b" \t"))
    words = line[start:].split(None, 1)
    if not words:
        return "", len(line)
    known = _SPELLINGS.get(words[0].upper())
    argument_at = len(line) - len(words[1]) if len(words) > 1 else len(line)
    return known or wire_text(words[0][:VERB_SHOWN]).upper()[:VERB_SHOWN], argument_at


class Path(Struct, frozen=True, gc=False):
    """The address in the argument of MAIL or RCPT, without source route; `spaced`: with white space before it."""

    address: str
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
    line, end, rest = octets.partition(b"\r\n")
    if rest or not end or len(line) >= LINE_LIMIT or CR in line or LF in line or NUL in line or line[:1] in _BLANKS:
        return None
    return read_command(line)


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
        mailbox, closed, _ = text[1:].partition(b">") if QUOTE not in text else _quoted(text[1:])
        if not closed:
            return None
    else:
        mailbox = text.partition(b" ")[0]
        if not mailbox:
            return None
    if mailbox[:1] == b"@":
        mailbox = mailbox[mailbox.find(b":") + 1 :]
    return Path(wire_text(mailbox), spaced)


def _quoted(text: bytes) -> tuple[bytes, bytes, bytes]:
    """Return a path, the first `>` outside of a quoted string, and what stands behind it, like `partition`."""
    quoted = escaped = False
    for at, octet in enumerate(text):
        if escaped:
            escaped = False
        elif octet == 0x5C:  # backslash
            escaped = quoted
        elif octet == QUOTE:
            quoted = not quoted
        elif octet == 0x3E and not quoted:  # >
            return text[:at], b">", text[at + 1 :]
    return text, b"", b""


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


class ReplyCode(Struct, frozen=True, gc=False):
    """How a line of a reply begins; `more` tells that another line follows."""

    status: str
    outcome: Outcome
    more: bool


TEXT_AT = 4
"""Where the text of a line begins."""

_OUTCOMES = {"1": Outcome.MORE, "2": Outcome.GOOD, "3": Outcome.MORE, "4": Outcome.LATER, "5": Outcome.NO}
CODES = {
    f"{code}{sign}".encode(): ReplyCode(str(code), _OUTCOMES[str(code)[0]], sign == "-")
    for code in range(100, 600)
    for sign in (" ", "", "-")
}
"""How lines of replies begin: `250-` or `250 `, or the code alone. Source: RFC 5321 section 4.2.1."""


def parse_enhanced(text: bytes) -> str | None:
    """Return the enhanced status code that opens a reply's text, None without one. Source: RFC 2034 section 4."""
    return _enhanced_codes[text.partition(b" ")[0]] if text[1:2] == b"." else None


def _enhanced_code(word: bytes) -> str | None:
    """Read the first word of a reply's text."""
    found = _ENHANCED.match(word)
    return found.group().decode() if found else None


_enhanced_codes = Remembered(_enhanced_code, REMEMBERED_CODES, is_short)
