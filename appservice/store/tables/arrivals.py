"""When networks and groups came."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, String, Table

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

arrivals = Table(  # what was there before this table has no row
    "arrivals",
    metadata,
    Column("place", String, primary_key=True, info=NAMES_A_PLACE),
    Column("at", Float, nullable=False),
    Column("by", String),  # the person who made it, if one did
    Index(None, "at"),
    Index(None, "by"),
)
