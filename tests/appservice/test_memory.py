"""A service keeps its memory in one heap, and what it has loaded out of the collector's sight."""

from __future__ import annotations

import os
import subprocess
import sys

# How many heaps four threads take that ask for memory at the same time: each but the first is a piece of
# address space of 64 MiB, most of which may not be used yet.
_HEAPS = """
import threading
def ask(together):
    together.wait()
    kept.append([bytes(100_000) for _ in range(20)])
    together.wait()
kept, together = [], threading.Barrier(4)
threads = [threading.Thread(target=ask, args=(together,)) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
heaps = 0
for line in open("/proc/self/maps"):
    span, access = line.split()[:2]
    start, end = (int(part, 16) for part in span.split("-"))
    heaps += access == "---p" and 32 << 20 < end - start < 64 << 20
print(heaps)
"""
_FROZEN = "import gc; print(gc.get_freeze_count())"
_KEPT_TOGETHER = "from appservice.memory import keep_together; keep_together()\n"


def _printed(program: str) -> int:
    """By a process of its own, in which nothing is said of malloc's heaps but by itself."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(ran.stdout)


def test_all_threads_share_one_heap() -> None:
    assert _printed(_HEAPS) > 0
    assert _printed(_KEPT_TOGETHER + _HEAPS) == 0


def test_what_was_loaded_is_not_collected_again() -> None:
    assert _printed(_FROZEN) == 0
    assert _printed(_KEPT_TOGETHER + _FROZEN) > 1000
