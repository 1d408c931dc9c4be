"""Sentences about SMTP."""

from __future__ import annotations

SMTP: dict[str, str] = {
    "greeting.esmtp": (
        "The server is ready and names itself {name}. The word ESMTP says that it knows extensions, to be asked for "
        "with EHLO."
    ),
    "greeting.smtp": "The server is ready and names itself {name}.",
    "greeting.refused": "The server does not serve this client: {means}. The connection ends without a mail.",
    "hello.HELO": (
        "The client introduces itself as {name}, the old way (HELO instead of EHLO): no extensions can be used."
    ),
    "hello.EHLO": (
        "The client introduces itself as {name} and, by saying EHLO instead of HELO, asks for the list of extensions."
    ),
    "hello.LHLO": (
        "The client introduces itself as {name} in LMTP, the dialect for final delivery: each recipient will get an "
        "answer of its own."
    ),
    "hello.nameless": "(nobody)",
    "hello.not-a-domain": (
        '"{name}" is no full domain name and no address in brackets, as the rule asks for. Servers forgive mail '
        "programs that, but may refuse a mail server for it."
    ),
    "mail.sender": "A new mail begins: its sender is {address}.",
    "mail.null-sender": (
        "A new mail begins with an empty sender (<>): it is a bounce or another automatic notice, to which nobody "
        "may answer with a bounce."
    ),
    "rcpt.recipient": "Recipient of this mail: {address}.",
    "parameter": "{name}: {means}.",
    "parameter.unknown": "{name} is a parameter that mailtrace does not know.",
    "bdat.chunk": "The next {octets} octets are a piece of the mail; no dot ends it, the number does.",
    "bdat.last": "The next {octets} octets are the last piece of the mail; no dot ends it, the number does.",
    "bdat.joined": "The mail came in {pieces}, joined here.",
    "smtp.unknown-command": "This is no SMTP command that mailtrace knows.",
    "reply.unknown-code": "a code that mailtrace does not know",
    "reply.good": "The server agrees: {means}.",
    "reply.HELO.250": "The server accepts the client's hello.",
    "reply.MAIL.250": "The server accepts the sender {address}.",
    "reply.RCPT.250": "The server accepts the recipient {address}: it will take a mail for this address.",
    "reply.RCPT.251": "The server accepts {address}, which is not its own, and will forward the mail.",
    "reply.RCPT.252": "The server cannot verify {address}, but takes the mail and tries to deliver it.",
    "reply.RSET.250": "The server has forgotten the mail that was begun.",
    "reply.NOOP.250": "The server is still there.",
    "reply.QUIT.221": "The server says goodbye and closes the connection.",
    "reply.STARTTLS.220": "The server agrees: the TLS handshake follows, and then everything is encrypted.",
    "reply.DATA.354": "The server asks for the mail now and says how it ends: with a line that holds a single dot.",
    "reply.BDAT.chunk": "The server has this piece and waits for the next.",
    "accepted.as": "The server accepts the mail under its queue id {queue_id}.",
    "accepted": "The server accepts the mail.",
    "refused.later.MAIL": "Refused for now: {means}. The client keeps the mail and tries again later.",
    "refused.later.RCPT": (
        "Recipient {address} refused for now: {means}. The client keeps the mail for it and tries again later."
    ),
    "refused.later.DATA": "The mail is refused for now: {means}. The client keeps it and tries again later.",
    "refused.later.BDAT": "The mail is refused for now: {means}. The client keeps it and tries again later.",
    "refused.later.other": "Refused for now: {means}. The same may work later.",
    "refused.later.unasked": "The server says this without being asked: {means}. Later it may work again.",
    "refused.no.MAIL": (
        "The sender {address} is refused for good: {means}. Trying again unchanged is no use; the sender gets the "
        "mail back with this reason."
    ),
    "refused.no.RCPT": (
        "Recipient {address} is refused for good: {means}. Trying again unchanged is no use; the sender is told with "
        "this reason. Other recipients are not touched by it."
    ),
    "refused.nobody.DATA": (
        "There is nobody to send the mail to: no recipient was accepted, so the server takes no mail either. "
        "Why is in the answers before."
    ),
    "refused.no.DATA": (
        "The mail is refused for good: {means}. Trying again unchanged is no use; the sender gets it back with this "
        "reason."
    ),
    "refused.no.BDAT": (
        "The mail is refused for good: {means}. Trying again unchanged is no use; the sender gets it back with this "
        "reason."
    ),
    "refused.no.EHLO": "The server does not take this hello: {means}. A client can still try the old HELO.",
    "refused.no.other": "The server refuses: {means}.",
    "refused.no.unasked": "The server says this without being asked: {means}.",
    "extension": "{keyword} ({means})",
    "extensions": "The server welcomes the client and offers: {offered}.",
    "extensions.none": "The server welcomes the client and offers no extension that mailtrace knows.",
    "enhanced": "Code {code}: {means}.",
    "hint.greylist": (
        "This is greylisting: the server refuses strangers the first time and takes the mail when they come again "
        "after some minutes, as real mail servers do and most spam programs do not."
    ),
    "hint.relay": (
        "The server would have to pass this mail on to a foreign domain, and does that only for its own clients: it "
        "is no open relay."
    ),
    "hint.rate": "This client came too often in a short time.",
    "hint.blocklist": "The client's address stands on a blocklist.",
    "auth.begin": "The client logs in with {mechanism}: {how}.",
    "auth.unknown-mechanism": "a mechanism that mailtrace does not know",
    "hello.after-tls": "With TLS all begins again: what was said in clear before counts no more.",
    "auth.inside": "On the way TLS hides it.",
    "auth.password.inside": "The client answers with the password (hidden here); TLS hides it on the way.",
    "auth.proof": "The server proves that it knows the password, too.",
    "auth.challenge": "The server asks for the next part of the login.",
    "auth.continued": "The client answers with the next part of the login (hidden here where it is secret).",
    "auth.cancelled": "The client gives the login up (*).",
    "auth.accepted": "The login is accepted.",
    "auth.accepted-user": "The login of {user} is accepted.",
    "auth.refused": "The login is refused: {means}.",
    "extension.SIZE": "SIZE (mails up to {octets} are taken)",
    "extension.AUTH": "AUTH (the client can log in, by {mechanisms})",
    "extensions.no-tls": "STARTTLS is not among them: all that follows travels readable.",
    "bdat.end": "No octets follow: LAST only says that the mail is complete.",
    "mail.bounces": "If it cannot be delivered, the report about it goes there.",
    "rcpt.each": "There is one RCPT for each.",
    "accepted.queue-id": "It stands in the server's log and in the Received line that it adds to the mail.",
    "accepted.responsible": "From here on {server} is responsible: it delivers the mail or reports back to the sender.",
    "bdat.unreadable": "A piece of the mail should follow, but its size is no number.",
    "smtp.mail-line": (
        "This looks like a line of the mail: the client sends it although DATA was refused, and the server reads it "
        "as a command."
    ),
    "auth.challenge.text": 'The server asks for the next part of the login; in plain text: "{said}".',
    "auth.user": "The client answers with the user name, {user}.",
    "auth.user-unknown": "The client answers with the user name.",
    "auth.password": (
        "The client answers with the password (hidden here), in base64, which everybody on the way can read."
    ),
}
