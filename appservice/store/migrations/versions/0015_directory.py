"""What can be found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_COLUMNS = "title_tokens, located_tokens, tokens"
_OLD = "INSERT INTO directory_words (directory_words, rowid, {0}) VALUES ('delete', old.id, {1})"
_NEW = "INSERT INTO directory_words (rowid, {0}) VALUES (new.id, {2})"
_TRIGGERS = {"INSERT": (_NEW,), "DELETE": (_OLD,), "UPDATE": (_OLD, _NEW)}


def upgrade() -> None:
    op.create_table(
        "directory",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("located", sa.Text(), nullable=False),
        sa.Column("more", sa.Text(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=True),
        sa.Column("title_tokens", sa.Text(), nullable=False),
        sa.Column("located_tokens", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Text(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR().with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_directory_kind_key", "directory", ["kind", "key"])
    op.create_index("ix_directory_network", "directory", ["network"])
    op.create_index("ix_directory_owner", "directory", ["owner"])
    op.create_index(
        "ix_directory_words",
        "directory",
        ["words"],
        postgresql_using="gin",
        sqlite_where=sa.text("words IS NOT NULL"),
    )
    op.create_table(
        "directory_open",
        sa.Column("place", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "directory_trigrams",
        sa.Column("trigram", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("trigram", "word"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_directory_trigrams_word", "directory_trigrams", ["word"])
    if op.get_bind().dialect.name == "sqlite":
        _make_words()


def _make_words() -> None:
    """The words of the index in a table for full text, which follows the index by triggers."""
    op.execute(
        f"CREATE VIRTUAL TABLE directory_words USING fts5({_COLUMNS}, content='directory', "
        "content_rowid='id', tokenize='unicode61', detail='column', prefix='2 3')"
    )
    old, new = (", ".join(f"{when}.{c}" for c in _COLUMNS.split(", ")) for when in ("old", "new"))
    for event, steps in _TRIGGERS.items():
        body = "; ".join(step.format(_COLUMNS, old, new) for step in steps)
        op.execute(
            f"CREATE TRIGGER directory_after_{event.lower()} AFTER {event} ON directory BEGIN {body}; END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in _TRIGGERS:
            op.execute(f"DROP TRIGGER directory_after_{event.lower()}")
        op.execute("DROP TABLE directory_words")
    op.drop_table("directory_trigrams")
    op.drop_table("directory_open")
    op.drop_table("directory")
