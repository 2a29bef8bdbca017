"""Changes by hand that were dealt with, and networks that nobody looks after."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

hand_marks = Table(
    "hand_marks",
    metadata,
    Column("place", String, primary_key=True, info=NAMES_A_PLACE),
    Column("type", String, primary_key=True),
    Column("state_key", String, primary_key=True),
    Column("event_id", String, nullable=False),  # the last one that was dealt with
    Column("content", Text, nullable=False),
)
put_back = Table(
    "put_back",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("place", String, nullable=False, info=NAMES_A_PLACE),
    Column("thing", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("told", Boolean, nullable=False),
    Index(None, "place", "thing", "at"),
    sqlite_autoincrement=True,
)
wished_rooms = Table(
    "wished_rooms",
    metadata,
    Column("room_id", String, primary_key=True),  # added to a Space by hand, and the bot cannot get in
    Column("network", String, nullable=False, info=NAMES_A_PLACE),
    Column("by", String, nullable=False),
    Column("at", Float, nullable=False),
)
upgrades = Table(
    "upgrades",
    metadata,
    Column("old_room", String, primary_key=True),
    Column("place", String, nullable=False, info=NAMES_A_PLACE),
    Column("new_room", String, nullable=False),  # "" until it is made
    Column("by", String, nullable=False),
    Column("event", String, nullable=False),  # the tombstone, where a person has put it
    Column("state", String, nullable=False),  # as in store/upgrades.py
    Column("at", Float, nullable=False),
    Column("levels", Text, nullable=False),  # the old room's, for the bot to shut it
    Index(None, "state"),
)
last_words = Table(
    "last_words",
    metadata,
    Column("user", String, primary_key=True),  # who looks after a network
    Column("at", Float, nullable=False),  # when the bot last heard of them, to the day
)
silences = Table(
    "silences",
    metadata,
    Column("network", String, primary_key=True, info=NAMES_A_PLACE),  # where members know of the silence
    Column("at", Float, nullable=False),
)
orphans = Table(
    "orphans",
    metadata,
    Column("network", String, primary_key=True, info=NAMES_A_PLACE),  # that has lost its last coordinator
    Column("at", Float, nullable=False),
)
nominations = Table(
    "nominations",
    metadata,
    Column("network", String, primary_key=True, info=NAMES_A_PLACE),
    Column("nominee", String, primary_key=True),
    Column("by", String, primary_key=True),
    Column("at", Float, nullable=False),
)
