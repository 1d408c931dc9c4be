"""What hellos say, however odd, and how messages are put together."""

from __future__ import annotations

import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import Side
from mailtrace.tls.certificate import uncompressed
from mailtrace.tls.handshake import (
    MESSAGE_LIMIT,
    MessageReader,
    certificates,
    parse_encrypted_extensions,
    parse_hello,
    parse_ssl2_hello,
    protocol_names,
    server_name,
)
from mailtrace.tls.keys import Keys
from mailtrace.tls.layer import TlsLayer
from tests.tls.hellos import client_hello, extension, message, record, sent, server_hello, sni, vector

CLIENT, SERVER = Side.CLIENT, Side.SERVER


def facts_of(*records: tuple[Side, bytes]) -> TlsLayer:
    """Return a layer that was fed with records, a packet each."""
    layer = TlsLayer(Keys())
    for packet, (side, octets) in enumerate(records, 1):
        assert layer.feed(sent(side, octets, packet)) == []
    return layer


def hello_facts(*extensions: bytes, ciphers: str = "1301") -> TlsLayer:
    """Return a layer that has seen one ClientHello."""
    return facts_of((CLIENT, record(22, message(1, client_hello(*extensions, ciphers=ciphers)), "0301")))


def test_a_client_hello() -> None:
    versions = extension(43, vector(1, bytes.fromhex("0304 0303 0302")))
    facts = hello_facts(sni(b"mail.example.org"), versions, extension(16, vector(2, vector(1, b"imap")))).facts
    assert facts.sni == "mail.example.org"
    assert facts.offered_versions == ("TLS 1.3", "TLS 1.2", "TLS 1.1")
    assert facts.offered_alpn == ("imap",)
    assert facts.offered_ciphers == ("TLS_AES_128_GCM_SHA256",)
    assert (facts.version, facts.cipher, facts.resumed, facts.alert) == (None, None, None, None)
    assert [(each.name, each.packet, each.side) for each in facts.messages] == [("ClientHello", 1, CLIENT)]


def test_grease_is_passed_over() -> None:
    """RELIABILITY F127: values that mean nothing are no ciphers, versions or protocols. Source: RFC 8701."""
    facts = hello_facts(
        extension(0x0A0A, b""),
        sni(b"a.example"),
        extension(43, vector(1, bytes.fromhex("baba 0304 0303"))),
        extension(16, vector(2, vector(1, b"\x5a\x5a") + vector(1, b"smtp"))),
        extension(0xEAEA, b"\0"),
        ciphers="fafa 1301 1a1a c02f 00ff 1234",
    ).facts
    assert facts.offered_ciphers == (
        "TLS_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
        "0x1234",
    )
    assert facts.offered_versions == ("TLS 1.3", "TLS 1.2")
    assert facts.offered_alpn == ("smtp",)
    assert facts.sni == "a.example"


@pytest.mark.parametrize("number, name", [(0xFE0D, "ECH"), (0xFFCE, "ESNI")])
def test_a_hidden_name(number: int, name: str) -> None:
    """RELIABILITY F127: the name in the hello is a cover, and that is said."""
    facts = hello_facts(sni(b"public.example"), extension(number, bytes(64))).facts
    assert (facts.sni, facts.hidden_name) == ("public.example", name)


def test_names_keep_their_octets() -> None:
    """RELIABILITY F127: what is in them is shown as text from the wire, and every report sanitises it."""
    facts = hello_facts(sni(b"a\x1b[31m\xff"), extension(16, vector(2, vector(1, b"<b>\0")))).facts
    assert facts.sni == "a\x1b[31m\\xff"
    assert facts.offered_alpn == ("<b>\0",)


def test_a_name_is_cut() -> None:
    facts = hello_facts(sni(b"a" * 5000)).facts
    assert facts.sni == "a" * 512


def test_early_data_is_named() -> None:
    assert hello_facts(extension(42, b"")).facts.early_data


