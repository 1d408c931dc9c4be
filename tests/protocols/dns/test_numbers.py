"""The tables of numbers against dnspython's, which follow the same registry."""

from __future__ import annotations

import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from mailtrace.protocols.dns.numbers import CLASSES, RCODES, TYPES, class_name, opcode_name, rcode_name, type_name


def test_names() -> None:
    assert (type_name(15), type_name(65534)) == ("MX", "TYPE65534")
    assert (class_name(1), class_name(32)) == ("IN", "CLASS32")
    assert (rcode_name(3), rcode_name(16), rcode_name(3841)) == ("NXDOMAIN", "BADVERS", "RCODE3841")
    assert (opcode_name(5), opcode_name(15)) == ("UPDATE", "OPCODE15")


def test_tables_agree_with_the_registry() -> None:
    assert {name: dns.rdatatype.from_text(name) for name in TYPES.values()} == {v: k for k, v in TYPES.items()}
    assert {name: dns.rcode.from_text(name) for name in RCODES.values()} == {v: k for k, v in RCODES.items()}
    assert {name: dns.rdataclass.from_text(name) for name in CLASSES.values()} == {v: k for k, v in CLASSES.items()}
    assert dns.opcode.from_text("UPDATE") == 5
