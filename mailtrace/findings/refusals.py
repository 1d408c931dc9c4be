"""Why a server refused: what the enhanced code says, and where that is too little, what the words of known servers say.

A reason is found once for each refusal, so that no two rules speak of the same one. Words count before codes, since
servers put much under 5.7.1; codes count before the command that was refused.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from mailtrace.findings.facts import Talk
from mailtrace.findings.rule import Seen, seen
from mailtrace.findings.smtp import address, explained
from mailtrace.model import Command, Outcome, Reply, wire_text
from mailtrace.model.language import said


class Reason(Enum):
    """Why the server refused."""

    UNKNOWN_USER = auto()
    RELAY = auto()
    FULL = auto()
    GREYLISTED = auto()
    RATE = auto()
    SIZE = auto()
    SPAM = auto()
    BLOCKLIST = auto()
    AUTHENTICATION = auto()
    REVERSE_NAME = auto()
    LOGIN_NEEDED = auto()
    TLS_NEEDED = auto()
    SENDER_DOMAIN = auto()
    MANY_RECIPIENTS = auto()
    DISABLED = auto()
    NO_DOMAIN = auto()
    TROUBLE = auto()
    TIMEOUT = auto()
    PROTOCOL = auto()
    OTHER = auto()


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split("|"))


WORDS: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (Reason.GREYLISTED, _phrases("greylist|graylist|grey-list|gray-list")),
    (
        Reason.BLOCKLIST,
        _phrases(
            "blocked using|black list|blacklist|blocklist|block list|dnsbl|spamhaus|spamcop|barracudacentral|sorbs.net"
            "|poor reputation|banned sending ip"
        ),
    ),
    (Reason.TLS_NEEDED, _phrases("starttls command first|issue a starttls|tls required|encryption required")),
    (
        Reason.RELAY,
        _phrases(
            "relay access denied|relaying denied|relay denied|relay not permitted|relaying not permitted"
            "|not permitted to relay|unable to relay|cannot relay|do not relay|relay not allowed|not allowed to relay"
            "|relaying is not allowed|relaying prohibited|allowed rcpthosts"
        ),
    ),
    (
        Reason.LOGIN_NEEDED,
        _phrases(
            "authentication required|authentication is required|auth required|must authenticate|log in first"
            "|not logged in|client was not authenticated"
        ),
    ),
    (
        Reason.REVERSE_NAME,
        _phrases(
            "cannot find your hostname|cannot find your reverse hostname|reverse dns|no ptr|ptr record|reverse lookup"
            "|forward-confirmed|possibly forged"
        ),
    ),
    (Reason.AUTHENTICATION, _phrases("spf|dkim|dmarc")),
    (
        Reason.RATE,
        _phrases(
            "rate limit|rate-limit|ratelimit|connection rate|unusual rate|too many connections|too many concurrent"
            "|too many messages|too many mails|too much mail|too fast|throttl|sending limit|sending quota"
            "|message quota|daily limit|hourly limit|unexpected volume"
        ),
    ),
    (Reason.MANY_RECIPIENTS, _phrases("too many recipients")),
    (
        Reason.FULL,
        _phrases("mailbox is full|mailbox full|inbox full|quota|mailbox size limit|exceeded storage allocation"),
    ),
    (
        Reason.SIZE,
        _phrases(
            "message size exceeds|exceeds fixed maximum message size|exceeds maximum fixed size|message too large"
            "|message too big|message file too big|exceeds size limit|size limit exceeded"
        ),
    ),
    (
        Reason.SPAM,
        _phrases(
            "spam|junk mail|unsolicited|virus|malware|message content rejected|blocked by content"
            "|potential security issue"
        ),
    ),
    (
        Reason.SENDER_DOMAIN,
        _phrases("sender address rejected: domain not found|domain of sender address|sender verify failed"),
    ),
    (
        Reason.UNKNOWN_USER,
        _phrases(
            "user unknown|unknown user|no such user|unknown recipient|recipient unknown|no such recipient"
            "|no such mailbox|no mailbox here|mailbox not found|user doesn't exist|user does not exist|user not found"
            "|recipient not found|unknown local part|invalid recipient|tried to reach does not exist"
            "|this user doesn't have"
        ),
    ),
    (Reason.DISABLED, _phrases("account disabled|mailbox disabled|account is disabled|mailbox is disabled")),
    (Reason.TIMEOUT, _phrases("timeout|timed out|idle too long")),
)
"""What servers write, in small letters; the first that fits counts."""

CODES: dict[str, Reason] = {
    "1.1": Reason.UNKNOWN_USER,
    "1.2": Reason.NO_DOMAIN,
    "1.6": Reason.UNKNOWN_USER,
    "1.8": Reason.SENDER_DOMAIN,
    "1.10": Reason.NO_DOMAIN,
    "2.1": Reason.DISABLED,
    "2.2": Reason.FULL,
    "2.3": Reason.SIZE,
    "3.0": Reason.TROUBLE,
    "3.1": Reason.TROUBLE,
    "3.2": Reason.TROUBLE,
    "3.4": Reason.SIZE,
    "3.5": Reason.TROUBLE,
    "4.2": Reason.TIMEOUT,
    "4.3": Reason.TROUBLE,
    "4.5": Reason.TROUBLE,
    "4.6": Reason.TROUBLE,
    **dict.fromkeys(("5.0", "5.1", "5.2", "5.4", "5.5"), Reason.PROTOCOL),
    "5.3": Reason.MANY_RECIPIENTS,
    "7.10": Reason.TLS_NEEDED,
    "7.20": Reason.AUTHENTICATION,
    "7.21": Reason.AUTHENTICATION,
    "7.22": Reason.AUTHENTICATION,
    "7.23": Reason.AUTHENTICATION,
    "7.24": Reason.AUTHENTICATION,
    "7.25": Reason.REVERSE_NAME,
    "7.26": Reason.AUTHENTICATION,
    "7.27": Reason.SENDER_DOMAIN,
    "7.28": Reason.RATE,
    "7.29": Reason.AUTHENTICATION,
}
"""What enhanced codes say of the reason, where they do. Source: RFC 3463 section 3, RFC 7372 section 3, RFC 5248."""

STATUSES: dict[str, Reason] = {
    "431": Reason.TROUBLE,
    "452": Reason.TROUBLE,
    "523": Reason.SIZE,
    "530": Reason.LOGIN_NEEDED,
    "552": Reason.SIZE,
    "556": Reason.NO_DOMAIN,
}
"""What reply codes say where there is no enhanced one."""

AS_SUCH = frozenset({"500", "501", "502", "503", "504", "555"})
"""Replies that refuse the command as such, not the mail. Source: RFC 5321 section 4.2.2."""

JUDGED = frozenset({"", "MAIL", "RCPT", "DATA", "BDAT"})
"""Commands by which a mail is offered; '' for what nobody asked for."""

SENDING = frozenset({"DATA", "BDAT"})
"""Commands with which the mail itself is sent."""

SHOWN_RECIPIENTS = 3
"""Recipients of one mail that a message names."""

PLAIN_WORDS = (Reason.SPAM, Reason.AUTHENTICATION)
"""Reasons whose words are also parts of host names, such as antispam.example.org: there they say nothing."""

PUNCTUATION = ".,;:!()[]'\""

REASONS_REMEMBERED = 1024
"""Different replies whose reason is found once: servers repeat themselves."""


class Refusal(NamedTuple):
    """One refusal of a client, a sender, a recipient or a mail; `verb` is '' for a greeting and what came unasked.

    `sender` is that of the mail, `about` the sender (MAIL) or the recipients (RCPT, DATA, BDAT) it is about; `taken`
    tells whether one recipient of the mail had been accepted before.
    """

    talk: Talk
    verb: str
    reply: Reply
    reason: Reason
    sender: str
    about: str
    taken: bool
    packets: tuple[int, ...]

    @property
    def is_final(self) -> bool:
        """Whether trying again is no use."""
        return self.reply.outcome is Outcome.NO

    def seen(self) -> Seen:
        """Return it as what a rule has seen, with the fields that messages about refusals use."""
        return seen(
            self.packets,
            client=self.talk.client,
            server=self.talk.server,
            sender=self.sender,
            about=self.about,
            answer=explained(self.reply),
        )


def refused(talk: Talk, *reasons: Reason, verbs: frozenset[str] = JUDGED) -> Iterator[Refusal]:
    """Yield the refusals that are about mail, for one of these reasons (any, where none is given)."""
    for turn, reply in talk.refusals:
        command = turn.command
        verb = "" if command is None else command.verb
        if verb not in verbs or reply.status in AS_SUCH or (command is not None and not command.certain):
            continue
        why = reason(reply)
        if not reasons or why in reasons:
            packets = (reply.packet,) if command is None else _shown(talk, command, reply)
            about, taken = _about(talk, command)
            yield Refusal(talk, verb, reply, why, _sender(talk, command), about, taken, packets)


def _shown(talk: Talk, command: Command, reply: Reply) -> tuple[int, ...]:
    """Return the packets that show a refusal: what was refused, a mail with its content, and the answer."""
    contents = talk.conversation.dialogue.contents if command.verb in SENDING else ()
    at = bisect_left(contents, command.packet, key=attrgetter("packet"))
    refused = contents[at].packets if at < len(contents) and contents[at].packet <= reply.packet else ()
    return command.packet, *refused, reply.packet


def _sender(talk: Talk, command: Command | None) -> str:
    """Return the sender that the latest MAIL up to a command names."""
    sender = said("(unknown)")
    for turn in talk.commands:
        if turn.command is not None and turn.command.verb == "MAIL":
            sender = address(turn.command)
        if turn.command is command:
            break
    return sender


def _about(talk: Talk, command: Command | None) -> tuple[str, bool]:
    """Return whom a command is about, and whether a recipient named since the last MAIL was accepted.

    That is the address in it; for the mail itself the recipients, those that were accepted if any were.
    """
    if command is None:
        return "", False
    if command.verb in ("MAIL", "RCPT"):
        return address(command), False
    named: list[tuple[str, bool]] = []
    for turn in talk.commands:
        if turn.command is command:
            break
        if turn.command is not None and turn.command.verb == "MAIL":
            named = []
        elif turn.command is not None and turn.command.verb == "RCPT":
            named.append((address(turn.command), any(reply.outcome is Outcome.GOOD for reply in turn.replies)))
    recipients = [each for each, accepted in named if accepted] or [each for each, _ in named]
    shown = recipients[:SHOWN_RECIPIENTS] + ["..."] * (len(recipients) > SHOWN_RECIPIENTS)
    return ", ".join(shown) or "nobody", any(accepted for _, accepted in named)


def reason(reply: Reply) -> Reason:
    """Return why a server refused, by what it says."""
    return _reason(reply.status, reply.enhanced, reply.lines)


@lru_cache(REASONS_REMEMBERED)
def _reason(status: str, enhanced: str | None, lines: tuple[bytes, ...]) -> Reason:
    words = _without_addresses(" ".join(map(wire_text, lines)).lower())
    said, plain = " ".join(words), " ".join(word for word in words if "." not in word.strip(PUNCTUATION))
    for each, phrases in WORDS:
        if any(phrase in (plain if each in PLAIN_WORDS else said) for phrase in phrases):
            return each
    if enhanced is not None and (by_code := CODES.get(enhanced.partition(".")[2])) is not None:
        return by_code
    return STATUSES.get(status, Reason.OTHER) if enhanced is None or status == "530" else Reason.OTHER


def _without_addresses(said: str) -> list[str]:
    """Return the words of a text without mail addresses and URLs: <spam@example.org> gives no reason."""
    pieces = said.split("<")
    outside = pieces[0] + " ".join(piece.partition(">")[2] if ">" in piece else piece for piece in pieces[1:])
    return [word for word in outside.split() if "://" not in word and "@" not in word]
