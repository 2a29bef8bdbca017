"""The rooms of places and of conversations, and who is in them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, String, Table, Text

from appservice.store.tables.metadata import metadata

rooms = Table(
    "rooms",
    metadata,
    Column("place", String, primary_key=True),
    Column("room_id", String, unique=True),
    Column("ready", Boolean, nullable=False),
    Column("expected", Text, nullable=False),  # FoundRoom: the room once what waits is done
)
conversations = Table(
    "conversations",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("person", String),  # whose direct room it is; null: a room with several
    Column("place", String),  # set where the bot opened it itself
    Index(None, "person"),
)
memberships = Table(
    "memberships",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("membership", String, nullable=False),
    Column("display_name", Text),  # as it stands in this room, while they are there
    Column("skeleton", String),  # what a reader takes them for there
    Column("since", Float),  # when they were first seen there, if they have joined; NULL: long ago
    Index(None, "user"),
    Index(None, "skeleton"),
)
