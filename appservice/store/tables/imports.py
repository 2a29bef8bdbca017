"""Where what was imported came from."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, String, Table

from appservice.store.tables.metadata import metadata

imports = Table(
    "imports",
    metadata,
    Column("source", String, primary_key=True),  # the server that it was exported from
    Column("thing", String, primary_key=True),  # what it was there: a place's id, or `listing 12345`
    Column("here", String, nullable=False),  # what it became here, of the same form
    Column("at", Float, nullable=False),
    Index(None, "here"),
)
