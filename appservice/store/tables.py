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
    false,
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
    Column("questions", Text, nullable=False, server_default=""),  # to who applies, one on each line
    Column("grace_days", Integer, nullable=False, server_default="7"),
    Column("offers_groups", Boolean, nullable=False, server_default=false()),
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
    Column("place", String, primary_key=True),  # `*` for a rule of an admin's
    Column("who", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("rule", String, nullable=False),  # which it follows from, if any
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
upgrades = Table(
    "upgrades",
    metadata,
    Column("old_room", String, primary_key=True),
    Column("place", String, nullable=False),
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

# -- codes that let people in -----------------------------------------------------------------------

codes = Table(
    "codes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # what it is called by
    Column("shelf", String, nullable=False),  # the first letters of the digest, by which it is found
    Column("digest", String, nullable=False, unique=True),
    Column("network", String, nullable=False),
    Column("maker", String, nullable=False),
    Column("role", String),
    Column("groups", Text, nullable=False),
    Column("uses_left", Integer),  # null: no limit
    Column("used", Integer, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("revoked_at", Float),
    Index(None, "shelf"),
    Index(None, "network"),
)
code_tries = Table(
    "code_tries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("person", String, nullable=False),
    Column("at", Float, nullable=False),
    Index(None, "person"),
)

# -- who asks to be let in --------------------------------------------------------------------------

applications = Table(
    "applications",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("place", String, nullable=False),
    Column("person", String, nullable=False),
    Column("called", Text, nullable=False),
    Column("state", String, nullable=False),  # asking | open | approved | denied | withdrawn | closed
    Column("way", String, nullable=False),  # join | knock
    Column("since", Float, nullable=False),
    Column("questions", Text, nullable=False),  # JSON: a list
    Column("answers", Text, nullable=False),  # JSON: a list
    Column("decided_by", String),
    Column("decided_at", Float),
    Column("word", Text, nullable=False),
    Column("reminded", Boolean, nullable=False),
    Column("escalated", Boolean, nullable=False),
    Column("orphaned", Boolean, nullable=False),
    Index(None, "person", "place"),
    Index(None, "place", "state"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)

# -- ways in and out --------------------------------------------------------------------------------

admissions = Table(
    "admissions",
    metadata,
    Column("place", String, primary_key=True),
    Column("user", String, primary_key=True),  # who was invited by name
    Index(None, "user"),
)
departures = Table(
    "departures",
    metadata,
    Column("place", String, primary_key=True),
    Column("user", String, primary_key=True),  # who has no path left
    Column("told_at", Float),
    Column("due_at", Float, nullable=False),  # when they are taken out
    Index(None, "user"),
    Index(None, "due_at"),
)
recounts = Table(
    "recounts",
    metadata,
    Column("subject", String, primary_key=True),  # a place or a person whose paths have changed
    Column("after", Float, nullable=False),
    Index(None, "after"),
)
wishes = Table(
    "wishes",
    metadata,
    Column("user", String, primary_key=True),
    Column("place", String, primary_key=True),
    Column("via", String, nullable=False),
    Column("with_groups", Boolean, nullable=False),
)
offers = Table(
    "offers",
    metadata,
    Column("user", String, primary_key=True),
    Column("network", String),  # null: nothing is offered at present
    Column("groups", Text, nullable=False),
    Column("offered_at", Float, nullable=False),
    Column("stopped", Boolean, nullable=False),
)

# -- invitations ------------------------------------------------------------------------------------

invitations = Table(
    "invitations",
    metadata,
    Column("place", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("state", String, nullable=False),  # waiting | invited | asked | declined | failed | joined
    Column("by", String, nullable=False),
    Column("at", Float, nullable=False),  # when it came to that state
    Column("batch", String, nullable=False),  # the list they were on last
    Index(None, "user"),
)
invitation_outcomes = Table(
    "invitation_outcomes",
    metadata,
    Column("batch", String, primary_key=True),  # the event that the list came in
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("place", String, nullable=False),
    Column("typed", Text, nullable=False),
    Column("user", String),  # null: no Matrix ID
    Column("by", String, nullable=False),
    Column("result", String, nullable=False),
    Column("reason", Text),
    Column("since", Float),  # when they said no
    Column("at", Float, nullable=False),
    Index(None, "place", "user"),
)
invitations_shown = Table(
    "invitations_shown",
    metadata,
    Column("user", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("place", String, nullable=False),
    Column("is_question", Boolean, nullable=False),
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
    Column("source", String, nullable=False, server_default=""),  # chat, hand, blueprint, …
    Column("difference", Text),  # what is needed to undo it, as JSON
    Column("undoes", Integer),  # the entry that it takes back
    Index(None, "about"),
    Index(None, "who"),
    Index(None, "undoes"),
    sqlite_autoincrement=True,
)
audit_networks = Table(  # whose coordinators read an entry
    "audit_networks",
    metadata,
    Column("network", String, primary_key=True),
    Column("entry", Integer, primary_key=True, autoincrement=False),
)
marks = Table(
    "marks",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
