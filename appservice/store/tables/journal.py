"""The audit log, and marks of where something stands."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("who", String, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", String, nullable=False, info=NAMES_A_PLACE),
    Column("before", Text),
    Column("after", Text),
    Column("source", String, nullable=False, server_default=""),  # chat, hand, blueprint, …
    Column("difference", Text),  # what is needed to undo it, as JSON
    Column("undoes", Integer),  # the entry that it takes back
    Index(None, "about"),
    Index(None, "who"),
    Index(None, "undoes"),
    sqlite_autoincrement=True,
)
audit_networks = Table(  # whose coordinators read an entry
    "audit_networks",
    metadata,
    Column("network", String, primary_key=True, info=NAMES_A_PLACE),
    Column("entry", Integer, primary_key=True, autoincrement=False),
)
marks = Table(
    "marks",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
