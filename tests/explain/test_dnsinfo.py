"""DNS messages in a line; the lab's 600 are compared with tshark's in test_listing.py, here are the odd ones.

The texts are tshark 4.0.17's for the same octets, TXT apart, whose content tshark does not show.
"""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import dns.update

from mailtrace.explain.dnsinfo import dns_info


def answer(name: str, rdtype: str, *records: str, rcode: int = 0) -> bytes:
    """Return an answer with ID 0x1234; `records` are lines of a zone file."""
    message = dns.message.make_response(dns.message.make_query(name, rdtype, id=0x1234))
    for record in records:
        owner, kind, data = record.split(" ", 2)
        message.answer.append(dns.rrset.from_text(owner, 60, "IN", kind, data))
    message.set_rcode(dns.rcode.Rcode(rcode))
    return message.to_wire()


def test_questions_and_answers() -> None:
    """Types and what mail needs of their data."""
    assert (
        dns_info(dns.message.make_query("daum.net", "MX", id=0xBEEF).to_wire()) == "Standard query 0xbeef MX daum.net"
    )
    wire = answer("daum.net.", "MX", "daum.net. MX 10 mail.daum.net.", "mail.daum.net. AAAA 2001:db8::1")
    assert dns_info(wire) == "Standard query response 0x1234 MX daum.net MX 10 mail.daum.net AAAA 2001:db8::1"
    wire = answer("a.example.", "A", "a.example. CNAME b.example.", "b.example. A 10.0.0.1")
    assert dns_info(wire) == "Standard query response 0x1234 A a.example CNAME b.example A 10.0.0.1"
    assert dns_info(answer("x.example.", "A", rcode=3)) == "Standard query response 0x1234 No such name A x.example"
    assert dns_info(answer("x.example.", "A", rcode=2)) == "Standard query response 0x1234 Server failure A x.example"


def test_a_null_mx_points_to_the_root() -> None:
    """Source: RFC 7505."""
    assert dns_info(answer("n.example.", "MX", "n.example. MX 0 .")).endswith("MX n.example MX 0 <Root>")
    assert dns_info(dns.message.make_query(".", "NS", id=1).to_wire()) == "Standard query 0x0001 NS <Root>"


def test_texts_are_shown() -> None:
    """SPF is what readers look for; the strings are joined."""
    wire = answer("daum.net.", "TXT", 'daum.net. TXT "v=spf1 " "mx -all"')
    assert dns_info(wire) == 'Standard query response 0x1234 TXT daum.net TXT "v=spf1 mx -all"'


def test_types_without_data() -> None:
    """Keys and signatures are too long for a row."""
    wire = answer("e.example.", "DS", "e.example. DS 1 8 2 " + "ab" * 32)
    assert dns_info(wire) == "Standard query response 0x1234 DS e.example DS"


def test_edns_other_operations_and_unknown_numbers() -> None:
    """OPT stands where servers put it: at the end."""
    query = dns.message.make_query("a.example", "A", id=2, use_edns=0).to_wire()
    assert dns_info(query) == "Standard query 0x0002 A a.example OPT"
    update = dns.update.UpdateMessage("example.net", id=3)
    update.add("a", 60, "A", "10.0.0.1")
    assert dns_info(update.to_wire()) == "Dynamic update 0x0003 SOA example.net A 10.0.0.1"
    odd = dns_info(b"\x00\x04\x18\x00" + bytes(8))
    assert odd == "Unknown operation (3) 0x0004"


def test_multicast() -> None:
    """The top bit of the class has another meaning there. Source: RFC 6762 sections 5.4 and 10.2."""
    query = dns.message.make_query("a.local", "A", id=0, flags=0).to_wire()
    assert dns_info(query, multicast=True) == 'Standard query 0x0000 A a.local, "QM" question'
    unicast = query[:-2] + b"\x80\x01"
    assert dns_info(unicast, multicast=True) == 'Standard query 0x0000 A a.local, "QU" question'
    record = b"\x01a\x05local\x00\x00\x01\x80\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x02\x07"
    reply = b"\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00" + record
    assert dns_info(reply, multicast=True) == "Standard query response 0x0000 A, cache flush 10.0.2.7"


def test_cut_and_damaged_messages() -> None:
    """What can be read is told, then why there is no more."""
    wire = answer("daum.net.", "MX", "daum.net. MX 10 mail.daum.net.")
    assert dns_info(wire[:30], cut=True).endswith("MX daum.net[Packet size limited during capture]")
    assert dns_info(wire[:30]).endswith("[Malformed Packet]")
    assert dns_info(b"\x00", cut=False) == "[Malformed Packet]"
    assert dns_info(b"", cut=True) == "[Packet size limited during capture]"
