"""How much is said where: that a message came and by whom, never what it says."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, String, Table

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

messages = Table(
    "messages",
    metadata,
    Column("place", String, primary_key=True, info=NAMES_A_PLACE),
    Column("event_id", String, primary_key=True),
    Column("sender", String, nullable=False),
    Column("at", Float, nullable=False),  # when it came
    Column("said_at", Float, nullable=False),  # earlier, where it says so: for who has come in between
    Column("is_open", Boolean, nullable=False),  # whether all in the room may read it, whenever they came
    Index(None, "place", "is_open", "at"),
    Index(None, "sender", "at", "place", "is_open"),
    Index(None, "at"),
)
open_histories = Table(
    "open_histories",
    metadata,
    Column("place", String, primary_key=True, info=NAMES_A_PLACE),
    Column("since", Float, nullable=False),  # since when it is known that all in its room may read its past
)
