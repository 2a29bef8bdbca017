"""`hedgerow config check`: says everything that is wrong with the settings and the registration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from config.registration import problems_of_registration
from config.settings import read_settings


def check(
    config: Annotated[Path, typer.Option(help="The settings file.")],
    registration: Annotated[Path | None, typer.Option(help="The registration, to compare with it.")] = None,
) -> None:
    """Say what is wrong with the settings, all at once. Starts nothing and writes nothing."""
    settings, problems = read_settings(config, os.environ)
    if registration is not None and settings is not None:
        problems = [*problems, *problems_of_registration(registration, settings)]
    for problem in problems:
        typer.echo(str(problem))
    errors = sum(problem.is_error for problem in problems)
    if errors:
        if registration is not None and settings is None:
            typer.echo(
                f"{registration} was not looked at: it can only be compared with settings that are good."
            )
        typer.echo(f"{errors} to mend." if errors > 1 else "One to mend.")
        raise typer.Exit(1)
    typer.echo("Configuration is good.")
