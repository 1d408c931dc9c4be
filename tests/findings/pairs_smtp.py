"""Scenes for the rules of SMTP: what can be read on the way, line ends, and the hello."""

from __future__ import annotations

from tests.findings.pair import Pair
from tests.findings.smtp_scenes import ENDS, GREETED, HELLO, begun, sent

AUTH = """
    S: 220 mx.example.org ESMTP
    C: EHLO client.example.net
    S| 250-mx.example.org\\r\\n250 AUTH PLAIN CRAM-MD5\\r\\n
"""

REFUSED_LOGIN = """
    C: AUTH PLAIN AGxlZQB4
    S: 535 5.7.8 Error: authentication failed
"""

STARTTLS = """
    S: 220 mx.example.org ESMTP
    C: EHLO client.example.net
    S| 250-mx.example.org\\r\\n250 STARTTLS\\r\\n
"""

CRAM = """
    C: AUTH CRAM-MD5
    S: 334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
"""

PAIRS = (
    Pair(
        "SMTP001",
        seen=AUTH + "C: AUTH PLAIN AGxlZQBsZWU=\nS: 235 2.7.0 Authentication successful" + ENDS,
        says="10.0.0.1 sent the password or token of lee to mx.example.org (PLAIN) without encryption",
        packets=(7, 8),
        alike=AUTH
        + CRAM
        + "C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\nS: 235 2.7.0 Authentication successful"
        + ENDS,
    ),
    Pair(
        "SMTP002",
        seen=sent(),
        says="10.0.0.1 sent mail to mx.example.org without encryption, which mx.example.org was not seen to offer",
        packets=(13,),
        alike=sent(GREETED.replace("250 mx", "250-mx") + "S| 250 STARTTLS\\r\\n"),
    ),
    Pair(
        "SMTP003",
        seen=sent(STARTTLS),
        says="mx.example.org offered STARTTLS, but 10.0.0.1 sent mail without encryption",
        packets=(6, 13),
        alike=sent(STARTTLS + "C: STARTTLS\nS: 454 4.7.0 TLS not available"),
    ),
    Pair(
        "SMTP004",
        seen=AUTH + REFUSED_LOGIN + ENDS,
        says="mx.example.org refused the login of lee from 10.0.0.1 (PLAIN)",
        packets=(7, 8),
        alike=AUTH + CRAM + "C: *\nS: 501 5.7.0 Authentication aborted" + ENDS,
    ),
    Pair(
        "SMTP005",
        seen=(AUTH + REFUSED_LOGIN * 5 + ENDS),
        says="10.0.0.1 was refused 5 logins at SMTP servers in 0 s: it looks like somebody trying passwords",
        packets=(7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
        alike=AUTH + REFUSED_LOGIN * 3 + ENDS + "== 10.0.0.3 10.0.0.2:25" + AUTH + REFUSED_LOGIN * 3 + ENDS,
    ),
    Pair(
        "SMTP006",
        seen=STARTTLS + "C: STARTTLS\nS: 454 4.7.0 TLS not available" + ENDS,
        says="mx.example.org refused to encrypt when 10.0.0.1 asked for it: 454 4.7.0 TLS not available "
        "[4.7.0: security or policy, no further detail]",
        packets=(7, 8),
        alike=GREETED + "C: STARTTLS\nS: 502 5.5.1 Error: command not implemented" + ENDS,
    ),
    Pair(
        "SMTP010",
        seen=begun()
        + """
            C| Subject: harmless\\r\\n\\r\\nHi\\n.\\r\\nMAIL FROM:<boss@example.org>\\r\\n
            C| RCPT TO:<b@example.org>\\r\\nDATA\\r\\nSubject: forged\\r\\n\\r\\nPay.\\r\\n.\\r\\n
            S: 250 2.0.0 Ok: queued as 111111111111
            S: 250 2.1.0 Ok
            S: 250 2.1.5 Ok
            S: 354 go ahead
            S: 250 2.0.0 Ok: queued as 222222222222
        """
        + ENDS,
        says="10.0.0.1 smuggled a mail past the rules: strictly read it sent one mail, from a@example.net; "
        "mx.example.org took <LF>.<CR><LF> for its end and accepted one more, from boss@example.org to b@example.org",
        packets=(13, 14, 16, 17, 18, 19),
        alike=begun()
        + """
            C| Subject: harmless\\r\\n\\r\\nHi\\n.\\r\\nMAIL FROM:<boss@example.org>\\r\\n
            C| RCPT TO:<b@example.org>\\r\\nDATA\\r\\nSubject: forged\\r\\n\\r\\nPay.\\r\\n.\\r\\n
            S: 250 2.0.0 Ok: queued as 111111111111
        """
        + ENDS,
    ),
    Pair(
        "SMTP011",
        seen=begun()
        + """
            C| Subject: harmless\\r\\n\\r\\nHi\\n.\\r\\nMAIL FROM:<boss@example.org>\\r\\n
            C| RCPT TO:<b@example.org>\\r\\nDATA\\r\\nSubject: forged\\r\\n\\r\\nPay.\\r\\n.\\r\\n
            S: 250 2.0.0 Ok: queued as 111111111111
        """
        + ENDS,
        says="Within a mail of 10.0.0.1 stands <LF>.<CR><LF>, which is not the end by the rules but by some servers' "
        "reading. Read strictly it is one mail; read loosely a further mail from boss@example.org to b@example.org "
        "begins behind it. mx.example.org took it strictly, by its answers",
        packets=(13,),
        alike=begun()
        + "C| Subject: dots\\r\\n\\r\\nHi\\r\\n..\\r\\nMAIL FROM:<x@y.example>\\r\\n.\\r\\nS: 250 Ok"
        + ENDS,
    ),
    Pair(
        "SMTP012",
        seen=begun() + "C| Subject: x\\n\\nHi\\r\\n.\\r\\n\nS: 250 2.0.0 Ok" + ENDS,
        says="10.0.0.1 ended lines with LF alone instead of CRLF",
        packets=(13,),
        alike=GREETED
        + """
            C: MAIL FROM:<a@example.net> BODY=BINARYMIME
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@example.org>
            S: 250 2.1.5 Ok
            C| BDAT 15 LAST\\r\\nSubject: x\\n\\nHi\\n
            S: 250 2.0.0 Ok
        """
        + ENDS,
    ),
    Pair(
        "SMTP013",
        seen=GREETED + "C| NOOP \\r now\\r\\n\nS: 250 Ok" + ENDS,
        says="10.0.0.1 sent CR without LF behind it",
        packets=(7,),
        alike=GREETED + "C| NOOP now\\r\nC| \\n\nS: 250 Ok" + ENDS,
    ),
    Pair(
        "SMTP014",
        seen=begun() + "C| Subject: x\\r\\n\\r\\nH\\0i\\r\\n.\\r\\n\nS: 250 2.0.0 Ok" + ENDS,
        says="10.0.0.1 sent NUL octets, which SMTP does not allow",
        packets=(13,),
        alike=begun() + "C| Subject: x\\r\\n\\r\\n\nC? lost\nC| Hi\\r\\n.\\r\\n\nS: 250 2.0.0 Ok" + ENDS,
    ),
    Pair(
        "SMTP015",
        seen=begun() + f"C| Subject: x\\r\\n\\r\\n{'y' * 999}\\r\\n.\\r\\n\nS: 250 2.0.0 Ok" + ENDS,
        says="A mail of 10.0.0.1 has lines longer than 998 octets; the longest has 999",
        packets=(13,),
        alike=begun() + f"C| Subject: x\\r\\n\\r\\n{'y' * 998}\\r\\n.\\r\\n\nS: 250 2.0.0 Ok" + ENDS,
    ),
    Pair(
        "SMTP016",
        seen=GREETED + f"C| NOOP {'y' * 40_000}\nC| {'y' * 30_000}\\r\\n\nS: 500 5.5.2 Line too long" + ENDS,
        says="10.0.0.1 sent a command or a reply that is longer than any server or client has to take",
        packets=(8,),
        alike=GREETED + f"C| NOOP {'y' * 2_000}\\r\\n\nS: 250 Ok" + ENDS,
    ),
    Pair(
        "SMTP035",
        seen=sent(body="Look:\\r\\n.profile"),
        says="A mail of 10.0.0.1 has lines that begin with a dot, and the dot was not doubled: "
        "mx.example.org takes it away",
        packets=(13,),
        alike=sent(body="Look:\\r\\n..profile"),
    ),
    Pair(
        "SMTP017",
        seen=sent(body="Grüße"),
        says="10.0.0.1 sent a mail with octets above 127, but mx.example.org did not offer 8BITMIME",
        packets=(13,),
        alike=sent(HELLO + "S| 250-mx.example.org\\r\\n250 8BITMIME\\r\\n", body="Grüße"),
    ),
    Pair(
        "SMTP018",
        seen=GREETED + "C: MAIL FROM:<jörg@example.net>\nS: 250 Ok" + ENDS,
        says="10.0.0.1 sent a command with letters beyond ASCII without asking for SMTPUTF8",
        packets=(7,),
        alike=GREETED + "C: MAIL FROM:<jörg@example.net> SMTPUTF8\nS: 250 Ok" + ENDS,
    ),
    Pair(
        "SMTP019",
        seen=GREETED
        + """
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@example.org>
            S: 250 2.1.5 Ok
            C: BDAT abc
            S: 501 5.5.4 Syntax: BDAT count [LAST]
        """
        + ENDS,
        says="10.0.0.1 used BDAT against its rules: the size of a BDAT chunk cannot be read",
        packets=(11,),
        alike=GREETED
        + """
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@example.org>
            S: 250 2.1.5 Ok
            C| BDAT 14\\r\\nSubject: x\\r\\n\\r\\n
            S: 250 2.0.0 Ok
            C: BDAT 0 LAST
            S: 250 2.0.0 Ok
        """
        + ENDS,
    ),
    Pair(
        "SMTP030",
        seen=sent(GREETED.replace("client.example.net", "localhost")),
        says="10.0.0.1 introduced itself as localhost, which is no full domain name",
        packets=(5,),
        alike=sent(GREETED.replace("client.example.net", "[10.0.0.1]")),
    ),
    Pair(
        "SMTP031",
        seen="@ 10.0.0.2 -> 10.0.0.53 A client.example.net = 192.0.2.7" + GREETED + ENDS,
        says="10.0.0.1 introduced itself as client.example.net, but comes from 10.0.0.1; the name stands for 192.0.2.7",
        packets=(1, 2, 7),
        alike="@ 10.0.0.2 -> 10.0.0.53 A client.example.net = 192.0.2.7 ; 10.0.0.1" + GREETED + ENDS,
    ),
    Pair(
        "SMTP032",
        seen="@ 10.0.0.2 -> 10.0.0.53 A client.example.net = NXDOMAIN" + GREETED + ENDS,
        says="10.0.0.1 introduced itself as client.example.net, a name that does not exist",
        packets=(1, 2, 7),
        alike="@ 10.0.0.2 -> 10.0.0.53 AAAA client.example.net =" + GREETED + ENDS,
    ),
    Pair(
        "SMTP033",
        seen=sent(GREETED.replace("client.example.net", "MX.example.org")),
        says="10.0.0.1 introduced itself as MX.example.org, which is the name of mx.example.org itself",
        packets=(5,),
        alike=sent(GREETED.replace("client.example.net", "MX.example.net")),
    ),
    Pair(
        "SMTP034",
        seen=HELLO + "S: 550 5.7.1 Helo command rejected: Host not found" + ENDS,
        says="mx.example.org refused the hello of 10.0.0.1: 550 5.7.1 Helo command rejected: Host not found "
        "[5.7.1: not authorised: policy refuses this]",
        packets=(5, 6),
        alike=HELLO + "S: 502 5.5.1 Unknown command\nC: HELO client.example.net\nS: 250 mx.example.org" + ENDS,
    ),
)
