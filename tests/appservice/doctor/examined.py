"""What the doctor finds, as the lines that an admin reads."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from appservice.doctor import examine
from appservice.findings import Finding
from config.settings import Settings

CONFIG = Path("/etc/hedge row.yaml")
MakeSettings = Callable[..., Settings]


async def findings(
    settings: Settings, registration: Path | None = None, now: Callable[[], float] = time.time
) -> list[Finding]:
    """Everything that is found, beside a configuration that lies where nothing else is."""
    return await examine(settings, CONFIG, registration, now)


async def lines(settings: Settings) -> list[str]:
    """The same as it is printed."""
    return [str(finding) for finding in await findings(settings)]


async def about(settings: Settings, about: str) -> list[str]:
    """The lines about one thing alone: `database`, `as_token`."""
    return [line for line in await lines(settings) if line[8:].partition(":")[0] == about]


def verdicts(found: list[str], *but: str) -> list[list[str]]:
    """Verdict and subject of each line, but for these subjects."""
    said = [line.partition(": ")[0].split(None, 1) for line in found]
    return [[verdict, subject] for verdict, subject in said if subject not in but]
