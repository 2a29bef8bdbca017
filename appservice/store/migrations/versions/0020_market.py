"""Offers and wants, and who asks about them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_postings_owner": ("postings", ["owner"]),
    "ix_postings_network": ("postings", ["network"]),
    "ix_postings_state_remind_at": ("postings", ["state", "remind_at"]),
    "ix_posting_asks_posting": ("posting_asks", ["posting"]),
    "ix_posting_asks_asker": ("posting_asks", ["asker"]),
    "ix_posting_asks_room": ("posting_asks", ["room"]),
}


def upgrade() -> None:
    op.create_table(
        "postings",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=False),
        sa.Column("remind_at", sa.Float(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "posting_asks",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("posting", sa.Integer(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("asked_at", sa.Float(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("said_at", sa.Float(), nullable=True),
        sa.Column("room", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
    op.drop_table("posting_asks")
    op.drop_table("postings")
