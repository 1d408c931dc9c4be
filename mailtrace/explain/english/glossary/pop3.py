"""What to know of the commands and answers of POP3. Meanings and sources stand in `protocols/pop3/words.py`."""

from __future__ import annotations

from mailtrace.explain.english.glossary.lesson import Lesson, Term

FETCH = "A mail program (MUA), or a program that collects mail for it (MRA), says it to the server of the mailbox."

POP3_VERBS: dict[str, Lesson] = {
    "USER": Lesson(
        "The first half of the classic login; PASS is the second. The server answers +OK even for users it does not "
        "know, so that nobody can find out names. Both travel in clear unless TLS was begun before.",
        "USER kim\n+OK",
        FETCH,
        ("PASS", "APOP", "AUTH", "STLS"),
    ),
    "PASS": Lesson(
        "Everything behind the space is the password, spaces included. +OK opens the mailbox and locks it for "
        "others; -ERR means wrong user or password, or a mailbox that another session has open. Who can see the "
        "packets can read the password, unless TLS was begun before.",
        "PASS ********\n+OK Logged in.",
        FETCH,
        ("USER", "APOP", "STLS"),
    ),
    "APOP": Lesson(
        "The greeting holds a time stamp in angle brackets, different each time. The client sends the MD5 hash of "
        "the time stamp with the password, so that the password is never on the wire. MD5 is weak today: TLS is "
        "better.",
        "APOP kim c4c9334bac560ecc979e58001b3e22fb",
        FETCH,
        ("USER", "CRAM-MD5", "greeting"),
    ),
    "AUTH": Lesson(
        "The same mechanisms as in SMTP and IMAP (SASL); the server's requests begin with a plus sign and a space. "
        "AUTH alone lists the mechanisms on some servers.",
        "AUTH PLAIN",
        FETCH,
        ("SASL", "USER", "APOP"),
    ),
    "STLS": Lesson(
        "The STARTTLS of POP3: behind +OK comes the TLS handshake on the same connection. It must come before the "
        "login to be of any use.",
        "STLS\n+OK Begin TLS negotiation now.",
        FETCH,
        ("STARTTLS", "implicit TLS", "TLS"),
    ),
    "CAPA": Lesson(
        "The answer has several lines and ends with a dot. Old servers answer -ERR, which is no fault: then the "
        "client simply uses the basic commands.",
        "CAPA\n+OK\nTOP\nUIDL\nSTLS\n.",
        FETCH,
        ("STLS", "UIDL", "TOP"),
    ),
    "STAT": Lesson(
        "The answer is one line with two numbers: mails, and octets of all of them together.",
        "STAT\n+OK 2 1450",
        FETCH,
        ("LIST",),
    ),
    "LIST": Lesson(
        "One line for each mail, its number and its size in octets, and a dot at the end. With a number it is about "
        "that mail only. The numbers hold for this session: the next login counts anew, which is what UIDL is "
        "for.\n\n"
        "The size may differ a little from what RETR sends: some servers count line ends as one octet, or leave out "
        "headers they add.",
        "LIST\n+OK 2 messages:\n1 720\n2 730\n.",
        FETCH,
        ("UIDL", "STAT", "RETR"),
    ),
    "UIDL": Lesson(
        "Programs that leave mails on the server remember these ids and fetch only what is new.",
        "UIDL\n+OK\n1 000000015f2b1a3c\n.",
        FETCH,
        ("LIST", "UID"),
    ),
    "RETR": Lesson(
        "The mail comes with headers and body and ends with a single dot on a line; lines that begin with a dot have "
        "a second one, as in SMTP. RETR deletes nothing: only DELE and then QUIT do.",
        "RETR 1\n+OK 720 octets\n(the mail)\n.",
        FETCH,
        ("TOP", "DELE", "dot-stuffing"),
    ),
    "TOP": Lesson(
        "TOP 1 0 gives the headers alone: so a program can show who wrote without fetching large mails.",
        "TOP 1 0",
        FETCH,
        ("RETR",),
    ),
    "DELE": Lesson(
        "The mail is only marked. QUIT deletes the marked ones; if the connection breaks before, nothing is deleted "
        "and the next session sees all of them again.",
        "DELE 1\n+OK Marked to be deleted.",
        FETCH,
        ("QUIT", "RSET"),
    ),
    "NOOP": Lesson("The answer is +OK and nothing happens.", "NOOP", FETCH),
    "RSET": Lesson(
        "Not to be mixed up with the RSET of SMTP, which drops a mail that was begun.", "RSET", FETCH, ("DELE",)
    ),
    "QUIT": Lesson(
        "After a login it is more than a goodbye: now the server deletes the marked mails and unlocks the mailbox. A "
        "client that just hangs up deletes nothing.",
        "QUIT\n+OK Logging out, messages deleted.",
        FETCH,
        ("DELE",),
    ),
    "LANG": Lesson("Few servers know it.", "LANG ko", FETCH),
    "UTF8": Lesson("For user names, passwords and mails beyond ASCII.", "UTF8", FETCH, ("SMTPUTF8",)),
    "XTND": Lesson("Today mail is sent by SMTP submission.", "XTND XMIT", FETCH, ("submission",)),
    "LAST": Lesson("UIDL took its place.", "LAST", FETCH, ("UIDL",)),
    "RPOP": Lesson("It trusted the client's host, as rlogin did. Nobody uses it today.", "RPOP kim", FETCH, ("USER",)),
}
"""By verb, as in the table of their meanings."""

POP3_STATUS: tuple[Term, ...] = (
    Term(
        "+OK",
        "Done: the good answer to every command, and the greeting.",
        "Where more lines follow (LIST, UIDL, RETR, TOP, CAPA) a single dot ends them. What it means depends on the "
        "command: behind DELE nothing is deleted yet.",
        "RFC 1939 section 3",
        see=("-ERR", "QUIT"),
    ),
    Term(
        "-ERR",
        "Refused: the bad answer to every command.",
        "POP3 knows no codes for reasons: the text tells, sometimes with a word in square brackets such as [AUTH] or "
        "[IN-USE]. Behind PASS it mostly means a wrong user or password.",
        "RFC 1939 section 3",
        see=("+OK", "AUTH", "IN-USE"),
    ),
    Term(
        "+",
        "Go on: the server waits for the client's next line.",
        "In a login of POP3 or IMAP, and in IMAP also before a literal and for IDLE.",
        "RFC 5034 section 4",
        see=("AUTH", "literal", "334"),
    ),
)
"""What servers answer with."""

POP3_CODES: dict[str, Lesson] = {
    "LOGIN-DELAY": Lesson("The program looks for mail too often.", see=("-ERR",)),
    "IN-USE": Lesson(
        "POP3 locks a mailbox for one session: another program is at it, or one that has died without a goodbye.",
        see=("-ERR", "QUIT"),
    ),
    "AUTH": Lesson("The refusal is about the login itself, and not about a fault of the server.", see=("-ERR", "PASS")),
    "SYS/TEMP": Lesson("Try again later; the password was not the reason.", see=("-ERR",)),
    "SYS/PERM": Lesson("The user should ask the administrator; the password was not the reason.", see=("-ERR",)),
}
"""By code, as in the table of their meanings."""
