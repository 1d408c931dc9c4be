"""Words for authentication: what SPF, DKIM, ARC and DMARC say of a mail, judged from the capture alone.

Every judgement tells why (`because`, one or a few plain sentences) and what proves it: the numbers of the DNS lookups
whose answers were used and their packets. Where an answer was not captured the verdict is UNKNOWN and `because` names
the record that is missing: nothing is guessed, and nobody is asked.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Verdict(Enum):
    """The results that RFC 8601 section 2.7 registers, and UNKNOWN for what the capture cannot tell."""

    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    POLICY = "policy"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"
    UNKNOWN = "unknown"


class Spf(Struct, frozen=True, gc=False, omit_defaults=True):
    """Whether the client may send mail for the domain of the envelope's sender.

    `identity` is `mailfrom`, or `helo` for the null sender; `client` is the address that was judged. `mechanism` is the
    term of the record that decided, as it stands there. `queries` counts terms that ask the DNS, `void` those of their
    questions that found nothing. Source: RFC 7208.
    """

    result: Verdict
    because: str
    domain: str | None = None
    identity: str | None = None
    client: str | None = None
    mechanism: str | None = None
    queries: int = 0
    void: int = 0
    lookups: tuple[int, ...] = ()
    packets: tuple[int, ...] = ()


class Dkim(Struct, frozen=True, gc=False, omit_defaults=True):
    """One DKIM-Signature of a mail; the fields are None where it does not have them.

    `body` tells whether the body is still the one that was signed, None where that could not be computed: it needs no
    key, and so is known also where the key was not captured. `testing` is what the key says of itself (`t=y`).
    Source: RFC 6376.
    """

    result: Verdict
    because: str
    domain: str | None = None
    selector: str | None = None
    algorithm: str | None = None
    body: bool | None = None
    testing: bool = False
    lookups: tuple[int, ...] = ()
    packets: tuple[int, ...] = ()


class Arc(Struct, frozen=True, gc=False, omit_defaults=True):
    """The chain of seals that forwarders left; `instances` is how many, `sealers` who, oldest first. Source: RFC 8617.

    `lookups` and `packets` are those of all keys used.
    """

    result: Verdict
    because: str
    instances: int = 0
    sealers: tuple[str, ...] = ()
    lookups: tuple[int, ...] = ()
    packets: tuple[int, ...] = ()


class Dmarc(Struct, frozen=True, gc=False, omit_defaults=True):
    """Whether the domain the reader sees stands behind the mail.

    `domain` is that of From, `record_at` the name whose record counts, `policy` what it asks for mail that fails
    (none, quarantine, reject). `spf_aligned` and `dkim_aligned` tell whether what passed belongs to the same
    organisation, None where that is not known. Source: RFC 9989.
    """

    result: Verdict
    because: str
    domain: str | None = None
    record_at: str | None = None
    policy: str | None = None
    spf_aligned: bool | None = None
    dkim_aligned: bool | None = None
    lookups: tuple[int, ...] = ()
    packets: tuple[int, ...] = ()


class Claim(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a header of the mail says some server found: a claim, worth as much as who wrote it.

    `by` is the server's name for itself, `method` is spf, dkim, dmarc or arc, `about` the domain it is about.
    `agrees` compares it with what is found here; None where one of the two does not know.
    Source: RFC 8601 section 2.2, RFC 7208 section 9.1.
    """

    header: str
    method: str
    result: str
    by: str | None = None
    about: str | None = None
    agrees: bool | None = None


class Check(Struct, frozen=True, gc=False, omit_defaults=True):
    """Something the captured lookups say of the hosts or domains of a mail.

    `kind` is reverse-name, blocklist, allowlist, mx, tlsa, mta-sts or tls-reports. `subject` is the address or name it
    is about, `result` one word or two, `good` whether that speaks for the mail or its way, None where for neither.
    """

    kind: str
    subject: str
    result: str
    because: str
    good: bool | None = None
    lookups: tuple[int, ...] = ()
    packets: tuple[int, ...] = ()


class Authentication(Struct, frozen=True, gc=False):
    """All that is judged of one mail, or of a transaction that was refused before there was one."""

    spf: Spf
    dkim: tuple[Dkim, ...]
    arc: Arc
    dmarc: Dmarc
    claims: tuple[Claim, ...] = ()
    checks: tuple[Check, ...] = ()
