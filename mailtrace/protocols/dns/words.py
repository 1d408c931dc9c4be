"""What the words of DNS mean for mail: record types and response codes. Tables only, no logic."""

from __future__ import annotations

from mailtrace.protocols.word import Word

TYPES: dict[str, Word] = {
    "A": Word("the IPv4 address of a name", "RFC 1035 section 3.4.1"),
    "AAAA": Word("the IPv6 address of a name", "RFC 3596 section 2.1"),
    "MX": Word("the hosts that take mail for a domain", "RFC 1035 section 3.3.9"),
    "PTR": Word("the name of an address (reverse lookup)", "RFC 1035 section 3.3.12"),
    "TXT": Word("free text, where mail keeps SPF, DKIM and DMARC", "RFC 1035 section 3.3.14"),
    "NS": Word("the name servers of a domain", "RFC 1035 section 3.3.11"),
    "CNAME": Word("the real name behind an alias", "RFC 1035 section 3.3.1"),
    "SOA": Word("the zone's own data: main server, serial number, times", "RFC 1035 section 3.3.13"),
    "SRV": Word("host and port of a service", "RFC 2782"),
    "TLSA": Word("the certificate a server must show (DANE)", "RFC 6698 section 2"),
    "SPF": Word("SPF in its own record type, which is obsolete: SPF stands in TXT", "RFC 7208 section 3.1"),
    "CAA": Word("who may issue certificates for a domain", "RFC 8659 section 4"),
    "DNSKEY": Word("the keys that sign a zone (DNSSEC)", "RFC 4034 section 2"),
    "RRSIG": Word("a signature over records (DNSSEC)", "RFC 4034 section 3"),
    "NSEC": Word("proof that a name does not exist (DNSSEC)", "RFC 4034 section 4"),
    "NSEC3": Word("proof that a name does not exist, by hashes (DNSSEC)", "RFC 5155 section 3"),
    "DS": Word("a child zone's key, as its parent vouches for it (DNSSEC)", "RFC 4034 section 5"),
    "HTTPS": Word("how to reach a web service", "RFC 9460 section 9"),
    "SVCB": Word("how to reach a service", "RFC 9460 section 2"),
    "HINFO": Word("the kind of a host", "RFC 1035 section 3.3.2"),
    "LOC": Word("where on earth a host stands", "RFC 1876 section 2"),
    "NAPTR": Word("rules that rewrite a name", "RFC 3403 section 4"),
    "ANY": Word("every record of a name", "RFC 1035 section 3.2.3"),
    "AXFR": Word("a whole zone", "RFC 5936 section 2"),
    "IXFR": Word("the changes of a zone", "RFC 1995 section 2"),
}

RCODES: dict[str, Word] = {
    "NOERROR": Word("answered", "RFC 1035 section 4.1.1"),
    "FORMERR": Word("the server could not read the question", "RFC 1035 section 4.1.1"),
    "SERVFAIL": Word("the server failed: it could not get an answer; this may pass", "RFC 1035 section 4.1.1"),
    "NXDOMAIN": Word("the name does not exist at all, with no record of any type", "RFC 1035 section 4.1.1"),
    "NOTIMP": Word("the server does not know this kind of question", "RFC 1035 section 4.1.1"),
    "REFUSED": Word("the server refuses to answer this client", "RFC 1035 section 4.1.1"),
    "NOTAUTH": Word("the server is not responsible for this zone", "RFC 2136 section 2.2"),
    "BADVERS": Word("the server does not know this version of EDNS", "RFC 6891 section 9"),
}
