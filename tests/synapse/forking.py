"""Processes of `hedgerow` without the three seconds of CPU that each takes to import what it needs.

A nursery has imported it once, and forks for each command. What is forked reads its settings, opens its
databases and ends as a process that was started anew does; tests/synapse/test_demo.py starts some so.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_REQUEST_BYTES = 1 << 20
_ROOT = Path(__file__).parents[2]


class Forked:
    """One process of `hedgerow`, held as `subprocess.Popen` holds one."""

    def __init__(
        self, words: Sequence[str], environ: Mapping[str, str], out: int, err: int, before: str
    ) -> None:
        """Begin. `before` are lines of Python that are run first; `out` and `err` are descriptors."""
        self._line, theirs = socket.socketpair()
        wanted = {"words": [*words], "environ": dict(environ), "cwd": str(Path.cwd()), "before": before}
        with theirs:
            socket.send_fds(_nursery(), [json.dumps(wanted).encode()], [out, err, theirs.fileno()])
        self.pid = self._read()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        if self.returncode is None and select.select([self._line], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            if not select.select([self._line], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("hedgerow", timeout or 0)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # its end may be on its way to us
                os.kill(self.pid, number)

    def _end(self) -> None:
        self.returncode = self._read()
        self._line.close()

    def _read(self) -> int:
        said = b""
        while not said.endswith(b"\n"):
            got = self._line.recv(1)
            if not got:
                raise RuntimeError("the nursery of hedgerow has ended")
            said += got
        return int(said)


@cache
def _nursery() -> socket.socket:
    """The line to the nursery of this process; it ends when we do."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        lines = f"from tests.synapse.forking import serve; serve({theirs.fileno()})"
        nursery = subprocess.Popen(
            [sys.executable, "-c", lines],
            cwd=_ROOT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    atexit.register(_close, ours, nursery)
    return ours


def _close(line: socket.socket, nursery: subprocess.Popen[bytes]) -> None:
    line.close()
    nursery.wait()


# -- the nursery ------------------------------------------------------------------------------------


def serve(line: int) -> None:
    """Fork for each request that comes on this descriptor, until nobody is left to ask."""
    for needed in ("appservice.app", "appservice.cli"):
        importlib.import_module(needed)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=line) as requests:
        while True:
            wanted, descriptors, _, _ = socket.recv_fds(requests, _REQUEST_BYTES, 3)
            if not wanted:
                return
            if os.fork() == 0:
                requests.close()
                _keep(json.loads(wanted), *descriptors)
            for descriptor in descriptors:
                os.close(descriptor)


def _keep(wanted: dict[str, Any], out: int, err: int, line: int) -> None:
    """Begin the process, and tell its id, and in the end its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(line)
        _become(wanted, out, err)
    os.close(out)
    os.close(err)
    with contextlib.suppress(OSError):  # who asked may have gone
        os.write(line, b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        os.write(line, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(wanted: dict[str, Any], out: int, err: int) -> None:
    for descriptor, standard in ((out, 1), (err, 2)):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["environ"])
    sys.argv = ["hedgerow", *wanted["words"]]
    os._exit(_run(wanted["before"]))


def _run(before: str) -> int:
    """Run it as a program is run, to its exit code."""
    from appservice.cli import main

    code: object = 0
    try:
        exec(before)
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)
