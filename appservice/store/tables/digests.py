"""Digests: for whom one is made when, what was shown of it, and by which clock. Each of it is of one person
or, but for the clock, of one network.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

digest_subscriptions = Table(
    "digest_subscriptions",
    metadata,
    Column("whose", String, primary_key=True, info=NAMES_A_PLACE),  # a Matrix ID, or a network's id
    Column("cadence", String, nullable=False),  # daily | weekly
    Column("minute", Integer, nullable=False),  # of the day
    Column("weekday", String, nullable=False),
    Column("next_at", Float),  # none are due while it is empty
    Column("last_at", Float, nullable=False),  # what came before it has been told
    Index(None, "next_at"),
)
digest_editions = Table(
    "digest_editions",
    metadata,
    Column("whose", String, primary_key=True, info=NAMES_A_PLACE),
    Column("due", Integer, primary_key=True, autoincrement=False),
    Column("begins", Float, nullable=False),
    Column("shown", Text, nullable=False),  # the keys of the items on its first page, as JSON
    Column("rights", String, nullable=False),  # what the reader might see then, as a digest
)
digests_without = Table(
    "digests_without",
    metadata,
    Column("person", String, primary_key=True),
    Column("network", String, primary_key=True, info=NAMES_A_PLACE),
)
timezones = Table(
    "timezones",
    metadata,
    Column("person", String, primary_key=True),
    Column("zone", String, nullable=False),
)
