"""`hedgerow plan` and `hedgerow apply`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from appservice.applying import Applied, Applying, Progress
from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, begin, refusals
from appservice.engine import Foundation
from appservice.lost_rooms import check_looked
from bot.plan import NOTHING
from config.blueprints import read_blueprint
from config.settings import Settings
from spaces.blueprint import Blueprint

BlueprintArgument = Annotated[Path, typer.Argument(help="The blueprint: a YAML file.")]
PruneOption = Annotated[
    bool, typer.Option("--prune", help="Archive what the blueprint leaves out below its networks.")
]


def plan(
    blueprint: BlueprintArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    prune: PruneOption = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 when there are changes.")
    ] = False,
) -> None:
    """Show what `apply` would do, and do none of it."""
    with refusals():
        settings = begin(config, quiet=True)
        lines = asyncio.run(_plan(settings, read_blueprint(blueprint), prune))
    _show(lines)
    if lines and detailed_exitcode:
        raise typer.Exit(2)


def apply(
    blueprint: BlueprintArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    prune: PruneOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make the networks, groups and bridges of a blueprint."""
    with refusals():
        settings, wanted = begin(config, quiet=True), read_blueprint(blueprint)
        if not yes:
            lines = asyncio.run(_plan(settings, wanted, prune))
            _show(lines)
            if not lines or not _agreed():
                return
        applied = asyncio.run(apply_and_watch(settings, wanted, prune=prune))
    if applied is None:
        typer.echo(NOTHING)
        return
    for reason in applied.failed:
        typer.echo(f"not done: {reason}", err=True)
    if applied.failed:
        typer.echo("Apply it again when the reasons are mended: only what is missing is done.", err=True)
        raise typer.Exit(1)
    typer.echo("Done.")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        typer.echo("Nothing was done. Say --yes to apply it without being asked.", err=True)
        raise typer.Exit(1)
    return typer.confirm("Do this?")


def _show(lines: list[str]) -> None:
    if not lines:
        typer.echo(NOTHING)
        return
    for line in lines:
        typer.echo(f"  {line}")
    typer.echo(f"{len(lines)} writes." if len(lines) > 1 else "One write.")


async def _plan(settings: Settings, blueprint: Blueprint, prune: bool) -> list[str]:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        await check_looked(foundation.database)
        return await Applying(foundation, blueprint, prune=prune).plan()
    finally:
        await foundation.database.close()


async def apply_and_watch(settings: Settings, blueprint: Blueprint, *, prune: bool = False) -> Applied | None:
    """Apply, showing progress on a terminal; None if there was nothing to do."""
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        await check_looked(foundation.database)
        applying = Applying(foundation, blueprint, prune=prune)
        undertaking = await applying.apply()
        if undertaking is None:
            return None
        return await shown(lambda tell: applying.watch(undertaking, tell))
    finally:
        await foundation.database.close()


Watch = Callable[[Callable[[Progress], None]], Awaitable[Applied]]


async def shown(watch: Watch, doing: str = "Planting") -> Applied:
    """Watch with a bar on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task(doing, total=None)

        def tell(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)

        return await watch(tell)
