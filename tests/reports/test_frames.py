"""One packet drawn: the octets as Wireshark lists them, masked ones as stars, the layers as a tree."""

from __future__ import annotations

import io
import json

import pytest

from mailtrace.capture.dissect import Field, Layer, Tree
from mailtrace.explain.frame import FrameView, StreamRange
from mailtrace.explain.listing import ListingRow
from mailtrace.model import Side, Step, StepKind
from mailtrace.reports.frames import FRAME_FORMATS, hex_lines, write_frame

EVIL = "\x1b[31m\u202eevil\x07|`@x"


def view(text: str = "EHLO client", octets: bytes = b"EHLO client\r\n") -> FrameView:
    """Return a packet with a text everywhere a text can stand, the first two octets masked."""
    return FrameView(
        row=ListingRow(76, 33_931_648_000, text, "serverA", "SMTP", 79, text),
        octets=octets,
        hidden=((0, 2),),
        tree=Tree(
            (Layer("Ethernet", 0, 14, (Field("type", text), Field("options", "", (Field("an option", text),)))),), 13
        ),
        said=Layer("SMTP", 66, 13, (Field("Command", text),)),
        conversation=None,
        title="",
        steps=(Step(6, StepKind.COMMAND, (76,), (), 0, 0, Side.CLIENT, "a", "b", (text,), f"It greets {text}."),),
        range=StreamRange(Side.CLIENT, 1, 13, (None, text.encode("utf-8", "surrogateescape") + b"\r\n\xff")),
    )


def written(name: str, bytes_only: bool = False, text: str = "EHLO client") -> str:
    """Return a packet in one of the formats."""
    out = io.BytesIO()
    write_frame(name, view(text), bytes_only, out)
    return out.getvalue().decode()


def test_octets_sixteen_a_line() -> None:
    assert hex_lines(bytes(range(0x3A, 0x3A + 18)), ()) == [
        "0000  3a 3b 3c 3d 3e 3f 40 41  42 43 44 45 46 47 48 49  :;<=>?@ABCDEFGHI",
        "0010  4a 4b                                             JK",
    ]
    assert hex_lines(b"", ()) == []


def test_masked_octets_are_stars() -> None:
    assert hex_lines(b"PASS kim\r\n", ((5, 8),)) == [
        "0000  50 41 53 53 20 ** ** **  0d 0a                    PASS ***..",
    ]


def test_masks_end_with_the_octets() -> None:
    assert hex_lines(b"ab", ((1, 9),)) == ["0000  61 **                                             a*"]


def test_terminal() -> None:
    assert written("terminal").splitlines() == [
        "Packet 76: EHLO client → serverA, SMTP, at 33.931648 s, 79 octets, 13 of them",
        "captured",
        "EHLO client",
        "Step 6: It greets EHLO client.",
        "Octets 1-13 of what the client says",
        "",
        "SMTP (octets 66-78)",
        "  Command  EHLO client",
        "",
        "Ethernet (octets 0-13)",
        "  type     EHLO client",
        "  options",
        "    an option  EHLO client",
        "",
        "0000  ** ** 4c 4f 20 63 6c 69  65 6e 74 0d 0a           **LO client..",
    ]


def test_markdown() -> None:
    lines = written("markdown").splitlines()
    assert lines[0] == "## Packet 76: EHLO client → serverA, SMTP, at 33.931648 s, 79 octets, 13 of them captured"
    assert "**SMTP (octets 66-78)**" in lines
    assert lines.count("```text") == lines.count("```") == 3


def test_json() -> None:
    record = json.loads(written("json"))
    assert record["schema"] == "mailtrace-frame/1"
    assert (record["number"], record["time_s"], record["length"]) == (76, 33.931648, 79)
    assert record["octets"][:4] == ["**", "**", "4c", "4f"]
    assert record["said"]["fields"] == [{"name": "Command", "value": "EHLO client"}]
    assert record["layers"][0]["fields"][1]["fields"] == [{"name": "an option", "value": "EHLO client"}]
    assert record["steps"] == [{"walkthrough": "", "number": 6, "means": "It greets EHLO client."}]
    assert record["range"] == {"side": "client", "first": 1, "last": 13, "lines": ["********EHLO client\r\n", "\\xff"]}


@pytest.mark.parametrize("name", ["terminal", "markdown"])
def test_bytes_only(name: str) -> None:
    lines = [line for line in written(name, bytes_only=True).splitlines() if line and not line.startswith("```")]
    assert lines == ["Octets 1-13 of what the client says", "********EHLO client\\r\\n", "\\xff"]


def test_bytes_only_in_json() -> None:
    assert set(json.loads(written("json", bytes_only=True))) == {"schema", "number", "range"}


def test_no_range() -> None:
    out = io.BytesIO()
    empty = view()
    write_frame(
        "terminal",
        FrameView(empty.row, b"", (), Tree((), 0, "scapy failed"), None, None, "", (), None),
        True,
        out,
    )
    assert out.getvalue() == b"The packet carries no octets of a TCP conversation that is listed.\n"


@pytest.mark.parametrize("name", FRAME_FORMATS)
@pytest.mark.parametrize("bytes_only", [False, True])
def test_text_from_the_wire_is_made_safe(name: str, bytes_only: bool) -> None:
    shown = written(name, bytes_only, EVIL)
    assert not {"\x1b", "\u202e", "\x07"} & set(shown)
