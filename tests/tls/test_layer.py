"""TLS read with the keys that OpenSSL logs, whole and damaged: what OpenSSL was given to say is what must come out."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Any

import pytest

from mailtrace.model import Closed, Data, Gap, GapReason, Side
from mailtrace.tls.keys import Keys
from mailtrace.tls.layer import TlsLayer
from tests.tls.openssl import CLIENT, HOST, NO_ENCRYPT_THEN_MAC, SERVER, Pair

Event = Data | Gap | Closed

WEAK = ":@SECLEVEL=0"
"""What OpenSSL wants to hear before it does what is old."""

BIG = bytes(range(256)) * 160


def keys_of(pair: Pair) -> Keys:
    """Return the keys a connection logged."""
    keys = Keys()
    keys.add(pair.keylog)
    return keys


def read(wire: list[Any], keys: Keys | None = None) -> tuple[TlsLayer, list[Event]]:
    """Return a layer that was fed with all events, and what it handed out."""
    layer = TlsLayer(keys or Keys())
    return layer, [clear for event in wire for clear in layer.feed(event)]


def said(events: list[Event]) -> list[tuple[Side, bytes]]:
    """Return what was handed out, joined while the same side speaks."""
    told: list[tuple[Side, bytes]] = []
    for event in events:
        if isinstance(event, Data):
            if told and told[-1][0] is event.side:
                told[-1] = (event.side, told[-1][1] + event.data)
            else:
                told.append((event.side, event.data))
    return told


def talk(pair: Pair) -> list[tuple[Side, bytes]]:
    """Let both sides talk as in mail, and return what they say."""
    pair.handshake()
    pair.say(SERVER, b"220 mail.example.org ESMTP\r\n")
    pair.say(CLIENT, b"EHLO client\r\n", b"NOOP\r\n")
    pair.say(SERVER, BIG)
    pair.say(CLIENT, b"QUIT\r\n")
    pair.close(CLIENT)
    return [
        (SERVER, b"220 mail.example.org ESMTP\r\n"),
        (CLIENT, b"EHLO client\r\nNOOP\r\n"),
        (SERVER, BIG),
        (CLIENT, b"QUIT\r\n"),
    ]


@pytest.mark.parametrize(
    "version, ciphers, options, name",
    [
        ("TLSv1_2", "ECDHE-RSA-AES128-GCM-SHA256", 0, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("TLSv1_2", "ECDHE-RSA-AES256-GCM-SHA384", 0, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        ("TLSv1_2", "ECDHE-RSA-CHACHA20-POLY1305", 0, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("TLSv1_2", "AES128-CCM" + WEAK, 0, "TLS_RSA_WITH_AES_128_CCM"),
        ("TLSv1_2", "AES256-CCM8" + WEAK, 0, "TLS_RSA_WITH_AES_256_CCM_8"),
        ("TLSv1_2", "AES128-SHA" + WEAK, 0, "TLS_RSA_WITH_AES_128_CBC_SHA"),
        ("TLSv1_2", "AES128-SHA" + WEAK, NO_ENCRYPT_THEN_MAC, "TLS_RSA_WITH_AES_128_CBC_SHA"),
        ("TLSv1_2", "ECDHE-RSA-AES128-SHA256", 0, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
        ("TLSv1_2", "ECDHE-RSA-AES128-SHA256", NO_ENCRYPT_THEN_MAC, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
        ("TLSv1_2", "ECDHE-RSA-AES256-SHA384", 0, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
        ("TLSv1_2", "ECDHE-RSA-AES256-SHA384", NO_ENCRYPT_THEN_MAC, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
        ("TLSv1_1", "AES256-SHA" + WEAK, 0, "TLS_RSA_WITH_AES_256_CBC_SHA"),
        ("TLSv1_1", "AES256-SHA" + WEAK, NO_ENCRYPT_THEN_MAC, "TLS_RSA_WITH_AES_256_CBC_SHA"),
        ("TLSv1", "AES256-SHA" + WEAK, 0, "TLS_RSA_WITH_AES_256_CBC_SHA"),
        ("TLSv1", "AES256-SHA" + WEAK, NO_ENCRYPT_THEN_MAC, "TLS_RSA_WITH_AES_256_CBC_SHA"),
    ],
)
def test_up_to_tls_1_2(tmp_path: Path, version: str, ciphers: str, options: int, name: str) -> None:
    pair = Pair(tmp_path, version=version, ciphers=ciphers, options=options)
    expected = talk(pair)
    layer, clear = read(pair.wire, keys_of(pair))
    facts = layer.facts
    assert said(clear) == expected
    assert (facts.version, facts.cipher) == (
        {"TLSv1": "TLS 1.0"}.get(version, f"TLS {version[4:].replace('_', '.')}"),
        name,
    )
    assert facts.decrypted and not facts.unread and not layer.violations
    assert [message.name for message in facts.messages if message.side is CLIENT] == [
        *("ClientHello", "ClientKeyExchange", "ChangeCipherSpec", "Finished", "Alert")
    ]


@pytest.mark.parametrize(
    "suite",
    [
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_CCM_SHA256",
        "TLS_AES_128_CCM_8_SHA256",
    ],
)
def test_tls_1_3(tmp_path: Path, suite: str) -> None:
    pair = Pair(tmp_path, version="TLSv1_3", suites=suite)
    expected = talk(pair)
    layer, clear = read(pair.wire, keys_of(pair))
    facts = layer.facts
    assert said(clear) == expected
    assert (facts.version, facts.cipher, facts.sni) == ("TLS 1.3", suite, HOST)
    assert facts.decrypted and not facts.unread and not layer.violations
    assert [message.name for message in facts.messages if message.side is SERVER] == [
        *("ServerHello", "ChangeCipherSpec", "EncryptedExtensions", "Certificate", "CertificateVerify", "Finished"),
        *("NewSessionTicket", "NewSessionTicket"),
    ]


def test_updated_keys(tmp_path: Path) -> None:
    pair = Pair(tmp_path, version="TLSv1_3").handshake()
    expected = []
    for turn in range(4):
        pair.update_keys(SERVER, both=turn == 2)
        expected += [(SERVER, b"250 %d\r\n" % turn), (CLIENT, b"NOOP %d\r\n" % turn)]
        pair.say(SERVER, b"250 %d\r\n" % turn)
        pair.say(CLIENT, b"NOOP %d\r\n" % turn)
    layer, clear = read(pair.wire, keys_of(pair))
    assert said(clear) == expected
    assert [message.side for message in layer.facts.messages if message.name == "KeyUpdate"] == [
        *(SERVER, SERVER, SERVER, CLIENT, SERVER)
    ]


def test_words_carry_the_packet_that_completed_their_record(tmp_path: Path) -> None:
    pair = Pair(tmp_path, version="TLSv1_3").handshake()
    begun = len(pair.wire)
    pair.say(CLIENT, b"EHLO client\r\n")
    (record,) = pair.wire[begun:]
    first = Data(CLIENT, record.data[:9], 50, 500)
    second = Data(CLIENT, record.data[9:], 52, 520)
    _, clear = read([*pair.wire[:begun], first, second], keys_of(pair))
    assert clear == [Data(CLIENT, b"EHLO client\r\n", 52, 520)]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_octet_by_octet(tmp_path: Path, version: str) -> None:
    """RELIABILITY F127: hellos and certificates over many segments."""
    pair = Pair(tmp_path, version=version).handshake()
    pair.say(CLIENT, b"EHLO client\r\n")
    octets = [
        Data(each.side, each.data[at : at + 1], each.packet, each.time_ns)
        for each in pair.wire
        for at in range(len(each.data))
    ]
    layer, clear = read(octets, keys_of(pair))
    whole, _ = read(pair.wire, keys_of(pair))
    assert said(clear) == [(CLIENT, b"EHLO client\r\n")]
    assert layer.facts == whole.facts


@pytest.mark.parametrize("first", [CLIENT, SERVER])
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_one_side_may_be_delivered_late(tmp_path: Path, version: str, first: Side) -> None:
    """One hello comes after everything the other side says, as behind a hole that is filled late."""
    pair = Pair(tmp_path, version=version)
    expected = talk(pair)
    late = [each for each in pair.wire if each.side is first] + [each for each in pair.wire if each.side is not first]
    layer, clear = read(late, keys_of(pair))
    assert b"".join(octets for side, octets in said(clear) if side is CLIENT) == expected[1][1] + expected[3][1]
    assert b"".join(octets for side, octets in said(clear) if side is SERVER) == expected[0][1] + expected[2][1]
    assert layer.violations == []
    whole, _ = read(pair.wire, keys_of(pair))
    assert sorted(layer.facts.messages, key=str) == sorted(whole.facts.messages, key=str)
    layer.facts.messages = whole.facts.messages
    assert layer.facts == whole.facts


def test_without_keys_the_facts_are_known_and_nothing_is_handed_out(tmp_path: Path) -> None:
    pair = Pair(tmp_path, ciphers="ECDHE-RSA-AES128-GCM-SHA256", alpn=(["imap", "x"], ["imap"]))
    talk(pair)
    layer, clear = read(pair.wire)
    facts = layer.facts
    assert clear == []
    assert (facts.version, facts.cipher) == ("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    assert (facts.sni, facts.alpn, facts.offered_alpn) == (HOST, "imap", ("imap", "x"))
    assert facts.offered_versions == ("TLS 1.2",)
    assert (facts.decrypted, facts.unread, facts.resumed) == (False, "its keys are not known", False)
    assert facts.certificate is not None and facts.certificate.names == (HOST, "*.example.org", "192.0.2.1")
    assert facts.client_octets == 3 * 24 + 13 + 6 + 6
    assert [message.name for message in facts.messages if message.side is SERVER] == [
        *("ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone"),
        *("NewSessionTicket", "ChangeCipherSpec", "encrypted"),
    ]


def test_the_certificate_of_a_client_and_alpn_in_tls_1_3(tmp_path: Path) -> None:
    pair = Pair(tmp_path, version="TLSv1_3", client_certificate=True, alpn=(["smtp"], ["smtp"]), kind="ec").handshake()
    pair.say(CLIENT, b"EHLO client\r\n")
    layer, _ = read(pair.wire, keys_of(pair))
    facts = layer.facts
    assert facts.alpn == "smtp"
    assert facts.certificate is not None and facts.certificate.key == "EC secp256r1"
    assert facts.client_certificate == facts.certificate
    assert facts.chain == 1


@pytest.mark.parametrize(
    "version, options, how",
    [("TLSv1_2", 0, "ticket"), ("TLSv1_2", ssl.OP_NO_TICKET, "session id"), ("TLSv1_3", 0, "PSK")],
)
def test_resumption(tmp_path: Path, version: str, options: int, how: str) -> None:
    before = Pair(tmp_path, version=version, options=options).handshake()
    before.say(SERVER, b"+OK\r\n")
    pair = Pair(tmp_path, before=before).handshake()
    pair.say(CLIENT, b"CAPA\r\n")
    first, _ = read(before.wire, keys_of(before))
    second, clear = read(pair.wire, keys_of(pair))
    assert (first.facts.resumed, first.facts.resumption) == (False, None)
    assert (second.facts.resumed, second.facts.resumption) == (True, how)
    assert second.facts.certificate is None
    assert said(clear) == [(CLIENT, b"CAPA\r\n")]


def test_wrong_keys_give_nothing(tmp_path: Path) -> None:
    for version in ("TLSv1_2", "TLSv1_3"):
        pair = Pair(tmp_path, version=version)
        talk(pair)
        wrong = Keys()
        wrong.add(re.sub(rb"[0-9a-f]{8}$", b"00000000", pair.keylog, flags=re.MULTILINE))
        assert wrong.added
        layer, clear = read(pair.wire, wrong)
        assert said(clear) == []
        assert (layer.facts.decrypted, layer.facts.unread) == (False, "its keys do not fit")


def test_keys_of_one_side_open_that_side(tmp_path: Path) -> None:
    pair = Pair(tmp_path, version="TLSv1_3")
    expected = talk(pair)
    keys = Keys()
    keys.add(b"\n".join(line for line in pair.keylog.splitlines() if not line.startswith(b"SERVER")))
    layer, clear = read(pair.wire, keys)
    assert said(clear) == [(CLIENT, expected[1][1] + expected[3][1])]
    assert (layer.facts.decrypted, layer.facts.unread) == (True, "its keys are not known")


def test_keys_of_the_data_alone_open_the_data(tmp_path: Path) -> None:
    pair = Pair(tmp_path, version="TLSv1_3")
    expected = talk(pair)
    keys = Keys()
    keys.add(b"\n".join(line for line in pair.keylog.splitlines() if b"TRAFFIC_SECRET_0" in line))
    layer, clear = read(pair.wire, keys)
    assert said(clear) == expected
    assert layer.facts.certificate is None


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"])
def test_keys_that_come_late_open_what_comes_after(tmp_path: Path, version: str) -> None:
    pair = Pair(tmp_path, version=version).handshake()
    pair.say(SERVER, b"* OK first\r\n")
    pair.say(CLIENT, b"a1 NOOP\r\n")
    begun = len(pair.wire)
    pair.say(SERVER, b"a1 OK second\r\n")
    pair.say(CLIENT, b"a2 LOGOUT\r\n")
    pair.say(SERVER, b"* BYE third\r\n")
    keys = Keys()
    layer = TlsLayer(keys)
    for event in pair.wire[:begun]:
        assert layer.feed(event) == []
    keys.add(pair.keylog)
    clear = [each for event in pair.wire[begun:] for each in layer.feed(event)]
    lines = [(SERVER, b"a1 OK second\r\n"), (CLIENT, b"a2 LOGOUT\r\n"), (SERVER, b"* BYE third\r\n")]
    assert said(clear) == lines


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_2", "TLSv1_3"])
def test_a_hole_in_the_data_is_told_and_what_follows_is_read(tmp_path: Path, version: str) -> None:
    pair = Pair(tmp_path, version=version).handshake()
    pair.say(SERVER, b"250 one\r\n")
    begun = len(pair.wire)
    pair.say(SERVER, b"250 two\r\n", b"250 three\r\n", b"250 four\r\n")
    pair.say(SERVER, b"250 five\r\n")
    pair.say(SERVER, b"250 six\r\n")
    lost = pair.wire[begun]
    gap = Gap(SERVER, len(lost.data), GapReason.LOST, lost.packet + 1, 5)
    layer, clear = read([*pair.wire[:begun], gap, *pair.wire[begun + 1 :]], keys_of(pair))
    holes = [event for event in clear if isinstance(event, Gap)]
    assert said(clear) == [(SERVER, b"250 one\r\n250 five\r\n250 six\r\n")]
    assert len(holes) == 1 and holes[0].missing >= 30
    assert clear.index(holes[0]) == 1
    assert layer.facts.decrypted


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_hole_inside_a_record(tmp_path: Path, version: str) -> None:
    pair = Pair(tmp_path, version=version).handshake()
    pair.say(SERVER, b"+OK\r\n")
    begun = len(pair.wire)
    pair.say(SERVER, b"x" * 1000)
    pair.say(SERVER, b".\r\n")
    record = pair.wire[begun]
    head = Data(SERVER, record.data[:300], 40, 1)
    tail = Data(SERVER, record.data[400:], 42, 3)
    gap = Gap(SERVER, 100, GapReason.NOT_CAPTURED, 42, 3)
    _, clear = read([*pair.wire[:begun], head, gap, tail, *pair.wire[begun + 1 :]], keys_of(pair))
    overhead = len(record.data) - 1000
    assert clear[0] == Data(SERVER, b"+OK\r\n", begun, begun * 1_000_000)
    assert isinstance(clear[1], Gap) and abs(clear[1].missing - 1000) <= overhead
    assert (clear[1].why, clear[1].packet) == (GapReason.NOT_CAPTURED, 42)
    assert said(clear)[-1] == (SERVER, b"+OK\r\n.\r\n")


def test_a_changed_record_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    for version in ("TLSv1_2", "TLSv1_3"):
        pair = Pair(tmp_path, version=version).handshake()
        pair.say(SERVER, b"+OK 1\r\n")
        pair.say(SERVER, b"+OK 2\r\n")
        pair.say(SERVER, b"+OK 3\r\n")
        bad = pair.wire[-2]
        changed = Data(SERVER, bad.data[:-1] + bytes((bad.data[-1] ^ 1,)), bad.packet, bad.time_ns)
        layer, clear = read([*pair.wire[:-2], changed, pair.wire[-1]], keys_of(pair))
        assert said(clear) == [(SERVER, b"+OK 1\r\n+OK 3\r\n")]
        assert [type(event) for event in clear] == [Data, Gap, Data]
        assert [(each.code, each.packet) for each in layer.violations] == [("tls-bad-record", bad.packet)]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("lost", range(4))
def test_any_packet_of_the_handshake_may_be_missing(tmp_path: Path, version: str, lost: int) -> None:
    """A missing handshake never raises; where the hellos are here, what follows is read all the same.

    What TLS 1.3 says behind the handshake (tickets) is counted with the data: when it is missing, data may be.
    """
    pair = Pair(tmp_path, version=version).handshake()
    assert len(pair.wire) == 4
    pair.say(SERVER, b"220 here\r\n")
    pair.say(CLIENT, b"EHLO client\r\n")
    gone = pair.wire[lost]
    gap = Gap(gone.side, len(gone.data), GapReason.LOST, gone.packet, gone.time_ns)
    layer, clear = read([*pair.wire[:lost], gap, *pair.wire[lost + 1 :]], keys_of(pair))
    if lost < 2:
        assert said(clear) == []
        assert layer.facts.unread == "the handshake was not captured whole"
    else:
        assert said(clear) == [(SERVER, b"220 here\r\n"), (CLIENT, b"EHLO client\r\n")]
        assert any(isinstance(event, Gap) for event in clear) is (version == "TLSv1_3" and lost == 3)
        assert not layer.facts.unread


def test_the_end_is_handed_through(tmp_path: Path) -> None:
    pair = Pair(tmp_path).handshake()
    closed = Closed(SERVER, "fin", 99, 990)
    assert read([*pair.wire, closed], keys_of(pair))[1] == [closed]
    assert read([closed])[1] == [closed]
