"""What can be found, and the words that it is found by."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

directory = Table(
    "directory",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    Column("part", String, nullable=False),
    Column("seen", String, nullable=False),  # everyone | finders | members | nobody
    Column("place", String, info=NAMES_A_PLACE),
    Column("network", String, info=NAMES_A_PLACE),
    Column("owner", String),
    Column("title", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("located", Text, nullable=False),
    Column("more", Text, nullable=False),
    Column("stale", Boolean, nullable=False),
    Column("ends_at", Float),
    Column("title_tokens", Text, nullable=False),
    Column("located_tokens", Text, nullable=False),
    Column("tokens", Text, nullable=False),
    Column("words", TSVECTOR().with_variant(Text(), "sqlite")),  # there it is `directory_words`, by triggers
    Index(None, "words", postgresql_using="gin", sqlite_where=text("words IS NOT NULL")),
    Index(None, "kind", "key"),
    Index(None, "network"),
    Index(None, "owner"),
    sqlite_autoincrement=True,
)
directory_open = Table(  # the places that everybody finds
    "directory_open",
    metadata,
    Column("place", String, primary_key=True, info=NAMES_A_PLACE),
    sqlite_with_rowid=False,
)
directory_trigrams = Table(  # threes of letters of every word that can be found
    "directory_trigrams",
    metadata,
    Column("trigram", String, primary_key=True),
    Column("word", String, primary_key=True),
    Index(None, "word"),
    sqlite_with_rowid=False,
)
