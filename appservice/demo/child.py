"""Runs a module as a child process that ends when its parent does, however the parent ends.

`python -m appservice.demo.child MODULE ARGUMENT…`. The parent holds the other end of the standard
input; the system closes it with the parent.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    del sys.argv[0]  # the module sees its own name there, as if it had been run by itself
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
