"""What to know of the commands of SMTP. Meanings and sources stand in `protocols/smtp/words.py`."""

from __future__ import annotations

from mailtrace.explain.english.glossary.lesson import Lesson

SUBMIT = "A mail program (MUA) says it to its own server (MSA)."
RELAY = "A mail server (MTA) says it to the next one, and a mail program (MUA) says it to its own server (MSA)."
ADMIN = "An administrator or a monitoring program says it; ordinary mail programs do not."

SMTP_VERBS: dict[str, Lesson] = {
    "HELO": Lesson(
        "The old hello, from 1982. It gets a single 250 line and no list of extensions, so a client that says HELO "
        "can use neither STARTTLS nor AUTH. Clients fall back to it when a server does not know EHLO.\n\n"
        "The name behind it should be the client's own host name. The server may look it up and distrust a client "
        "whose name does not exist, but must not refuse the mail only because name and address do not match.",
        "HELO client.example.org",
        RELAY,
        ("EHLO", "LHLO", "250"),
    ),
    "EHLO": Lesson(
        "The first command of every modern session. The name behind it is the client's host name, or its address in "
        "square brackets if it has no name. The answer has several lines: all but the last have a hyphen behind the "
        "code, and each names one extension, such as SIZE, PIPELINING, STARTTLS or AUTH.\n\n"
        "After STARTTLS the client must say it again: what was offered in clear counts no more, since anybody could "
        "have changed it.",
        "EHLO client.example.org\n250-server.example.org Hello\n250-SIZE 52428800\n250 STARTTLS",
        RELAY,
        ("HELO", "STARTTLS", "AUTH", "PIPELINING", "250"),
    ),
    "LHLO": Lesson(
        "LMTP is SMTP for the last step, from the MTA to the program that writes into mailboxes. It begins with LHLO "
        "in place of EHLO, so that the two are never mixed up. After the mail comes one reply for each recipient, "
        "and not one for all.",
        "LHLO mta.example.org",
        "The last mail server (MTA) says it to the delivery program (MDA), mostly on the same host.",
        ("EHLO", "LMTP", "MDA"),
    ),
    "MAIL": Lesson(
        "It begins a transaction and gives the envelope's sender: the address that bounces go to. It need not be the "
        "address in the From header that the reader sees. An empty path `<>` means that nobody wants a report; "
        "bounces themselves are sent so, so that two servers never answer each other forever.\n\n"
        "Parameters may follow, such as SIZE=1234 or BODY=8BITMIME. The answer is 250, or a refusal.",
        "MAIL FROM:<lee@naver.com> SIZE=1234",
        RELAY,
        ("RCPT", "RSET", "envelope", "null sender", "SPF"),
    ),
    "RCPT": Lesson(
        "One recipient for each command; the server answers each on its own, so that some may be taken and others "
        "refused. Only those that were taken get the mail. These addresses are the envelope: To and Cc in the mail "
        "itself decide nothing, and Bcc is exactly this: a recipient who stands in no header.\n\n"
        "Most refusals come here: 550 for an unknown user, 450 for greylisting, 554 or 550 for relaying.",
        "RCPT TO:<kim@daum.net>",
        RELAY,
        ("MAIL", "DATA", "envelope", "greylisting", "relay", "550"),
    ),
    "DATA": Lesson(
        "The server answers 354, then comes the mail: headers, an empty line, the body. A line with a single dot "
        "ends it. A line of the mail that begins with a dot gets a second one (dot-stuffing), which the receiver "
        "takes off.\n\n"
        "The reply behind the dot matters most in all of SMTP: with its 250 the server takes responsibility for the "
        "mail. From then on it must deliver it or report that it could not.",
        'DATA\n354 Enter mail, end with "." on a line by itself\n(the mail)\n.\n250 2.0.0 Message accepted',
        RELAY,
        ("354", "250", "dot-stuffing", "BDAT", "SMTP smuggling"),
    ),
    "BDAT": Lesson(
        "The extension CHUNKING: the client tells how many octets follow, then sends exactly those. No dot ends the "
        "mail and no dot is stuffed; the last piece says LAST. So a mail may hold any octets (BINARYMIME), and "
        "nothing in it can be mistaken for its end.",
        "BDAT 1240 LAST",
        RELAY,
        ("DATA", "CHUNKING", "BINARYMIME"),
    ),
    "BURL": Lesson(
        "Instead of uploading a mail twice, once to the Sent folder and once for delivery, the client gives the "
        "address where its IMAP server has it. Few servers offer it.",
        "BURL imap://lee@imap.example.org/Sent;UIDVALIDITY=1/;UID=20;urlauth=submit+lee:internal:... LAST",
        SUBMIT,
        ("BDAT", "URLAUTH"),
    ),
    "RSET": Lesson(
        "Sender, recipients and content so far are forgotten; the hello and the login stay. Clients use it between "
        "two mails, or after all recipients were refused. The answer is always 250.",
        "RSET",
        RELAY,
        ("MAIL", "QUIT"),
    ),
    "VRFY": Lesson(
        "It was meant for checking an address before one writes to it. Spammers try names with it, so that nearly "
        "every server today answers 252 for all of them: perhaps, just try.",
        "VRFY kim",
        ADMIN,
        ("EXPN", "252"),
    ),
    "EXPN": Lesson(
        "It tells who is behind a list or an alias. Most servers refuse it, for the same reason as VRFY.",
        "EXPN staff",
        ADMIN,
        ("VRFY", "alias"),
    ),
    "HELP": Lesson("The answer is 214 with a text for people. It changes nothing.", "HELP", ADMIN, ("214",)),
    "NOOP": Lesson(
        "The answer is 250 and nothing happens. Clients say it to keep a connection open, or to see whether it still "
        "is.",
        "NOOP",
        RELAY,
        ("RSET",),
    ),
    "QUIT": Lesson(
        "The server answers 221 and both sides close the connection. A client that hangs up without QUIT, behind the "
        "last 250, loses nothing: the mail is taken. Before that 250 nothing is.",
        "QUIT",
        RELAY,
        ("221", "FIN"),
    ),
    "STARTTLS": Lesson(
        "The session begins in clear; after 220 both sides shake hands for TLS on the same connection, and "
        "everything starts anew with EHLO, encrypted. Between servers it is mostly opportunistic: whoever can change "
        "packets on the way can take the offer out of the EHLO answer, and the mail goes in clear (stripping). "
        "MTA-STS and DANE help against that.\n\n"
        "Nothing may be sent in clear behind STARTTLS; a server that keeps such commands runs what somebody else "
        "inserted (CVE-2011-0411).",
        "STARTTLS\n220 2.0.0 Ready to start TLS",
        RELAY,
        ("TLS", "implicit TLS", "MTA-STS", "DANE", "STLS", "EHLO"),
    ),
    "AUTH": Lesson(
        "Users log in before they may send to the whole world (submission); servers among themselves do not log in. "
        "The mechanism follows: PLAIN and LOGIN send the password in base64, which is no encryption, so they belong "
        "inside TLS only. 334 asks for more, 235 says welcome, 535 says wrong user or password.",
        "AUTH PLAIN AGtpbQBzZWNyZXQ=",
        SUBMIT,
        ("SASL", "PLAIN", "LOGIN", "CRAM-MD5", "235", "334", "535", "submission"),
    ),
    "ETRN": Lesson(
        "A site that is online only at times asks its provider to deliver the waiting mail now. The mail comes over "
        "a new connection to the site's registered server, so nobody can steal it by asking.",
        "ETRN example.org",
        "A mail server (MTA) says it to the one that holds mail for it.",
        ("TURN", "queue"),
    ),
    "TURN": Lesson(
        "The two sides would change roles on the same connection. Anybody could claim any name and so get its mail: "
        "forbidden since 1999. ETRN, and ATRN with a login, took its place.",
        "TURN",
        "A mail server (MTA) said it to the one that held mail for it.",
        ("ETRN",),
    ),
    "SEND": Lesson(
        "From the days when users sat at terminals of one computer. No server knows it any more.", "SEND FROM:<lee@a>"
    ),
    "SOML": Lesson(
        "From the days when users sat at terminals of one computer. No server knows it any more.", "SOML FROM:<lee@a>"
    ),
    "SAML": Lesson(
        "From the days when users sat at terminals of one computer. No server knows it any more.", "SAML FROM:<lee@a>"
    ),
    "VERB": Lesson(
        "Sendmail's own command, for looking at a delivery while it happens. It works only for local tests.",
        "VERB",
        ADMIN,
    ),
    "XCLIENT": Lesson(
        "A filter or proxy stands before the server, so that the server would see the proxy's address for every "
        "client. XCLIENT hands the real address and name over. A server must allow it only to its own proxies: who "
        "may say it can pretend to be anybody.",
        "XCLIENT ADDR=192.0.2.7 NAME=client.example.org",
        "A filter or proxy says it to the mail server (MTA) behind it.",
        ("XFORWARD", "EHLO"),
    ),
    "XFORWARD": Lesson(
        "Like XCLIENT, but only for the log: the server goes on treating the mail as one that the proxy sent.",
        "XFORWARD ADDR=192.0.2.7 NAME=client.example.org",
        "A filter says it to the mail server (MTA) behind it.",
        ("XCLIENT",),
    ),
}
"""By verb, as in the table of their meanings."""
