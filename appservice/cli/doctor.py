"""`hedgerow doctor`: looks at everything that Hedgerow needs, and says how to mend what is wrong."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import typer

from appservice import logs
from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, hide_secrets
from appservice.doctor import examine
from appservice.findings import Finding
from config.settings import Problem, read_settings


def doctor(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Say what is well and what is not, whether or not the service runs. Changes nothing."""
    logs.configure("CRITICAL")
    settings, problems = read_settings(config, os.environ)
    findings = _of_configuration(config, problems)
    if settings is not None:
        hide_secrets(settings)
        if all(finding.is_well for finding in findings):
            findings += asyncio.run(examine(settings, config))
    for finding in findings:
        typer.echo(logs.covered(str(finding)))
    _conclude(findings)


def _of_configuration(config: Path, problems: Iterable[Problem]) -> list[Finding]:
    """Each problem says itself how to mend it."""
    told = [
        Finding(
            "failed" if problem.is_error else "look",
            "configuration",
            str(problem).removeprefix(f"{problem.severity}: "),
        )
        for problem in problems
    ]
    if all(finding.is_well for finding in told):
        told.insert(0, Finding("ok", "configuration", f"{config} is good"))
    return told


def _conclude(findings: Iterable[Finding]) -> None:
    verdicts = [finding.verdict for finding in findings]
    failed = verdicts.count("failed")
    if failed:
        typer.echo(f"{failed} to mend." if failed > 1 else "One to mend.")
        raise typer.Exit(1)
    typer.echo("All is well, but for what to look at." if "look" in verdicts else "All is well.")
