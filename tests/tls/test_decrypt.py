"""What OpenSSL does not do any more or not from Python: 3DES, and data sent early; records put together by hand."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from mailtrace.model import Data
from mailtrace.tls.keys import Keys
from mailtrace.tls.layer import TlsLayer
from tests.tls.hellos import client_hello, message, record, sent, server_hello
from tests.tls.openssl import CLIENT, SERVER, Pair, set_early_data

MASTER = bytes(range(100, 148))
CLIENT_RANDOM, SERVER_RANDOM = bytes(range(32)), bytes(range(200, 232))


def prf_of_tls_1_2(size: int) -> bytes:
    """Return the key block, computed with the standard library. Source: RFC 5246 section 5."""
    seed = b"key expansion" + SERVER_RANDOM + CLIENT_RANDOM
    link, octets = seed, b""
    while len(octets) < size:
        link = hmac.new(MASTER, link, hashlib.sha256).digest()
        octets += hmac.new(MASTER, link + seed, hashlib.sha256).digest()
    return octets[:size]


@pytest.mark.parametrize("text", [b"QUIT\r\n", b"x" * 1000, b""])
def test_3des(text: bytes) -> None:
    block = prf_of_tls_1_2(2 * (20 + 24))
    mac_key, key, iv = block[:20], block[40:64], bytes(range(8))

    def sealed(kind: int, sequence: int, octets: bytes) -> bytes:
        head = bytes((kind,)) + b"\3\3" + len(octets).to_bytes(2, "big")
        octets += hmac.new(mac_key, sequence.to_bytes(8, "big") + head + octets, hashlib.sha1).digest()
        padding = 7 - len(octets) % 8
        octets += bytes((padding,)) * (padding + 1)
        context = Cipher(TripleDES(key), modes.CBC(iv)).encryptor()
        return record(kind, iv + context.update(octets) + context.finalize())

    keys = Keys()
    keys.add(b"CLIENT_RANDOM %s %s\n" % (CLIENT_RANDOM.hex().encode(), MASTER.hex().encode()))
    layer = TlsLayer(keys)
    layer.feed(sent(CLIENT, record(22, message(1, client_hello(random=CLIENT_RANDOM))), 1))
    layer.feed(sent(SERVER, record(22, message(2, server_hello(cipher="000a", random=SERVER_RANDOM))), 2))
    layer.feed(sent(CLIENT, record(20, b"\1") + sealed(22, 0, message(20, bytes(12))), 3))
    clear = layer.feed(sent(CLIENT, sealed(23, 1, text), 4))
    assert clear == ([Data(CLIENT, text, 4, 40)] if text else [])
    assert layer.facts.cipher == "TLS_RSA_WITH_3DES_EDE_CBC_SHA"
    assert (layer.facts.decrypted, layer.facts.messages[-1].name) == (True, "Finished")


@pytest.mark.parametrize("taken", [True, False])
def test_data_sent_early(tmp_path: Path, taken: bool) -> None:
    """What the client sends with its hello is read if the server takes it. Source: RFC 8446 section 2.3."""
    before = Pair(tmp_path, version="TLSv1_3")
    set_early_data(before.ends[SERVER], 1000)
    before.handshake().say(SERVER, b"hello\r\n")
    pair = Pair(tmp_path, before=before)
    set_early_data(pair.ends[SERVER], 1000 if taken else 0)
    pair.say_early(b"EHLO early\r\n", taken)
    pair.handshake().say(SERVER, b"250 ok\r\n")
    pair.say(CLIENT, b"QUIT\r\n")
    keys = Keys()
    keys.add(pair.keylog)
    layer = TlsLayer(keys)
    said = [each.data for event in pair.wire for each in layer.feed(event) if isinstance(each, Data)]
    assert said == [b"EHLO early\r\n"] * taken + [b"250 ok\r\n", b"QUIT\r\n"]
    facts = layer.facts
    assert (facts.early_data, facts.resumed, facts.unread) == (taken, taken, "")
    assert ("EndOfEarlyData" in [each.name for each in facts.messages]) is taken
    assert layer.violations == []
    offered = TlsLayer(Keys())
    for event in pair.wire:
        offered.feed(event)
    assert offered.facts.early_data
