"""`hedgerow doctor`: looks at everything that Hedgerow needs, and says how to mend what is wrong."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from appservice import logs
from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, hide_secrets
from appservice.doctor import Repairing, examine
from appservice.doctor.configuration import of_configuration
from appservice.doctor.repairing import Repaired
from appservice.findings import Finding
from appservice.repairs import Repair, together
from config.settings import read_settings

RegistrationOption = Annotated[
    Path | None, typer.Option(help="The registration file that the homeserver has loaded, to compare.")
]


def doctor(
    config: ConfigOption = DEFAULT_CONFIG,
    registration: RegistrationOption = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended here.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before that.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")] = False,
) -> None:
    """Say what is well and what is not, whether or not the service runs. Changes nothing without --repair."""
    logs.configure("CRITICAL")
    findings, repaired = _examined(config, registration), list[Repaired]()
    if repair:
        if not as_json:
            _tell(findings)
        if repairs := _agreed(findings, yes=yes, quiet=as_json):
            repaired = asyncio.run(_repaired(config, repairs, quiet=as_json))
            findings = _examined(config, registration)
            _say("", quiet=as_json)
    if as_json:
        typer.echo(logs.covered(_as_json(findings, repaired)))
    elif repaired or not repair:
        _tell(findings)
    _conclude(findings, quiet=as_json)


def _examined(config: Path, registration: Path | None) -> list[Finding]:
    """What is found; with a configuration that is not good, in it alone."""
    settings, problems = read_settings(config, os.environ)
    findings = of_configuration(config, problems, os.environ)
    if settings is None:
        return findings
    hide_secrets(settings)
    if all(finding.is_well for finding in findings):
        findings += asyncio.run(examine(settings, config, registration, time.time))
    return findings


# -- mending ----------------------------------------------------------------------------------------


def _agreed(findings: Sequence[Finding], *, yes: bool, quiet: bool) -> list[Repair]:
    """What is to be mended, once somebody has seen it and said yes; nothing where there is nothing."""
    repairs = together([finding.repair for finding in findings if finding.repair is not None])
    left = sum(finding.verdict != "ok" and finding.repair is None for finding in findings)
    if not repairs:
        _say("Nothing of that can be mended from here." if left else "There is nothing to mend.", quiet=quiet)
        return []
    _say("\nThis can be mended from here:", quiet=quiet)
    for repair in repairs:
        _say(f"  {repair}", quiet=quiet)
    if left:
        _say("The rest is for you: what stands behind “To mend it”.", quiet=quiet)
    return repairs if yes or _said_yes(quiet=quiet) else []


def _said_yes(*, quiet: bool) -> bool:
    if quiet or not _is_asked_at_a_terminal():
        typer.echo("Nothing was done. Say --yes to have it done without being asked.", err=True)
        raise typer.Exit(1)
    return typer.confirm("Do this?")


def _is_asked_at_a_terminal() -> bool:
    return sys.stdin.isatty()


async def _repaired(config: Path, repairs: Sequence[Repair], *, quiet: bool) -> list[Repaired]:
    done = []
    for repair in repairs:
        settings, _ = read_settings(config, os.environ)  # what was mended before may have let it be read
        done.append(await Repairing(settings).do(repair))
        _say(logs.covered(str(done[-1])), quiet=quiet)
    return done


# -- telling ----------------------------------------------------------------------------------------


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        typer.echo(text)


def _tell(findings: Sequence[Finding]) -> None:
    for finding in findings:
        typer.echo(logs.covered(str(finding)))


def _as_json(findings: Sequence[Finding], repaired: Sequence[Repaired]) -> str:
    said: dict[str, object] = {
        "well": all(finding.is_well for finding in findings),
        "findings": [finding.as_json() for finding in findings],
    }
    if repaired:
        said["repaired"] = [
            {"repair": str(one.repair), "done": not one.why_not, "why_not": one.why_not} for one in repaired
        ]
    return json.dumps(said, ensure_ascii=False, indent=2)


def _conclude(findings: Sequence[Finding], *, quiet: bool) -> None:
    verdicts = [finding.verdict for finding in findings]
    failed = verdicts.count("failed")
    if failed:
        _say(f"{failed} to mend." if failed > 1 else "One to mend.", quiet=quiet)
        raise typer.Exit(1)
    _say("All is well, but for what to look at." if "look" in verdicts else "All is well.", quiet=quiet)
