"""`hedgerow`: what an operator types. One file for each command."""

from __future__ import annotations

from typing import Annotated

import typer

from appservice.cli import (
    blueprint,
    config_check,
    demonstration,
    directory,
    doctor,
    forgetting,
    init,
    keeping,
    moving,
    newspaper,
    releasing,
    replaying,
    running,
)
from appservice.version import VERSION

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
settings = typer.Typer(no_args_is_help=True, help="Look at the settings.")


@app.callback(invoke_without_command=True)
def hedgerow(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    """Turns networks into Matrix Spaces and groups into rooms, and joins them with bridges."""
    if version:
        typer.echo(f"hedgerow {VERSION}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(init.init)
app.command()(running.run)
app.command()(doctor.doctor)
app.command()(blueprint.plan)
app.command()(blueprint.apply)
app.command()(demonstration.demo)
app.command()(replaying.replay)
app.command()(releasing.release)
app.command()(newspaper.newspaper)
app.command()(moving.export)
app.command("import")(moving.import_)
app.command()(forgetting.forget)
app.command()(keeping.backup)
app.command()(keeping.restore)
app.command()(keeping.migrate)
settings.command()(config_check.check)
app.add_typer(settings, name="config")
app.add_typer(directory.app, name="directory")


def main() -> None:
    """The console script."""
    app()
