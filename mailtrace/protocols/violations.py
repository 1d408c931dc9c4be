"""The protocol rules that traffic breaks: what each code says, and how many of one kind are listed.

A session reports with `Violations.add`; judging how bad it is, is the work of findings.
"""

from __future__ import annotations

from msgspec import Struct, field

from mailtrace.model import Dialogue, Side, Violation

LISTED_IN_FULL = 25
"""Violations of one code that are all listed; a flood of the same one tells nothing new."""

LISTED_AFTER = 1000
"""Of further ones, every how many-th is listed, with the count so far."""

SAYINGS = {
    "bare-line-feed": "a line ended with LF alone instead of CRLF",
    "bare-carriage-return": "a CR stood inside a line",
    "null-octet": "a NUL octet stood inside a line",
    "line-too-long": "a line was longer than mailtrace holds; only its beginning was kept",
    "end-of-data-variant": "something that looks like the end of the message but is not CRLF.CRLF",
    "dot-not-doubled": "a line of the message began with a single dot, which the receiver takes away",
    "smuggled-message": "the server found one more message inside another: it takes something else for the end",
    "bad-reply": "the server sent a line that is no reply",
    "reply-code-changed": "the lines of one reply have different codes",
    "reply-too-long": "a reply had more lines than mailtrace keeps",
    "enhanced-code-mismatch": "the enhanced status code belongs to another class than the reply code",
    "unmatched-reply": "a reply came that no command asked for",
    "too-many-pending-commands": "so many commands wait for replies that further replies cannot be matched",
    "too-many-recipients": "a transaction had more recipients than mailtrace lists",
    "early-talker": "the client spoke before the server's greeting",
    "space-before-command": "a command began with white space",
    "space-in-path": "white space stood where MAIL or RCPT allow none",
    "bad-path": "the address of MAIL or RCPT cannot be read",
    "eight-bit-in-command": "a command had octets above 127 without SMTPUTF8",
    "data-refused-body-follows": "the client sent its message although DATA was refused; its lines count as commands",
    "data-mixed-with-bdat": "DATA and BDAT were mixed in one transaction",
    "bad-chunk-size": "the size of a BDAT chunk cannot be read",
    "roles-turned": "client and server changed roles: from here on the server sends, which mailtrace does not follow",
    "bad-base64": "a SASL response is not base64",
    "bad-command": "the client sent a line that is no command with its tag",
    "empty-line": "the client sent an empty line where a command must stand",
    "duplicate-tag": "a command has the tag of another one that is not completed",
    "bad-literal": "a line ends like the announcement of a literal, but it announces nothing that can be counted",
    "literal-too-long": "a literal was longer than mailtrace holds; only its beginning was kept",
    "too-many-replies": "a command had more replies than mailtrace keeps",
    "untagged-before-tls": "the server sent data in clear while the start of TLS was being agreed on",
    "bad-compression": "compressed octets cannot be inflated; nothing more of this side can be read",
    "compression-bomb": "compressed octets inflate to more than mailtrace allows; nothing more of this side is read",
    "compression-ended": "the compressed stream was ended; nothing more of this side is read",
    "compressed-octets-missing": "compressed octets are missing; nothing more of this side can be read",
    "plaintext-after-starttls": "the client sent more in clear behind STARTTLS without waiting for the answer",
    "plaintext-after-starttls-reply": "the server sent more in clear behind its agreement to start TLS",
    "plaintext-instead-of-tls": "TLS was agreed on, but the conversation went on in clear",
    "plaintext-before-tls": "something was sent in clear where TLS must begin",
    "plaintext-after-tls": "the conversation went on in clear although TLS had begun",
    "tls-broken": "what comes where a TLS record must begin is none",
    "tls-record-too-long": "a TLS record says that it is longer than any may be; what follows cannot be told apart",
    "tls-bad-record": "a TLS record does not open with the keys of its connection: it was changed on its way",
    "tls-bad-handshake": "a message of the TLS handshake cannot be read, or not all of it",
    "tls-empty-records": "many TLS records in a row carry nothing",
    "tls-alert-flood": "there are more TLS alerts than any connection needs",
    "tls-handshake-flood": "the TLS handshake has more messages than mailtrace lists",
}
"""What a code says when there is no more to tell."""


class Violations(Struct):
    """Writes violations into a dialogue, few of each kind."""

    _dialogue: Dialogue
    _seen: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, side: Side, packet: int, time_ns: int, detail: str = "") -> None:
        """List a violation; `detail` is one sentence, by default what the code says."""
        seen = self._seen[code] = self._seen.get(code, 0) + 1
        if seen > LISTED_IN_FULL:
            if seen % LISTED_AFTER:
                return
            detail = f"{detail or SAYINGS.get(code, '')} ({seen:,} times so far)"
        self._dialogue.events.append(Violation(code, side, packet, time_ns, detail or SAYINGS.get(code, "")))
