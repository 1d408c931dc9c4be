"""What to know of DNS record types and response codes. Meanings and sources stand in `protocols/dns/words.py`.

Types that mail has no use for have only their meaning.
"""

from __future__ import annotations

from mailtrace.explain.english.glossary.lesson import Lesson

ASKS = "A mail server (MTA) asks its resolver; the resolver asks the name servers of the domain."

TYPE_LESSONS: dict[str, Lesson] = {
    "A": Lesson(
        "The last step before a connection: the MX gave a name, the A record gives the address. A domain without MX "
        "gets its mail at its own A or AAAA record.",
        "mail.daum.net. IN A 192.168.111.200",
        ASKS,
        ("AAAA", "MX"),
    ),
    "AAAA": Lesson(
        "Asked beside A. An empty answer (NODATA) is no fault: the host has no IPv6.",
        "mail.daum.net. IN AAAA fd00:6d61:696c::200",
        ASKS,
        ("A", "NODATA"),
    ),
    "MX": Lesson(
        "The sending server asks it for the domain behind the @. The number is the preference: the lowest is tried "
        "first, equal ones in any order. It must name a host that has an address: neither an alias (CNAME) nor an "
        "address itself. A single `0 .` says that the domain takes no mail at all (null MX).",
        "daum.net. IN MX 10 mail.daum.net.",
        ASKS,
        ("A", "null MX", "lame MX", "implicit MX"),
    ),
    "PTR": Lesson(
        "The address is written backwards below in-addr.arpa (or ip6.arpa). Mail servers look up every client's "
        "name, and whether that name leads back to the address; many refuse clients without one. The owner of the "
        "network sets it, not the owner of the domain.",
        "130.111.168.192.in-addr.arpa. IN PTR client.naver.com.",
        "The receiving mail server (MTA) asks it about whoever connects.",
        ("FCrDNS", "A"),
    ),
    "TXT": Lesson(
        "SPF stands at the domain itself and begins with v=spf1; DKIM keys at selector._domainkey.domain; the DMARC "
        "policy at _dmarc.domain. A string of a TXT record has at most 255 octets; longer texts are several strings, "
        "which are joined without a space.",
        'naver.com. IN TXT "v=spf1 ip4:192.168.111.100 -all"',
        "The receiving mail server (MTA) asks it about the sender's domain.",
        ("SPF", "DKIM", "DMARC"),
    ),
    "NS": Lesson(
        "The resolver follows it; mail servers seldom ask for it themselves.",
        "daum.net. IN NS ns.daum.net.",
        see=("SOA", "authoritative server"),
    ),
    "CNAME": Lesson(
        "Whoever asks for the alias gets the real name, and asks on. A name that has a CNAME can have nothing else, "
        "so a mail domain cannot be one; and an MX must not name one.",
        "www.daum.net. IN CNAME web.daum.net.",
        ASKS,
        ("MX", "DNAME"),
    ),
    "SOA": Lesson(
        "It also comes with negative answers, where its last number tells how long they may be remembered.",
        see=("NXDOMAIN", "NODATA", "negative caching"),
    ),
    "SRV": Lesson(
        "Mail programs find their servers with it: _submission._tcp, _imaps._tcp (RFC 6186).",
        "_imaps._tcp.example.org. IN SRV 0 1 993 imap.example.org.",
        see=("submission",),
    ),
    "TLSA": Lesson(
        "For mail at _25._tcp.host. It counts only with DNSSEC.",
        "_25._tcp.mail.example.org. IN TLSA 3 1 1 0c72ac...",
        ASKS,
        ("DANE", "DNSSEC"),
    ),
    "SPF": Lesson("Withdrawn in 2014: publish SPF as TXT only.", see=("TXT",)),
    "DNSKEY": Lesson("Asked by resolvers that check DNSSEC.", see=("DNSSEC",)),
    "RRSIG": Lesson("It comes with answers to those that ask for DNSSEC.", see=("DNSSEC",)),
    "DS": Lesson("It links a zone to the one above it.", see=("DNSSEC",)),
    "OPT": Lesson("Without it an answer over UDP has at most 512 octets.", see=("EDNS",)),
    "ANY": Lesson(
        "Many servers answer it with next to nothing today, because it was used to flood others.", see=("TXT",)
    ),
    "AXFR": Lesson("Secondary name servers use it; strangers should be refused.", see=("SOA",)),
}
"""By type, for those that mail meets."""

RCODE_LESSONS: dict[str, Lesson] = {
    "NOERROR": Lesson(
        "The name exists. There may still be no record of the type that was asked for: then the answer is empty "
        "(NODATA).",
        see=("NODATA", "NXDOMAIN"),
    ),
    "FORMERR": Lesson("A broken question, or a very old server that does not know EDNS.", see=("EDNS",)),
    "SERVFAIL": Lesson(
        "No answer either way: the domain's name servers are down or DNSSEC does not fit. A mail server must not "
        "bounce because of it, but has to try again later (450 or 451 to its client).",
        see=("NXDOMAIN", "451"),
    ),
    "NXDOMAIN": Lesson(
        "A certain answer, unlike SERVFAIL. For a blocklist it is the good one: not listed. For a domain of a mail "
        "address it is fatal: the mail bounces with 5.1.2 or 5.4.4.",
        see=("NODATA", "SERVFAIL", "DNSBL"),
    ),
    "NOTIMP": Lesson("Rare; some name servers answer ANY so.", see=("ANY",)),
    "REFUSED": Lesson(
        "The server answers only its own clients, or only for its own zones. A mail server that gets it has the "
        "wrong resolver in its configuration.",
        see=("resolver",),
    ),
    "NOTAUTH": Lesson("Seen with dynamic updates and with signed questions."),
    "BADVERS": Lesson("There is only version 0 so far.", see=("EDNS",)),
}
"""By code, for those that mail meets."""
