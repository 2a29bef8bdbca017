"""A process that has imported everything and forks those that are killed.

No loop runs in it while it forks, so that a kill costs a tenth of a second, and not the start of a Python.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any

from tests.compiled_once import compiled_once

_FORKED = multiprocessing.get_context("fork")
Serve = Callable[[Connection, Any], Any]


@contextmanager
def nursery(answered: Serve) -> Iterator[Connection]:
    """The line to it, with which it ends: `answered` is called there with the line and all that is sent."""
    ours, theirs = _FORKED.Pipe()
    process = _FORKED.Process(target=_serve, args=(theirs, ours, answered))
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


def _serve(line: Connection, other_end: Connection, answered: Serve) -> None:
    other_end.close()
    with compiled_once(), suppress(EOFError, BrokenPipeError):
        while True:
            line.send(answered(line, line.recv()))


def make_ready() -> None:
    """To fork: only this thread is left, and what is there is looked through for garbage no more."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()
    gc.collect()
    gc.freeze()


def forked(work: Callable[..., Any], *given: Any, alarm: int) -> ForkProcess:
    """A process that does it. After `alarm` seconds it ends, for when nobody is left to kill it."""
    process = _FORKED.Process(target=_be_a_child, args=(work, given, alarm))
    process.start()
    return process


def _be_a_child(work: Callable[..., Any], given: tuple[Any, ...], alarm: int) -> None:
    signal.alarm(alarm)
    work(*given)


def killed(process: ForkProcess) -> int | None:
    """Its exit code: -9 unless it has come to its end before."""
    process.kill()
    process.join()
    return process.exitcode
