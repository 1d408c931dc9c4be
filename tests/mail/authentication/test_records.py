"""Records found by name and time, and what they say octet by octet."""

from __future__ import annotations

from mailtrace.mail.authentication.records import CHANGES_LIMIT, RecordBook, address_labels, text_octets
from mailtrace.model import Lookup


def lookup(answers: tuple[str, ...], start_ns: int, rcode: str | None = "NOERROR", **more: object) -> Lookup:
    """Return a question for the TXT record of one name."""
    found = Lookup("Example.COM", "TXT", rcode, answers, (start_ns,), start_ns, 1, 1, id=start_ns)
    for key, value in more.items():
        setattr(found, key, value)
    return found


def records(book: RecordBook, time_ns: int) -> tuple[str, ...] | None:
    """Return what the name said at a time."""
    found = book.answer("example.com.", "TXT", time_ns)
    return None if found is None else found.records


def test_the_answer_that_was_current_counts() -> None:
    book = RecordBook([lookup(('"new"',), 20), lookup(('"old"',), 10)])
    assert [records(book, time_ns) for time_ns in (5, 10, 19, 20, 99)] == [
        *[('"old"',), ('"old"',), ('"old"',), ('"new"',), ('"new"',)]
    ]


def test_a_failure_counts_only_where_nothing_else_is_known() -> None:
    failed = lookup((), 20, "SERVFAIL")
    assert records(RecordBook([lookup(('"old"',), 10), failed]), 30) == ('"old"',)
    only = RecordBook([failed]).answer("example.com", "TXT", 30)
    assert only is not None
    assert (only.failed, only.exists, only.records) == ("SERVFAIL", True, ())


def test_what_proves_nothing_is_left_out() -> None:
    for nothing in (lookup((), 1, None), lookup(('"x"',), 1, truncated=True), lookup(('"x"',), 1, opcode="UPDATE")):
        assert records(RecordBook([nothing]), 5) is None


def test_aliases_and_records_of_other_types_are_no_texts() -> None:
    book = RecordBook([lookup(("alias.example.net.", '"text"', "RRSIG TXT 8 2 300 x"), 1)])
    found = book.answer("EXAMPLE.com", "TXT", 5)
    assert found is not None
    assert (found.records, found.aliases) == (('"text"',), ("alias.example.net",))


def test_memory_is_bounded_while_lookups_come() -> None:
    book = RecordBook(so_far=True)
    book.observe(lookup((f'"{number}"',), number) for number in range(1, 1000))
    assert records(book, 2000) == ('"999"',)
    assert records(book, 0) == (f'"{1000 - CHANGES_LIMIT}"',)


def test_text_octets() -> None:
    assert text_octets('"plain"') == b"plain"
    assert text_octets(r'"a\"b\\c\000\255\01"') == b'a"b\\c\x00\xff01'
    assert text_octets('"\\"') == b""
    assert text_octets('""') == b""


def test_addresses_at_the_front_of_names() -> None:
    assert address_labels("133.111.168.192.bl.lab.example") == "133.111.168.192"
    v6 = "1.0.0.0." * 7 + "8.b.d.0"
    assert address_labels(v6 + ".zen.spamhaus.org") == v6
    for other in ("133.111.168.192.in-addr.arpa", "300.1.1.1.bl.example", "1.2.3.4", "a.b.c.d.e", "", v6 + ".ip6.arpa"):
        assert address_labels(other) == ""
