"""How a process that runs for months keeps its memory."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def keep_together() -> None:
    """Call it once all modules are loaded, before any thread is started.

    One heap serves all threads: a thread for each connection with one of its own costs 7 MiB, which grow.
    Without glibc that is as it is. What was loaded is not looked at by the garbage collector again, which
    costs a tenth of a second each time (`gc.freeze`).
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
    gc.collect()
    gc.freeze()
