"""What to know of the reply codes of SMTP. Meanings and sources stand in `protocols/smtp/words.py`."""

from __future__ import annotations

from mailtrace.explain.english.glossary.lesson import Lesson, Term

REPLY_CLASSES: dict[str, str] = {
    "2": "The first digit 2 means done: the server did what was asked.",
    "3": "The first digit 3 means go on: the server has understood and waits for the rest.",
    "4": (
        "The first digit 4 means not now: the sender keeps the mail and tries again later. RFC 5321 section 4.5.4.1 "
        "asks for tries at least half an hour apart, for four to five days."
    ),
    "5": (
        "The first digit 5 means no, for good: trying the same again is useless. The sender reports the failure to "
        "the envelope's sender (a bounce)."
    ),
}
"""What the first digit of a reply code tells. Source: RFC 5321 section 4.2.1."""

REPLY_SUBJECTS: dict[str, str] = {
    "0": "The second digit 0 says that it is about the syntax of the command.",
    "1": "The second digit 1 says that it is information that was asked for.",
    "2": "The second digit 2 says that it is about the connection.",
    "3": "The second digit 3 says that it is about logging in.",
    "5": "The second digit 5 says that it is about the mail itself.",
}
"""What the second digit tells. Source: RFC 5321 section 4.2.1, RFC 4954 section 6 for logins."""

