"""DNS messages are replaced where they stand; dnspython reads them as before."""

from __future__ import annotations

from random import Random

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest

from mailtrace.redact.fields import FIELDS
from mailtrace.redact.lookups import Lookups
from mailtrace.redact.text import Rewriter

RECORDS = [
    ("naver.com.", "MX", ["10 mail.naver.com.", "20 mx2.naver.com."]),
    ("mail.naver.com.", "A", ["203.0.7.9"]),
    ("mail.naver.com.", "AAAA", ["2001:db8::9"]),
    ("naver.com.", "TXT", ['"v=spf1 ip4:203.0.7.9 include:_spf.daum.net -all"']),
    ("_dmarc.naver.com.", "TXT", ['"v=DMARC1; p=none; rua=mailto:lee@naver.com"']),
    ("naver.com.", "SOA", ["ns.naver.com. lee.naver.com. 1 2 3 4 5"]),
    ("9.7.0.203.in-addr.arpa.", "PTR", ["mail.naver.com."]),
    ("www.naver.com.", "CNAME", ["host.naver.com."]),
    ("_imaps._tcp.naver.com.", "SRV", ["0 1 993 mail.naver.com."]),
    ("naver.com.", "CAA", ['0 issue "ca.naver.com"']),
    ("naver.com.", "DS", ["60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"]),
]


def answer(*records: tuple[str, str, list[str]]) -> bytes:
    """Return an answer with these records, names compressed."""
    name, kind, _ = records[0]
    message = dns.message.make_query(name, kind, id=7)
    message.flags |= dns.flags.QR
    message.use_edns(0)
    message.answer = [dns.rrset.from_text(name, 300, "IN", kind, *data) for name, kind, data in records]
    return message.to_wire()


def lookups(*fields: str) -> Lookups:
    """Return what replaces in DNS."""
    return Lookups(Rewriter(frozenset(fields or FIELDS)))


@pytest.mark.parametrize("record", RECORDS, ids=[f"{name} {kind}" for name, kind, _ in RECORDS])
def test_every_kind_of_record(record: tuple[str, str, list[str]]) -> None:
    octets = answer(record)
    made = lookups().message(octets)
    assert len(made) == len(octets)
    message = dns.message.from_wire(made)
    assert [each.rdtype for each in message.answer] == [dns.rdatatype.from_text(record[1])]
    text = message.to_text()
    for name in ("naver", "daum", "lee", "203.0.7", "7.0.203"):
        assert name not in text, name


def test_a_whole_answer_says_the_same_of_the_same_names() -> None:
    message = dns.message.from_wire(lookups().message(answer(*RECORDS)))
    by_kind = {dns.rdatatype.to_text(each.rdtype): each for each in message.answer}
    (exchange,) = (str(each.exchange) for each in by_kind["MX"] if each.preference == 10)
    assert exchange.startswith("mail.") and exchange.endswith(".com.")
    assert str(by_kind["A"].name) == str(by_kind["AAAA"].name) == exchange
    assert str(by_kind["PTR"][0].target) == exchange
    address = str(by_kind["A"][0].address)
    assert str(by_kind["PTR"].name) == ".".join(address.split(".")[::-1]) + ".in-addr.arpa."
    assert f"ip4:{address} " in message.to_text()
    domain = exchange.removeprefix("mail.")
    assert str(by_kind["SOA"][0].mname) == f"ns.{domain}"
    assert str(by_kind["SRV"].name) == f"_imaps._tcp.{domain}"


def test_only_hosts_or_only_addresses() -> None:
    octets = answer(RECORDS[1], RECORDS[6])
    only = dns.message.from_wire(lookups("hosts").message(octets)).to_text()
    assert "203.0.7.9" in only and "9.7.0.203.in-addr.arpa." in only and "naver" not in only
    only = dns.message.from_wire(lookups("addresses").message(octets)).to_text()
    assert "203.0.7.9" not in only and "9.7.0.203" not in only and "mail.naver.com." in only
    assert lookups("names").message(octets) == octets


def test_messages_over_tcp() -> None:
    octets = answer(RECORDS[0])
    stream = (len(octets).to_bytes(2, "big") + octets) * 3
    made = lookups().stream(stream)
    assert len(made) == len(stream) and b"naver" not in made
    dns.message.from_wire(made[2 : 2 + len(octets)])


def test_whose_question_it_is_is_not_told() -> None:
    message = dns.message.make_query("naver.com", "A", id=7)
    message.use_edns(0, options=[dns.edns.ECSOption("203.0.7.0", 24)])
    octets = message.to_wire()
    made = lookups().message(octets)
    assert bytes([203, 0, 7]) in octets and bytes([203, 0, 7]) not in made


def test_anything_is_taken_and_stays_as_long() -> None:
    chance = Random(3)
    seed = answer(*RECORDS)
    for _ in range(2_000):
        octets = bytearray(seed)
        for _ in range(chance.randrange(1, 6)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        cut = bytes(octets[: chance.randrange(len(octets) + 1)])
        assert len(lookups().message(cut)) == len(cut)
