"""Secrets in pcapng files: used for what comes after them, reported, never shown."""

from __future__ import annotations

import io
import struct

import pytest

from mailtrace.capture import CaptureFile, facts, pcapng
from tests.capture.builders import block, enhanced, frame, interface, notes_by_code, section

TLS, SSH, UNKNOWN = 0x544C534B, 0x5353484B, 0x12345678


def secrets(octets: bytes, kind: int = TLS, order: str = "<", length: int | None = None) -> bytes:
    """Return a Decryption Secrets Block."""
    size = len(octets) if length is None else length
    return block(10, struct.pack(f"{order}II", kind, size) + octets, order)


def batches_of(data: bytes, batch_bytes: int = 2**21) -> tuple[list[tuple[int, int, list[bytes]]], CaptureFile]:
    """Return each batch as its first packet, how many it has, and the secrets before it."""
    capture = CaptureFile("x", io.BytesIO(data), len(data), batch_bytes)
    told = [(batch.first_number, len(batch.start), capture.take_secrets()) for batch in capture.batches()]
    return told, capture


@pytest.mark.parametrize("order", ["<", ">"])
def test_secrets_come_before_the_packets_behind_them(order: str) -> None:
    """RELIABILITY A33."""
    data = section(order) + secrets(b"one\n", order=order) + interface(order)
    data += secrets(b"two", order=order) + enhanced(frame(0), order=order)
    told, capture = batches_of(data)
    assert told == [(1, 1, [b"one\n", b"two"])]
    assert [note.code for note in capture.notes] == ["secrets"]


@pytest.mark.parametrize("batch_bytes", [1, 64, 300, 2**21])
def test_secrets_between_packets_count_from_there_on(batch_bytes: int) -> None:
    """RELIABILITY A33: however the file is cut into batches."""
    packets = [enhanced(frame(at)) for at in range(4)]
    data = section() + interface() + packets[0] + packets[1] + secrets(b"key") + packets[2] + packets[3]
    told, capture = batches_of(data, batch_bytes)
    known: list[tuple[int, int]] = []
    count = 0
    for first, size, found in told:
        count += len(found)
        known += [(number, count) for number in range(first, first + size)]
    assert known == [(1, 0), (2, 0), (3, 1), (4, 1)]
    assert notes_by_code(capture)["late-secrets"].message == (
        "secrets stand behind packets in the file: they open what comes after them"
    )


def test_secrets_of_other_kinds_are_named() -> None:
    data = (
        section() + interface() + secrets(b"x", SSH) + secrets(b"y", UNKNOWN) + secrets(b"z", SSH) + enhanced(frame(0))
    )
    told, capture = batches_of(data)
    assert told == [(1, 1, [])]
    assert [note.message for note in capture.notes] == [
        "the file carries secrets that decrypt its traffic",
        "the file has secrets that are not for TLS, but for SSH: they are not used",
    ]


def test_a_length_beyond_the_block_reads_what_is_there() -> None:
    told, _ = batches_of(section() + interface() + secrets(b"some", length=4_000_000_000) + enhanced(frame(0)))
    assert told == [(1, 1, [b"some"])]


def test_more_secrets_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "SECRETS_LIMIT_BYTES", 8)
    told, capture = batches_of(section() + interface() + secrets(b"12345678") + secrets(b"9") + enhanced(frame(0)))
    assert told == [(1, 1, [b"12345678"])]
    assert notes_by_code(capture)["secrets-limit"].damage


def test_blocks_without_end_cost_no_batches_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcapng, "SECRET_BLOCKS_LIMIT", 3)
    data = section() + interface() + b"".join(enhanced(frame(at)) + secrets(b"key") for at in range(20))
    told, _ = batches_of(data)
    assert [count for _, count, _ in told] == [1, 1, 1, 17]
