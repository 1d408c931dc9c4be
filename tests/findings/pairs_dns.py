"""Scenes for the rules of DNS."""

from __future__ import annotations

from tests.findings.pair import Pair

TALK = """
    == 10.0.0.1 10.0.0.2:25
    S: 220 mx.example.org ESMTP
    C: EHLO client.example.net
    S: 250 mx.example.org
    C: MAIL FROM:<lee@naver.com>
    {lookups}
    S: 250 ok
    C: QUIT
    S: 221 bye
"""
"""Packets 1 to 3 are the handshake, MAIL is 7, lookups begin with 8."""

CALL = """
    == 203.0.113.9 10.0.0.2:25
    {lookups}
    S: 220 mx.example.org ESMTP
    C: QUIT
    S: 221 bye
"""
"""Lookups begin with packet 4."""


def talk(*lookups: str) -> str:
    """Return a conversation whose server looks something up about the sender."""
    return TALK.format(lookups="\n".join(f"@ 10.0.0.2 -> 10.0.0.53 {each}" for each in lookups))


def call(client: str, *lookups: str) -> str:
    """Return a conversation whose server looks something up about the client."""
    asked = "\n".join(f"@ 10.0.0.2 -> 10.0.0.53 {each}" for each in lookups)
    return CALL.format(lookups=asked).replace("203.0.113.9", client)


