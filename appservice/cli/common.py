"""What several commands begin with: the settings, the log, and a refusal's way out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import structlog
import typer

from appservice import logs
from config.settings import Settings, SettingsRefused, read_settings
from spaces.errors import Refusal

log = structlog.get_logger(__name__)

ConfigOption = Annotated[Path, typer.Option(help="The settings file.", show_default=True)]
DEFAULT_CONFIG = Path("hedgerow.yaml")


@contextmanager
def refusals() -> Iterator[None]:
    """A refusal ends the program with its sentence and code 1."""
    try:
        yield
    except Refusal as refusal:
        typer.echo(refusal.sentence, err=True)
        raise typer.Exit(1) from None


def hide_secrets(settings: Settings) -> None:
    """Cover the tokens, the key and the database's password in all that is logged from now on."""
    homeserver = settings.homeserver
    said = (homeserver.as_token, homeserver.hs_token, homeserver.previous_hs_token, settings.encryption.key)
    tokens = [token for token in said if token is not None]
    password = urlsplit(settings.database.get_secret_value()).password or ""
    logs.hide(*(token.get_secret_value() for token in tokens), password, unquote(password))


def begin(config: Path, *, quiet: bool = False) -> Settings:
    """Load the settings and start the log; with `quiet` only what goes wrong is logged."""
    settings, problems = read_settings(config, os.environ)
    if settings is None or any(problem.is_error for problem in problems):
        raise SettingsRefused(problems)
    hide_secrets(settings)
    logs.configure("ERROR" if quiet else settings.log.level, settings.log.format)
    for problem in problems:
        # what is said of one setting may quote a Matrix ID
        of_the_file = {} if problem.key else {"reason": problem.what}
        log.warning("look_at_the_settings", setting=problem.key, mend="hedgerow config check", **of_the_file)
    return settings
