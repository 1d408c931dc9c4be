"""Scenes for the rules of SPF records, DMARC policies and DKIM keys."""

from __future__ import annotations

from tests.findings.pair import Pair

RSA_512 = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALu1EKKEUwH9pHR+SlLTj8e+a3d9/aBw7+pIeAEPYl+RY5//veBsrd7gZw2YPqP0SFb4Spn1hoEsCPwE"
    "F32Ng3cCAwEAAQ=="
)
RSA_1024 = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDNV5AYupCyOWxwnY3bRQA9qonnH7oUfWYoDBVWWlhg840KrZPSunyxxejbks54bitxjqB7U3/Q"
    "cQL8VoO46ifdiVGYRq9oLzGj7nos/a3VhsWtgdREEm0jRTqOtZ5fd7nS5ebCbaB9lrt8jqszymfKbBVsQpOtoqvpGI1Wb95uVQIDAQAB"
)
RSA_2048 = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1AW/YYWVtjknbIcxlOigJV5BXpPTK97DV4UeIgRYqGYjUjMWpvIYnqDogr70Yawn0scx"
    '" "REsqALeuzo0PiD9DnaiYJIqVxcqyulXFSATGmqg6R1G4z4z1V3Z41kJktyFUXLX0r0/8jPD+Ce7mBuzeJ1foCqKUxWHTeNa86K0DQBppMw4hsS'
    '" "uWhugpNK81lBtBeBNGD0JwTbcOvmwu+Su+DyeOGSrSLMq3FqasYz/yrYM7jBq8S9VV6T1tQNxUUNNIS2hSoVnMeIEgUdo+0itsHZaeOU4AqtCI'
    '" "bIzIE5+C1kXv1ZohTtFqtxlbXsrkV9jLuHNBTV4k9MajqUgw358xuQIDAQAB'
)


def text(name: str, *records: str) -> str:
    """Return a lookup of TXT records."""
    return f"@ 10.0.0.2 -> 10.0.0.53 TXT {name} = " + " ; ".join(f'"{record}"' for record in records)


def key(public: str, flags: str = "") -> str:
    """Return a lookup of a DKIM key."""
    return text("s1._domainkey.naver.com", f"v=DKIM1\\; k=rsa\\; {flags}p={public}")


