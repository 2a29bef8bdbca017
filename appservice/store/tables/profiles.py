"""What people say about themselves, and to whom they show it."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

profiles = Table(
    "profiles",
    metadata,
    Column("user", String, primary_key=True),
    Column("skills", Text, nullable=False),
    Column("interests", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("about", Text, nullable=False),
)
profile_shown = Table(  # without a row a field is found by nobody
    "profile_shown",
    metadata,
    Column("user", String, primary_key=True),
    Column("field", String, primary_key=True),
    Column("network", String, primary_key=True, info=NAMES_A_PLACE),  # empty: everyone
    Index(None, "network"),
)
profile_checks = Table(  # whose entries may have to be others, until the end of the unit of work
    "profile_checks",
    metadata,
    Column("user", String, primary_key=True),
)
