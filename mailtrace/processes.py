"""A second core, where there is one: `ahead` makes the next items in a child process, `behind` has a child use them.

It is a plain fork: the child has all that its parent has, does its part and is gone, and what is exchanged is made of
records. Results are the same without it; `SEVERAL` tells whether it is worth it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO, TypeVar

import msgspec

from mailtrace.errors import MailtraceError

SEVERAL = sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1
"""Whether this system forks safely and has a second core."""

SIZE_BYTES = 8
"""Octets that tell the size of what follows in a pipe."""

FAILED = 255
"""Exit code of a child that could not do its work, when it is no error of the system; those exit with their number."""

T = TypeVar("T")


def ahead(items: Iterator[T], kind: Any) -> Iterator[T]:
    """Yield `items`, records of type `kind` (a type or a union), while a child process makes the next ones.

    Raises: `MailtraceError` when the child ends before its work is done.
    """
    reading, writing = os.pipe()
    child = _fork(lambda: _send(items, writing))
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


@contextmanager
def behind(work: Callable[[T], None], kind: Any) -> Iterator[Callable[[T], None]]:
    """Give a function that sends items, records of type `kind`, to a child process, which does `work` with each.

    Raises: `OSError` as `work` met it in the child, `MailtraceError` when the child ended before its work was done.
    """
    reading, writing = os.pipe()

    def use() -> None:
        os.close(writing)  # else the pipe would never end
        for item in _received(reading, kind):
            work(item)

    child = _fork(use)
    os.close(reading)
    try:
        with os.fdopen(writing, "wb") as pipe:
            yield partial(_put, pipe, msgspec.msgpack.Encoder().encode)
    except BrokenPipeError:
        pass  # the child has ended: its exit code says why
    except BaseException:  # what it has is not wanted any more
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if 0 < code < FAILED:
        raise OSError(code, os.strerror(code))
    if code:
        raise MailtraceError("the process that writes the results ended too early: there may be too little memory")


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
    except OSError as error:
        code = error.errno or FAILED
    except BaseException:
        sys.excepthook(*sys.exc_info())  # a fault of ours must not be silent because it is in a child
    finally:
        os._exit(code)


def _send(items: Iterator[T], writing: int) -> None:
    encode = msgspec.msgpack.Encoder().encode
    with os.fdopen(writing, "wb") as pipe:
        for item in items:
            _put(pipe, encode, item)


def _put(pipe: BinaryIO, encode: Callable[[Any], bytes], item: Any) -> None:
    octets = encode(item)
    pipe.write(len(octets).to_bytes(SIZE_BYTES, "big"))
    pipe.write(octets)
    pipe.flush()


def _received(reading: int, kind: Any) -> Iterator[Any]:
    """Yield what was put into the other end; one that is cut short is left out: the other process has failed."""
    decode = msgspec.msgpack.Decoder(kind).decode
    with os.fdopen(reading, "rb") as pipe:
        while size := pipe.read(SIZE_BYTES):
            octets = pipe.read(int.from_bytes(size, "big"))
            if len(octets) == int.from_bytes(size, "big"):
                yield decode(octets)
