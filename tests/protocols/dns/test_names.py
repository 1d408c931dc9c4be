"""Names: compression that leads backwards, everything that does not, and their text."""

from __future__ import annotations

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.protocols.dns.names import MAX_POINTERS, name_text, name_wire, read_name
from mailtrace.protocols.dns.problems import Problems

HEADER = bytes(12)


def read(wire: bytes, at: int = 12) -> tuple[str, int, list[str]]:
    problems = Problems()
    labels, end = read_name(HEADER + wire, at, {}, problems)
    return name_text(labels), end, [detail for _, detail in problems.found]


def test_plain_name() -> None:
    assert read(b"\x04mail\x04daum\x03net\0") == ("mail.daum.net.", 27, [])


def test_root() -> None:
    assert read(b"\0") == (".", 13, [])


def test_pointer_to_an_earlier_name() -> None:
    assert read(b"\x04daum\x03net\0\x04mail\xc0\x0c", 22) == ("mail.daum.net.", 29, [])


def test_pointer_into_an_earlier_name_and_on() -> None:
    wire = b"\x04daum\x03net\0\x02ns\xc0\x11\x01a\xc0\x16"
    assert read(wire, 27) == ("a.ns.net.", 31, [])


@pytest.mark.parametrize(
    ("wire", "at"),
    [
        (b"\xc0\x0c", 12),  # itself
        (b"\xc0\x0e\x01a\0", 12),  # forward
        (b"\x01a\xc0\x0c", 12),  # its own beginning
        (b"\x01a\xc0\x04", 12),  # the header
        (b"\xc0\x0e\xc0\x0c", 14),  # each other
    ],
)
def test_pointer_that_does_not_lead_back(wire: bytes, at: int) -> None:
    """J185: pointer that does not lead back."""
    _, end, problems = read(wire, at)
    assert end == at + (wire[at - 12 :].index(0xC0)) + 2
    assert len(problems) == 1
    assert problems[0].startswith("the compression pointer to octet ")


def test_long_chain_of_pointers_is_cut() -> None:
    """J185: long chain of pointers is cut."""
    chain = b"\x01a\0\0" + b"".join((0xC000 | 12 + 2 * n).to_bytes(2, "big") for n in [0, *range(2, 400)])
    text, end, problems = read(chain, 12 + len(chain) - 2)
    assert (text, end) == (".", 12 + len(chain))
    assert "does not lead back" in problems[0]
    short = chain[: 4 + 2 * MAX_POINTERS - 2]
    assert read(short, 12 + len(short) - 2)[0] == "a."


@pytest.mark.parametrize("kind", [0x40, 0x80])
def test_undefined_label_type(kind: int) -> None:
    """J185: undefined label type."""
    text, end, problems = read(b"\x01a" + bytes([kind]) + b"rest\0")
    assert (text, end) == ("a.", -1)
    assert problems == [f"label type 0x{kind:02x} at octet 14 is not defined"]


def test_label_of_63_octets_and_no_more() -> None:
    """J185: label of 63 octets and no more."""
    assert read(b"\x3f" + b"a" * 63 + b"\0")[0] == "a" * 63 + "."


def test_name_past_the_end() -> None:
    for wire in (b"", b"\x05abc", b"\x01a", b"\x01a\xc0"):
        _, end, problems = read(wire)
        assert end == -1
        assert problems == ["the name at octet 12 runs past the end of the message"]


def test_name_of_255_octets_and_one_more() -> None:
    """J185: name of 255 octets and one more."""
    longest = (b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"b" * 61 + b"\0"
    assert len(longest) == 255
    assert read(longest)[1:] == (12 + 255, [])
    text, end, problems = read((b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"b" * 62 + b"\0")
    assert end == -1
    assert len(text) == 192
    assert problems == ["the name at octet 12 is longer than 255 octets"]


def test_odd_octets_are_escaped() -> None:
    """J188: odd octets are escaped."""
    wire = b'\x03a.b\x02\x1b"\x04<\xe2\x80\xae\x01\0\0'
    assert read(wire)[0] == 'a\\.b.\\027\\".<\\226\\128\\174.\\000.'


@given(st.lists(st.binary(min_size=1, max_size=63), max_size=3))
def test_text_and_octets_agree_with_dnspython(labels: list[bytes]) -> None:
    expected = dns.name.Name([*labels, b""])
    assert name_text(labels) == expected.to_text()
    assert name_wire(labels) == expected.to_wire()


@given(st.binary(max_size=300), st.integers(12, 40))
def test_any_octets_are_read_without_an_exception(wire: bytes, at: int) -> None:
    labels, end = read_name(HEADER + wire, at, {}, Problems())
    assert end == -1 or at < end <= 12 + len(wire)
    assert sum(len(label) + 1 for label in labels) < 255
