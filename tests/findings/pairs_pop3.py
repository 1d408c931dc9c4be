"""Scenes for the rules of POP3."""

from __future__ import annotations

from tests.findings.pair import Pair

LOGIN = """
    == 10.0.0.1 10.0.0.2:110
    S: +OK POP3 ready
    C: USER kim
    S: +OK
    C: PASS secret
    S: +OK Logged in.
"""
"""Nine packets: three of the handshake, the greeting is 4, the last of them 8."""

MAIL = "S| +OK 30 octets\\r\\nSubject: hello\\r\\n\\r\\nGood day.\\r\\n\\r\\n.\\r\\n"
"""An answer to RETR whose mail has 31 octets, not 30."""

GOOD_MAIL = MAIL.replace("30", "31")

REFUSED = """
    == 10.0.0.1 10.0.0.2:110
    S: +OK POP3 ready
    C: USER kim
    S: +OK
    C: PASS wrong
    S: -ERR [AUTH] Authentication failed.
"""

BYE = """
    C: QUIT
    S: +OK Logging out.
"""

PAIRS = (
    Pair(
        "POP001",
        seen=LOGIN + BYE,
        says="10.0.0.1 sent the password of kim to the POP3 server 10.0.0.2 (USER and PASS) without encryption",
        packets=(5, 7, 8),
        alike="""
            == 10.0.0.1 10.0.0.2:110
            S: +OK POP3 ready <1896.697170952@dbc.mtview.ca.us>
            C: APOP kim c4c9334bac560ecc979e58001b3e22fb
            S: +OK maildrop has 1 message (369 octets)
        """
        + BYE,
    ),
    Pair(
        "POP002",
        seen=LOGIN + f"C: RETR 1\n{GOOD_MAIL}" + BYE,
        says="10.0.0.1 fetched mail from 10.0.0.2 without encryption (mails: 1)",
        packets=(10,),
        alike=LOGIN.replace("10.0.0.1 10.0.0.2", "10.0.0.2 10.0.0.2") + f"C: RETR 1\n{GOOD_MAIL}" + BYE,
    ),
    Pair(
        "POP003",
        seen="""
            == 10.0.0.1 10.0.0.2:110
            S: +OK POP3 ready
            C: CAPA
            S| +OK\\r\\nTOP\\r\\nSTLS\\r\\n.\\r\\n
            C: USER kim
            S: +OK
            C: PASS secret
            S: +OK Logged in.
        """
        + BYE,
        says="10.0.0.2 offered STLS, but 10.0.0.1 logged in without encryption",
        packets=(6, 7, 9, 10),
        alike="""
            == 10.0.0.1 10.0.0.2:110
            S: +OK POP3 ready
            C: CAPA
            S| +OK\\r\\nTOP\\r\\n.\\r\\n
            C: USER kim
            S: +OK
            C: PASS secret
            S: +OK Logged in.
        """
        + BYE,
    ),
    Pair(
        "POP004",
        seen=REFUSED + BYE,
        says="10.0.0.2 refused the login of kim from 10.0.0.1 (USER and PASS)",
        packets=(5, 7, 8),
        alike=LOGIN + "C: LIST 9\nS: -ERR There's no message 9.\n" + BYE,
    ),
    Pair(
        "POP005",
        seen=REFUSED * 5,
        says="10.0.0.1 was refused 5 logins at the POP3 server 10.0.0.2 within minutes (users: 1)",
        packets=(5, 7, 8, 16, 18, 19, 27, 29, 30, 38, 40, 41, 49, 51, 52),
        alike=REFUSED * 2 + ".. 1000\n" + REFUSED * 3,
    ),
    Pair(
        "POP006",
        seen=LOGIN + f"C: RETR 1\n{MAIL}" + BYE,
        says="10.0.0.2 sent a mail of another size than it had announced",
        packets=(10,),
        alike=LOGIN + f"C: RETR 1\n{GOOD_MAIL}" + BYE,
    ),
    Pair(
        "POP007",
        seen=LOGIN
        + f"C: LIST\nS| +OK 1 messages:\\r\\n1 40\\r\\n.\\r\\nC: RETR 1\n{GOOD_MAIL}".replace(".\\r\\nC", ".\\r\\n\nC")
        + BYE,
        says="10.0.0.2 listed mail 1 with 40 octets and sent 31",
        packets=(10, 12),
        alike=LOGIN
        + f"C: LIST\nS| +OK 1 messages:\\r\\n1 31\\r\\n.\\r\\nC: RETR 1\n{GOOD_MAIL}".replace(".\\r\\nC", ".\\r\\n\nC")
        + BYE,
    ),
    Pair(
        "POP008",
        seen=LOGIN + f"C: RETR 1\n{GOOD_MAIL}" + BYE,
        says="10.0.0.1 fetched mail and left it on 10.0.0.2 (mails: 1)",
        packets=(10,),
        alike=LOGIN + f"C: RETR 1\n{GOOD_MAIL}\nC: DELE 1\nS: +OK Marked to be deleted." + BYE,
    ),
    Pair(
        "POP009",
        seen=LOGIN + "C: DELE 1\nS: +OK Marked to be deleted." + BYE,
        says="10.0.0.1 deleted mail from the mailbox on 10.0.0.2 (mails: 1)",
        packets=(9,),
        alike=LOGIN + "C: DELE 1\nS: +OK Marked to be deleted.\nC: RSET\nS: +OK" + BYE,
    ),
    Pair(
        "POP010",
        seen=REFUSED.replace("[AUTH] Authentication failed.", "[IN-USE] Mailbox is locked by another session") + BYE,
        says="10.0.0.2 refused 10.0.0.1 the mailbox, because another session has it open: "
        "-ERR [IN-USE] Mailbox is locked by another session",
        packets=(8,),
        alike=REFUSED + BYE,
    ),
    Pair(
        "POP011",
        seen=LOGIN + "C: DELE 1\nS: +OK Marked to be deleted.",
        says="10.0.0.1 marked mail for deletion on 10.0.0.2 and was gone without QUIT: nothing is deleted (mails: 1)",
        packets=(9, 13),
        alike=LOGIN + "C: DELE 1\nS: +OK Marked to be deleted.\n--",
    ),
    Pair(
        "POP012",
        seen=LOGIN + "C: RETR 7\nS: -ERR There's no message 7." + BYE,
        says="10.0.0.2 did not give out mail 7: -ERR There's no message 7.",
        packets=(9, 10),
        alike=LOGIN + "C: TOP 7 0\nS: -ERR There's no message 7." + BYE,
    ),
    Pair(
        "POP013",
        seen=LOGIN + "C: RETR 1\nS| +OK 3100 octets\\r\\nSubject: hello\\r\\n\\r\\nGood\nS! rst",
        says="The connection to 10.0.0.2 ended in the middle of mail 1, after 22 octets",
        packets=(10, 11),
        alike=LOGIN + "C: RETR 1\nS| +OK 3100 octets\\r\\nSubject: hello\\r\\n\\r\\nGood\n--",
    ),
    Pair(
        "POP014",
        seen=LOGIN + "C: FROB 1\nS: -ERR Unknown command: FROB" + BYE,
        says="10.0.0.2 did not understand FROB of 10.0.0.1: -ERR Unknown command: FROB",
        packets=(9, 10),
        alike=LOGIN + "C: CAPA\nS: -ERR Unknown command: CAPA" + BYE,
    ),
    Pair(
        "POP015",
        seen="""
            == 10.0.0.1 10.0.0.2:110
            S: * OK [CAPABILITY IMAP4rev1] ready
            C: a1 LOGOUT
            S| * BYE bye\\r\\na1 OK done\\r\\n
        """,
        says="IMAP is spoken on port 110 of 10.0.0.2, which is for POP3",
        packets=(4,),
        alike="""
            == 10.0.0.1 10.0.0.2:143
            S: * OK [CAPABILITY IMAP4rev1] ready
            C: a1 LOGOUT
            S| * BYE bye\\r\\na1 OK done\\r\\n
        """,
    ),
)
