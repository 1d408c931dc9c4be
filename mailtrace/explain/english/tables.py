"""Nouns, names and small tables that the sentences use."""

from __future__ import annotations

NOUNS: dict[str, tuple[str, str]] = {
    "octets": ("{count} octet", "{count} octets"),
    "packets": ("{count} packet", "{count} packets"),
    "lines": ("{count} line", "{count} lines"),
    "characters": ("{count} character", "{count} characters"),
    "times": ("{count} time", "{count} times"),
    "mails": ("{count} mail", "{count} mails"),
    "messages": ("{count} message", "{count} messages"),
    "pieces": ("{count} piece", "{count} pieces"),
    "attachments": ("{count} attachment", "{count} attachments"),
    "records": ("{count} record", "{count} records"),
    "parts": ("{count} part", "{count} parts"),
    "recipients": ("{count} recipient", "{count} recipients"),
    "folders": ("{count} folder", "{count} folders"),
    "days": ("{count} day", "{count} days"),
    "hours": ("{count} hour", "{count} hours"),
    "minutes": ("{count} minute", "{count} minutes"),
    "seconds": ("{count} second", "{count} seconds"),
    "ciphers": ("{count} cipher suite", "{count} cipher suites"),
}
"""Singular and plural of what is counted, as templates for `counted`."""

SERVICES: dict[int, str] = {
    25: "SMTP",
    53: "DNS",
    110: "POP3",
    113: "ident",
    143: "IMAP",
    465: "SMTP over TLS",
    587: "SMTP submission",
    993: "IMAP over TLS",
    995: "POP3 over TLS",
}
"""What a well-known port is for."""

GAP_REASONS: dict[str, str] = {
    "lost": "They were never seen, although what follows was.",
    "not captured": (
        "The other side received them (it acknowledged them, or the capture cut the packets short), so the capture "
        "missed them, not the network."
    ),
    "limit": "They were left out because a memory limit of mailtrace was reached.",
}
"""Why octets are missing, by `GapReason`."""

VIOLATIONS: dict[str, str] = {
    "bare-line-feed": (
        "Lines must end with CR and LF. Servers differ on what a lone LF means, which lets attackers smuggle a "
        "second mail past one of them."
    ),
    "end-of-data-variant": (
        "Only CRLF, dot, CRLF ends a mail. A server that takes another form for the end sees other mails than its "
        "neighbour: this is how mails are smuggled."
    ),
    "smuggled-message": (
        "The server answered more than was asked: for it the mail ended earlier, and what the client's mail system "
        "took for text was one more mail. So mails get past the checks of whoever sent them on (SMTP smuggling)."
    ),
    "unasked-answer": (
        "Most likely the question was asked before the capture began, or the capture missed it. An answer that nobody "
        "asked for can also be a forged one."
    ),
    "roles-turned": "TURN and ATRN let the server send its mails over the same connection, the other way round.",
    "early-talker": (
        "A client must wait for the greeting. Those that do not are often spam programs, and servers may refuse them "
        "for it."
    ),
    "data-refused-body-follows": (
        "The client did not wait for 354, or ignored the refusal: the server reads the lines of the mail as commands."
    ),
    "plaintext-after-starttls": (
        "What is sent in clear behind STARTTLS must be thrown away: a server that keeps it runs commands which "
        "anybody on the way could have inserted."
    ),
    "plaintext-after-starttls-reply": (
        "What a server sends in clear behind its 220 could have been inserted by anybody on the way."
    ),
    "plaintext-instead-of-tls": "Both sides agreed to encrypt and then did not: everything stays readable.",
    "wrong-service": (
        "That is no mail: a scanner that tries all ports, a client that has lost its way, or another service that "
        "was put here."
    ),
    "bad-proxy-header": "What the proxy says of its client may be wrong; servers refuse such a connection.",
    "starttls-stripped": (
        "Everything stays readable although both sides could encrypt: some firewalls do this to read along, and so do "
        "attackers."
    ),
    "preauth-before-tls": (
        "Once logged in, a client may not begin TLS. An attacker who greets so keeps everything readable; a client "
        "that wants TLS has to hang up."
    ),
    "wrong-port": "Each protocol has ports of its own: a mistake in the setup, or on purpose.",
    "untagged-before-tls": (
        "What a server says in clear while TLS is being agreed on could have been inserted by anybody on the way."
    ),
    "plaintext-before-tls": "What is sent in clear just before TLS could have been inserted by anybody on the way.",
    "plaintext-after-tls": "Whoever goes on in clear after TLS has begun gives away what it was to hide.",
    "tls-broken": "From here on nothing can be read or even counted as TLS records.",
    "tls-bad-record": "Either the record was changed on its way, or the keys are not those of this connection.",
    "compression-bomb": "A few octets that become very many are an attack on whoever unpacks them.",
    "duplicate-tag": "Two commands with one tag: nobody can tell which of them is answered.",
    "eight-bit-in-command": "Addresses beyond ASCII need the extension SMTPUTF8.",
}
"""What a broken rule means; others get a general sentence."""

SMALL_FAULTS = frozenset(
    {
        "space-in-path",
        "space-before-command",
        "enhanced-code-mismatch",
        "reply-code-changed",
        "bare-carriage-return",
        "null-octet",
        "line-too-long",
        "reply-too-long",
        "bad-base64",
        "unfinished-line",
        "empty-line",
        "bad-literal",
    }
)
"""Broken rules that change nothing in the story: told in the step they happened in."""

REPLY_HINTS: tuple[tuple[bytes, str], ...] = (
    (b"greylist", "hint.greylist"),
    (b"graylist", "hint.greylist"),
    (b"postgrey", "hint.greylist"),
    (b"relaying denied", "hint.relay"),
    (b"relay access denied", "hint.relay"),
    (b"relay not permitted", "hint.relay"),
    (b"rate limit", "hint.rate"),
    (b"too many connections", "hint.rate"),
    (b"spamhaus", "hint.blocklist"),
    (b"blacklist", "hint.blocklist"),
    (b"blocklist", "hint.blocklist"),
    (b"dnsbl", "hint.blocklist"),
)
"""Words in a refusal (lower case) that tell its reason, with the sentence that explains it."""
