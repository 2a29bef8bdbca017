"""Rooms of others that are brought in."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

adoptions_shown = Table(  # what was shown of a Space, until it is agreed to
    "adoptions_shown",
    metadata,
    Column("by", String, primary_key=True),
    Column("target", String, primary_key=True),
    Column("room_id", String, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("at", Float, nullable=False),
)
adoptions = Table(  # what came of each room that a message has asked for
    "adoptions",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("room_id", String, primary_key=True),
    Column("network", String, nullable=False, info=NAMES_A_PLACE),
    Column("by", String, nullable=False),
    Column("target", String, nullable=False),
    Column("below", Boolean, nullable=False),  # a room of the Space that was asked for
    Column("place", String, info=NAMES_A_PLACE),
    Column("why", String),  # null: it is a place, or is being looked at
    Column("at", Float, nullable=False),
    Index(None, "room_id"),
)