REPLY_LESSONS: dict[str, Lesson] = {
    "211": Lesson("It answers HELP or an old status command, for people to read.", see=("HELP", "214")),
    "214": Lesson("It answers HELP. The text is for people, programs ignore it.", see=("HELP",)),
    "220": Lesson(
        "The first thing any mail server says, before the client may say a word, with its name and mostly its "
        "software. Also the answer to STARTTLS: go ahead with the handshake.\n\n"
        "A greeting that comes only after seconds has a reason: the server looks up the client's name, asks the "
        "ident port 113, or waits on purpose, because spam programs talk without waiting (greet pause).",
        "220 mail.example.org ESMTP",
        see=("greeting", "greet pause", "ident", "STARTTLS"),
    ),
    "221": Lesson("It answers QUIT; then the server closes the connection.", "221 2.0.0 Bye", see=("QUIT",)),
    "235": Lesson("It ends a login; from now on the client may send to everybody.", see=("AUTH", "535")),
    "250": Lesson(
        "The usual good answer, with a meaning that depends on the command: behind EHLO it lists extensions, behind "
        "MAIL and RCPT an address is taken, and behind the final dot the server has taken responsibility for the "
        "mail. Only this last one means that the mail is safe; it often names the queue id.",
        "250 2.0.0 43Q1vx0G007503 Message accepted for delivery",
        see=("DATA", "queue id", "EHLO"),
    ),
    "251": Lesson(
        "The user has moved, the server knows where to, and sends the mail on by itself. Rare today, because it "
        "tells strangers the new address.",
        see=("551", "forwarding"),
    ),
    "252": Lesson("The usual answer to VRFY today: no answer, politely.", see=("VRFY",)),
    "253": Lesson("It answers ETRN and tells how many mails are waiting.", see=("ETRN",)),
    "334": Lesson(
        "Behind it stands, in base64, what the server wants to know next: `VXNlcm5hbWU6` is `Username:`, "
        "`UGFzc3dvcmQ6` is `Password:`, and for CRAM-MD5 it is the challenge.",
        "334 VXNlcm5hbWU6",
        see=("AUTH", "base64", "CRAM-MD5"),
    ),
    "354": Lesson(
        "The only code of its class in sending mail: it answers DATA. Now comes the mail itself, until a line with a "
        "single dot. The server answers again only after that dot. If the connection breaks in between, nothing "
        "counts.",
        '354 Enter mail, end with "." on a line by itself',
        see=("DATA", "dot-stuffing"),
    ),
    "421": Lesson(
        "The server is about to hang up: it shuts down, is overloaded, has waited too long for the client, or the "
        "client has opened too many connections. It may come at any time, even as the greeting. The client keeps its "
        "mail and tries again later.",
        see=("timeout", "rate limit"),
    ),
    "432": Lesson("The account works only after its password is changed once, for a new mechanism.", see=("AUTH",)),
    "450": Lesson(
        "Busy mailbox, or a policy that refuses only for now: greylisting uses this code or 451. Nothing is lost, "
        "the sender tries again.",
        see=("greylisting", "451", "550"),
    ),
    "451": Lesson(
        "Something failed at the server: the DNS did not answer, a filter did not run. Greylisting uses it, too. The "
        "sender tries again.",
        see=("greylisting", "450"),
    ),
    "452": Lesson(
        "The disk or the mailbox is full, or the client has named more recipients than the server takes at once. In "
        "the latter case the client sends the mail for the others in a transaction of its own.",
        see=("552", "RCPT"),
    ),
    "453": Lesson("It answers ATRN: nothing is waiting for this client.", see=("ETRN",)),
    "454": Lesson(
        "The login, or the TLS handshake, cannot be done just now; nothing is said about the password.",
        see=("AUTH", "STARTTLS"),
    ),
    "455": Lesson("Parameters of MAIL or RCPT that the server knows, but cannot honour at the moment.", see=("555",)),
    "458": Lesson("It answers ETRN: the queue of that site could not be run now.", see=("ETRN",)),
    "459": Lesson("It answers ETRN: the server does not do that for this site.", see=("ETRN",)),
    "500": Lesson(
        "The server does not know the command, or its line is too long. Seen when a client says EHLO to a very old "
        "server, or when lines of a mail are taken for commands because DATA was refused and the client did not "
        "notice.",
        see=("502", "EHLO"),
    ),
    "501": Lesson(
        "The command is right, what follows it is not: a space behind the colon, or a broken address.", see=("500",)
    ),
    "502": Lesson("The server knows the command and will not do it; often VRFY, EXPN or TURN.", see=("500", "VRFY")),
    "503": Lesson(
        "The order is EHLO, MAIL, RCPT, DATA. RCPT without MAIL, or DATA after all recipients were refused, gets "
        "this code (or 554).",
        see=("MAIL", "RCPT", "DATA"),
    ),
    "504": Lesson("Often for AUTH with a mechanism that the server does not have.", see=("AUTH",)),
    "521": Lesson("The host sends mail and takes none. The sender need not try again.", see=("556", "null MX")),
    "523": Lesson("Not in RFC 5321; some servers use it. 552 is usual.", see=("552", "SIZE")),
    "525": Lesson("The password may be right, but the administrator has closed the account.", see=("535",)),
    "530": Lesson(
        "The server insists on AUTH, or on STARTTLS, before MAIL. On a submission port that is the rule: without it, "
        "everybody could send through the server.",
        see=("AUTH", "STARTTLS", "submission", "open relay"),
    ),
    "534": Lesson(
        "The server knows the mechanism and forbids it; the user should choose a better one.", see=("AUTH", "538")
    ),
    "535": Lesson(
        "Wrong user name, wrong password, or an account that may not use this service: the server does not say "
        "which, so that nobody can find out user names. Many of them in a row mean that somebody is guessing.",
        see=("AUTH", "235"),
    ),
    "538": Lesson(
        "PLAIN and LOGIN only inside TLS: the server refuses to see a password in clear.", see=("STARTTLS", "AUTH")
    ),
    "550": Lesson(
        "The most frequent refusal: unknown user, relaying not allowed, the client is on a blocklist, SPF failed, or "
        "spam. The text behind the code says which, and so does the enhanced code: 5.1.1 is an unknown user, 5.7.1 "
        "is policy.",
        "550 5.1.1 <nobody@daum.net>... User unknown",
        see=("5.1.1", "5.7.1", "bounce", "relay", "DNSBL"),
    ),
    "551": Lesson(
        "The user is elsewhere and the server does not send mail on: the text may say where to.", see=("251",)
    ),
    "552": Lesson(
        "The mail is larger than the server or the mailbox takes. With the extension SIZE this is known already at "
        "MAIL, before a long upload; without it only behind the final dot.",
        see=("SIZE", "452", "5.2.2"),
    ),
    "553": Lesson(
        "The address is not allowed: badly written, or a sender address that this user does not own.",
        see=("550", "501"),
    ),
    "554": Lesson(
        "As a greeting: no mail service for you here, often because of a blocklist. Behind RCPT: relaying not "
        "allowed. Behind the mail: its content is refused, often as spam.",
        see=("DNSBL", "relay", "550"),
    ),
    "555": Lesson(
        "The server does not know a parameter of MAIL or RCPT, which EHLO did not offer either.", see=("455", "EHLO")
    ),
    "556": Lesson(
        "The domain says by a null MX that it takes no mail; the server does not even try.", see=("null MX", "521")
    ),
}
"""By code, as in the table of their meanings."""

CLASS_TERMS: tuple[Term, ...] = (
    Term("2yz", "Done.", "All reply codes from 200 to 299.", "RFC 5321 section 4.2.1", ("2xx",), see=("250", "220")),
    Term(
        "3yz",
        "Go on.",
        "All reply codes from 300 to 399. For the mail itself it is 354, for logins 334.",
        "RFC 5321 section 4.2.1",
        ("3xx",),
        see=("354", "334"),
    ),
    Term(
        "4yz",
        "Not now: the sender keeps the mail and tries again later.",
        "All reply codes from 400 to 499. Tries are at least half an hour apart at first, for four to five days.",
        "RFC 5321 section 4.2.1",
        ("4xx", "temporary failure", "transient failure"),
        see=("421", "450", "451", "greylisting", "queue"),
    ),
    Term(
        "5yz",
        "No, for good: the sender gives up and reports the failure.",
        "All reply codes from 500 to 599.",
        "RFC 5321 section 4.2.1",
        ("5xx", "permanent failure"),
        see=("550", "554", "bounce"),
    ),
)
"""Whole classes of codes."""
