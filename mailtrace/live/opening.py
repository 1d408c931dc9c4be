"""Opens a live capture: whoever may capture does so, files are made, and then all privileges are given up.

The order matters. What needs privileges comes first (sockets, dumpcap, files of root's), then whatever code may be
needed later is loaded, then privileges are dropped, and only then is there anybody who reads what was captured.
Who called `sudo` has files made by his own rights, after the drop: else he could have any file written over.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from mailtrace.capture.source import STANDARD_INPUT
from mailtrace.capture.streamed import PipedCapture
from mailtrace.errors import UnreadableInput, UsageError
from mailtrace.live import AUTO, DUMPCAP, WAYS, CaptureRequest, Source
from mailtrace.live.broker import Listener, open_listeners
from mailtrace.live.dumpcap import find_dumpcap, is_prompt, start_dumpcap
from mailtrace.live.filters import ports_filter
from mailtrace.live.interfaces import NetworkInterface, choose_interfaces
from mailtrace.live.loading import load_everything
from mailtrace.live.network import DumpcapCapture, SnifferCapture
from mailtrace.live.privileges import Identity, drop, may_open_sockets, ordinary_identity
from mailtrace.live.recorder import FileRecorder, open_record
from mailtrace.live.sniffer import start_sniffer
from mailtrace.model import Note

SMALL_BUFFER_BYTES = 16 * 2**20
"""A buffer of the kernel's below this is too small for busy servers, and worth a note."""

REMEDIES = (
    "let your user run dumpcap (on Debian and Ubuntu: sudo apt install wireshark-common, sudo dpkg-reconfigure "
    "wireshark-common, sudo usermod -aG wireshark $USER, and log in again), or start mailtrace with sudo (it gives up "
    "root before it reads a packet), or capture elsewhere and read the file with mailtrace analyze"
)
"""What to do without permission. Never capabilities for the Python binary: every program in Python had them then."""


@dataclass(frozen=True, slots=True)
class Open:
    """A live capture that has begun, and the record of it where one is wanted; see `live.Opened`."""

    source: Source
    recorder: FileRecorder | None


@dataclass(frozen=True, slots=True)
class _Files:
    """What of the user's is opened: the pipe to read, the file to record into."""

    pipe: int | None
    recorder: FileRecorder | None


def open_network(request: CaptureRequest) -> Open:
    """Begin to capture what `request` asks for; when it returns, no privileges are left. Raises: `MailtraceError`."""
    if request.via not in WAYS and (request.interfaces or request.filter is not None):
        raise UsageError("--via with a pipe takes all that comes through it: leave out -i and -f")
    identity = ordinary_identity()
    is_root = os.geteuid() == 0
    begun = _begin(request, identity) if request.via in WAYS else None
    files = None if identity.is_caller else _open_files(request, identity)
    if is_root:
        load_everything()
    drop(identity)
    if files is None:
        files = _open_files(request, None)
    if begun is not None:
        return Open(begun(), files.recorder)
    pipe = -1 if files.pipe is None else files.pipe
    return Open(PipedCapture(request.via, pipe, is_network=False), files.recorder)


def _begin(request: CaptureRequest, identity: Identity) -> Callable[[], Source]:
    """Do what privileges are needed for; return what makes a source of it once they are dropped."""
    interfaces = choose_interfaces(request.interfaces)
    name = _listed([each.name for each in interfaces])
    wanted = [(each, _filter(request, each)) for each in interfaces]
    try:
        path = _dumpcap(request.via, identity)
        if path is not None:
            return partial(DumpcapCapture, name, start_dumpcap(path, wanted, identity))
        return partial(_sniffed, name, open_listeners(wanted))
    except PermissionError:
        raise UnreadableInput(f"no permission to capture on {name}: {REMEDIES}") from None


def _filter(request: CaptureRequest, interface: NetworkInterface) -> str:
    """Return what of an interface is taken."""
    return ports_filter(request.ports, interface.link_type) if request.filter is None else request.filter


def _dumpcap(via: str, identity: Identity) -> str | None:
    """Return the path of dumpcap where it is to capture. Raises: `UnreadableInput`."""
    path = find_dumpcap(identity) if via in (AUTO, DUMPCAP) else None
    if via == DUMPCAP and path is None:
        raise UnreadableInput("there is no dumpcap that your user may run: install it, or use --via scapy as root")
    if via == AUTO and path is not None and may_open_sockets() and not is_prompt(path):
        return None
    return path


def _sniffed(name: str, listeners: Sequence[Listener]) -> Source:
    """Start the sniffer."""
    small = min(each.buffer_bytes for each in listeners)
    notes = []
    if small < SMALL_BUFFER_BYTES:
        message = f"the system gives {small // 1024:,} KB for packets that wait: under load some may be lost"
        notes.append(Note("small-buffer", message))
    return SnifferCapture(name, notes, start_sniffer(listeners))


def _open_files(request: CaptureRequest, owner: Identity | None) -> _Files:
    """Open the user's files; new ones are given to `owner`. Raises: `UnreadableInput`."""
    pipe = None if request.via in WAYS else _open_pipe(request.via)
    return _Files(pipe, open_record(request.write, request.ring, owner) if request.write is not None else None)


def _open_pipe(path: str) -> int:
    """Open a named pipe, or standard input for `-`, without waiting for who writes. Raises: `UnreadableInput`."""
    try:
        if path == STANDARD_INPUT:
            if os.isatty(0):
                raise UnreadableInput("standard input is the keyboard: pipe a capture into the command")
            return os.dup(0)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = error.strerror or error
        message = f"--via {path!r} cannot be opened ({reason}): give auto, scapy, dumpcap, or a pipe (mkfifo)"
        raise UnreadableInput(message) from None
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableInput(
            f"--via {path!r} is no pipe: a file is read by mailtrace analyze, with --follow as it grows"
        )
    os.set_blocking(descriptor, True)
    return descriptor


def _listed(names: Sequence[str]) -> str:
    """Return names as people list them."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
