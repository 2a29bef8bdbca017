"""What the doctor says of the settings: each problem as a finding, and who may read the files of secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from appservice.doctor.files import open_to_others
from appservice.findings import Finding
from appservice.repairs import SetMode
from config.settings import Problem
from config.sources import secret_files

_ABOUT = "configuration"
_MOUNTED = ("/run/secrets/", "/var/run/secrets/")  # by what runs containers, with the mode that it likes


def of_configuration(config: Path, problems: Iterable[Problem], environ: Mapping[str, str]) -> list[Finding]:
    """Each problem says itself how to mend it."""
    told = [finding_of(problem, _ABOUT, config) for problem in problems]
    apart = [path for path in secret_files(environ) if not str(path).startswith(_MOUNTED)]
    told += open_to_others(_ABOUT, apart)
    if all(finding.is_well for finding in told):
        told.insert(0, Finding("ok", _ABOUT, f"{config} is good"))
    return told


def finding_of(problem: Problem, about: str, file: Path) -> Finding:
    """A problem of the settings or of the registration; `file` is where they stand."""
    found = str(problem).removeprefix(f"{problem.severity}: ").removesuffix(problem.mend).rstrip()
    about_mode = not problem.key and problem.file == str(file) and "`chmod " in problem.mend
    repair = SetMode(file, 0o600 if about == _ABOUT else 0o640) if about_mode else None
    return Finding("failed" if problem.is_error else "look", about, found, problem.mend, repair)
