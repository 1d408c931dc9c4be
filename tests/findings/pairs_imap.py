"""Scenes for the rules of IMAP."""

from __future__ import annotations

from tests.findings.pair import Pair

GREETING = """
    == 10.0.0.1 10.0.0.2:143
    S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
"""

LOGIN = (
    GREETING
    + """
    C: a1 LOGIN kim secret
    S: a1 OK logged in
"""
)
"""Six packets: three of the handshake, the greeting is 4."""

REFUSED = (
    GREETING
    + """
    C: a1 LOGIN kim wrong
    S: a1 NO [AUTHENTICATIONFAILED] Authentication failed.
"""
)

MAIL = "S| * 1 FETCH (BODY[] {28}\\r\\nSubject: hello\\r\\n\\r\\nGood day\\r\\n)\\r\\na2 OK done\\r\\n"

PAIRS = (
    Pair(
        "IMAP001",
        seen=LOGIN,
        says="10.0.0.1 sent the password of kim to the IMAP server 10.0.0.2 (LOGIN) without encryption",
        packets=(5, 6),
        alike=GREETING
        + """
            C: a1 AUTHENTICATE CRAM-MD5
            S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
            C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
            S: a1 OK logged in
        """,
    ),
    Pair(
        "IMAP002",
        seen=LOGIN + "C: a2 FETCH 1 BODY[]\n" + MAIL,
        says="10.0.0.1 and 10.0.0.2 exchanged mail without encryption (mails: 1)",
        packets=(8,),
        alike=LOGIN
        + "C: a2 FETCH 1 FLAGS\nS| * 1 FETCH (FLAGS (\\Seen))\\r\\na2 OK done\\r\\n".replace("\\S", "\\\\S"),
    ),
    Pair(
        "IMAP003",
        seen=LOGIN.replace("AUTH=PLAIN", "STARTTLS"),
        says="10.0.0.2 offered STARTTLS, but 10.0.0.1 logged in without encryption",
        packets=(4, 5, 6),
        alike=LOGIN,
    ),
    Pair(
        "IMAP004",
        seen=REFUSED,
        says="10.0.0.2 refused the login of kim from 10.0.0.1 (LOGIN)",
        packets=(5, 6),
        alike=REFUSED.replace("AUTHENTICATIONFAILED", "PRIVACYREQUIRED"),
    ),
    Pair(
        "IMAP005",
        seen=(REFUSED.replace("kim", "lee") + REFUSED) * 3,
        says="10.0.0.1 was refused 6 logins at the IMAP server 10.0.0.2 within minutes (users: 2)",
        packets=(5, 6, 14, 15, 23, 24, 32, 33, 41, 42, 50, 51),
        alike=REFUSED * 4 + LOGIN,
    ),
    Pair(
        "IMAP006",
        seen="""
            == 10.0.0.1 10.0.0.2:143
            S: +OK POP3 server ready
            C: QUIT
            S: +OK bye
        """,
        says="POP3 is spoken on port 143 of 10.0.0.2, which is for IMAP",
        packets=(4,),
        alike="""
            == 10.0.0.1 10.0.0.2:110
            S: +OK POP3 server ready
            C: QUIT
            S: +OK bye
        """,
    ),
    Pair(
        "IMAP007",
        seen=LOGIN.replace("AUTH=PLAIN", "STARTTLS LOGINDISABLED").replace("a1 OK logged in", "a1 BAD disabled"),
        says="10.0.0.1 sent a password to 10.0.0.2, although 10.0.0.2 had forbidden it",
        packets=(4, 5),
        alike=LOGIN.replace("AUTH=PLAIN", "STARTTLS"),
    ),
    Pair(
        "IMAP008",
        seen="""
            == 10.0.0.1 10.0.0.2:143
            S: * PREAUTH [CAPABILITY IMAP4rev1] welcome
            C: a1 STARTTLS
            S: a1 BAD too late
        """,
        says="10.0.0.2 greeted 10.0.0.1 as logged in already, so that 10.0.0.1 could not begin TLS",
        packets=(4,),
        alike="""
            == 10.0.0.1 10.0.0.2:143
            S: * PREAUTH [CAPABILITY IMAP4rev1] welcome
            C: a1 LOGOUT
            S| * BYE bye\\r\\na1 OK done\\r\\n
        """,
    ),
    Pair(
        "IMAP009",
        seen=LOGIN + "C: a2 FROB\nS: a2 BAD Unknown command",
        says="10.0.0.2 did not understand FROB of 10.0.0.1: BAD Unknown command",
        packets=(7, 8),
        alike=LOGIN + "C: a2 SELECT Old\nS: a2 NO [NONEXISTENT] no such folder",
    ),
    Pair(
        "IMAP010",
        seen=LOGIN + "C: a2 SELECT Old\nS: a2 NO [NONEXISTENT] no such folder",
        says="10.0.0.2 refused SELECT of 10.0.0.1: NO [NONEXISTENT] no such folder",
        packets=(7, 8),
        alike=REFUSED,
    ),
    Pair(
        "IMAP011",
        seen=LOGIN + "C: a2 COPY 1 Archive\nS: a2 NO [OVERQUOTA] Quota exceeded",
        says="There is no room left on 10.0.0.2 for COPY of 10.0.0.1: NO [OVERQUOTA] Quota exceeded",
        packets=(7, 8),
        alike=LOGIN + "C: a2 COPY 1 Archive\nS: a2 NO [TRYCREATE] no such folder",
    ),
    Pair(
        "IMAP012",
        seen=LOGIN + "C: a2 EXPUNGE\nS| * 3 EXPUNGE\\r\\n* 3 EXPUNGE\\r\\na2 OK done\\r\\n",
        says="10.0.0.1 removed mail from 10.0.0.2 for good (mails: 2)",
        packets=(8,),
        alike=LOGIN + "C: a2 UID MOVE 9 Trash\nS| * 3 EXPUNGE\\r\\na2 OK done\\r\\n",
    ),
    Pair(
        "IMAP013",
        seen=LOGIN + "C: a2 NOOP\nS| * OK [ALERT] Mailbox is 95% full\\r\\na2 OK done\\r\\n",
        says="10.0.0.2 tells the user of 10.0.0.1: Mailbox is 95% full",
        packets=(8,),
        alike=LOGIN + "C: a2 NOOP\nS| * OK Still here\\r\\na2 OK done\\r\\n",
    ),
    Pair(
        "IMAP014",
        seen=LOGIN
        + "C: a2 SELECT INBOX\nS| * OK [UIDVALIDITY 17] ok\\r\\na2 OK done\\r\\n"
        + LOGIN
        + "C: a2 SELECT inbox\nS| * OK [UIDVALIDITY 99] ok\\r\\na2 OK done\\r\\n",
        says="The folder INBOX of kim on 10.0.0.2 got a new UIDVALIDITY: 99, before 17",
        packets=(8, 19),
        alike=LOGIN
        + "C: a2 SELECT INBOX\nS| * OK [UIDVALIDITY 17] ok\\r\\na2 OK done\\r\\n"
        + LOGIN.replace("kim", "lee")
        + "C: a2 SELECT inbox\nS| * OK [UIDVALIDITY 99] ok\\r\\na2 OK done\\r\\n",
    ),
    Pair(
        "IMAP015",
        seen=LOGIN + "C| a2 NOOP\\r\\na2 CHECK\\r\\n\nS| a2 OK done\\r\\na2 OK done\\r\\n",
        says="10.0.0.1 gave two commands the same tag while the first was under way",
        packets=(7,),
        alike=LOGIN + "C: a2 NOOP\nS: a2 OK done\nC: a2 CHECK\nS: a2 OK done",
    ),
)
