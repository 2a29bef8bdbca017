"""What is kept of encrypted rooms beside the machine's own store."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, String, Table

from appservice.store.tables.metadata import metadata

encrypted_rooms = Table(
    "encrypted_rooms",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("most_messages", Integer),  # the room's own rotation period, where it sets one
    Column("most_seconds", Float),
)
deciphered = Table(
    "deciphered",
    metadata,
    Column("session", String, primary_key=True),
    Column("sender_key", String, primary_key=True),
    Column("message_index", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", String, nullable=False),
    Column("at", Float, nullable=False),
)
complaints = Table(
    "complaints",
    metadata,
    Column("person", String, primary_key=True),
    Column("at", Float, nullable=False),  # when they were last told that their message cannot be read
)
