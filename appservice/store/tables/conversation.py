"""People, and what the bot waits for from them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, String, Table, Text

from appservice.store.tables.metadata import metadata

people = Table(
    "people",
    metadata,
    Column("user", String, primary_key=True),
    Column("language", String, nullable=False),
)
awaited = Table(
    "awaited",
    metadata,
    Column("person", String, primary_key=True),
    Column("room_id", String, primary_key=True),
    Column("kind", String, primary_key=True),  # confirmation | argument | more
    Column("event_id", String, nullable=False),  # the message that the bot's question answers
    Column("thread", String),
    Column("said", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("is_direct", Boolean, nullable=False),
    Index(None, "event_id"),
)
