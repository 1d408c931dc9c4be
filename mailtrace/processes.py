"""A second core, where there is one: `ahead` makes the next items in a child process.

It is a plain fork: the child has all that its parent has, does its part and is gone, and what is exchanged is made of
records. Results are the same without it; `SEVERAL` tells whether it is worth it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from mailtrace.errors import MailtraceError

SEVERAL = sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1
"""Whether this system forks safely and has a second core."""

SIZE_BYTES = 8
"""Octets that tell the size of what follows in a pipe."""

FAILED = 1
"""Exit code of a child that could not do its work."""

T = TypeVar("T")


def ahead(items: Iterator[T], kind: Any) -> Iterator[T]:
    """Yield `items`, records of type `kind` (a type or a union), while a child process makes the next ones.

    Raises: `MailtraceError` when the child ends before its work is done.
    """
    reading, writing = os.pipe()
    child = _fork(lambda: _send(items, writing))
    os.close(writing)
    decode = msgspec.msgpack.Decoder(kind).decode
    with os.fdopen(reading, "rb") as pipe:
        try:
            while size := pipe.read(SIZE_BYTES):
                yield decode(pipe.read(int.from_bytes(size, "big")))
        except msgspec.DecodeError:
            pass  # cut short: the child's exit code says so
        except (GeneratorExit, KeyboardInterrupt):  # else it would wait for ever to be read
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            _, status = os.waitpid(child, 0)
    if status:
        raise MailtraceError("the process that reads the capture ended too early: there may be too little memory")


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
    finally:
        os._exit(code)


def _send(items: Iterator[T], writing: int) -> None:
    encode = msgspec.msgpack.Encoder().encode
    with os.fdopen(writing, "wb") as pipe:
        for item in items:
            octets = encode(item)
            pipe.write(len(octets).to_bytes(SIZE_BYTES, "big"))
            pipe.write(octets)
            pipe.flush()
