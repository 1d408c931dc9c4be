"""Addresses get addresses that are spelled as long, and neighbours stay neighbours."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from mailtrace.redact.addresses import Addresses


@pytest.mark.parametrize(
    "text", ["203.0.113.7", "8.8.8.8", "192.168.111.130", "10.1.2.33", "172.20.5.6", "99.100.9.10"]
)
def test_an_address_is_replaced_by_one_of_its_length_and_kind(text: str) -> None:
    addresses = Addresses()
    made = addresses.text(text)
    assert made is not None and made != text
    assert [len(part) for part in made.split(".")] == [len(part) for part in text.split(".")]
    assert ip_address(made).is_private == ip_address(text).is_private or text.startswith("203.0.113")
    assert made == addresses.text(text)


@pytest.mark.parametrize("text", ["127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.251", "::1", "::", "ff02::fb"])
def test_addresses_that_mean_something_stay(text: str) -> None:
    assert Addresses().text(text) == text


def test_hosts_of_one_network_stay_in_one_network() -> None:
    addresses = Addresses()
    one, other, far = (addresses.text(text) or "" for text in ("198.51.7.23", "198.51.7.99", "198.51.8.23"))
    assert one.rsplit(".", 1)[0] == other.rsplit(".", 1)[0] != far.rsplit(".", 1)[0]
    assert one.rsplit(".", 2)[0] == far.rsplit(".", 2)[0]
    assert addresses.text("198.51.7.0") == one.rsplit(".", 1)[0] + ".0"


def test_no_two_addresses_become_one() -> None:
    addresses = Addresses()
    known = [f"198.{second}.7.{last}" for second in (18, 25, 90) for last in range(1, 255)]
    assert len({addresses.text(text) for text in known}) == len(known)


@pytest.mark.parametrize(
    "text", ["2001:db8::a:1", "2001:0db8:0:0:0:0:00a0:1", "fe80::a00:27ff:fe12:3456", "::ffff:198.51.7.9", "FD00::ABCD"]
)
def test_ipv6_is_spelled_as_it_was(text: str) -> None:
    addresses = Addresses()
    made = addresses.text(text)
    assert made is not None and made != text and len(made) == len(text)
    assert [len(part) for part in made.split(":")] == [len(part) for part in text.split(":")]
    assert ip_address(made).packed == addresses.ip(ip_address(text).packed)


@pytest.mark.parametrize("text", ["300.1.1.1", "1.2.3", "01.2.3.4", "1.2.3.4.5", "abc", ":", ":::", "12:34"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert Addresses().text(text) is None


def test_link_addresses() -> None:
    addresses = Addresses()
    mac = bytes.fromhex("4c8e02aabbcc")
    made = addresses.mac(mac)
    assert made != mac and len(made) == 6 and not made[0] & 1
    assert addresses.mac(mac) == made
    assert addresses.mac(b"\xff" * 6) == b"\xff" * 6


def test_what_asks_for_a_neighbour_does_not_tell_its_address() -> None:
    """The group and its link address end with three octets of the host's own address."""
    addresses = Addresses()
    group = bytes.fromhex("ff0200000000000000000001ff123456")
    made = addresses.ip(group)
    assert made[:13] == group[:13] and made[13:] != group[13:]
    assert addresses.mac(bytes.fromhex("3333ff123456"))[3:] == made[13:]
