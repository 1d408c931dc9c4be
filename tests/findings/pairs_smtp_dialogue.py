"""Scenes for the rules of SMTP about order and grammar."""

from __future__ import annotations

from tests.findings.pair import Pair
from tests.findings.smtp_scenes import ENDS, GREETED, HELLO, begun, sent

PIPELINING = HELLO + "S| 250-mx.example.org\\r\\n250 PIPELINING\\r\\n\n"

AHEAD = """
    C| MAIL FROM:<a@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\n
    S| 250 2.1.0 Ok\\r\\n250 2.1.5 Ok\\r\\n
"""

PAIRS = (
    Pair(
        "SMTP020",
        seen="C: EHLO client.example.net\nS: 220 mx.example.org ESMTP\nS: 250 mx.example.org" + ENDS,
        says="10.0.0.1 began to speak before 10.0.0.2 had greeted it",
        packets=(4,),
        alike="S~ 220 mx.example.org ESMTP\nC: EHLO client.example.net\nS=\nS: 250 mx.example.org" + ENDS,
    ),
    Pair(
        "SMTP021",
        seen=GREETED + AHEAD + ENDS,
        says="10.0.0.1 did not wait for the answer to MAIL but sent on, which mx.example.org had not allowed",
        packets=(7,),
        alike=PIPELINING + AHEAD + ENDS,
    ),
    Pair(
        "SMTP022",
        seen=GREETED + "C: GET / HTTP/1.1\nS: 500 5.5.2 Error: bad syntax" + ENDS,
        says="10.0.0.1 sent something that is no command of SMTP: GET / HTTP/1.1",
        packets=(7, 8),
        alike=GREETED + "C: ETRN example.org\nS: 500 5.5.1 Command unrecognized" + ENDS,
    ),
    Pair(
        "SMTP023",
        seen=HELLO + "S: 502 5.5.1 Command not implemented\nC: HELO client.example.net\nS: 250 mx.example.org" + ENDS,
        says="mx.example.org does not offer the command EHLO that 10.0.0.1 used: 502 5.5.1 Command not implemented "
        "[5.5.1: this command is not allowed here]",
        packets=(5, 6),
        alike=GREETED + "C: VRFY kim\nS: 252 2.0.0 kim" + ENDS,
    ),
    Pair(
        "SMTP024",
        seen=GREETED + "C: RCPT TO:<b@example.org>\nS: 503 5.5.1 Error: need MAIL command" + ENDS,
        says="10.0.0.1 sent RCPT at a moment when it is not allowed: 503 5.5.1 Error: need MAIL command "
        "[5.5.1: this command is not allowed here]",
        packets=(7, 8),
        alike=PIPELINING
        + """
            C| MAIL FROM:<a@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\n
            S| 550 5.7.1 Sender refused\\r\\n503 5.5.1 Error: need MAIL command\\r\\n
        """
        + ENDS,
    ),
    Pair(
        "SMTP025",
        seen=PIPELINING
        + """
            C| MAIL FROM:<a@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\nDATA\\r\\n
            C| Subject: x\\r\\n\\r\\nHi\\r\\n.\\r\\n
            S| 250 2.1.0 Ok\\r\\n550 5.1.1 User unknown\\r\\n554 5.5.1 No valid recipients\\r\\n
            S| 500 5.5.2 Error\\r\\n500 5.5.2 Error\\r\\n500 5.5.2 Error\\r\\n500 5.5.2 Error\\r\\n
        """
        + ENDS,
        says="10.0.0.1 sent its mail although mx.example.org had refused DATA: the lines of the mail were taken for "
        "commands",
        packets=(9,),
        alike=PIPELINING
        + """
            C| MAIL FROM:<a@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\nDATA\\r\\nRSET\\r\\n
            S| 250 2.1.0 Ok\\r\\n550 5.1.1 User unknown\\r\\n554 5.5.1 No valid recipients\\r\\n250 2.0.0 Ok\\r\\n
        """
        + ENDS,
    ),
    Pair(
        "SMTP026",
        seen=GREETED + "C: NOOP\nS: debug: noop called\nS: 250 2.0.0 Ok" + ENDS,
        says="mx.example.org did not answer as SMTP wants it: the server sent a line that is no reply",
        packets=(8,),
        alike=GREETED + "C: NOOP\nS: 421 4.3.2 Shutting down\nS! fin\nC! fin",
    ),
    Pair(
        "SMTP027",
        seen=GREETED + "C: MAIL FROM:<a@example.net>\nS: 550 4.7.1 Try again later" + ENDS,
        says="mx.example.org sent an enhanced code that contradicts its reply code",
        packets=(8,),
        alike=GREETED + "C: MAIL FROM:<a@example.net>\nS: 450 4.7.1 Try again later" + ENDS,
    ),
    Pair(
        "SMTP028",
        seen=GREETED + "C: MAIL FROM:<a@example.net> FOO=1\nS: 555 5.5.4 Unsupported option: FOO=1" + ENDS,
        says="mx.example.org did not understand the argument of MAIL FROM:<a@example.net> FOO=1: 555 5.5.4 Unsupported "
        "option: FOO=1 [5.5.4: the command's argument is not valid]",
        packets=(7, 8),
        alike=GREETED + "C: MAIL FROM:<a@example.net>\nS: 550 5.1.8 Domain of sender address does not exist" + ENDS,
    ),
    Pair(
        "SMTP029",
        seen=GREETED + "C: MAIL FROM: <a@example.net>\nS: 250 2.1.0 Ok" + ENDS,
        says="10.0.0.1 spelled commands in a way that not every server takes: "
        "white space stood where MAIL or RCPT allow none",
        packets=(7,),
        alike=GREETED + "C: mail from:<a@example.net>\nS: 250 2.1.0 Ok" + ENDS,
    ),
    Pair(
        "SMTP039",
        seen=sent().replace(ENDS, ""),
        says="10.0.0.1 closed the connection without saying QUIT",
        packets=(15,),
        alike=begun() + "C| Subject: x\\r\\n\\r\\nHi\\r\\n.\\r\\n",
    ),
)