PAIRS = (
    Pair(
        "DNS001",
        seen=talk("A naver.com = NXDOMAIN"),
        says="The mail domain naver.com does not exist, says 10.0.0.53 (A)",
        packets=(8, 9),
        alike=talk("A naver.com.example.org = NXDOMAIN", "AAAA naver.com =", "A 1.0.0.10.bl.example = NXDOMAIN"),
    ),
    Pair(
        "DNS002",
        seen=talk("A naver.com = SERVFAIL", "A naver.com = SERVFAIL"),
        says="10.0.0.53 could not answer mx.example.org about naver.com A (SERVFAIL, times: 2)",
        packets=(8, 9, 10, 11),
        alike=talk("A naver = SERVFAIL", "A naver.com = NXDOMAIN"),
    ),
    Pair(
        "DNS003",
        seen=talk("TXT naver.com = REFUSED"),
        says="10.0.0.53 refused to answer mx.example.org about naver.com TXT (times: 1)",
        packets=(8, 9),
        alike="@ 10.0.0.2 -> 10.0.0.53 A connectivity-check.example.com = REFUSED",
    ),
    Pair(
        "DNS004",
        seen="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = ?\n.. 20" + talk(),
        says="Nobody answered mx.example.org, which asked 10.0.0.53 for naver.com MX",
        packets=(1,),
        alike="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = ?\n.. 20\n"
        "@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 10 mail.naver.com." + talk(),
    ),
    Pair(
        "DNS005",
        seen=talk("A naver.com = .. 5 again 10.0.0.9"),
        says="mx.example.org asked 10.0.0.53 again for naver.com A, and lost 5.00 s by it",
        packets=(8, 9, 10),
        alike=talk("A naver.com = .. 0.002 again 10.0.0.9 | .. 0.4 again 10.0.0.9"),
    ),
    Pair(
        "DNS006",
        seen=talk("A naver.com = .. 1.5 10.0.0.9"),
        says="10.0.0.53 took 1.50 s to answer mx.example.org about naver.com A",
        packets=(8, 9),
        alike=talk("A naver.com = .. 0.9 10.0.0.9"),
    ),
    Pair(
        "DNS007",
        seen=talk("TXT naver.com = TC"),
        says="The answer of 10.0.0.53 about naver.com TXT was cut short, and mx.example.org did not ask again over TCP",
        packets=(8, 9),
        alike=talk("TXT naver.com = TC", 'TXT naver.com = "v=spf1 -all"'),
    ),
    Pair(
        "DNS008",
        seen="@ 10.0.0.9 -> 10.0.0.53 AXFR naver.com = SOA ns. a. 1 2 3 4 5 ; A 10.0.0.7 ; MX 10 mail.",
        says="10.0.0.53 handed the whole zone naver.com to 10.0.0.9 (3 records)",
        packets=(1, 2),
        alike="@ 10.0.0.9 -> 10.0.0.53 AXFR naver.com = REFUSED",
    ),
    Pair(
        "DNS009",
        seen="@ 10.0.0.2 -> 10.0.0.53 A naver.com = 10.0.0.7 | 10.6.6.6",
        says="10.0.0.2 got two different answers from 10.0.0.53 to one question",
        packets=(3,),
        alike="@ 10.0.0.2 -> 10.0.0.53 A naver.com = 10.0.0.7 | 10.0.0.7",
    ),
    Pair(
        "DNS010",
        seen="@ 10.0.0.2 -> 10.0.0.53 MX naver.com =",
        says="naver.com has no MX record: its mail goes to its own address",
        packets=(1, 2),
        alike="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = NXDOMAIN",
    ),
    Pair(
        "DNS011",
        seen="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 0 .",
        says="naver.com takes no mail at all: its MX record is a single dot",
        packets=(1, 2),
        alike="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 0 mail.naver.com.",
    ),
    Pair(
        "DNS012",
        seen="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 10 192.0.2.25.",
        says="The MX record of naver.com has the address 192.0.2.25 where a name must stand",
        packets=(1, 2),
        alike="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 10 192-0-2-25.naver.com.",
    ),
    Pair(
        "DNS013",
        seen="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 10 mx.naver.com.\n"
        "@ 10.0.0.2 -> 10.0.0.53 A mx.naver.com = CNAME real.naver.com. ; 192.0.2.25",
        says="The MX record of naver.com names mx.naver.com, which is only an alias of real.naver.com",
        packets=(1, 2, 3, 4),
        alike="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 10 mx.naver.com.\n"
        "@ 10.0.0.2 -> 10.0.0.53 A www.naver.com = CNAME real.naver.com. ; 192.0.2.25\n"
        "@ 10.0.0.2 -> 10.0.0.53 A mx.naver.com = 192.0.2.25",
    ),
    Pair(
        "DNS014",
        seen="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 10 mx.naver.com.\n"
        "@ 10.0.0.2 -> 10.0.0.53 A mx.naver.com = NXDOMAIN",
        says="naver.com wants its mail sent to mx.naver.com, which has no address",
        packets=(1, 2, 3, 4),
        alike="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 10 mx.naver.com.\n"
        "@ 10.0.0.2 -> 10.0.0.53 AAAA mx.naver.com =\n"
        "@ 10.0.0.2 -> 10.0.0.53 A mx.naver.com = 192.0.2.25",
    ),
    Pair(
        "DNS015",
        seen="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 10 mx.naver.com.\n"
        "@ 10.0.0.2 -> 10.0.0.53 A mx.naver.com = 127.0.0.1",
        says="naver.com wants its mail sent to mx.naver.com at 127.0.0.1, where nobody else can reach it",
        packets=(1, 2, 3, 4),
        alike="@ 10.0.0.2 -> 10.0.0.53 MX naver.com = 10 mx.naver.com.\n"
        "@ 10.0.0.2 -> 10.0.0.53 A mx.naver.com = 192.168.0.1\n"
        "@ 10.0.0.2 -> 10.0.0.53 A 2.0.0.10.bl.example = 127.0.0.2",
    ),
    Pair(
        "DNS016",
        seen=call("8.8.4.4", "PTR 4.4.8.8.in-addr.arpa = NXDOMAIN"),
        says="mx.example.org found no name for the address 8.8.4.4 of its client",
        packets=(4, 5),
        alike=call("8.8.4.4", "PTR 4.4.8.8.in-addr.arpa = SERVFAIL"),
    ),
    Pair(
        "DNS017",
        seen=call("192.168.7.7", "PTR 7.7.168.192.in-addr.arpa =", "PTR 7.7.168.192.in-addr.arpa ="),
        says="mx.example.org found no name for the private address 192.168.7.7 of its client",
        packets=(4, 5, 6, 7),
        alike=call("8.8.4.4", "PTR 4.4.8.8.in-addr.arpa ="),
    ),
    Pair(
        "DNS018",
        seen=call(
            "8.8.4.4",
            "PTR 4.4.8.8.in-addr.arpa = dns.google.example.",
            "AAAA dns.google.example =",
            "A dns.google.example = 8.8.8.8",
        ),
        says="The PTR record of 8.8.4.4 says dns.google.example, but that name does not lead back to it",
        packets=(4, 5, 6, 7, 8, 9),
        alike=call(
            "8.8.4.4", "PTR 4.4.8.8.in-addr.arpa = dns.google.example.", "A dns.google.example = 8.8.8.8 ; 8.8.4.4"
        ),
    ),
    Pair(
        "DNS019",
        seen=call("8.8.4.4", "A 4.4.8.8.bl.example = 127.0.0.2", 'TXT 4.4.8.8.bl.example = "spam"'),
        says='A client is on a blocklist: 8.8.4.4 is listed (127.0.0.2), says bl.example: "spam"',
        packets=(4, 5, 6, 7),
        alike=call("8.8.4.4", "A 4.4.8.8.bl.example = NXDOMAIN"),
    ),
    Pair(
        "DNS020",
        seen=call("8.8.4.4", "A 4.4.8.8.zen.spamhaus.org = 127.255.255.254"),
        says="A blocklist does not answer as one: zen.spamhaus.org (Spamhaus ZEN): the list refuses to answer: it was "
        "asked through a public resolver",
        packets=(4, 5),
        alike=call("8.8.4.4", "A 4.4.8.8.zen.spamhaus.org = 127.0.0.4"),
    ),
)
