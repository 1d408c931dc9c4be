"""What the words of POP3 mean: commands, capabilities and response codes. Tables only, no logic."""

from __future__ import annotations

from mailtrace.protocols.word import Word

COMMANDS: dict[str, Word] = {
    "USER": Word("The client logs in and names the mailbox.", "RFC 1939 section 7"),
    "PASS": Word("The client sends the password.", "RFC 1939 section 7"),
    "APOP": Word(
        "The client logs in without sending the password, by a hash of the greeting's time stamp and the password.",
        "RFC 1939 section 7",
    ),
    "AUTH": Word("The client logs in by a SASL mechanism.", "RFC 5034 section 4"),
    "STLS": Word("The client asks to encrypt the connection from here on.", "RFC 2595 section 4"),
    "CAPA": Word("The client asks what the server can do.", "RFC 2449 section 5"),
    "STAT": Word(
        "The client asks how many mails there are and how many octets they have in all.", "RFC 1939 section 5"
    ),
    "LIST": Word("The client asks for the numbers and sizes of the mails.", "RFC 1939 section 5"),
    "UIDL": Word(
        "The client asks for the mails' unique ids, which stay the same from one login to the next: so it knows "
        "which mails are new.",
        "RFC 1939 section 7",
    ),
    "RETR": Word("The client asks for a whole mail.", "RFC 1939 section 5"),
    "TOP": Word("The client asks for a mail's headers and the first lines of its body.", "RFC 1939 section 7"),
    "DELE": Word("The client marks a mail for deletion.", "RFC 1939 section 5"),
    "NOOP": Word("The client asks for nothing but keeps the line alive.", "RFC 1939 section 5"),
    "RSET": Word("The client takes back all its deletion marks.", "RFC 1939 section 5"),
    "QUIT": Word("The client says goodbye; only now the server deletes what was marked.", "RFC 1939 section 6"),
    "LANG": Word("The client chooses the language of the server's texts.", "RFC 6856 section 3"),
    "UTF8": Word("The client switches to UTF-8.", "RFC 6856 section 2"),
    "XTND": Word("An old extension to send mail through POP3."),
    "LAST": Word("The client asks for the highest mail number read (obsolete).", "RFC 1460"),
    "RPOP": Word("An old login without password (obsolete).", "RFC 1081"),
}

CAPABILITIES: dict[str, Word] = {
    "TOP": Word("headers alone can be fetched", "RFC 2449 section 6.1"),
    "USER": Word("login with user name and password in the clear", "RFC 2449 section 6.2"),
    "SASL": Word("login by these mechanisms", "RFC 2449 section 6.3"),
    "RESP-CODES": Word("refusals carry a code in square brackets", "RFC 2449 section 6.4"),
    "LOGIN-DELAY": Word("seconds to wait between two logins", "RFC 2449 section 6.5"),
    "PIPELINING": Word("several commands may be sent without waiting for each answer", "RFC 2449 section 6.6"),
    "EXPIRE": Word("days a mail is kept on the server", "RFC 2449 section 6.7"),
    "UIDL": Word("mails have unique ids", "RFC 2449 section 6.8"),
    "IMPLEMENTATION": Word("the server's software", "RFC 2449 section 6.9"),
    "STLS": Word("the connection can be encrypted", "RFC 2595 section 4"),
    "AUTH-RESP-CODE": Word("a refused login says whether the password was the reason", "RFC 3206 section 6"),
    "UTF8": Word("user names and mails may hold any script", "RFC 6856 section 2"),
    "LANG": Word("the server's texts come in several languages", "RFC 6856 section 3"),
    "APOP": Word("login without sending the password"),
}

RESPONSE_CODES: dict[str, Word] = {
    "LOGIN-DELAY": Word("the client logged in too soon again", "RFC 2449 section 8.1.1"),
    "IN-USE": Word("another session has the mailbox open", "RFC 2449 section 8.1.2"),
    "AUTH": Word("user or password is wrong", "RFC 3206 section 5"),
    "SYS/TEMP": Word("a failure of the server that will pass", "RFC 3206 section 4"),
    "SYS/PERM": Word("a failure of the server that somebody must repair", "RFC 3206 section 4"),
}
