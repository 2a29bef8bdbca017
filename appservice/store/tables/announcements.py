"""What networks announce, where it is posted, and who declines it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

announcements = Table(
    "announcements",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # what it is called by
    Column("network", String, nullable=False, info=NAMES_A_PLACE),
    Column("author", String, nullable=False),  # empty once they are forgotten
    Column("text", Text, nullable=False),  # empty once it is taken back, and where it was encrypted
    Column("made_at", Float, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("withdrawn_at", Float),
    Index(None, "network", "made_at"),
    Index(None, "made_at"),
    Index(None, "author"),
)
announcement_posts = Table(
    "announcement_posts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("network", String, primary_key=True, info=NAMES_A_PLACE),
    Column("place", String, nullable=False, info=NAMES_A_PLACE),
    Column("room", String),  # null until it is said there
    Column("event", String),
    Column("gone_at", Float),  # when somebody took it away there
    Index(None, "network"),
    Index(None, "event"),
)
announcement_texts = Table(  # of what is written by hand: the message, and its changes
    "announcement_texts",
    metadata,
    Column("event", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("network", String, nullable=False, info=NAMES_A_PLACE),
    Column("position", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Index(None, "number"),
    Index(None, "network"),
)
announcement_declines = Table(
    "announcement_declines",
    metadata,
    Column("network", String, primary_key=True, info=NAMES_A_PLACE),
    Column("source", String, primary_key=True, info=NAMES_A_PLACE),  # whose announcements it declines
)
