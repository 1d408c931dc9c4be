"""Live capture: frames as they come, handed by one thread to another, and what a person sees meanwhile.

The capture thread takes frames from a `Source`, gives them to the `Recorder` if there is one, and puts them into a
queue of limited size (`handover`); it never waits for the analysis where the network would not wait for it. The thread
that understands takes them from there through the same pipeline as those of a file. Both end when the source does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from mailtrace.model import Interface, Note, RawBatch

LATENCY_SECONDS = 0.05
"""How long a source may keep a frame, to hand out several together: a step is on screen 250 ms after its packet."""

AUTO, SCAPY, DUMPCAP = "auto", "scapy", "dumpcap"
WAYS = (AUTO, SCAPY, DUMPCAP)
"""The words `--via` knows; anything else is the path of a pipe.

`auto` prefers dumpcap. Those who may open sockets get them instead of a dumpcap that keeps packets for too long.
"""


class Source(Protocol):
    """Where frames come from while they are captured: sockets, dumpcap, a pipe, a file that grows.

    `batches`, `take_secrets` and the properties are used by the capture thread; `stop` is called by another one, or by
    a signal handler. Facts grow while `batches` is consumed, as those of a `CaptureFile` do, and stay afterwards.
    """

    @property
    def name(self) -> str:
        """What is captured, as the report calls it: `lo`, `eth0 and eth1`, the name of a file."""

    @property
    def is_network(self) -> bool:
        """Whether frames are stamped as they come and lost if nobody takes them; a file or pipe waits, and is older."""

    @property
    def interfaces(self) -> Sequence[Interface]:
        """The interfaces seen so far, with their names; batches refer to them by index."""

    @property
    def names(self) -> dict[str, list[str]]:
        """Names that the capture itself gives for addresses; empty for a network."""

    @property
    def notes(self) -> list[Note]:
        """What the user should know: an interface went down, damage in a file. The losses in `dropped` are not here."""

    @property
    def dropped(self) -> int:
        """Packets that the kernel or the capturing program lost so far, over all interfaces; never falls."""

    def batches(self) -> Iterator[RawBatch]:
        """Yield frames soon after they came (`LATENCY_SECONDS`), numbered from 1 without a hole; may block meanwhile.

        It ends after `stop`, when what had been captured by then is out, or when nothing can come any more.
        Never raises because of what is captured. Raises: `MailtraceError` when capturing itself fails at the start.
        """

    def take_secrets(self) -> list[bytes]:
        """Return the keys for TLS that were captured since the last call: those before the batch that came last."""

    def stop(self) -> None:
        """Let `batches` end within a fraction of a second, wherever it waits. May be called twice, and never raises."""

    def close(self) -> None:
        """Give everything back: sockets, files, child processes."""


class Recorder(Protocol):
    """Writes what is captured (`-w`), so that the file is complete and valid after each batch."""

    def write(self, batch: RawBatch) -> None:
        """Append frames. A full disk is no reason to raise: it becomes a note, and the analysis goes on."""

    @property
    def notes(self) -> list[Note]:
        """What went wrong with writing."""

    def close(self, dropped: int) -> None:
        """Finish the file; `dropped` packets of those that should be in it were lost before."""


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """What of the network the user wants.

    `filter` is a BPF expression, '' for everything, None for packets of `ports`. `via` is auto, scapy, dumpcap or the
    path of a pipe. `write` is the file to record into, `ring` how large in octets it may grow before the next is begun,
    and how many files are kept.
    """

    interfaces: tuple[str, ...]
    filter: str | None
    via: str = "auto"
    write: str | None = None
    ring: tuple[int, int] | None = None
    ports: tuple[int, ...] = ()


class Opened(Protocol):
    """What `opening.open_network(request)` gives; when it returns, no privileges are left. Raises: `MailtraceError`.

    Ctrl-C is for us alone: child processes stand in a process group of their own, and end with `source.stop`.
    """

    source: Source
    recorder: Recorder | None
