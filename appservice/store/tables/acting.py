"""Who acts, where several processes share a PostgreSQL."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Table

from appservice.store.tables.metadata import metadata

acting = Table(  # one row; on SQLite it stays as it was made
    "acting",
    metadata,
    # the key, so that a sign of life and those who hold the epoch (FOR KEY SHARE) do not wait for each other
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("seen_at", Float, nullable=False),  # by the database's clock
)
