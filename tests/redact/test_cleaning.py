"""What a capture says beside its packets: plain facts stay, whatever names somebody goes."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from mailtrace.capture import CaptureFile
from mailtrace.command_redact import write_redacted
from mailtrace.redact.fields import FIELDS
from tests.capture.builders import END, block, option, section
from tests.export.captures import C, S, conversation

SAID = [(S, b"220 x ESMTP\r\n"), (C, b"EHLO a\r\n"), (S, b"250 x\r\n"), (C, b"QUIT\r\n"), (S, b"221 x\r\n")]


def capture() -> bytes:
    """Return a pcapng file that says a lot beside its packets."""
    telling = option(1, b"canary comment") + option(2, b"canary hardware") + option(3, b"canary system") + END
    own = option(2, b"eth0") + option(3, b"canary description") + option(4, bytes([10, 0, 0, 1, 255, 0, 0, 0]))
    own += option(6, b"\x02\0\0\0\0\x01") + option(9, b"\x09") + option(11, b"\0host canary.example") + END
    names = struct.pack("<HH", 1, 4 + 12) + bytes([10, 0, 0, 2]) + b"server.test\0"
    names += struct.pack("<HH", 1, 4 + 12) + bytes([10, 9, 9, 9]) + b"canary.test\0" + bytes(4)
    pieces = [section(options=telling), block(1, struct.pack("<HHI", 1, 0, 262_144) + own), block(4, names)]
    pieces.append(block(10, struct.pack("<II", 0x544C534B, 20) + b"CLIENT_RANDOM canary"))
    for number, frame in enumerate(conversation(SAID)):
        about = option(1, b"canary of a packet") + option(2, struct.pack("<I", 1)) + END
        head = struct.pack("<IIIII", 0, 0x17A2, 0x1000 * number, len(frame), len(frame))
        pieces.append(block(6, head + frame + bytes(-len(frame) % 4) + about))
    pieces.append(
        block(5, struct.pack("<III", 0, 0x17A2, 0) + option(1, b"canary") + option(5, struct.pack("<Q", 3)) + END)
    )
    return b"".join(pieces)


def copied(tmp_path: Path, *fields: str) -> bytes:
    """Return the copy of that file."""
    path = tmp_path / "a.pcapng"
    path.write_bytes(capture())
    out = io.BytesIO()
    write_redacted([str(path)], frozenset(fields), None, out)
    return out.getvalue()


def test_comments_descriptions_keys_and_strangers_go(tmp_path: Path) -> None:
    assert capture().count(b"canary") > 10
    assert b"canary" not in copied(tmp_path)


def test_facts_stay(tmp_path: Path) -> None:
    files = [CaptureFile("x", io.BytesIO(octets), len(octets), 2**21) for octets in (capture(), copied(tmp_path))]
    batches = [list(each.batches()) for each in files]
    (before,), (after,) = batches
    assert before.time_ns.tolist() == after.time_ns.tolist()
    assert before.wire.tolist() == after.wire.tolist()
    assert [each.name for each in after.interfaces] == [each.name for each in before.interfaces] == ["eth0"]
    assert files[0].names["10.0.0.2"] == files[1].names["10.0.0.2"] == ["server.test"]
    assert "10.9.9.9" not in files[1].names


def test_names_are_replaced_as_everywhere(tmp_path: Path) -> None:
    octets = copied(tmp_path, *FIELDS)
    file = CaptureFile("x", io.BytesIO(octets), len(octets), 2**21)
    list(file.batches())
    assert "10.0.0.2" not in file.names and len(file.names) == 1
