"""Who asked to be forgotten, until they are."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, String, Table

from appservice.store.tables.metadata import metadata

erasures = Table(
    "erasures",
    metadata,
    Column("user", String, primary_key=True),
    Column("stub", String, nullable=False),  # what stands in the audit log in their place
    Column("asked_at", Float, nullable=False),
    Column(
        "begun", Boolean, nullable=False
    ),  # their roles are ended, and what was posted is being taken back
    Column("stays", Boolean, nullable=False),  # they remain in the rooms
)
