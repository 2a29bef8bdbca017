"""`hedgerow doctor`: looks at everything that Hedgerow needs, and says how to mend what is wrong."""

from __future__ import annotations

import asyncio
import os

import typer

from appservice import logs
from appservice.cli.common import DEFAULT_CONFIG, ConfigOption
from appservice.doctor import Finding, examine
from config.settings import read_settings


def doctor(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Say what is well and what is not, whether or not the service runs. Changes nothing."""
    logs.configure("CRITICAL")
    settings, problems = read_settings(config, os.environ)
    faults = [problem for problem in problems if problem.is_error]
    findings = [_of_configuration(str(config), [str(fault) for fault in faults])]
    if settings is not None and not faults:
        findings += asyncio.run(examine(settings))
    for finding in findings:
        typer.echo(str(finding))
    failed = sum(not finding.is_well for finding in findings)
    if failed:
        typer.echo(f"{failed} to mend." if failed > 1 else "One to mend.")
        raise typer.Exit(1)
    typer.echo("All is well.")


def _of_configuration(name: str, faults: list[str]) -> Finding:
    if not faults:
        return Finding("configuration", f"{name} is good")
    return Finding("configuration", "; ".join(faults), f"hedgerow config check --config {name}")
