"""`hedgerow directory import` and `hedgerow directory export`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer

from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, begin, refusals
from appservice.engine import Foundation
from appservice.hsds.entries import Read, text_of
from appservice.hsds.exporting import Exporting
from appservice.hsds.importing import Importing, Outcome
from appservice.hsds.reading import read_json
from appservice.hsds.sheets import read_sheet
from appservice.works import Works
from config.settings import Settings

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="Bring organisations and services in, and take them out.")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="HSDS 3 as JSON, or a table as CSV.")],
    network: Annotated[str, typer.Option("--in", help="The network to which they are to belong.")],
    config: ConfigOption = DEFAULT_CONFIG,
    source: Annotated[
        str, typer.Option(help="What the feed is called, where a network has several.")
    ] = "file",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Import organisations and services; what is here already under the same id is brought up to date."""
    with refusals():
        settings, read = begin(config, quiet=True), read_file(file)
        outcome = _run(settings, lambda works: Importing(works, network, read, source).preview())
        _tell(outcome)
        if dry_run or not outcome.kept or not (yes or _agreed()):
            return
        done = _run(settings, lambda works: Importing(works, network, read, source).run())
    typer.echo(f"Done: {done}.")


@app.command()
def export(
    network: Annotated[str | None, typer.Option("--in", help="Of this network only.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    format_: Annotated[Literal["json", "csv"], typer.Option("--format", help="HSDS 3 or a table.")] = "json",
    out: Annotated[Path | None, typer.Option(help="The file to write; else it is shown.")] = None,
    everything: Annotated[
        bool, typer.Option("--all/--public", help="Also what not everyone may see, or only what they may.")
    ] = False,
) -> None:
    """Export organisations and services: what everyone may see, or with --all everything."""
    with refusals():
        settings = begin(config, quiet=True)
        text = _run(settings, lambda works: _exported(Exporting(works, network, everything), format_))
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_bytes(text.encode())
    except OSError as error:
        typer.echo(f"{out} cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(1) from None


def read_file(file: Path) -> Read:
    """By its name a table, or else JSON. Raises `FileRefused`."""
    text = text_of(file)
    return read_sheet(text) if file.suffix.casefold() == ".csv" else read_json(text)


async def _exported(exporting: Exporting, format_: str) -> str:
    return await (exporting.csv() if format_ == "csv" else exporting.json())


def _tell(outcome: Outcome) -> None:
    for one in outcome.refused:
        typer.echo(f"refused – {one}", err=True)
    if outcome.absent:
        typer.echo(f"{outcome.absent} of this source are not among those taken from the file; they stay.")
    typer.echo(str(outcome))


def _agreed() -> bool:
    if not sys.stdin.isatty():
        typer.echo("Nothing was done. Say --yes to import without being asked.", err=True)
        raise typer.Exit(1)
    return typer.confirm("Do this?")


def _run(settings: Settings, do: Callable[[Works], Awaitable[T]]) -> T:
    return asyncio.run(_with_works(settings, do))


async def _with_works(settings: Settings, do: Callable[[Works], Awaitable[T]]) -> T:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        return await do(Works(foundation.database, foundation.surroundings(), lambda: None))
    finally:
        await foundation.database.close()
