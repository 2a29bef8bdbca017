"""`hedgerow run`: the service."""

from __future__ import annotations

import asyncio
import signal

from appservice import memory
from appservice.app import Hedgerow
from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, begin, refusals
from config.settings import Settings


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Serve until told to stop (SIGTERM or Ctrl-C)."""
    memory.keep_together()
    with refusals():
        asyncio.run(_serve(begin(config)))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await Hedgerow(settings).run(stop)
