"""Scenes for the rules of TLS."""

from __future__ import annotations

from tests.findings.pair import Pair

OFFER = """
    S: 220 mail.example.org ESMTP
    C: EHLO client.example.net
    S| 250-mail.example.org\\r\\n250 STARTTLS\\r\\n
"""
"""Six packets."""

ASKED = f"""{OFFER}
    C: STARTTLS
    S: 220 2.0.0 Ready to start TLS
"""
"""Eight packets; packet 9 is the first of TLS."""

REST = """
    C% keys + ready
    S% ready
    C% data
    S% data
"""


def shaken(certificate: str, cipher: str = "c02f", hello: str = "mail.example.org") -> str:
    """Return a conversation that goes on under TLS; the server's hello and certificate are packet 10."""
    return f"{ASKED}\nC% hello {hello}\nS% chosen {cipher} + certificate {certificate} + done\n{REST}"


GOOD = "names=mail.example.org"

PAIRS = (
    Pair(
        "TLS001",
        seen="""
            S: 220 mail.example.org ESMTP
            C: EHLO client.example.net
            S| 250-mail.example.org\\r\\n250 XXXXXXXA\\r\\n
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 Ok
            C: QUIT
            S: 221 2.0.0 Bye
        """,
        says="Somebody between 10.0.0.1 and mail.example.org keeps TLS from beginning: "
        "an offer of the server reads XXXX: STARTTLS was overwritten on the way",
        packets=(6,),
        alike="""
            S: 220 mail.example.org ESMTP
            C: EHLO client.example.net
            S| 250-mail.example.org\\r\\n250 XCLIENT NAME ADDR\\r\\n
            C: STARTTLS
            S: 502 5.5.1 Command not implemented
            C: QUIT
            S: 221 2.0.0 Bye
        """,
    ),
    Pair(
        "TLS002",
        seen=OFFER
        + """
            C| STARTTLS\\r\\nMAIL FROM:<evil@example.net>\\r\\n
            S: 220 2.0.0 Ready to start TLS
            C% hello mail.example.org
        """,
        says="10.0.0.1 sent more in clear behind STARTTLS, before mail.example.org had agreed: "
        "MAIL FROM:<evil@example.net>",
        packets=(7,),
        alike=shaken(GOOD),
    ),
    Pair(
        "TLS003",
        seen=OFFER
        + """
            C: STARTTLS
            S| 220 2.0.0 Ready to start TLS\\r\\n250 2.1.0 Ok\\r\\n
            C% hello mail.example.org
        """,
        says="mail.example.org sent 10.0.0.1 more in clear together with its agreement to begin TLS",
        packets=(8,),
        alike=shaken(GOOD),
    ),
    Pair(
        "TLS004",
        seen=ASKED
        + """
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 Ok
            C: QUIT
            S: 221 2.0.0 Bye
        """,
        says="Between 10.0.0.1 and mail.example.org something was said in clear where TLS was agreed on: "
        "TLS was agreed on, but the conversation went on in clear",
        packets=(9,),
        alike=OFFER
        + """
            C: STARTTLS
            S: 454 4.3.0 TLS not available
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 Ok
            C: QUIT
            S: 221 2.0.0 Bye
        """,
    ),
    Pair(
        "TLS005",
        seen="""
            == 10.0.0.1 10.0.0.2:143
            S: * PREAUTH IMAP4rev1 server logged in as lee
            C: a1 STARTTLS
            S: a1 BAD Command not allowed
        """,
        says="10.0.0.2 greeted 10.0.0.1 as if it had logged in, so that it may not begin TLS any more",
        packets=(4,),
        alike="""
            == 10.0.0.1 10.0.0.2:143
            S: * PREAUTH IMAP4rev1 server logged in as lee
            C: a1 SELECT INBOX
            S: a1 OK done
        """,
    ),
    Pair(
        "TLS006",
        seen=ASKED
        + """
            C% hello mail.example.org
            S% chosen c02f + certificate names=mail.example.org + done
            C% alert 2 48
        """,
        says="TLS between 10.0.0.1 and mail.example.org failed: 10.0.0.1 sent the alert unknown_ca",
        packets=(11,),
        alike=ASKED
        + """
            C% hello mail.example.org
            S% chosen c02f + certificate names=mail.example.org + done
            C% alert 1 0
        """,
    ),
    Pair(
        "TLS007",
        seen=ASKED
        + """
            C% hello mail.example.org
            S% chosen c02f + certificate names=mail.example.org + done
        """,
        says="TLS between 10.0.0.1 and mail.example.org began, but 10.0.0.1 broke off before it was set up",
        packets=(10, 11),
        alike=shaken(GOOD),
    ),
    Pair(
        "TLS008",
        seen=ASKED
        + """
            C% hello mail.example.org
            S% chosen c02f + certificate names=mail.example.org + done
            C% keys
            C| \\x16\\x03\\x03\\xff\\xffnothing of this fits into a record
            S% ready
        """,
        says="The TLS connection between 10.0.0.1 and mail.example.org is damaged: a TLS record says that it is longer "
        "than any may be; what follows cannot be told apart",
        packets=(12,),
        alike=shaken(GOOD),
    ),
    Pair(
        "TLS010",
        seen=shaken("names=mail.example.org from=-90 to=-1"),
        says="The certificate of mail.example.org had expired on 2023-11-13, before this conversation",
        packets=(10,),
        alike=shaken("names=mail.example.org from=-90 to=0.1"),
    ),
    Pair(
        "TLS011",
        seen=shaken("names=mail.example.org from=1 to=90"),
        says="The certificate of mail.example.org is only valid from 2023-11-15 on, after this conversation",
        packets=(10,),
        alike=shaken("names=mail.example.org from=-0.1 to=90"),
    ),
    Pair(
        "TLS012",
        seen=shaken("names=mail.example.org from=-80 to=10.5"),
        says="The certificate of mail.example.org ends on 2023-11-25, 10 days after this conversation",
        packets=(10,),
        alike=shaken("names=mail.example.org from=-2 to=10.5"),
    ),
    Pair(
        "TLS013",
        seen=shaken("names=www.example.org,*.mail.example.org,*.org"),
        says="10.0.0.1 wanted to speak with mail.example.org, but the certificate of mail.example.org is for "
        "www.example.org, *.mail.example.org, *.org",
        packets=(10,),
        alike=shaken("names=www.example.org,*.example.org"),
    ),
    Pair(
        "TLS014",
        seen=shaken("names=mail.example.org by=self"),
        says="The certificate of mail.example.org is signed by nobody but itself",
        packets=(10,),
        alike=shaken(GOOD),
    ),
    Pair(
        "TLS015",
        seen=shaken("names=mail.example.org key=rsa1024"),
        says="The certificate of mail.example.org has a weak key: RSA 1024",
        packets=(10,),
        alike=shaken("names=mail.example.org key=rsa2048"),
    ),
    Pair(
        "TLS016",
        seen=shaken(GOOD, "c013 0301"),
        says="10.0.0.1 and mail.example.org use TLS 1.0, which is out of date",
        packets=(10,),
        alike=shaken(GOOD, "c013 0303"),
    ),
    Pair(
        "TLS017",
        seen=shaken(GOOD, "c011"),
        says="10.0.0.1 and mail.example.org encrypt with TLS_ECDHE_RSA_WITH_RC4_128_SHA, which is weak",
        packets=(10,),
        alike=shaken(GOOD, "c013"),
    ),
    Pair(
        "TLS018",
        seen=shaken(GOOD, "009c"),
        says="10.0.0.1 and mail.example.org use TLS_RSA_WITH_AES_128_GCM_SHA256: "
        "whoever gets the server's key later reads it all",
        packets=(10,),
        alike=shaken(GOOD, "009e"),
    ),
    Pair(
        "TLS019",
        seen=shaken(GOOD, hello="mail.example.org early"),
        says="10.0.0.1 sent its first data to mail.example.org before the TLS handshake was over",
        packets=(9,),
        alike=shaken(GOOD),
    ),
)
