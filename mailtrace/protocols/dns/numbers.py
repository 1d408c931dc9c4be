"""The registered numbers of DNS and their names: record types, classes, response codes, operation codes.

They stand here rather than come from dnspython, which takes a tenth of a second to import: a capture that holds only
A, MX and PTR records never needs it.
"""

from __future__ import annotations

from enum import IntEnum


class RecordType(IntEnum):
    """Record and question types by mnemonic. Source: RFC 1035 section 3.2.2 and the IANA registry that followed."""

    A = 1
    NS = 2
    MD = 3
    MF = 4
    CNAME = 5
    SOA = 6
    MB = 7
    MG = 8
    MR = 9
    NULL = 10
    WKS = 11
    PTR = 12
    HINFO = 13
    MINFO = 14
    MX = 15
    TXT = 16
    RP = 17
    AFSDB = 18
    X25 = 19
    ISDN = 20
    RT = 21
    NSAP = 22
    SIG = 24
    KEY = 25
    PX = 26
    GPOS = 27
    AAAA = 28
    LOC = 29
    NXT = 30
    SRV = 33
    NAPTR = 35
    KX = 36
    CERT = 37
    A6 = 38
    DNAME = 39
    OPT = 41
    APL = 42
    DS = 43
    SSHFP = 44
    IPSECKEY = 45
    RRSIG = 46
    NSEC = 47
    DNSKEY = 48
    DHCID = 49
    NSEC3 = 50
    NSEC3PARAM = 51
    TLSA = 52
    SMIMEA = 53
    HIP = 55
    NINFO = 56
    CDS = 59
    CDNSKEY = 60
    OPENPGPKEY = 61
    CSYNC = 62
    ZONEMD = 63
    SVCB = 64
    HTTPS = 65
    SPF = 99
    UNSPEC = 103
    NID = 104
    L32 = 105
    L64 = 106
    LP = 107
    EUI48 = 108
    EUI64 = 109
    NXNAME = 128
    TKEY = 249
    TSIG = 250
    IXFR = 251
    AXFR = 252
    MAILB = 253
    MAILA = 254
    ANY = 255
    URI = 256
    CAA = 257
    AVC = 258
    AMTRELAY = 260
    RESINFO = 261
    WALLET = 262
    TA = 32768
    DLV = 32769


TYPES = {int(member): member.name for member in RecordType}
CLASSES = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}
_RCODES = "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE DSOTYPENI"
_EXTENDED_RCODES = "BADVERS BADKEY BADTIME BADMODE BADNAME BADALG BADTRUNC BADCOOKIE"
RCODES = dict(enumerate(_RCODES.split())) | dict(enumerate(_EXTENDED_RCODES.split(), start=16))
OPCODES = {0: "QUERY", 1: "IQUERY", 2: "STATUS", 4: "NOTIFY", 5: "UPDATE", 6: "DSO"}


def type_name(number: int) -> str:
    """Return the mnemonic of a record type, or `TYPE65534`. Source: RFC 3597 section 5."""
    return TYPES.get(number) or f"TYPE{number}"


def class_name(number: int) -> str:
    """Return the mnemonic of a class, or `CLASS32`. Source: RFC 3597 section 5."""
    return CLASSES.get(number) or f"CLASS{number}"


def rcode_name(number: int) -> str:
    """Return the name of a response code, extended ones included. Source: RFC 6895 section 2.3."""
    return RCODES.get(number) or f"RCODE{number}"


def opcode_name(number: int) -> str:
    """Return the name of an operation code. Source: RFC 6895 section 2.2."""
    return OPCODES.get(number) or f"OPCODE{number}"
