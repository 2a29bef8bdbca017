"""The whole demonstration, as it is typed: from nothing, from what is there, and cut short."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TREE = """\
  - Neighbourhood, public
    - Community Garden, public
      - Summer Fair, bridge, public
    - Village Hall, public
      - Summer Fair, bridge, public
"""


@pytest.mark.long
def test_the_demonstration_shows_its_place_and_goes_on_with_it_the_next_time(tmp_path: Path) -> None:
    first = demonstrate(tmp_path, "--once")
    assert first.returncode == 0, first.stdout
    assert TREE in first.stdout
    assert re.search(r"homeserver +http://127\.0\.0\.1:\d+\n", first.stdout)
    assert processes_of(tmp_path) == []

    second = demonstrate(tmp_path, typed="whoami\nas bob\nwhoami\n")
    assert second.returncode == 0, second.stdout
    assert TREE in second.stdout
    assert sign_in(second.stdout) == sign_in(first.stdout)
    assert "from the last time" in second.stdout
    alice, bob = second.stdout.split("alice> ")[1], second.stdout.split("bob> ")[1]
    assert "Community Garden" in alice
    assert "Neighbourhood" in bob
    assert "Community Garden" not in bob
    assert processes_of(tmp_path) == []


def test_a_demonstration_that_is_told_to_end_takes_everything_with_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        command(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith("Starting Hedgerow"):
                break
        started = processes_of(tmp_path)
        running.send_signal(signal.SIGTERM)
        running.wait(60)
    assert started
    assert running.returncode == 130
    assert processes_of(tmp_path) == []


def demonstrate(directory: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command(directory), *words],
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        env=environment(),
    )


def command(directory: Path) -> list[str]:
    place = ["--template", "neighbourhood"]
    return [sys.executable, "-m", "appservice", "demo", "--directory", str(directory / "demo"), *place]


def environment() -> dict[str, str]:
    """One with a setting of another Hedgerow, which is not meant for this one."""
    return {**os.environ, "HEDGEROW_LISTEN": "nowhere", "PYTHONUNBUFFERED": "1"}


def sign_in(output: str) -> list[str]:
    return re.findall(r"^  (?:homeserver|name|password) +(.*)$", output, re.MULTILINE)


def processes_of(directory: Path) -> list[str]:
    """The command lines of the demonstration's children: each names a file in its folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "appservice.demo.child" in words and any(str(directory) in word for word in words):
            found.append(" ".join(words))
    return found
