"""What the landscape is made of, and what an archive keeps of it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Integer, String, Table, Text, UniqueConstraint, false

from appservice.store.tables.metadata import NAMES_A_PLACE, metadata

networks = Table(
    "networks",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("slug", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("access", String, nullable=False),
    Column("ask", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("topic", Text, nullable=False),
    Column("status", String, nullable=False),
    Column("language", String, nullable=False, server_default=""),
    Column("questions", Text, nullable=False, server_default=""),  # to who applies, one on each line
    Column("grace_days", Integer, nullable=False, server_default="7"),
    Column("offers_groups", Boolean, nullable=False, server_default=false()),
    Column("paused", String, nullable=False, server_default=""),  # "" | room | all | fight
    Column("timezone", String, nullable=False, server_default=""),
)
groups = Table(
    "groups",
    metadata,
    Column("id", String, primary_key=True),
    Column("home", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("slug", String, nullable=False),
    Column("access", String, nullable=False),
    Column("ask", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("encrypted", Boolean, nullable=False),
    Column("topic", Text, nullable=False),
    Column("purpose", String, nullable=False),
    Column("status", String, nullable=False),
    Column("paused", String, nullable=False, server_default=""),
    UniqueConstraint("home", "slug"),
)
links = Table(
    "links",
    metadata,
    Column("parent", String, primary_key=True),
    Column("child", String, primary_key=True),
    Column("canonical", Boolean, nullable=False),
    Column("parent_agreed", Boolean, nullable=False),
    Column("child_agreed", Boolean, nullable=False),
    Column("asked_by", String),
    Column("instead_of", String),  # the parent that a move leaves, once the link holds
)
shares = Table(
    "shares",
    metadata,
    Column("group", String, primary_key=True),
    Column("network", String, primary_key=True),
    Column("home_agreed", Boolean, nullable=False),
    Column("network_agreed", Boolean, nullable=False),
    Column("asked_by", String),
)
coordinators = Table(
    "coordinators",
    metadata,
    Column("network", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("former", Boolean, nullable=False),
)
slugs = Table(
    "slugs",
    metadata,
    Column("slug", String, primary_key=True),
    Column("place", String, nullable=False),
)
snapshots = Table(
    "snapshots",
    metadata,
    Column("place", String, primary_key=True),
    Column("body", Text, nullable=False),  # what held when it was archived
)
bans = Table(
    "bans",
    metadata,
    Column("place", String, primary_key=True, info=NAMES_A_PLACE),  # `*` for a rule of an admin's
    Column("who", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("rule", String, nullable=False),  # which it follows from, if any
)
