"""Sharing the work with child processes changes no result, and a child that fails says so as the parent would."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mailtrace.analyzer import CaptureRead, Piece
from mailtrace.cli import main
from mailtrace.errors import MailtraceError
from mailtrace.mail.correlator import Understood
from mailtrace.model import CaptureInfo
from mailtrace.processes import SEVERAL, ahead, behind
from tests.support import SAMPLES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")

BIG = "x" * 300_000  # does not fit into a pipe at once


def test_items_made_ahead_arrive_in_order() -> None:
    """What the child yields is what the parent gets, records larger than a pipe included."""
    assert list(ahead(iter([["a"], [BIG], []]), list[str])) == [["a"], [BIG], []]


def test_items_sent_behind_are_used_in_order() -> None:
    """The child has used everything when the block is left."""
    reading, writing = os.pipe()

    def use(item: list[str]) -> None:
        os.write(writing, f"{len(item)}:{sum(map(len, item))} ".encode())

    with behind(use, list[str]) as send:
        send(["a", "bc"])
        send([BIG])
        send([])
    os.close(writing)
    assert os.read(reading, 100) == b"2:3 1:300000 0:0 "
    os.close(reading)


def test_an_error_of_the_system_in_the_child_is_one_of_the_parent() -> None:
    """A full disk is met by the child that writes; the parent raises it, whether it still sends or not."""

    def use(item: list[str]) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with pytest.raises(OSError, match="No space left") as caught, behind(use, list[str]) as send:
        for _ in range(100):
            send([BIG])
    assert caught.value.errno == errno.ENOSPC


def test_a_child_that_is_killed_is_told() -> None:
    """The kernel kills where memory is short: that must not look like a capture that ends here."""

    def die(item: object = None) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def items() -> Iterator[list[str]]:
        yield ["a"]
        die()

    with pytest.raises(MailtraceError, match="reads the capture ended too early"):
        list(ahead(items(), list[str]))
    with pytest.raises(MailtraceError, match="writes the results ended too early"), behind(die, list[str]) as send:
        send(["a"])


@pytest.mark.parametrize("kind", [Piece | CaptureRead, Understood | CaptureInfo], ids=["read", "understood"])
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
