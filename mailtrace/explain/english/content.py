"""Sentences about the mail itself."""

from __future__ import annotations

CONTENT: dict[str, str] = {
    "content.headline": "the mail: From {sender}, Subject {subject}, {outline}, {octets}",
    "content.no-from": "(none)",
    "content.subject": '"{subject}"',
    "content.no-subject": "(none)",
    "content.unread": "the mail: {octets}",
    "content.route": "Received on the way by: {hops}",
    "content.attachment": 'part {path}: attachment "{name}", {kind}, {octets}, sha256 {hash}...',
    "content.attachment-unnamed": "part {path}: attachment without a name, {kind}, {octets}, sha256 {hash}...",
    "content.attached": "part {path}: attached mail, {kind}, {octets}: From {sender}, Subject {subject}",
    "content.part": "part {path}: {kind}, {octets}",
    "content.part-is": "{part}: {nature}",
    "content.part-missing": "{part}; of that {octets} were not captured",
    "content.embedded": 'in part {path}: {encoding} "{name}", {octets}, sha256 {hash}...',
    "content.embedded-named": 'in part {path}: {encoding} "{name}"',
    "content.ended.DATA": "({lines}, ended by a line with a single dot)",
    "content.ended.BDAT": "({lines}, ended by the count of octets)",
    "content.ended.RETR": "({lines}, ended by a line with a single dot)",
    "content.ended.TOP": "({lines}, ended by a line with a single dot)",
    "content.ended.XMIT": "({lines}, ended by a line with a single dot)",
    "content.nothing": "the mail: {octets}, none of them captured",
    "content.gaps": "({lines} were captured; {octets} were not)",
    "content.cut": "({lines}; the end is missing)",
    "content.pieces": "Packets {packets} carry one mail.",
    "content.as-server-read": "By the rules this is text of the mail before; the server took it for a mail of its own.",
    "content.incomplete": "The mail is not complete.",
    "content.holes": "Part of the mail was not captured: {octets}, in whose place there is a mark.",
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

PARTS: dict[str, str] = {
    "encoding.uuencode": "uuencoded file",
    "encoding.yenc": "yEnc file",
    "encoding.binhex": "BinHex file",
    "encoding.tnef": "packed file",
    "nature.smime-signature": "the S/MIME signature",
    "nature.smime-signed": "a mail signed with S/MIME, within the signature",
    "nature.smime-encrypted": "a mail encrypted with S/MIME",
    "nature.smime-compressed": "a mail compressed with S/MIME",
    "nature.smime-certificates": "S/MIME certificates",
    "nature.smime": "S/MIME",
    "nature.pgp-signature": "the PGP signature",
    "nature.pgp-version": "says that what follows is encrypted with PGP",
    "nature.pgp-encrypted": "encrypted with PGP",
    "nature.pgp-signed": "signed with PGP, within the text",
    "nature.pgp-key": "a PGP key",
    "nature.tnef": "the winmail.dat of Outlook, a package of files",
    "nature.binhex": "a file of an old Macintosh, in BinHex",
    "nature.calendar": "calendar entries",
    "nature.calendar-publish": "calendar entries to take over",
    "nature.calendar-request": "an invitation",
    "nature.calendar-reply": "an answer to an invitation",
    "nature.calendar-add": "an addition to an invitation",
    "nature.calendar-cancel": "a cancelled invitation",
    "nature.calendar-refresh": "asks for the newest form of an invitation",
    "nature.calendar-counter": "a counter-proposal to an invitation",
    "nature.calendar-declinecounter": "refuses a counter-proposal",
    "nature.delivery-status": "what became of a mail, for programs",
    "nature.disposition-notification": "what was done with a mail, for programs",
    "nature.feedback-report": "a complaint about a mail, for programs",
    "nature.headers": "the headers of the mail that is reported",
    "nature.partial": "a piece of a mail that was sent in several",
    "nature.external-body": "points to a file elsewhere, which is not fetched",
    "nature.zip-archive": "by its first octets a zip archive, or a document that is one",
    "nature.rar-archive": "by its first octets a RAR archive",
    "nature.7z-archive": "by its first octets a 7z archive",
    "nature.egg-archive": "by its first octets an EGG archive",
    "nature.alz-archive": "by its first octets an ALZ archive",
    "nature.gzip-file": "by its first octets packed with gzip",
    "nature.bzip2-file": "by its first octets packed with bzip2",
    "nature.xz-file": "by its first octets packed with xz",
    "nature.pdf-document": "by its first octets a PDF document",
    "nature.rtf-document": "by its first octets an RTF document",
    "nature.ole-document": "by its first octets a document of Office or Hangul in their old format",
    "nature.png-image": "by its first octets a PNG picture",
    "nature.gif-image": "by its first octets a GIF picture",
    "nature.jpeg-image": "by its first octets a JPEG picture",
    "nature.windows-program": "by its first octets a program for Windows",
    "nature.linux-program": "by its first octets a program for Linux",
    "nature.script": "by its first octets a script, a program as text",
    "means.smime-signature": "It is signed with S/MIME. The signature is not checked here.",
    "means.smime-signed": "It is signed with S/MIME, and the text lies within the signature, which is not opened here.",
    "means.smime-encrypted": "It is encrypted with S/MIME: only who has the recipient's key can read it.",
    "means.pgp-signature": "It is signed with PGP. The signature is not checked here.",
    "means.pgp-signed": "It is signed with PGP. The signature is not checked here.",
    "means.pgp-encrypted": "It is encrypted with PGP: only who has the recipient's key can read it.",
    "means.tnef": "Outlook packed the attachments into one file, winmail.dat, which other mail programs may not open.",
    "means.windows-program": "An attachment is a program for Windows.",
    "means.mixed-alphabets": (
        'The sender\'s word "{word}" has letters of several alphabets that look alike: it may imitate another one.'
    ),
    "report.failed": "report: {address} could not be reached",
    "report.delayed": "report: {address} could not be reached so far",
    "report.delivered": "report: delivered to {address}",
    "report.relayed": "report: for {address} handed on to a server that sends no reports",
    "report.expanded": "report: {address} stands for several addresses, and the mail went to them",
    "report.displayed": "report: {address} was shown the mail",
    "report.deleted": "report: {address} deleted the mail without seeing it",
    "report.unknown": "report: {address}, {action}",
    "report.status": "{line} ({status})",
    "report.diagnostic": "{line}: {diagnostic}",
    "report.more": "report: {recipients} more",
    "report.kind.delivery-status": "a report on the delivery",
    "report.kind.disposition-notification": "a receipt",
    "report.kind.qmail": "a bounce in the words of qmail",
    "report.kind.exim": "a bounce in the words of Exim",
    "report.known": "It is {kind} of another mail, the one with the Message-ID {message_id}.",
    "report.unlinked": "It is {kind} of another mail, which it does not name.",
    "defect.header-charset-guessed": (
        "A header is in 8-bit characters that nothing declares, against the rule (RFC 2047, RFC 6532); they are read "
        "as {detail}, which is a guess."
    ),
    "defect.header-given-twice": (
        "The header {detail} stands there more than once: which one a mail program shows is its own choice."
    ),
    "defect.charset-mislabelled": "A text says {detail} of itself and is in another character set; it is read as that.",
    "defect.charset-unknown": "A text is in the unknown character set {detail}; it is read as if it were Western.",
    "defect.character-split-between-encoded-words": (
        "A header was cut inside a character, against the rule (RFC 2047 section 5), so that some mail programs show "
        "it broken."
    ),
    "defect.no-empty-line-before-body": (
        "No empty line ends the headers: from the first line that is no header on it is taken for the body."
    ),
    "defect.parameter-readings-differ": (
        "A parameter has two values, one in the old and one in the new spelling; the old one is {detail}."
    ),
    "defect.base64-other-reading": (
        "The base64 goes on behind its padding: programs that stop there get another file ({detail})."
    ),
    "defect.multipart-not-closed": "The last boundary is missing: the mail was cut, or wrongly made.",
    "defect.limit-content": "It is so big that only its start is kept: {detail}.",
}
"""Sentences about the parts of a mail, on what they are, and on faults."""
