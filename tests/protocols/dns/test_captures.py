"""Real captures: what independent tools agree on, what tshark prints, and the lab's lookups."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailtrace.protocols.dns.grammar import parse_message
from mailtrace.protocols.dns.numbers import type_name
from tests.protocols.dns.datagrams import read_datagrams, read_lookups
from tests.sharkd import sharkd
from tests.support import needs_sharkd, shared

CASES = ("S01", "S15a", "S15b")
SPECIAL = {
    "conn-count-too-large.pcap": "ten questions in one message: tshark lists them all",
    "dns-edns-bad-length.pcap": "tshark stops at the broken option, the record behind it is read here",
    "dns-invalid-names.pcap": "tshark has its own words for a pointer that loops",
    "dynamic-update.pcap": "records without data: tshark prints nothing for them",
}
FIELDS = {
    "A": "dns.a",
    "AAAA": "dns.aaaa",
    "MX": "dns.mx.mail_exchange",
    "CNAME": "dns.cname",
    "NS": "dns.ns",
    "PTR": "dns.ptr.domain_name",
    "SOA": "dns.soa.mname",
    "SRV": "dns.srv.target",
}
NAME_AT = {"MX": 1, "SRV": 3}  # which word of the data tshark's field is; 0 where not listed


@pytest.mark.parametrize("case_id", CASES)
def test_facts(case_id: str) -> None:
    facts = json.loads(shared("captures/public/FACTS.json").read_text())
    case = next(case for case in facts["cases"] if case["id"] == case_id)
    lookups, broken = read_lookups(shared("captures/public") / case["file"])
    assert broken == []
    expected = {query["frame"]: query for query in case["facts"]["dns_queries"]}
    assert {(each.packets[0], f"0x{each.message_id:04x}", each.name, each.type) for each in lookups} == {
        (frame, query["id"], query["name"], query["type"]) for frame, query in expected.items()
    }
    for response in case["facts"]["dns_responses"]:
        lookup = next(each for each in lookups if each.packets[1:] == (response["frame"],))
        assert (lookup.name, lookup.type, lookup.rcode) == (response["name"], response["type"], response["rcode"])
        for preference, exchange in response.get("mx", []):
            assert f"{preference} {exchange}." in lookup.answers
        for address in response.get("a", []):
            lines = (*lookup.answers, *lookup.additional)
            assert any(line.split()[-1] == address for line in lines)


def captures() -> list[str]:
    """Return the DNS captures to compare with tshark, relative to the shared directory."""
    root = Path(__file__).resolve().parents[4] / "shared"
    found = [*root.glob("captures/lab/*.pcapng"), *root.glob("captures/public/arkime/dns-*.pcap")]
    found += [*root.glob("captures/public/zeek/dns/*.pcap"), *root.glob("captures/public/zeek/dnssec/*.pcap")]
    return sorted(str(path.relative_to(root)) for path in found if path.name not in SPECIAL)


def _as_shown(type_: int) -> str:
    """Return the word that Wireshark has for a type."""
    name = type_name(type_)
    return "*" if name == "ANY" else name.removeprefix("TYPE")


@needs_sharkd
@pytest.mark.parametrize("capture", captures())
def test_every_message_says_what_tshark_says(capture: str) -> None:
    path = shared(capture)
    fields = ["frame.number", "udp.port", "dns.id", "dns.qry.name", "dns.qry.type", *FIELDS.values()]
    expected = {}
    for number, ports, id_, name, kind, *records in sharkd().fields(path, *fields):
        if id_ and "53" in ports.split(","):
            expected[int(number)] = [id_, name, kind.split(" ")[0], *records]
    seen = 0
    for datagram in read_datagrams(path):
        message = parse_message(datagram.wire)
        if message is None:
            continue
        seen += 1
        records = [record for section in message.sections for record in section]
        question = message.questions[0]
        mine = [f"0x{message.id:04x}", question.name.rstrip(".") or "<Root>", _as_shown(question.type)]
        for type_ in FIELDS:
            words = [
                record.data.split()[NAME_AT.get(type_, 0)] for record in records if type_name(record.type) == type_
            ]
            mine.append(",".join(word.rstrip(".") or "<Root>" for word in words))
        assert mine == expected[datagram.number], datagram.number
    assert seen == len(expected)


def test_lab_lookups_of_a_dkim_spf_dmarc_check() -> None:
    lookups, broken = read_lookups(shared("captures/lab/10-dnsauth.pcapng"))
    assert (len(lookups), broken) == (60, [])
    said = {(each.name, each.type): (each.rcode, each.answers, each.nodata) for each in lookups}
    assert said["mail.naver.com", "AAAA"] == ("NOERROR", (), True)
    assert said["naver.com", "MX"] == ("NOERROR", ("10 mail.naver.com.",), False)
    assert said["_dmarc.daum.net", "TXT"] == ("NOERROR", ('"v=DMARC1; p=none"',), False)
    assert said["_imaps._tcp.naver.com", "SRV"] == ("NOERROR", ("0 1 993 mail.naver.com.",), False)
    assert said["nosuchsel._domainkey.naver.com", "TXT"] == ("NXDOMAIN", (), False)
    key, end = said["lab2026._domainkey.naver.com", "TXT"][1][0].split("; p=")
    assert key == '"v=DKIM1; k=rsa'
    assert (len(end), end[-4:]) == (393, 'QAB"')  # 392 characters of base64, sent as two strings


def test_lab_retries_on_a_lossy_network() -> None:
    lookups, broken = read_lookups(shared("captures/lab/08-lossy.pcapng"))
    assert (len(lookups), broken) == (63, [])
    repeated = {each.packets: each.took_ns for each in lookups if each.retries}
    assert repeated[341, 347, 348] == 4_996_493_557  # lost on the way, asked again after five seconds
    assert repeated[109, 110, 116, 117] == 5_004_331_221  # the answer was lost behind the capture
    assert repeated[428, 429, 430, 431] == 4_998_430_711
    assert [each.duration_ns for each in lookups if each.missed_ns is not None] == [2_423_485, 2_485_687]
    assert len(repeated) == 6
