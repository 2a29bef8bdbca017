"""What takes place, who comes, and the addresses of people's calendars."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

occasions = Table(
    "occasions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # what it is called by
    Column("network", String, nullable=False, info=NAMES_A_PLACE),
    Column("owner", String, nullable=False),  # empty once they are forgotten
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),  # where it is, in words
    Column("starts_at", Float, nullable=False),
    Column("ends_at", Float),
    Column("zone", String, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", String, nullable=False),  # stands | cancelled
    Column("remind_at", Float),
    Column("room", String),  # where its message was said
    Column("event", String),
    Index(None, "network", "starts_at"),
    Index(None, "starts_at"),
    Index(None, "remind_at"),
    Index(None, "room", "event"),
)
occasion_answers = Table(
    "occasion_answers",
    metadata,
    Column("room", String, primary_key=True),  # of a reaction; empty for what was said in words
    Column("event", String, primary_key=True),  # the reaction itself
    Column("target", String, nullable=False),  # the event that it was put on
    Column("occasion", Integer),  # null until it is known what message that is
    Column("person", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("taken_back", Boolean, nullable=False),
    Index(None, "occasion", "person"),
    Index(None, "person"),
    Index(None, "room", "target"),
)
calendar_addresses = Table(
    "calendar_addresses",
    metadata,
    Column("user", String, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("sealed", Text, nullable=False),
    Column("made_at", Float, nullable=False),
)
