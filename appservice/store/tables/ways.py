"""What keeps people in a place, and who has nothing that does."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

admissions = Table(
    "admissions",
    metadata,
    Column("place", String, primary_key=True, info=NAMES_A_PLACE),
    Column("user", String, primary_key=True),  # who was invited by name
    Index(None, "user"),
)
departures = Table(
    "departures",
    metadata,
    Column("place", String, primary_key=True, info=NAMES_A_PLACE),
    Column("user", String, primary_key=True),  # who has no path left
    Column("told_at", Float),
    Column("due_at", Float, nullable=False),  # when they are taken out
    Index(None, "user"),
    Index(None, "due_at"),
)
recounts = Table(
    "recounts",
    metadata,
    Column("subject", String, primary_key=True, info=NAMES_A_PLACE),  # or a person, whose paths have changed
    Column("after", Float, nullable=False),
    Index(None, "after"),
)
wishes = Table(
    "wishes",
    metadata,
    Column("user", String, primary_key=True),
    Column("place", String, primary_key=True, info=NAMES_A_PLACE),
    Column("via", String, nullable=False, info=NAMES_A_PLACE),
    Column("with_groups", Boolean, nullable=False),
)
offers = Table(
    "offers",
    metadata,
    Column("user", String, primary_key=True),
    Column("network", String, info=NAMES_A_PLACE),  # null: nothing is offered at present
    Column("groups", Text, nullable=False),
    Column("offered_at", Float, nullable=False),
    Column("stopped", Boolean, nullable=False),
)
