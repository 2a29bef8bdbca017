"""Organisations and services."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

listings = Table(
    "listings",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # what it is called by
    Column("kind", String, nullable=False),  # organisation | service
    Column("network", String, nullable=False, info=NAMES_A_PLACE),
    Column("name", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("web", Text, nullable=False),
    Column("contact_for", String, nullable=False),
    Column("by", Integer),
    Column("stewards", Text, nullable=False),  # JSON: a list
    Column("made_at", Float, nullable=False),
    Column("confirmed_at", Float, nullable=False),
    Column("asked_at", Float),
    Column("stale", Boolean, nullable=False),
    Column("source", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "network"),
    Index(None, "by"),
    Index(None, "confirmed_at"),
    Index(None, "source", "source_id"),
)
