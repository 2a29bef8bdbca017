"""What networks announce, where it is posted, and who declines it."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_announcements_network_made_at": ("announcements", ["network", "made_at"]),
    "ix_announcements_made_at": ("announcements", ["made_at"]),
    "ix_announcements_author": ("announcements", ["author"]),
    "ix_announcement_posts_network": ("announcement_posts", ["network"]),
    "ix_announcement_posts_event": ("announcement_posts", ["event"]),
    "ix_announcement_texts_number": ("announcement_texts", ["number"]),
    "ix_announcement_texts_network": ("announcement_texts", ["network"]),
}
_TABLES = ("announcements", "announcement_posts", "announcement_texts", "announcement_declines")


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "announcement_posts",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=True),
        sa.Column("event", sa.String(), nullable=True),
        sa.Column("gone_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("number", "network"),
    )
    op.create_table(
        "announcement_texts",
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event"),
    )
    op.create_table(
        "announcement_declines",
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("network", "source"),
    )
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
    for table in _TABLES:
        op.drop_table(table)
