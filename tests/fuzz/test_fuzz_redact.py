"""A few seconds of the redaction fuzz target over mutated captures of mail; the seed is fixed, so a failure returns."""

from __future__ import annotations

import struct
from random import Random

from tests.capture.builders import enhanced, interface, section
from tests.export.captures import conversation, mail
from tests.export.test_streams import LOGINS
from tests.fuzz.fuzz_redact import fuzz_one
from tests.fuzz.mutating import try_for
from tests.redact.test_mails import LETTER
from tests.redact.test_packets import frames
from tests.support import SAMPLES

SECONDS = 8


def captures() -> list[list[bytes]]:
    """Return frames of logins, of a mail, of lookups and of a mailbox."""
    found = [conversation(said, port=port) for port, said in LOGINS.values()]
    found.append(conversation(mail(1, LETTER)))
    for name in ("02-report-2024", "08-imap", "10-logins", "09-starttls"):
        sample = frames((SAMPLES / f"{name}.pcapng").read_bytes())
        found += [sample[at : at + 60] for at in range(0, len(sample), 60)]
    return found


CAPTURES = captures()


def mutated(chance: Random) -> bytes:
    """Return a capture of which some octets are others, some frames gone, doubled, moved or cut."""
    made = list(chance.choice(CAPTURES))
    for _ in range(chance.randrange(12)):
        at = chance.randrange(len(made))
        kind = chance.randrange(5)
        if kind == 0 and len(made) > 1:
            del made[at]
        elif kind == 1:
            made.insert(chance.randrange(len(made)), made[at])
        elif kind == 2:
            made[at] = made[at][: chance.randrange(len(made[at]) + 1)]
        else:
            octets = bytearray(made[at] or b"\0")
            for _ in range(chance.randrange(1, 4)):
                octets[chance.randrange(len(octets))] = chance.choice(
                    (0, 10, 13, 32, 46, 64, 255, chance.randrange(256))
                )
            made[at] = bytes(octets)
    return section() + interface() + b"".join(enhanced(frame) for frame in made)


def test_mutated_captures() -> None:
    try_for(SECONDS, mutated, fuzz_one)


def test_a_hole_of_two_gigabytes() -> None:
    """A forged sequence number that the other side acknowledges takes no memory."""
    port, said = LOGINS["smtp-plain"]
    sent = conversation(said, port=port)
    far = bytearray(sent[5])
    far[38:42] = struct.pack(">I", (struct.unpack(">I", far[38:42])[0] + (1 << 30)) % 2**32)
    answer = bytearray(sent[6])
    answer[42:46] = struct.pack(">I", (struct.unpack(">I", far[38:42])[0] + 100) % 2**32)
    fuzz_one(
        section()
        + interface()
        + b"".join(enhanced(frame) for frame in [*sent[:5], bytes(answer), bytes(far), *sent[6:]])
    )
