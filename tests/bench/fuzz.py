"""A million inputs that a fuzzer makes of well-formed ones, guided by what they reach (A62).

    pip install -c constraints.txt '.[test,fuzz]'
    python -m tests.bench.fuzz [--runs 1000000] [--target command]

Each target of `tests/fuzzed.py` runs in a process of its own under atheris, which ends at the first input
that is neither read nor refused, and writes it into the folder where it was started.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_SECONDS = 3600
_MOST_BYTES = 4096
_SHARES = {"command": 0.4, "conversation": 0.002, "transaction": 0.4, "blueprint": 0.1, "services": 0.1}
"""How many of all inputs each target gets: what does more with one gets fewer."""


def fuzz(name: str, runs: int, corpus: Path) -> None:
    """Does not return: atheris ends the process."""
    import atheris

    with atheris.instrument_imports(include=["spaces", "bot", "appservice", "config"]):
        from tests.fuzzed import TARGETS, seeds
    for number, seed in enumerate(seeds(name)):
        (corpus / str(number)).write_bytes(seed)
    limits = [f"-runs={runs}", f"-max_len={_MOST_BYTES}", f"-max_total_time={_SECONDS}", "-seed=4"]
    atheris.Setup([name, *limits, "-print_final_stats=1", str(corpus)], TARGETS[name])
    atheris.Fuzz()


def main(arguments: argparse.Namespace) -> int:
    failed = 0
    for name in [arguments.target] if arguments.target else _SHARES:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            words = ["--one", name, "--runs", str(int(arguments.runs * _SHARES[name])), "--corpus", folder]
            ended = subprocess.run([sys.executable, "-m", "tests.bench.fuzz", *words], stderr=subprocess.PIPE)
        told = [line for line in ended.stderr.decode("utf-8", "replace").splitlines() if "executed" in line]
        print(f"{name:12} exit {ended.returncode}  {time.monotonic() - begun:6.0f} s  {' '.join(told)}")
        failed += ended.returncode != 0
        if ended.returncode:
            print(ended.stderr.decode("utf-8", "replace")[-3000:])
    return min(failed, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1_000_000, help="of all targets together")
    parser.add_argument("--target", default="")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    found = parser.parse_args()
    if found.one:
        fuzz(found.one, found.runs, found.corpus)
    sys.exit(main(found))
