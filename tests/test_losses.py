"""Packets lost and swapped at random in real captures: what is told is always a part of what was said, never more."""

from __future__ import annotations

import random
import struct
from functools import cache
from pathlib import Path

import pytest

import mailtrace
from mailtrace.model import Command, Content
from tests.support import SAMPLES

Told = tuple[set[tuple[int, bytes, str, bytes]], set[tuple[int, bytes]], set[str]]
"""Commands with their replies, certain commands, and hashes of complete messages; by the client's port."""


@cache
def _frames(sample: str) -> list[tuple[int, bytes]]:
    """Return time in microseconds and octets of each frame of a sample."""
    from scapy.utils import RawPcapNgReader

    (path,) = SAMPLES.glob(f"{sample}*.pcapng")
    with RawPcapNgReader(str(path)) as reader:
        return [((meta.tshigh << 32 | meta.tslow) * 1_000_000 // meta.tsresol, frame) for frame, meta in reader]


def _told(frames: list[tuple[int, bytes]], path: Path) -> Told:
    """Return what mailtrace tells of the mail conversations in a capture of these frames."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
    records = [
        struct.pack("<IIII", time // 1_000_000, time % 1_000_000, len(frame), len(frame)) + frame
        for time, frame in frames
    ]
    path.write_bytes(header + b"".join(records))
    pairs: set[tuple[int, bytes, str, bytes]] = set()
    certain: set[tuple[int, bytes]] = set()
    messages: set[str] = set()
    for each in mailtrace.analyze(path).conversations:
        if each.protocol not in ("smtp", "pop3"):
            continue
        port = each.key.client.port
        for turn in each.dialogue.turns:
            if turn.command is not None:
                pairs.update((port, turn.command.line, reply.status, reply.lines[0]) for reply in turn.replies)
        for event in each.dialogue.events:
            if isinstance(event, Command) and event.certain:
                certain.add((port, event.line))
            elif isinstance(event, Content) and event.complete:
                messages.add(event.sha256)
    return pairs, certain, messages


@pytest.mark.parametrize("sample", ["03", "05", "06", "07"])
def test_g138_g144_g158_h164_nothing_is_told_that_was_not_said(sample: str, tmp_path: Path) -> None:
    """G138, G144, G158, H164: no pair of command and reply, no certain command, no whole message is made up."""
    frames = _frames(sample)
    clean = _told(frames, tmp_path / "clean.pcap")
    assert len(clean[0]) > 35
    kept_pairs = 0
    for seed in range(12):
        chance = random.Random(seed)
        lost, swapped = [(0.01, 0.0), (0.03, 0.0), (0.08, 0.0), (0.0, 0.05)][seed % 4]
        kept = [frame for frame in frames if chance.random() >= lost]
        for at in range(len(kept) - 1):
            if chance.random() < swapped:
                kept[at], kept[at + 1] = kept[at + 1], kept[at]
        told = _told(kept, tmp_path / "lossy.pcap")
        for found, said in zip(told, clean, strict=True):
            assert found <= said, f"seed {seed}: {sorted(found - said)[:3]}"
        kept_pairs += len(told[0])
    assert kept_pairs > 12 * 0.75 * len(clean[0])


def test_a_short_snap_length_is_noted(tmp_path: Path) -> None:
    """Headers are whole and contents are not: 96 octets of each packet, as tcpdump once kept."""
    frames = _frames("02")
    records = [
        struct.pack("<IIII", time // 1_000_000, time % 1_000_000, min(len(frame), 96), len(frame)) + frame[:96]
        for time, frame in frames
    ]
    path = tmp_path / "short.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 96, 1) + b"".join(records))
    notes = {note.code: note.message for note in mailtrace.analyze(path).capture.notes}
    cut = sum(len(frame) > 96 for _, frame in frames)
    assert notes["packets-cut"] == f"packets of which only the beginning was captured: {cut}"
    assert cut == 143, "as tshark counts them"
