"""Who was asked whether a listing still holds."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, String, Table

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

listing_questions = Table(
    "listing_questions",
    metadata,
    Column("listing", Integer, primary_key=True, autoincrement=False),
    Column("person", String, primary_key=True),
    Column("network", String, nullable=False, info=NAMES_A_PLACE),
    Column("asked_at", Float, nullable=False),
    Index(None, "person"),
)
