"""Sharing the work with child processes changes no result, and a child that fails says so as the parent would."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mailtrace.analyzer import Done, Read, packed
from mailtrace.cli import main
from mailtrace.errors import MailtraceError
from mailtrace.mail.kept import Kept
from mailtrace.model import Dialogue, Login
from mailtrace.processes import FEW_ITEMS, SEVERAL, ahead, in_turns
from tests.reports.analyses import submission
from tests.support import SAMPLES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")

BIG = "x" * 300_000  # does not fit into a pipe at once


def test_items_made_ahead_arrive_in_order() -> None:
    """What the child yields is what the parent gets, records larger than a pipe included."""
    assert list(ahead(iter([["a"], [BIG], []]), list[str])) == [["a"], [BIG], []]


def test_a_child_has_a_child() -> None:
    """Three processes in a row: each uses what the next makes."""
    items = ahead(iter([["a"], [BIG], ["b", "c"]]), list[str])
    assert list(ahead(map(len, items), int)) == [1, 1, 2]


def test_a_child_ends_with_its_parent() -> None:
    """Who stops reading leaves no process behind, whatever it still has to do."""
    reading, writing = os.pipe()

    def endless() -> Iterator[str]:
        while True:
            yield BIG

    items = ahead(ahead(endless(), str), str)
    assert next(items) == BIG
    items.close()
    os.close(writing)
    assert os.read(reading, 1) == b""  # the children have it open while they live
    os.close(reading)


def test_a_child_that_is_killed_is_told() -> None:
    """The kernel kills where memory is short: that must not look like a capture that ends here."""

    def items() -> Iterator[list[str]]:
        yield ["a"]
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(MailtraceError, match="reads the capture ended too early"):
        list(ahead(items(), list[str]))
    with pytest.raises(MailtraceError, match="reads the capture ended too early"):
        list(ahead(ahead(items(), list[str]), list[str]))


@pytest.mark.parametrize("kind", [Read, Done], ids=["read", "done"])
def test_all_that_is_exchanged_can_be(kind: object) -> None:
    """Every record in what is sent has a form to be sent in: new events are told apart by name."""
    assert msgspec.msgpack.Decoder(kind).type == kind


@pytest.mark.skipif(not SEVERAL, reason="one core")
@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.pcapng")), ids=lambda path: path.stem)
def test_shared_work_has_the_same_result(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON Lines are the same octets, however many processes made them."""
    written = []
    for number, large_bytes in enumerate((0, 1 << 40)):
        monkeypatch.setattr("mailtrace.analyzer.LARGE_BYTES", large_bytes)
        out = tmp_path / f"{number}.jsonl"
        monkeypatch.setattr("sys.argv", ["mailtrace", "analyze", str(sample), "--format", "jsonl", "-o", str(out)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in (0, 4)
        written.append(out.read_bytes())
    assert written[0] == written[1]


def test_text_that_has_no_octets_is_sent_all_the_same() -> None:
    """Python's UTF-7 makes lone surrogates of what some mails hold; what goes to another process spells them out."""
    kept = Kept(Dialogue(), None, [])
    kept.dialogue.logins.append(Login("PLAIN", "lee\ud800", True, ()))
    sent = packed(lambda conversation: kept, submission().conversations[0])
    assert msgspec.msgpack.decode(bytes(sent), type=Kept).dialogue.logins[0].user == "lee\\ud800"


@pytest.mark.skipif(not SEVERAL, reason="one core")
@pytest.mark.parametrize("many", [0, 1, FEW_ITEMS, FEW_ITEMS + 1, FEW_ITEMS + 2])
def test_work_that_is_done_in_turns_is_whole(many: int) -> None:
    """Few things or many, an odd number or an even one: all come, in order."""
    assert list(in_turns(lambda number: number * number, many, int)) == [number * number for number in range(many)]
