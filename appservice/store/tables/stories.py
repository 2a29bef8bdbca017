"""Messages that were made stories, how far each is in which network, and where the bot has posted them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

stories = Table(
    "stories",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # what it is called by
    Column("group", String, nullable=False, info=NAMES_A_PLACE),
    Column("room", String, nullable=False),
    Column("event", String, nullable=False),
    Column("proposer", String, nullable=False),
    Column("proposed_at", Float, nullable=False),
    Column("author", String, nullable=False),  # empty until it is read
    Column("text", Text, nullable=False),  # empty once it is taken back
    Column("byline", Text),  # NULL: the author is not named
    Column("may_print", Boolean, nullable=False),
    Column("may_travel", Boolean, nullable=False),
    Column("sealed", Boolean, nullable=False),
    Column("edit", String, nullable=False),
    Column("ending", String, nullable=False),  # "" | withdrawn | redacted
    Column("ended_at", Float),
    UniqueConstraint("room", "event"),
    Index(None, "group"),
    Index(None, "author"),
    Index(None, "proposer", "proposed_at"),
    Index(None, "edit"),
)
story_levels = Table(
    "story_levels",
    metadata,
    Column("story", Integer, primary_key=True, autoincrement=False),
    Column("network", String, primary_key=True, info=NAMES_A_PLACE),
    Column("step", String, nullable=False),  # proposed | offered | taken | declined
    Column("since", Float, nullable=False),
    Column("source", String, info=NAMES_A_PLACE),  # NULL: from the group itself
    Column("headline", Text, nullable=False),
    Column("decided_by", String),
    Index(None, "network", "step"),
    Index(None, "step", "since"),
)
stories_printed = Table(
    "stories_printed",
    metadata,
    Column("said", String, primary_key=True),  # the `said` of the message in which it stands
    Column("story", Integer, primary_key=True, autoincrement=False),
    Column("room", String, nullable=False),
    Column("block", Integer, nullable=False),  # which block of the document
    Column("document", Text, nullable=False),  # JSON, as it was posted
    Column("gone", Boolean, nullable=False),  # the line was taken out
    Column("said_at", Float, nullable=False),
    Index(None, "story"),
    Index(None, "said_at"),
)
