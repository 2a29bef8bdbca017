"""Codes, applications and invitations."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

codes = Table(
    "codes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # what it is called by
    Column("shelf", String, nullable=False),  # the first letters of the digest, by which it is found
    Column("digest", String, nullable=False, unique=True),
    Column("network", String, nullable=False, info=NAMES_A_PLACE),
    Column("maker", String, nullable=False),
    Column("role", String),
    Column("groups", Text, nullable=False),
    Column("uses_left", Integer),  # null: no limit
    Column("used", Integer, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("revoked_at", Float),
    Index(None, "shelf"),
    Index(None, "network"),
)
code_tries = Table(
    "code_tries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("person", String, nullable=False),
    Column("at", Float, nullable=False),
    Index(None, "person"),
)
applications = Table(
    "applications",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("place", String, nullable=False, info=NAMES_A_PLACE),
    Column("person", String, nullable=False),
    Column("called", Text, nullable=False),
    Column("state", String, nullable=False),  # asking | open | approved | denied | withdrawn | closed
    Column("way", String, nullable=False),  # join | knock
    Column("since", Float, nullable=False),
    Column("questions", Text, nullable=False),  # JSON: a list
    Column("answers", Text, nullable=False),  # JSON: a list
    Column("decided_by", String),
    Column("decided_at", Float),
    Column("word", Text, nullable=False),
    Column("reminded", Boolean, nullable=False),
    Column("escalated", Boolean, nullable=False),
    Column("orphaned", Boolean, nullable=False),
    Index(None, "person", "place"),
    Index(None, "place", "state"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)
invitations = Table(
    "invitations",
    metadata,
    Column("place", String, primary_key=True, info=NAMES_A_PLACE),
    Column("user", String, primary_key=True),
    Column("state", String, nullable=False),  # waiting | invited | asked | declined | failed | joined
    Column("by", String, nullable=False),
    Column("at", Float, nullable=False),  # when it came to that state
    Column("batch", String, nullable=False),  # the list they were on last
    Index(None, "user"),
)
invitation_outcomes = Table(
    "invitation_outcomes",
    metadata,
    Column("batch", String, primary_key=True),  # the event that the list came in
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("place", String, nullable=False, info=NAMES_A_PLACE),
    Column("typed", Text, nullable=False),
    Column("user", String),  # null: no Matrix ID
    Column("by", String, nullable=False),
    Column("result", String, nullable=False),
    Column("reason", Text),
    Column("since", Float),  # when they said no
    Column("at", Float, nullable=False),
    Index(None, "place", "user"),
)
invitations_shown = Table(
    "invitations_shown",
    metadata,
    Column("user", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("place", String, nullable=False, info=NAMES_A_PLACE),
    Column("is_question", Boolean, nullable=False),
)
