"""DNS over TCP: messages cut out of a stream by their lengths, with every cut and with holes."""

from __future__ import annotations

import struct

from mailtrace.model import Closed, Data, Dialogue, Gap, GapReason, Side, Transport
from mailtrace.protocols.dns.session import DnsSession
from tests.protocols.dns.datagrams import RESPONSE, TO_QUESTION, ask, message, record, violations

A = record(TO_QUESTION, 1, bytes([192, 0, 2, 1]))


def framed(wire: bytes) -> bytes:
    return struct.pack("!H", len(wire)) + wire


ASKED = [framed(message(id_, question=ask(f"host{id_}.example", 1))) for id_ in (1, 2, 3)]
ANSWERED = [framed(message(id_, RESPONSE, ask(f"host{id_}.example", 1), (A,))) for id_ in (2, 1, 3)]


def tcp(*pieces: tuple[Side, bytes | int]) -> Dialogue:
    """Feed pieces; a number is a hole of so many octets. The n-th is packet n."""
    session = DnsSession(Transport.TCP)
    for number, (side, piece) in enumerate(pieces, 1):
        if isinstance(piece, int):
            session.feed(Gap(side, piece, GapReason.LOST, number, number))
        elif piece:
            session.feed(Data(side, piece, number, number))
    for side in Side:
        session.feed(Closed(side, "fin", 99, 99))
    session.finish()
    return session.dialogue


def told(dialogue: Dialogue) -> list[tuple[str, str | None, tuple[str, ...]]]:
    return [(each.name, each.rcode, each.answers) for each in dialogue.lookups]


GOOD = [(f"host{id_}.example", "NOERROR", ("192.0.2.1",)) for id_ in (2, 1, 3)]


def test_pipelined_and_answered_out_of_order() -> None:
    """J187: pipelined and answered out of order."""
    dialogue = tcp((Side.CLIENT, b"".join(ASKED)), (Side.SERVER, b"".join(ANSWERED)))
    assert told(dialogue) == GOOD
    assert [each.packets for each in dialogue.lookups] == [(1, 2)] * 3
    assert dialogue.events == dialogue.lookups


def test_cut_at_every_place() -> None:
    """J187: cut at every place."""
    stream = b"".join(ANSWERED)
    for at in range(len(stream)):
        dialogue = tcp((Side.CLIENT, b"".join(ASKED)), (Side.SERVER, stream[:at]), (Side.SERVER, stream[at:]))
        assert told(dialogue) == GOOD
        assert violations(dialogue) == []


def test_octet_by_octet() -> None:
    """J187: octet by octet."""
    pieces = [(Side.CLIENT, bytes([octet])) for octet in b"".join(ASKED)]
    pieces += [(Side.SERVER, bytes([octet])) for octet in ANSWERED[0]]
    dialogue = tcp(*pieces)
    first = len(b"".join(ASKED))
    assert dialogue.lookups[0].packets == (
        *range(len(ASKED[0]) + 1, 2 * len(ASKED[0]) + 1),
        *range(first + 1, first + len(ANSWERED[0]) + 1),
    )


def test_hole_inside_a_message_costs_only_its_end() -> None:
    stream = b"".join(ANSWERED)
    first = len(ANSWERED[0])
    dialogue = tcp((Side.CLIENT, b"".join(ASKED)), (Side.SERVER, stream[: first - 4]), (Side.SERVER, 4),
                   (Side.SERVER, stream[first:]))  # fmt: skip
    assert told(dialogue) == [("host2.example", "NOERROR", ()), *GOOD[1:]]
    assert violations(dialogue) == []
    assert not dialogue.lookups[0].nodata


def test_hole_over_a_length_is_overcome_at_the_next_message() -> None:
    first = len(ANSWERED[0])
    second = len(ANSWERED[1])
    dialogue = tcp((Side.CLIENT, b"".join(ASKED)), (Side.SERVER, ANSWERED[0][: first - 4]), (Side.SERVER, 4 + 7),
                   (Side.SERVER, ANSWERED[1][7:]), (Side.SERVER, ANSWERED[2]))  # fmt: skip
    assert second > 7
    assert told(dialogue) == [("host2.example", "NOERROR", ()), GOOD[2], ("host1.example", None, ())]


def test_length_in_a_segment_of_its_own_after_a_hole() -> None:
    dialogue = tcp((Side.CLIENT, b"".join(ASKED)), (Side.SERVER, 100), (Side.SERVER, ANSWERED[2][:2]),
                   (Side.SERVER, ANSWERED[2][2:]))  # fmt: skip
    assert told(dialogue)[0] == GOOD[2]


def test_stream_that_ends_inside_a_message() -> None:
    """J187: stream that ends inside a message."""
    dialogue = tcp((Side.CLIENT, ASKED[0]), (Side.SERVER, ANSWERED[1][:-4]))
    assert told(dialogue) == [("host1.example", "NOERROR", ())]
    assert violations(dialogue) == ["cut-message"]


def test_empty_message() -> None:
    """J187: empty message."""
    assert violations(tcp((Side.CLIENT, b"\0\0"))) == ["short-message"]


def test_zone_transfer_is_one_lookup() -> None:
    """J190: zone transfer is one lookup."""
    question = ask("daum.net", 252)
    parts = [
        framed(message(7, RESPONSE, question, (A, A))),
        framed(message(7, RESPONSE, b"", (record(b"\0", 1, b"\1\2\3\4"),))),
    ]
    dialogue = tcp((Side.CLIENT, framed(message(7, question=question))), *[(Side.SERVER, part) for part in parts])
    lookup = dialogue.lookups[0]
    assert len(dialogue.lookups) == 1
    assert lookup.answers == ("daum.net. 300 A 192.0.2.1",) * 2 + (". 300 A 1.2.3.4",)
    assert lookup.packets == (1, 2, 3)
    assert violations(dialogue) == []
