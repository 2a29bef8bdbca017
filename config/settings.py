"""What an operator decides. One YAML file, then `HEDGEROW_…` variables, then `…_FILE` ones for secrets.

Nothing here ever writes: a configuration that cannot be written to is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from config.problems import Problem, SettingsRefused, Severity
from config.sections import Settings
from config.sources import read_settings
from config.values import ListenAddress

__all__ = [
    "ListenAddress",
    "Problem",
    "Settings",
    "SettingsRefused",
    "Severity",
    "load_settings",
    "problems_in",
    "read_settings",
]


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises `SettingsRefused` with all errors at once; warnings do not stop it."""
    settings, problems = read_settings(path, environ)
    if settings is None or any(problem.is_error for problem in problems):
        raise SettingsRefused(problems)
    return settings


def problems_in(path: Path, environ: Mapping[str, str]) -> list[Problem]:
    """Everything that is wrong or risky with the settings, errors first."""
    return read_settings(path, environ)[1]
