"""What came from the homeserver and what is to go there."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, String, Table, Text

from appservice.store.tables.metadata import metadata

transactions = Table(
    "transactions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Float, nullable=False),
    sqlite_autoincrement=True,
)
events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String, nullable=False, unique=True),
    Column("received_at", Float, nullable=False),
    Column("status", String, nullable=False),  # waiting | sealed | handled | set aside
    Column("body", Text),  # erased once handled
    Column("reason", Text),
    Index(None, "status", "seq"),
    sqlite_autoincrement=True,
)
outbox = Table(
    "outbox",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False),
    Column("room", String, nullable=False),
    Column("action", Text, nullable=False),
    Column("undertaking", Integer),
    Column("status", String, nullable=False),  # waiting | done | failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", Float, nullable=False),
    Column("event_id", String),  # what a Say became
    Column("reason", Text),
    Index(None, "status", "seq"),
    Index(None, "key"),
    Index(None, "room"),
    Index(None, "undertaking"),
    Index(None, "event_id"),
    sqlite_autoincrement=True,
)
undertakings = Table(
    "undertakings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("room_id", String),  # where the answer goes; null: nobody waits in a room
    Column("event_id", String),
    Column("relates", Text),
    Column("person", String),  # for whom alone the answer is
    Column("reply", Text),
    Column("meanwhile", Text),
    Column("total", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("status", String, nullable=False),  # open | told | done
    Column("language", String, nullable=False, server_default="en"),
    sqlite_autoincrement=True,
)
