"""Offers and wants, and who asks about them."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

postings = Table(
    "postings",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # what it is called by
    Column("kind", String, nullable=False),  # offer | want
    Column("network", String, nullable=False, info=NAMES_A_PLACE),
    Column("owner", String, nullable=False),  # empty, as the text is, once it has long ended
    Column("text", Text, nullable=False),
    Column("terms", String, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("ends_at", Float, nullable=False),
    Column("remind_at", Float),
    Column("state", String, nullable=False),
    Column("ended_at", Float),
    Index(None, "owner"),
    Index(None, "network"),
    Index(None, "state", "remind_at"),
    Index(None, "made_at"),
    Index(None, "ends_at"),
)
posting_asks = Table(
    "posting_asks",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("posting", Integer, nullable=False),
    Column("asker", String, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("said", String, nullable=False),  # open | yes | no | lapsed
    Column("said_at", Float),
    Column("room", String, nullable=False),  # the place whose room the two are brought into
    Index(None, "posting"),
    Index(None, "asker"),
    Index(None, "room"),
)
