"""Alembic, which brings a database from one revision to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from spaces.errors import Unavailable


def run(connection: Connection, how: str, to: str) -> None:
    """`upgrade` or `downgrade` to `to`, within the connection's transaction. Raises `Unavailable`."""
    try:
        getattr(command, how)(config(connection), to)
    except CommandError as error:
        raise Unavailable(f"The database cannot be brought to this version: {error}") from error


def config(connection: Connection | None = None) -> Config:
    """Where the revisions are, and which database they are for."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    attributes: dict[str, Any] = {"connection": connection}
    found.attributes.update(attributes)
    return found
