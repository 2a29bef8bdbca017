"""A million inputs that a fuzzer makes of well-formed ones, guided by what they reach (A62).

    pip install -c constraints.txt '.[test,fuzz]'
    python -m tests.bench.fuzz [--runs 1000000] [--target command]

Each target of `tests/fuzzed.py` runs in a process of its own under atheris, which ends at the first input
that is neither read nor refused, and writes it into the folder where it was started. Half of the inputs are
changed byte by byte, half so that they keep their shape (`tests/mutated.py`).
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

_SECONDS = 3600
_SLOWEST_SECONDS = 20
_MOST_BYTES = {"command": 1024, "conversation": 1024, "blueprint": 2048}
_USUAL_BYTES = 4096
_OURS = ("spaces", "bot", "appservice", "config")
_MEMORY = Path("/dev/shm")
_SHARES = {
    "transaction": 0.35,
    "services": 0.1,
    "sheet": 0.135,
    "blueprint": 0.06,
    "conversation": 0.005,
    "command": 0.35,
}
"""How many of all inputs each target gets: what does more with one gets fewer."""
_UNDER_TEST = {
    "command": (
        *("bot.scanning", "bot.arguments", "bot.conversion", "bot.command", "bot.reading", "bot.nearby"),
        *("bot.permissions", "bot.suggestions", "spaces.finding", "spaces.access"),
    ),
    "transaction": (
        *("appservice.server", "appservice.gate", "appservice.inbox", "appservice.event", "bot.address"),
        *("appservice.hearing", "appservice.listeners", "appservice.readback", "appservice.key_news"),
    ),
    "services": (
        "appservice.hsds.reading",
        "appservice.hsds.entries",
        "appservice.hsds.checking",
        "spaces.open_referral",
        "spaces.hsds",
    ),
    "sheet": ("appservice.hsds.sheets", "appservice.hsds.entries", "spaces.open_referral"),
    "blueprint": ("config.blueprints", "config.documents", "spaces.blueprint", "spaces.blueprint_checks"),
    "conversation": ("bot",),
}
"""What tells the fuzzer where an input has come; to watch all modules would take most of the time."""


def fuzz(name: str, runs: int, corpus: Path) -> None:
    """Does not return: atheris ends the process."""
    import atheris
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with atheris.instrument_imports(include=list(_OURS), exclude=list(_left_alone(_UNDER_TEST[name]))):
        from tests.fuzzed import TARGETS
    from tests.mutated import mutated
    from tests.well_formed import seeds

    known = seeds(name)

    def tries(data: bytes) -> None:
        TARGETS[name](data)

    def change(data: bytes, most: int, seed: int) -> bytes:
        chance = Random(seed)
        changed = mutated(data, known, chance) if chance.random() < 0.5 else b""
        return changed if 0 < len(changed) <= most else bytes(atheris.Mutate(data, most))

    for number, one in enumerate(known):
        (corpus / str(number)).write_bytes(one)
    limits = [
        f"-runs={runs}",
        f"-max_len={_MOST_BYTES.get(name, _USUAL_BYTES)}",
        f"-max_total_time={_SECONDS}",
        "-seed=4",
    ]
    limits += [f"-timeout={_SLOWEST_SECONDS}", "-print_final_stats=1", "-reload=0"]
    atheris.Setup([name, *limits, str(corpus)], tries, custom_mutator=change)
    atheris.Fuzz()


def _left_alone(watched: tuple[str, ...]) -> Iterator[str]:
    """All modules of ours but those that are `watched`, or are in one of them."""
    for package in _OURS:
        for file in Path(package).rglob("*.py"):
            module = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
            if not any(f"{module}.".startswith(f"{one}.") for one in watched):
                yield module


def run(name: str, runs: int) -> bool:
    """Whether all of them were read or refused; says how many it were, and what was not."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        words = ["--one", name, "--runs", str(runs), "--corpus", str(corpus)]
        ended = subprocess.run(
            [sys.executable, "-m", "tests.bench.fuzz", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": folder},
        )
    told = ended.stdout.decode("utf-8", "replace")
    made = re.search(r"number_of_executed_units: (\d+)", told)
    count = int(made[1]) if made else 0
    print(
        f"{name:12} exit {ended.returncode}  {time.monotonic() - begun:6.0f} s  {count:9,} inputs", flush=True
    )
    if ended.returncode:
        print(told[-4000:], flush=True)
    return ended.returncode == 0 and count >= runs


def main(arguments: argparse.Namespace) -> int:
    begun = time.monotonic()
    names = [arguments.target] if arguments.target else _SHARES
    went_well = [run(name, round(arguments.runs * _SHARES[name])) for name in names]
    print(f"{time.monotonic() - begun:.0f} s, {'nothing' if all(went_well) else 'something'} was found")
    return 0 if all(went_well) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1_000_000, help="of all targets together")
    parser.add_argument("--target", default="", choices=["", *_SHARES])
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    found = parser.parse_args()
    if found.one:
        fuzz(found.one, found.runs, found.corpus)
    sys.exit(main(found))
