"""Every dialogue of tests/dialogues, played in every way; `transcripts.py` tells their format."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from mailtrace.model import Command, Dialogue, Encryption, Side, Transport
from mailtrace.protocols.choose import Chooser
from tests.protocols.transcripts import (
    ALWAYS_COMPARED,
    Step,
    Transcript,
    cut,
    joined,
    names,
    play,
    read_transcript,
    shown,
    stream_events,
)

NAMES = names()
HOLES = 150
FLIPS = 200


def _play(transcript: Transcript, steps: list[Step]) -> Dialogue:
    return play(transcript.row.session(transcript.transport), steps)


def _views(transcript: Transcript) -> tuple[str, ...]:
    turns = any(line.startswith("turn:") for line in transcript.expected)
    return (*ALWAYS_COMPARED, "turn") if turns else ALWAYS_COMPARED


def _is_datagrams(transcript: Transcript) -> bool:
    return transcript.transport is Transport.UDP


@pytest.mark.parametrize("name", NAMES)
def test_as_written(name: str) -> None:
    transcript = read_transcript(name)
    assert shown(_play(transcript, list(transcript.steps)), _views(transcript)) == list(transcript.expected)


@pytest.mark.parametrize("name", NAMES)
def test_chosen_by_its_port_if_not_by_content(name: str) -> None:
    transcript = read_transcript(name)
    chooser = Chooser(transcript.transport, min(transcript.row.ports(transcript.transport)))
    for event in stream_events(transcript.steps):
        chooser.feed(event)
    chooser.finish()
    assert chooser.protocol == transcript.row.name
    assert shown(chooser.dialogue, _views(transcript)) == list(transcript.expected)


@pytest.mark.parametrize("name", NAMES)
def test_however_it_is_cut(name: str) -> None:
    transcript = read_transcript(name)
    if _is_datagrams(transcript):
        return
    whole = joined(transcript.steps)
    ways = {"a turn in one": whole, "octets": cut(whole, 1), "threes": cut(whole, 3)}
    for index, step in enumerate(whole):
        for at in range(1, len(step.octets)):
            halves = [Step(step.side, step.octets[:at]), Step(step.side, step.octets[at:])]
            ways[f"{step.octets[:at]!r} apart"] = [*whole[:index], *halves, *whole[index + 1 :]]
    for way, steps in ways.items():
        assert shown(_play(transcript, steps), _views(transcript)) == list(transcript.expected), way


@pytest.mark.parametrize("name", NAMES)
def test_flipped_bits_raise_nothing(name: str) -> None:
    transcript = read_transcript(name)
    chance = random.Random(name)
    for _ in range(FLIPS):
        steps = list(transcript.steps)
        index = chance.choice([at for at, step in enumerate(steps) if step.octets])
        octets = bytearray(steps[index].octets)
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
        steps[index] = Step(steps[index].side, bytes(octets))
        assert _play(transcript, steps).encryption in Encryption


def _with_holes(transcript: Transcript, chance: random.Random) -> Iterator[tuple[str, list[Step]]]:
    """Leave out some octets of one side: of each turn its lines, and parts of them."""
    steps = list(transcript.steps)
    spoken = [at for at, step in enumerate(steps) if step.octets]
    for index in spoken:
        hole = Step(steps[index].side, missing=len(steps[index].octets))
        yield f"without step {index}", [*steps[:index], hole, *steps[index + 1 :]]
    for _ in range(HOLES):
        index = chance.choice(spoken)
        step = steps[index]
        start = chance.randrange(len(step.octets))
        stop = min(len(step.octets), start + 1 + chance.randrange(40))
        pieces = [Step(step.side, step.octets[:start]), Step(step.side, missing=stop - start)]
        yield (
            f"without {step.octets[start:stop]!r} of step {index}",
            [*steps[:index], *pieces, Step(step.side, step.octets[stop:]), *steps[index + 1 :]],
        )


def _certain(dialogue: Dialogue) -> Counter[bytes]:
    return Counter(event.line for event in dialogue.events if isinstance(event, Command) and event.certain)


@pytest.mark.parametrize("name", NAMES)
def test_a_hole_invents_nothing(name: str) -> None:
    transcript = read_transcript(name)
    if _is_datagrams(transcript):
        return
    clean = _play(transcript, list(transcript.steps))
    commands, contents = _certain(clean), {content.kept for content in clean.contents}
    for what, steps in _with_holes(transcript, random.Random(name)):
        holed = _play(transcript, steps)
        assert not _certain(holed) - commands, what
        assert not {content.kept for content in holed.contents if content.complete} - contents, what


def test_there_are_dialogues_of_both_sides() -> None:
    sides = {step.side for name in NAMES for step in read_transcript(name).steps}
    assert sides == set(Side)
