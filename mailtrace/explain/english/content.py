"""Sentences about the mail itself."""

from __future__ import annotations

CONTENT: dict[str, str] = {
    "content.headline": 'the mail: From {sender}, Subject "{subject}", {outline}, {octets}',
    "content.no-from": "(no From)",
    "content.no-subject": "(no Subject)",
    "content.unread": "the mail: {octets}",
    "content.route": "Received on the way by: {hops}",
    "content.attachment": 'attachment "{name}": {kind}, {octets}',
    "content.part": "{kind}, {octets}",
    "content.ended.DATA": "({lines}, ended by a line with a single dot)",
    "content.ended.BDAT": "({lines}, ended by the count of octets)",
    "content.ended.RETR": "({lines}, ended by a line with a single dot)",
    "content.ended.TOP": "({lines}, ended by a line with a single dot)",
    "content.ended.XMIT": "({lines}, ended by a line with a single dot)",
    "content.cut": "({lines}; the end is missing)",
    "content.pieces": "Packets {packets} carry one mail.",
    "content.as-server-read": "By the rules this is text of the mail before; the server took it for a mail of its own.",
    "content.incomplete": "The mail is not complete.",
    "content.holes": "In the middle {octets} are missing from the capture.",
    "content.encoded": (
        "The body travels as {encoding} so that only ASCII is sent ({charsets} inside); it is decoded here."
    ),
    "content.charset": "The text is in {charsets}; it is decoded here.",
    "content.guessed": "The mail does not declare its character set; it is guessed here.",
    "content.converted": (
        'The header "X-MIME-Autoconverted: {value}" says that a server rewrote the body on the way. A DKIM signature '
        "over the body, made before, would no longer be valid."
    ),
    "content.files": "It carries {files}.",
    "content.envelope": (
        "The From and To inside are for the reader; the mail is delivered by its envelope, the addresses of MAIL and "
        "RCPT."
    ),
    "content.other-sender": (
        "The header says it comes from {inside}, the envelope (MAIL) says {envelope}: the header is what the reader "
        "sees, the envelope is where bounces go. Mailing lists and forwarders have good reasons for that, forgers "
        "too."
    ),
    "content.segments": "TCP cuts what is said into packets as it likes.",
    "content.meaning": "The mail itself: headers, an empty line, the body.",
    "content.another": "The mail itself.",
}