PAIRS = (
    Pair(
        "DNS021",
        seen=text("naver.com", "v=spf1 ip4:192.168.333.1 -all"),
        says="The SPF record of naver.com cannot be used: `ip4:192.168.333.1` has no such address "
        "(v=spf1 ip4:192.168.333.1 -all)",
        packets=(1, 2),
        alike=text("naver.com", "v=spf1 ip4:192.168.33.1 owner=kim -all"),
    ),
    Pair(
        "DNS022",
        seen=text("naver.com", "v=spf1 mx -all", "v=spf1 include:spf.example ~all"),
        says="naver.com has 2 SPF records, and may have one",
        packets=(1, 2),
        alike=text("naver.com", "v=spf1 mx -all", "v=spf10 is something else", "verification=12345"),
    ),
    Pair(
        "DNS023",
        seen="\n".join(
            [
                text("naver.com", "v=spf1 a mx include:one.example include:two.example -all"),
                text("one.example", "v=spf1 a:a.example a:b.example a:c.example exists:d.example -all"),
                text("two.example", "v=spf1 mx mx:e.example ptr -all"),
            ]
        ),
        says="The SPF record of naver.com and those it leads to ask the DNS 11 times; 10 are allowed",
        packets=(1, 2),
        alike="\n".join(
            [
                text("naver.com", "v=spf1 a mx include:one.example include:two.example -all"),
                text("one.example", "v=spf1 a:a.example a:b.example a:c.example ip4:192.0.2.1 ip4:192.0.2.2 -all"),
                text("two.example", "v=spf1 mx mx:e.example ptr redirect=unused.example -all"),
            ]
        ),
    ),
    Pair(
        "DNS024",
        seen=text("naver.com", "v=spf1 mx +all"),
        says="The SPF record of naver.com lets anybody send in its name (+all)",
        packets=(1, 2),
        alike=text("naver.com", "v=spf1 mx ?all"),
    ),
    Pair(
        "DNS025",
        seen=text("naver.com", "v=spf1 mx ip4:192.0.2.0/24"),
        says="The SPF record of naver.com does not say what holds for all others",
        packets=(1, 2),
        alike=text("naver.com", "v=spf1 mx redirect=_spf.naver.com") + "\n" + text("_spf.naver.com", "v=spf1 mx"),
    ),
    Pair(
        "DNS026",
        seen=text("naver.com", "v=spf1 ptr:naver.com -all"),
        says="The SPF record of naver.com uses ptr, which should not be used any more",
        packets=(1, 2),
        alike=text("naver.com", "v=spf1 a:ptr.naver.com -all"),
    ),
    Pair(
        "DNS027",
        seen=text("naver.com", "v=spf1 include:old.example -all")
        + "\n@ 10.0.0.2 -> 10.0.0.53 TXT old.example = NXDOMAIN",
        says="The SPF record of naver.com includes old.example, which has no SPF record",
        packets=(1, 2, 3, 4),
        alike=text("naver.com", "v=spf1 include:old.example -all")
        + "\n@ 10.0.0.2 -> 10.0.0.53 TXT old.example = SERVFAIL",
    ),
    Pair(
        "DNS028",
        seen="@ 10.0.0.2 -> 10.0.0.53 SPF naver.com =",
        says="10.0.0.2 asked for naver.com SPF, a record type that was withdrawn",
        packets=(1, 2),
        alike=text("naver.com", "v=spf1 -all"),
    ),
    Pair(
        "DNS029",
        seen=text("_dmarc.naver.com", "v=DMARC1\\; p=none"),
        says="The DMARC policy of naver.com is none: mail that pretends to come from it is let in",
        packets=(1, 2),
        alike=text("_dmarc.naver.com", "v=DMARC1\\; p=quarantine\\; sp=none"),
    ),
    Pair(
        "DNS030",
        seen="@ 10.0.0.2 -> 10.0.0.53 TXT _dmarc.naver.com = NXDOMAIN",
        says="naver.com has no DMARC policy",
        packets=(1, 2),
        alike="@ 10.0.0.2 -> 10.0.0.53 TXT _dmarc.news.naver.com = NXDOMAIN\n"
        + text("_dmarc.naver.com", "v=DMARC1\\; p=reject"),
    ),
    Pair(
        "DNS031",
        seen=text("_dmarc.naver.com", "v=DMARC1\\; p=none", "v=DMARC1\\; p=reject"),
        says="naver.com has 2 DMARC records, which count as none",
        packets=(1, 2),
        alike=text("_dmarc.naver.com", "v=DMARC1\\; p=reject", "v=spf1 -all"),
    ),
    Pair(
        "DNS032",
        seen=text("_dmarc.naver.com", "v=DMARC1\\; p=refuse"),
        says="The DMARC record of naver.com asks for no policy that exists (v=DMARC1; p=refuse)",
        packets=(1, 2),
        alike=text("_dmarc.naver.com", "v=DMARC1\\; p=reject\\; what=ever"),
    ),
    Pair(
        "DNS033",
        seen="@ 10.0.0.2 -> 10.0.0.53 TXT s1._domainkey.naver.com = NXDOMAIN",
        says="There is no DKIM key at s1._domainkey.naver.com, where a signature says that it is",
        packets=(1, 2),
        alike="@ 10.0.0.2 -> 10.0.0.53 TXT s1._domainkey.naver.com = SERVFAIL",
    ),
    Pair(
        "DNS034",
        seen=key(""),
        says="The DKIM key at s1._domainkey.naver.com cannot be used: it was revoked (p= is empty)",
        packets=(1, 2),
        alike=key(RSA_2048),
    ),
    Pair(
        "DNS035",
        seen=key(RSA_512),
        says="The DKIM key at s1._domainkey.naver.com has only 512 bits, and can be broken",
        packets=(1, 2),
        alike=key(RSA_1024),
    ),
    Pair(
        "DNS036",
        seen=key(RSA_1024),
        says="The DKIM key at s1._domainkey.naver.com has 1,024 bits; it should have 2,048",
        packets=(1, 2),
        alike=key(RSA_2048),
    ),
    Pair(
        "DNS037",
        seen=key(RSA_2048, "t=y\\; "),
        says="The DKIM key at s1._domainkey.naver.com says that it is only for testing",
        packets=(1, 2),
        alike=key(RSA_2048, "t=s\\; "),
    ),
)
