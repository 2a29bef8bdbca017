"""Who was shown to whom by the directory, for a day."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, String, Table

from appservice.store.tables.metadata import metadata

people_shown = Table(
    "people_shown",
    metadata,
    Column("person", String, primary_key=True),
    Column("shown", String, primary_key=True),
    Column("at", Float, nullable=False),
    Index(None, "at"),
)
