"""A million inputs that a fuzzer makes of well-formed ones, guided by what they reach (A62).

    pip install -c constraints.txt '.[test,fuzz]'
    python -m tests.bench.fuzz [--runs 1000000] [--target command]
    python -m tests.bench.fuzz --hours 24 [--corpus FOLDER] [--target command]

Each target of `tests/fuzzed.py` runs in a process of its own under atheris, which ends at the first input
that is neither read nor refused, and writes it into the folder where it was started. Half of the inputs are
changed byte by byte, half so that they keep their shape (`tests/mutated.py`).

With `--hours`, of a processor's time, the targets take turns of some minutes until each has had its part.
Inputs that reach something new are kept in FOLDER, and how long each target has taken: whoever breaks it off
goes on there with the same words. Time spent on other sources does not count. A target that has found
something has no more turns.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

_SECONDS = 3600
_TURN_SECONDS = 600
_HOUR = 3600.0
_FOREVER = -1
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


def fuzz(name: str, runs: int, corpus: Path, seconds: int, seed: int) -> None:
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
        f"-max_total_time={seconds}",
        f"-seed={seed}",
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
        ended, count = _apart(name, runs, Path(folder, "corpus"), _SECONDS)
    _tell(name, ended, time.monotonic() - begun, count)
    return ended.returncode == 0 and count >= runs


def _apart(
    name: str, runs: int, corpus: Path, seconds: int, seed: int = 4
) -> tuple[subprocess.CompletedProcess[bytes], int]:
    """The target in a process of its own, for so many runs or seconds; how many inputs it was given."""
    corpus.mkdir(parents=True, exist_ok=True)
    words = ["--one", name, "--runs", str(runs), "--corpus", str(corpus)]
    words += ["--seconds", str(seconds), "--seed", str(seed)]
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.bench.fuzz", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": folder},
        )
    made = re.search(rb"number_of_executed_units: (\d+)", ended.stdout)
    return ended, int(made[1]) if made else 0


def _tell(name: str, ended: subprocess.CompletedProcess[bytes], seconds: float, count: int) -> None:
    print(f"{name:12} exit {ended.returncode}  {seconds:6.0f} s  {count:9,} inputs", flush=True)
    if ended.returncode:
        print(ended.stdout.decode("utf-8", "replace")[-4000:], flush=True)


def all_runs(names: Sequence[str], runs: int) -> bool:
    """Whether nothing was found in so many runs of all these targets together."""
    begun = time.monotonic()
    went_well = [run(name, round(runs * _SHARES[name])) for name in names]
    print(f"{time.monotonic() - begun:.0f} s, {'nothing' if all(went_well) else 'something'} was found")
    return all(went_well)


# -- for hours ----------------------------------------------------------------------------------------


class Spent:
    """Seconds of a processor, and inputs, by target, on the sources as they are; kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "spent.json"
        self._sources = _sources()
        kept = json.loads(self._file.read_text("utf-8")) if self._file.exists() else {}
        is_same = kept.get("sources") == self._sources
        self.seconds: dict[str, float] = kept["seconds"] if is_same else {}
        self.inputs: dict[str, int] = kept["inputs"] if is_same else {}
        self.turns: int = kept.get("turns", 0)

    def add(self, name: str, seconds: float, inputs: int) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        self.inputs[name] = self.inputs.get(name, 0) + inputs
        self.turns += 1
        kept = {
            "sources": self._sources,
            "seconds": self.seconds,
            "inputs": self.inputs,
            "turns": self.turns,
        }
        self._file.write_text(json.dumps(kept), "utf-8")


def _sources() -> str:
    """What tells whether anything of ours has changed."""
    files = sorted(file for package in _OURS for file in Path(package).rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def all_hours(names: Sequence[str], hours: float, folder: Path) -> bool:
    """Whether nothing was found in so many hours of a processor, with those before on the same sources."""
    folder.mkdir(parents=True, exist_ok=True)
    spent, part, found = Spent(folder), hours * _HOUR / len(names), set[str]()
    while going := [one for one in names if one not in found and spent.seconds.get(one, 0.0) < part]:
        name = min(going, key=lambda one: spent.seconds.get(one, 0.0))
        left = part - spent.seconds.get(name, 0.0)
        before = _processor_seconds()
        seconds = max(1, round(min(left, _TURN_SECONDS)))
        ended, count = _apart(name, _FOREVER, folder / name, seconds, seed=4 + spent.turns)
        spent.add(name, _processor_seconds() - before, count)
        if ended.returncode or not count:
            found.add(name)
        _tell(name, ended, spent.seconds[name], spent.inputs[name])
    taken, inputs = sum(spent.seconds.values()) / _HOUR, sum(spent.inputs.values())
    what = "something" if found else "nothing"
    print(f"{taken:.2f} hours of a processor, {inputs:,} inputs: {what} was found")
    return not found


def _processor_seconds() -> float:
    """What the processes that have ended took of processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(arguments: argparse.Namespace) -> int:
    names = [arguments.target] if arguments.target else [*_SHARES]
    if arguments.hours:
        return 0 if all_hours(names, arguments.hours, arguments.corpus.absolute()) else 1
    return 0 if all_runs(names, arguments.runs) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1_000_000, help="of all targets together")
    parser.add_argument("--hours", type=float, default=0.0, help="of a processor, of all targets together")
    parser.add_argument("--target", default="", choices=["", *_SHARES])
    parser.add_argument("--corpus", type=Path, default=Path("build/fuzz"), help="kept there with --hours")
    for hidden, kind in (("--one", str), ("--seconds", int), ("--seed", int)):
        parser.add_argument(hidden, type=kind, help=argparse.SUPPRESS)
    found = parser.parse_args()
    if found.one:
        fuzz(found.one, found.runs, found.corpus, found.seconds, found.seed)
    sys.exit(main(found))