def test_a_hello_over_records_and_segments() -> None:
    """RELIABILITY F127."""
    octets = message(1, client_hello(sni(b"mail.example.org")))
    records = b"".join(record(22, octets[at : at + 7], "0301") for at in range(0, len(octets), 7))
    layer = facts_of(*((CLIENT, records[at : at + 5]) for at in range(0, len(records), 5)))
    assert layer.facts.sni == "mail.example.org"
    assert layer.facts.messages[0].packet == -(-len(records) // 5)


def test_several_messages_in_one_record() -> None:
    octets = message(2, server_hello(cipher="c030")) + message(14, b"")
    facts = facts_of((SERVER, record(22, octets))).facts
    assert [each.name for each in facts.messages] == ["ServerHello", "ServerHelloDone"]
    assert (facts.version, facts.cipher) == ("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")


def test_a_server_chooses_tls_1_3_with_a_key_of_before() -> None:
    hello = message(2, server_hello(extension(43, b"\x03\x04"), extension(41, b"\0\0"), cipher="1303"))
    facts = facts_of((SERVER, record(22, hello))).facts
    assert (facts.version, facts.cipher) == ("TLS 1.3", "TLS_CHACHA20_POLY1305_SHA256")
    assert (facts.resumed, facts.resumption) == (True, "PSK")


def test_an_alert_instead_of_a_hello() -> None:
    layer = facts_of(
        (CLIENT, record(22, message(1, client_hello(sni(b"x.example"))))), (SERVER, record(21, b"\x02\x28"))
    )
    alert = layer.facts.alert
    assert alert is not None
    assert (alert.side, alert.fatal, alert.description, alert.packet) == (SERVER, True, "handshake_failure", 2)


def test_the_first_fatal_alert_counts_most() -> None:
    layer = facts_of(
        (CLIENT, record(21, b"\1\x5a\2\x30")), (SERVER, record(21, b"\2\x32")), (CLIENT, record(21, b"\1\0"))
    )
    assert layer.facts.alert is not None
    assert layer.facts.alert.description == "unknown_ca"
    assert facts_of((CLIENT, record(21, b"\1\x5a\1\xc8"))).facts.alert is not None


def test_a_flood_of_alerts_is_named_once() -> None:
    """RELIABILITY F127."""
    layer = facts_of((SERVER, record(21, b"\1\x5a") * 5000))
    assert [each.code for each in layer.violations] == ["tls-alert-flood"]
    assert len(layer.facts.messages) == 32


def test_a_flood_of_empty_records_is_named_once() -> None:
    """RELIABILITY F127."""
    layer = facts_of((CLIENT, record(22, b"") * 5000), (SERVER, record(22, b"") * 31))
    assert [(each.code, each.side) for each in layer.violations] == [("tls-empty-records", CLIENT)]


def test_a_flood_of_messages_is_named_once() -> None:
    layer = facts_of((SERVER, record(22, message(0, b"") * 4000)))
    assert [each.code for each in layer.violations] == ["tls-handshake-flood"]
    assert len(layer.facts.messages) == 200


def test_a_record_that_is_too_long_is_named() -> None:
    """RELIABILITY F127: and what comes behind it is not read."""
    layer = facts_of(
        (CLIENT, record(22, message(1, client_hello()))), (CLIENT, b"\x16\x03\x03\x48\x01" + b"\x16" * 600)
    )
    assert [(each.code, each.packet) for each in layer.violations] == [("tls-record-too-long", 2)]


def test_a_message_above_the_limit_is_passed_over() -> None:
    octets = b"\x0b" + (MESSAGE_LIMIT + 1).to_bytes(3, "big") + bytes(MESSAGE_LIMIT + 1) + message(14, b"")
    records = b"".join(record(22, octets[at : at + 16384]) for at in range(0, len(octets), 16384))
    layer = facts_of((SERVER, records))
    assert [each.name for each in layer.facts.messages] == ["Certificate", "ServerHelloDone"]
    assert [each.code for each in layer.violations] == ["tls-bad-handshake"]


def test_a_hello_that_is_cut_is_named_and_read_as_far_as_it_goes() -> None:
    body = client_hello(sni(b"mail.example.org"))
    layer = facts_of((CLIENT, record(22, message(1, body[:-3]))))
    assert [each.code for each in layer.violations] == ["tls-bad-handshake"]
    assert layer.facts.offered_ciphers == (
        *("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    )


def test_the_hello_of_ssl_2() -> None:
    """RELIABILITY F127: OpenSSL 0.9.8 sent it, with its challenge as random."""
    hello = parse_ssl2_hello(bytes.fromhex("01 0301 0009 0000 0010 00002f 010080 00000a") + bytes(range(16)))
    assert (hello.version, hello.ciphers, hello.whole) == (0x0301, (0x002F, 0x000A), True)
    assert hello.random == bytes(16) + bytes(range(16))
    octets = bytes.fromhex("01 0301 0003 0000 0010 00002f") + bytes(16)
    facts = facts_of((CLIENT, bytes((0x80, len(octets))) + octets)).facts
    assert facts.offered_versions == ("TLS 1.0",)
    assert facts.offered_ciphers == ("TLS_RSA_WITH_AES_128_CBC_SHA",)


def test_ssl_3_and_compressed_records_are_told_and_not_opened() -> None:
    deflated = server_hello(cipher="002f", compression=1)
    old = b"\x03\0" + server_hello(cipher="002f")[2:]
    for hello, why in (
        (deflated, "its records are compressed, which is not undone by mailtrace"),
        (old, "SSL 3.0 is not decrypted by mailtrace"),
        (server_hello(cipher="0005"), "TLS_RSA_WITH_RC4_128_SHA is not decrypted by mailtrace"),
        (server_hello(cipher="fefe"), "0xFEFE is not decrypted by mailtrace"),
    ):
        layer = facts_of(
            (CLIENT, record(22, message(1, client_hello()))),
            (SERVER, record(22, message(2, hello) + message(14, b"")) + record(20, b"\1")),
            (SERVER, record(23, bytes(40))),
        )
        assert layer.facts.unread == why


def test_a_server_hello_whose_tail_is_missing_chooses_nothing() -> None:
    layer = facts_of((SERVER, record(22, message(2, server_hello()[:-2]))), (SERVER, record(23, bytes(40))))
    assert [each.code for each in layer.violations] == ["tls-bad-handshake"]
    assert layer.facts.unread == "the handshake was not captured whole"


def test_compressed_certificates() -> None:
    """Source: RFC 8879 section 4."""
    chain = b"\0" + vector(3, vector(3, b"certificate") + vector(2, b""))
    for kind, packed in ((1, zlib.compress(chain)), (3, zstandard.ZstdCompressor().compress(chain))):
        body = kind.to_bytes(2, "big") + len(chain).to_bytes(3, "big") + vector(3, packed)
        assert certificates(uncompressed(body), in_1_3=True) == [b"certificate"]


def test_a_compressed_certificate_that_is_a_bomb_or_broken() -> None:
    bomb = zlib.compress(bytes(10_000_000))
    for body in (
        b"\0\1" + (5000).to_bytes(3, "big") + vector(3, bomb),  # more than it says
        b"\0\1" + (10_000_000).to_bytes(3, "big") + vector(3, bomb),  # more than is read
        b"\0\1\0\0\5" + vector(3, b"noise"),
        b"\0\3\0\0\5" + vector(3, b"noise"),
        b"\0\2\0\0\5" + vector(3, b"brotli"),
        b"\0\1\0",
    ):
        assert uncompressed(body) == b""


def test_chains() -> None:
    """RELIABILITY F127: up to 64 certificates are counted, whatever a chain holds."""
    assert certificates(vector(3, vector(3, b"one") + vector(3, b"two")), in_1_3=False) == [b"one", b"two"]
    assert certificates(vector(3, vector(3, b"one") + b"\0\0\xff"), in_1_3=False) == [b"one"]
    assert len(certificates(vector(3, vector(3, bytes(1000)) * 65), in_1_3=False)) == 64


@given(st.binary(max_size=300))
def test_noise_never_raises(octets: bytes) -> None:
    for kind in (1, 2):
        parse_hello(kind, octets)
    parse_ssl2_hello(octets)
    parse_encrypted_extensions(octets)
    uncompressed(octets)
    certificates(octets, in_1_3=True)
    assert server_name(octets) is None or len(octets) > 4
    assert sum(map(len, protocol_names(octets))) <= len(octets)
    reader = MessageReader()
    assert sum(len(each.body) + 4 for each in reader.feed(octets, 1, 10) if each.whole) <= len(octets)
