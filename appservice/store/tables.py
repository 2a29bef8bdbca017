"""Every table, in one place. Times are seconds since 1970 (float); JSON is text."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

# -- the landscape ----------------------------------------------------------------------------------

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
    Column("paused", String, nullable=False, server_default=""),  # "" | room | all
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

# -- rooms and who is in them -----------------------------------------------------------------------

rooms = Table(
    "rooms",
    metadata,
    Column("place", String, primary_key=True),
    Column("room_id", String, unique=True),
    Column("ready", Boolean, nullable=False),
    Column("expected", Text, nullable=False),  # FoundRoom: the room once what waits is done
)
conversations = Table(
    "conversations",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("person", String),  # whose direct room it is; null: a room with several
    Column("place", String),  # set where the bot opened it itself
    Index(None, "person"),
)
memberships = Table(
    "memberships",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("membership", String, nullable=False),
    Column("display_name", Text),  # as it stands in this room, while they are there
    Column("skeleton", String),  # what a reader takes them for there
    Index(None, "user"),
    Index(None, "skeleton"),
)
hand_marks = Table(
    "hand_marks",
    metadata,
    Column("place", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("state_key", String, primary_key=True),
    Column("event_id", String, nullable=False),  # the last one that was dealt with
    Column("content", Text, nullable=False),
)
put_back = Table(
    "put_back",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("place", String, nullable=False),
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
    Column("network", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Float, nullable=False),
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
    Column("network", String, primary_key=True),  # where members were told that nobody looks after it
    Column("at", Float, nullable=False),
)
nominations = Table(
    "nominations",
    metadata,
    Column("network", String, primary_key=True),
    Column("nominee", String, primary_key=True),
    Column("by", String, primary_key=True),
    Column("at", Float, nullable=False),
)

# -- in and out -------------------------------------------------------------------------------------

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

# -- encryption -------------------------------------------------------------------------------------

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

# -- people and what the bot waits for from them ----------------------------------------------------

people = Table(
    "people",
    metadata,
    Column("user", String, primary_key=True),
    Column("language", String, nullable=False),
)
awaited = Table(
    "awaited",
    metadata,
    Column("person", String, primary_key=True),
    Column("room_id", String, primary_key=True),
    Column("kind", String, primary_key=True),  # confirmation | argument | more
    Column("event_id", String, nullable=False),  # the message that the bot's question answers
    Column("thread", String),
    Column("said", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("is_direct", Boolean, nullable=False),
    Index(None, "event_id"),
)

# -- the rest ---------------------------------------------------------------------------------------

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("who", String, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", String, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Index(None, "about"),
    sqlite_autoincrement=True,
)
marks = Table(
    "marks",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
