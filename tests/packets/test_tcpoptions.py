"""TCP options in Wireshark's words; wording and order taken from tshark 4.0.17."""

from __future__ import annotations

from mailtrace.packets.tcpoptions import options, options_text, window_scale


def text(octets: str, base: int = 0) -> str:
    """Return the text of options given in hexadecimal."""
    return options_text(bytes.fromhex(octets.replace(" ", "")), base)


def test_the_options_of_a_linux_syn() -> None:
    """MSS, SACK permitted, timestamps, padding, window scale: in the order of the header."""
    syn = "020405b4 0402 080aa1d1a5a300000000 01 030307"
    assert text(syn) == " MSS=1460 SACK_PERM TSval=2714871203 TSecr=0 WS=128"
    assert window_scale(bytes.fromhex(syn.replace(" ", ""))) == 7


def test_sack_edges_are_relative() -> None:
    """Two blocks; numbers wrap."""
    assert text("0101 0512 00000011 00000021 fffffff0 00000001", 0x10) == " SLE=1 SRE=17 SLE=4294967264 SRE=4294967281"


def test_window_scale_has_a_limit() -> None:
    """A larger shift than 14 counts as 14; none is None."""
    assert text("03030f") == " WS=16384"
    assert window_scale(bytes.fromhex("03030f")) == 14
    assert window_scale(bytes.fromhex("020405b4")) is None


def test_rarer_options() -> None:
    """Fast open with and without cookie (also as an experiment), MD5, user timeout; unknown ones say nothing."""
    assert text("2202") == " TFO=R"
    assert text("220a0102030405060708") == " TFO=C"
    assert text("fe04f989") == " TFO=R"
    assert text("fd06f9890102") == " TFO=C"
    assert text("1312" + "00" * 16) == " MD5"
    assert text("1c048001") == " USER_TO=1"
    assert text("060400000001"[:4] + "00000001") == ""
    assert text("06060000002a") == " ECHO=42"
    assert text("4d04abcd") == ""


def test_damaged_lists_end_where_the_damage_is() -> None:
    """A length of 0 or 1, one beyond the end, a missing length, a wrong size for the kind; after END nothing counts."""
    assert text("020405b4 0300") == " MSS=1460"
    assert text("020405b4 0301 07") == " MSS=1460"
    assert text("020405b4 08ff") == " MSS=1460"
    assert text("020405b4 03") == " MSS=1460"
    assert text("0203 05 030307") == " WS=128"
    assert text("00 020405b4") == ""
    assert list(options(b"")) == []
