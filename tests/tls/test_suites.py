"""Cipher suites by name: the names IANA gives, and what they say."""

from __future__ import annotations

import subprocess

import pytest

from mailtrace.tls.suites import SUITES, Suite, parse_suite, suite_name
from tests.support import needs_tshark


@pytest.mark.parametrize(
    "number, name",
    [
        (0x1302, "TLS_AES_256_GCM_SHA384"),
        (0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        (0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
        (0x0000, "0x0000"),
    ],
)
def test_names(number: int, name: str) -> None:
    assert suite_name(number) == name


@pytest.mark.parametrize(
    "name, suite",
    [
        ("TLS_AES_256_GCM_SHA384", Suite("AES_256", "GCM", "SHA384", "", 16)),
        ("TLS_CHACHA20_POLY1305_SHA256", Suite("CHACHA20", "POLY1305", "SHA256", "", 16)),
        ("TLS_AES_128_CCM_8_SHA256", Suite("AES_128", "CCM", "SHA256", "", 8)),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_CCM", Suite("AES_256", "CCM", "SHA256", "", 16)),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", Suite("AES_128", "CBC", "SHA256", "SHA", 0)),
        ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", Suite("AES_256", "CBC", "SHA384", "SHA384", 0)),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", Suite("3DES_EDE", "CBC", "SHA256", "SHA", 0)),
        ("TLS_RSA_WITH_RC4_128_SHA", None),
        ("TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", None),
        ("TLS_RSA_WITH_NULL_SHA", None),
        ("TLS_FALLBACK_SCSV", None),
        ("0xFEFE", None),
        ("", None),
    ],
)
def test_what_a_name_says(name: str, suite: Suite | None) -> None:
    assert parse_suite(name) == suite


@needs_tshark
def test_the_names_are_those_that_wireshark_shows() -> None:
    values = subprocess.run(["tshark", "-G", "values"], capture_output=True, text=True, check=True).stdout
    shown = {}
    for line in values.splitlines():
        fields = line.split("\t")
        if fields[:2] == ["V", "tls.handshake.ciphersuite"]:
            shown[int(fields[2], 0)] = fields[3]
    assert len(SUITES) == 126
    assert {number: shown[number] for number in SUITES} == SUITES
