"""`hedgerow backup`, `restore` and `migrate`: an installation is kept, brought back, and moved."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, begin, refusals
from appservice.keeping import Restoring, back_up
from appservice.moving_databases import Moved, move
from appservice.secrecy import crypto_folder
from appservice.store.database import Database
from config.settings import Settings

FileArgument = Annotated[Path, typer.Argument(help="The file of the backup.")]
_KEYS = "Put the bot's keys back, too: only if no service has run since the backup, which makes them stale."


def backup(file: FileArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Write the whole database into one file, while the service runs or not."""
    with refusals():
        settings = begin(config, quiet=True)
        made = asyncio.run(back_up(settings, file, datetime.now(UTC)))
    typer.echo(f"{file} is written: {made.holds}, at {made.made_at}.")
    typer.echo(f"Not in it: {config} and the registration. Keep copies of both apart from it, for without")
    typer.echo("`as_token` and `encryption.key` nobody can use the backup, and with them anybody can.")


def restore(
    file: FileArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    keys: Annotated[bool, typer.Option("--keys", help=_KEYS)] = False,
) -> None:
    """Put a backup in the place of the database. The service must be stopped."""
    with refusals():
        settings = begin(config, quiet=True)
        is_done, before = asyncio.run(_restore(settings, file, yes=yes, keys=keys))
    if not is_done:
        raise typer.Exit(1)
    typer.echo("Restored. Start the service again: it looks for rooms that were made after the backup, and")
    typer.echo("does again what was asked of it since, as far as the homeserver still tells.")
    if before is not None:
        typer.echo(f"What was there before is kept as {before}. Delete it once all is well.")
    _tell_of_keys(settings)


async def _restore(settings: Settings, file: Path, *, yes: bool, keys: bool) -> tuple[bool, Path | None]:
    restoring = Restoring(settings, file)
    try:
        there = await restoring.begin()
        said = restoring.backup
        typer.echo(f"The backup: {said.holds}, at {said.made_at}, made by Hedgerow {said.version}.")
        typer.echo(f"It takes the place of: {there or 'nothing, the database is empty'}.")
        if not (yes or _agreed()):
            return False, None
        return True, await restoring.restore(datetime.now(UTC), keys=keys)
    finally:
        await restoring.end()


def _agreed() -> bool:
    if not sys.stdin.isatty():
        typer.echo("Nothing was done. Say --yes to restore it without being asked.", err=True)
        return False
    return typer.confirm("Do this?")


def _tell_of_keys(settings: Settings) -> None:
    folder = crypto_folder(settings, Database(settings.database_url))
    if settings.encryption.enabled and not folder.exists():
        typer.echo(f"There is no {folder}: the bot makes itself a new device, and removes the old one.")


def migrate(
    source: Annotated[str, typer.Argument(help="The database as it is: sqlite:///… or postgresql://…")],
    target: Annotated[str, typer.Argument(help="An empty one, to which all goes.")],
) -> None:
    """Move the whole database into another, empty one. A password may stand in PGPASSWORD instead."""
    with refusals():
        moved = asyncio.run(move(source, target, _told))
    typer.echo(f"{sum(moved.counts.values())} rows in {len(moved.counts)} tables are moved and counted.")
    _tell_what_to_change(moved)


def _told(table: str, count: int) -> None:
    if count:
        typer.echo(f"  {table}: {count}")


def _tell_what_to_change(moved: Moved) -> None:
    typer.echo("Now, before you start the service again:")
    typer.echo(f"  in the settings  database: {moved.shown}")
    typer.echo(f"  and, unless it is set, under encryption  store: {moved.keys}")
    typer.echo("The folder of that name stays where it is. The first database is as it was: put it away, and")
    typer.echo("never start a service on it again, which would answer everything a second time.")
