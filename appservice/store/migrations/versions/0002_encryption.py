"""Encryption: which rooms are encrypted, what was deciphered before, whom we told that we cannot read."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "encrypted_rooms",
        sa.Column("room_id", sa.String(), nullable=False),
        sa.Column("most_messages", sa.Integer(), nullable=True),
        sa.Column("most_seconds", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("room_id"),
    )
    op.create_table(
        "deciphered",
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("sender_key", sa.String(), nullable=False),
        sa.Column("message_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("session", "sender_key", "message_index"),
    )
    op.create_table(
        "complaints",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )


def downgrade() -> None:
    op.drop_table("complaints")
    op.drop_table("deciphered")
    op.drop_table("encrypted_rooms")
