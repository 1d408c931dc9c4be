"""A second core, where there is one: `ahead` makes the next items in a child process, which may have one of its own.

It is a plain fork: the child has all that its parent has, does its part and is gone, and what it sends is made of
records. Results are the same without it; `SEVERAL` tells whether it is worth it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Queue
from threading import Thread
from typing import Any, TypeVar

import msgspec

from mailtrace.errors import MailtraceError

SEVERAL = sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1
"""Whether this system forks safely and has a second core."""

SIZE_BYTES = 8
"""Octets that tell the size of what follows in a pipe."""

PIPE_BYTES = 1 << 20
"""Octets that a pipe holds, as many as any user may ask for: the usual 64 KiB wake both sides far more often."""

WAITING_ITEMS = 2
"""Items made and not yet read: enough that neither side waits when the other takes longer for one."""

T = TypeVar("T")

FEW_ITEMS = 8
"""So few items are made sooner than a child is there."""

FAILED = 1
"""Exit code of a child that could not do its work."""


def ahead(items: Iterator[Any], kind: Any) -> Iterator[Any]:
    """Yield `items`, received as records of type `kind` (a type or a union), while a child process makes the next ones.

    Raises: `MailtraceError` when the child ends before its work is done.
    """
    from fcntl import F_SETPIPE_SZ, fcntl  # which not every system has

    reading, writing = os.pipe()
    with suppress(OSError):  # where there is no more to give, it is only slower
        fcntl(writing, F_SETPIPE_SZ, PIPE_BYTES)

    def send() -> None:
        os.close(reading)  # else the pipe would not break when the parent ends
        _send(items, writing)

    child = _fork(send)
    os.close(writing)
    try:
        yield from _received(reading, kind)
    except (GeneratorExit, KeyboardInterrupt):  # else it would wait for ever to be read
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    if status:
        raise MailtraceError("the process that reads the capture ended too early: there may be too little memory")


def in_turns(make: Callable[[int], T], many: int, kind: Any) -> Iterator[T]:
    """Yield what `make` makes, records of type `kind`, of 0, 1, 2 and so on: of every other number in a child process.

    Raises: `MailtraceError` as `ahead` does.
    """
    if many <= FEW_ITEMS:
        yield from map(make, range(many))
        return
    theirs = ahead(map(make, range(0, many, 2)), kind)
    for number in range(1, many, 2):
        yield next(theirs)
        yield make(number)
    yield from theirs


def _fork(work: Callable[[], None]) -> int:
    """Do `work` in a child process; return its number."""
    child = os.fork()
    if child:
        return child
    code = FAILED
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        gc.disable()  # it ends soon, and looking for garbage would copy the parent's memory
        work()
        code = 0
    except (OSError, MailtraceError):
        pass  # the parent has ended, or will tell that a child of its child did
    except BaseException:
        sys.excepthook(*sys.exc_info())  # a fault of ours must not be silent because it is in a child
    finally:
        os._exit(code)


def _send(items: Iterator[Any], writing: int) -> None:
    """Write items as they are made; a thread waits for the pipe, so that the work need not."""
    encode = msgspec.msgpack.Encoder().encode
    waiting: Queue[bytes] = Queue(WAITING_ITEMS)
    writer: Thread | None = None
    for item in items:
        if writer is None:  # not sooner: the first item forks, if the items come from a child
            writer = Thread(target=_write, args=(waiting, writing), daemon=True)
            writer.start()
        waiting.put(encode(item))
    if writer is not None:
        waiting.put(b"")
        writer.join()


def _write(waiting: Queue[bytes], writing: int) -> None:
    """Write what waits, up to an empty one; without a reader there is nothing left to do for anybody."""
    try:
        with os.fdopen(writing, "wb", 0) as pipe:
            while octets := waiting.get():
                for part in (len(octets).to_bytes(SIZE_BYTES, "big"), octets):
                    left = memoryview(part)
                    while left:
                        left = left[pipe.write(left) :]
    except OSError:
        os._exit(FAILED)


def _received(reading: int, kind: Any) -> Iterator[Any]:
    """Yield what was put into the other end; one that is cut short is left out: the other process has failed."""
    decode = msgspec.msgpack.Decoder(kind).decode
    with os.fdopen(reading, "rb") as pipe:
        while size := pipe.read(SIZE_BYTES):
            octets = pipe.read(int.from_bytes(size, "big"))
            if len(octets) == int.from_bytes(size, "big"):
                yield decode(octets)
