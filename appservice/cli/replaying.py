"""`hedgerow replay`: what was set aside is tried again."""

from __future__ import annotations

import asyncio

import typer

from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, begin, refusals
from appservice.engine import Foundation
from appservice.store import inbox
from config.settings import Settings


def replay(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Let the service try again the events that it could not handle, once their cause is mended."""
    with refusals():
        count = asyncio.run(_replay(begin(config, quiet=True)))
    typer.echo(f"Events that will be tried again: {count}." if count else "No event was set aside.")


async def _replay(settings: Settings) -> int:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        async with foundation.database.writing() as connection:
            return await inbox.replay(connection)
    finally:
        await foundation.database.close()
