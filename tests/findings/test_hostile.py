"""No traffic makes a rule raise, and whatever it finds has packets, a whole sentence, and no secret."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest

from mailtrace.findings.catalog import findings, rules
from mailtrace.model import (
    Analysis,
    CaptureInfo,
    ClosedHow,
    Command,
    Continuation,
    Conversation,
    Endpoint,
    Finding,
    Flags,
    Host,
    Packet,
    Side,
    StreamKey,
)
from tests.protocols.transcripts import Step, Transcript, names, play, read_transcript

DIALOGUES = [name for name in names() if not name.startswith(("dns/", "ident/"))]
PORTS = {"smtp": 25, "pop3": 110, "imap": 143}
ROUNDS = 8


def judged(transcript: Transcript, steps: Iterable[Step]) -> list[Finding]:
    """Return what all rules find in a conversation of these steps, one packet each, closed by the client."""
    said = list(steps)
    dialogue = play(transcript.row.session(transcript.transport), said)
    packets = [
        Packet(number, number * 1000, step.side, int(Flags.ACK), 1, 1, len(step.octets) + step.missing)
        for number, step in enumerate(said, 1)
    ]
    last = len(packets) + 1
    packets.append(Packet(last, last * 1000, Side.CLIENT, int(Flags.FIN | Flags.ACK), 1, 1, 0))
    key = StreamKey(Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", PORTS[transcript.row.name]), transcript.transport)
    conversation = Conversation(1, transcript.row.name, key, 0, tuple(packets), dialogue, True, ClosedHow.FIN)
    hosts = [Host("10.0.0.2", ("mx.example.org",), ())]
    return findings(Analysis(CaptureInfo([]), hosts, [conversation], [], []))


def sound(found: list[Finding], packets: int) -> None:
    """Hold that findings have what every finding has."""
    for finding in found:
        assert finding.code in rules()
        assert finding.packets and set(finding.packets) <= set(range(1, packets + 2))
        assert 0 < len(finding.message) < 2_000


@pytest.mark.parametrize("name", DIALOGUES)
def test_every_dialogue_is_judged(name: str) -> None:
    transcript = read_transcript(name)
    sound(judged(transcript, transcript.steps), len(transcript.steps))


@pytest.mark.parametrize("name", DIALOGUES)
def test_flipped_bits_never_raise(name: str) -> None:
    transcript = read_transcript(name)
    for seed in range(ROUNDS):
        steps = list(_flipped(transcript.steps, Random(f"{name} {seed}")))
        for finding in judged(transcript, steps):
            assert finding.packets


@pytest.mark.parametrize("name", DIALOGUES)
def test_what_is_missing_never_raises(name: str) -> None:
    transcript = read_transcript(name)
    for seed in range(ROUNDS):
        random = Random(f"{name} {seed}")
        steps = [step for step in transcript.steps if random.random() > 0.2]
        if steps:
            for finding in judged(transcript, steps):
                assert finding.packets


def _flipped(steps: Iterable[Step], random: Random) -> Iterable[Step]:
    for step in steps:
        octets = bytearray(step.octets)
        if octets and random.random() < 0.3:
            octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)
        yield Step(step.side, bytes(octets), step.missing, step.closed)


def test_p256_no_finding_tells_a_secret() -> None:
    """What a session marks as secret is in no message, whichever rule speaks of the line."""
    told = 0
    for name in DIALOGUES:
        transcript = read_transcript(name)
        events = play(transcript.row.session(transcript.transport), transcript.steps).events
        lines = [(event.line, event.secrets) for event in events if isinstance(event, Command | Continuation)]
        secrets = {line[start:stop].decode("utf-8", "replace") for line, spans in lines for start, stop in spans}
        messages = " ".join(finding.message for finding in judged(transcript, transcript.steps))
        assert [secret for secret in secrets if len(secret) > 3 and f" {secret} " in f" {messages} "] == [], name
        told += len(secrets)
    assert told > 20
