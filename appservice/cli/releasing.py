"""`hedgerow release --all`: every network goes to its coordinators, and Hedgerow can be taken away."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from appservice.applying import Applied, watch
from appservice.cli.blueprint import shown
from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, begin, refusals
from appservice.engine import Foundation
from appservice.releasing import Outlook, ReleasingAll
from config.settings import Settings


def release(
    all_: Annotated[bool, typer.Option("--all", help="Every network of this server.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Hand all networks over to their coordinators for good: the bot leaves their rooms."""
    if not all_:
        typer.echo("Say --all to release every network. A single one: `network release` in a chat.", err=True)
        raise typer.Exit(1)
    with refusals():
        settings = begin(config, quiet=True)
        outlook = asyncio.run(_look(settings))
        _tell(outlook)
        if not outlook.names or not (yes or _agreed()):
            raise typer.Exit(1 if outlook.hindered else 0)
        released = asyncio.run(_release(settings))
    for reason in released.failed if released else ():
        typer.echo(f"not done: {reason}", err=True)
    if outlook.hindered or (released and released.failed):
        typer.echo("Release again when the reasons are mended: only what is left is done.", err=True)
        raise typer.Exit(1)
    typer.echo("Done.")


def _tell(outlook: Outlook) -> None:
    for reason in outlook.hindered:
        typer.echo(f"stays for now – {reason}", err=True)
    for name in outlook.names:
        typer.echo(f"  {name}")
    if outlook.names:
        typer.echo(f"These are released for good: {outlook.rooms} rooms, in which the bot gives all power to")
        typer.echo("the coordinators, and which it leaves. Nobody can undo that.")
    else:
        typer.echo("Nothing can be released.")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        typer.echo("Nothing was done. Say --yes to release them without being asked.", err=True)
        raise typer.Exit(1)
    return typer.confirm("Do this?")


async def _look(settings: Settings) -> Outlook:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        return await ReleasingAll(foundation).look()
    finally:
        await foundation.database.close()


async def _release(settings: Settings) -> Applied | None:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        undertaking = await ReleasingAll(foundation).release()
        if undertaking is None:
            return None
        return await shown(lambda tell: watch(foundation, undertaking, tell), "Releasing")
    finally:
        await foundation.database.close()
