"""Sentences about POP3."""

from __future__ import annotations

POP3: dict[str, str] = {
    "pop3.greeting": "The mailbox server is ready; the client must log in first.",
    "pop3.greeting.apop": "The time stamp in angle brackets allows a login without sending the password (APOP).",
    "pop3.greeting.refused": "The server does not serve this client.",
    "pop3.unasked": "The server says this without being asked.",
    "pop3.unknown-command": "This is no POP3 command that mailtrace knows.",
    "pop3.ok": "The server agrees.",
    "pop3.USER": "The client logs in to the mailbox {user}; the password follows.",
    "pop3.USER.ok": (
        "The server waits for the password. Most say yes here to every name, so that nobody can find out which exist."
    ),
    "pop3.PASS": (
        "The client sends the password, readable in the capture for everybody on the way (masked here). TLS on port "
        "995, or STLS before the login, would hide it."
    ),
    "pop3.PASS.inside": "The client sends the password (masked here); TLS hides it on the way.",
    "pop3.PASS.ok": "The password is right: the mailbox is open, and locked for this session.",
    "pop3.APOP": (
        "The client logs in to the mailbox {user} without sending the password: a hash of the greeting's time stamp "
        "and the password proves that it knows it."
    ),
    "pop3.APOP.ok": "The proof is right: the mailbox is open, and locked for this session.",
    "pop3.AUTH.ok": "The login is accepted: the mailbox is open, and locked for this session.",
    "pop3.STLS.ok": "The server agrees: the TLS handshake follows, and then everything is encrypted.",
    "pop3.CAPA.list": "The server can: {offered}.",
    "pop3.CAPA.none": "The server names nothing that mailtrace knows.",
    "pop3.STAT.ok": "{count} mails with {octets} octets in all.",
    "pop3.LIST": "The client asks for the size of mail {number}.",
    "pop3.LIST.ok": "Number and size in octets of this mail.",
    "pop3.LIST.all": "{mails} in the mailbox; each line is a mail's number in this session and its size in octets.",
    "pop3.UIDL": "The client asks for the unique id of mail {number}.",
    "pop3.UIDL.ok": "Number and unique id of this mail.",
    "pop3.UIDL.all": (
        "{mails} in the mailbox; each line is a mail's number in this session and its unique id, which stays the "
        "same in later sessions."
    ),
    "pop3.RETR": "The client asks for mail {number} as a whole.",
    "pop3.RETR.ok": (
        "Mail {number} follows at once, up to a line with a single dot. Fetching does not remove it from the server."
    ),
    "pop3.TOP": "The client asks for the headers of mail {number} and the first {lines} lines of its body.",
    "pop3.TOP.ok": "The beginning of mail {number} follows at once, up to a line with a single dot.",
    "pop3.DELE": "The client marks mail {number} for deletion. It is still there until QUIT.",
    "pop3.DELE.ok": "Mail {number} is marked, not yet deleted: only QUIT does that, and RSET would take the mark back.",
    "pop3.RSET.ok": "All deletion marks are taken back.",
    "pop3.NOOP.ok": "The server is still there.",
    "pop3.QUIT": "The client says goodbye.",
    "pop3.QUIT.deletes": "Only now the server deletes what was marked: mail {numbers}.",
    "pop3.QUIT.keeps": "Mail {numbers} was fetched but not marked with DELE: it stays on the server.",
    "pop3.QUIT.keeps.several": "Mails {numbers} were fetched but not marked with DELE: they stay on the server.",
    "pop3.QUIT.ok": "The server has done what was asked and closes the connection.",
    "pop3.refused": "The server refuses (-ERR).",
    "pop3.login.refused": "The login is refused (-ERR).",
    "pop3.code": "[{code}]: {means}.",
    "pop3.CAPA.same": "The same list as before.",
    "pop3.CAPA.changed": "The list has changed since before: {gone} gone, {new} new.",
    "pop3.CAPA.gone": "The list is shorter than before: {gone} no longer needed or offered.",
    "pop3.QUIT.again": "The client says goodbye a second time; it was heard the first time.",
    "pop3.AUTH.which": "The client asks which login mechanisms there are.",
}
