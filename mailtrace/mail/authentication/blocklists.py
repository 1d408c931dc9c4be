"""What the answers of DNS block lists and allow lists mean: by convention 127.0.0.x, with an x of each list's own.

Source: RFC 5782 section 2; the documentation of the lists.
"""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

from msgspec import Struct

from mailtrace.model.language import said


class List(Struct, frozen=True, gc=False):
    """One list: what it is called, the meaning of its answers by address, and whether to be on it is good."""

    name: str
    answers: dict[str, str]
    good: bool = False


_SPAMHAUS = {
    "127.0.0.2": "sends spam (SBL)",
    "127.0.0.3": "sends low-reputation mail (CSS)",
    "127.0.0.4": "is a hijacked computer (XBL)",
    "127.0.0.5": "is a hijacked computer (XBL)",
    "127.0.0.6": "is a hijacked computer (XBL)",
    "127.0.0.7": "is a hijacked computer (XBL)",
    "127.0.0.9": "is in a network run by criminals (DROP)",
    "127.0.0.10": "should not send mail directly, says its provider (PBL)",
    "127.0.0.11": "should not send mail directly, as far as Spamhaus knows (PBL)",
    "127.255.255.252": "the list was asked with a typing error",
    "127.255.255.254": "the list refuses to answer: it was asked through a public resolver",
    "127.255.255.255": "the list refuses to answer: it was asked too often",
}
_LISTED = {"127.0.0.2": "is listed"}

LISTS: dict[str, List] = {
    "zen.spamhaus.org": List("Spamhaus ZEN", _SPAMHAUS),
    "sbl.spamhaus.org": List("Spamhaus SBL", _SPAMHAUS),
    "xbl.spamhaus.org": List("Spamhaus XBL", _SPAMHAUS),
    "sbl-xbl.spamhaus.org": List("Spamhaus SBL and XBL", _SPAMHAUS),
    "pbl.spamhaus.org": List("Spamhaus PBL", _SPAMHAUS),
    "spamlist.or.kr": List("KISA-RBL, the list of the Korea Internet and Security Agency", _LISTED),
    "korea.services.net": List("the list of networks in Korea", {"127.0.0.2": "is an address in Korea"}),
    "bl.spamcop.net": List("SpamCop", {"127.0.0.2": "was reported for spam of the last days"}),
    "b.barracudacentral.org": List("Barracuda", {"127.0.0.2": "sends spam"}),
    "psbl.surriel.com": List("PSBL", {"127.0.0.2": "sent mail to a spam trap"}),
    "dnsbl-1.uceprotect.net": List("UCEPROTECT level 1", {"127.0.0.2": "sent mail to a spam trap"}),
    "dnsbl-2.uceprotect.net": List("UCEPROTECT level 2", {"127.0.0.2": "has neighbours that send spam"}),
    "dnsbl-3.uceprotect.net": List("UCEPROTECT level 3", {"127.0.0.2": "is at a provider whose customers send spam"}),
    "list.dnswl.org": List("DNSWL", {"127.0.0.255": "the list refuses to answer: it was asked too often"}, good=True),
    "swl.spamhaus.org": List("Spamhaus white list", {"127.0.2.2": "is listed", "127.0.2.3": "is listed"}, good=True),
}
"""Lists whose answers are documented; all others are told by convention."""

TRUST = ("none", "low", "medium", "high")

OUTSIDE = "the answer is outside of 127.0.0.0/8: the list does not work any more, or somebody else answers"
NO_LIST_SAYS = "the answer is 127.0.0.1, which by convention no list gives: somebody else answers"
AN_ERROR = "the answer is an error"


def list_of(zone: str) -> List | None:
    """Return what is known of a list, None for an unknown one."""
    return LISTS.get(zone.lower().rstrip("."))


def listing_meaning(zone: str, answer: str) -> tuple[str, bool | None]:
    """Return what an answer says of the address asked about, to be read behind that, and that it is listed.

    An answer that tells nothing of the address is a sentence of its own, and None.
    """
    known = list_of(zone)
    try:
        address = ip_address(answer)
    except ValueError:
        return said("the answer is no address"), None
    if not isinstance(address, IPv4Address) or not address.is_loopback:
        return said(OUTSIDE), None
    if answer.startswith("127.255.255.") or (known is not None and answer == "127.0.0.255"):
        return said((known.answers.get(answer) if known else None) or AN_ERROR), None
    if answer == "127.0.0.1":
        return said(NO_LIST_SAYS), None
    if zone.lower().rstrip(".") == "list.dnswl.org":
        trust = int(answer.rpartition(".")[2])
        return said("is listed, with trust: {trust}", trust=said(TRUST[trust]) if trust < len(TRUST) else trust), True
    meaning = known.answers.get(answer) if known else None
    return said(meaning) if meaning else said("is listed ({answer})", answer=answer), True
