"""A second core, where there is one: `ahead` reads in a child process, `Aside` writes in one.

Both are plain forks: the child has all that its parent has, does its part and is gone, and what is exchanged is made of
the model's records. Results are the same without them; `SEVERAL` tells whether they are worth it.
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

FAILED, READER_GONE = 1, 2
"""Exit codes of a child: it failed, or nobody reads its output any more."""

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
        raise MailtraceError("the process that reads the capture was ended; is there enough memory?")


class Aside:
    """Does one piece of work after the other, each in a child process, while the parent goes on."""

    def __init__(self) -> None:
        self._child: int | None = None

    def do(self, work: Callable[[], None]) -> None:
        """Begin `work` when the work before it is done."""
        self.wait()
        self._child = _fork(work)

    def wait(self) -> None:
        """Return when the last work is done. Raises: `BrokenPipeError`, `MailtraceError` as it did."""
        if self._child is None:
            return
        _, status = os.waitpid(self._child, 0)
        self._child = None
        if os.waitstatus_to_exitcode(status) == READER_GONE:
            raise BrokenPipeError
        if status:
            raise MailtraceError("the process that writes the report was ended; is there enough memory or disk?")


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
    except BrokenPipeError:
        code = READER_GONE
    except OSError as error:
        print(f"mailtrace: {error.strerror}", file=sys.stderr)
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
