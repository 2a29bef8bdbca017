"""How much is said where."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_messages_place_is_open_at": ["place", "is_open", "at"],
    "ix_messages_sender_at_place_is_open": ["sender", "at", "place", "is_open"],
    "ix_messages_at": ["at"],
}


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("said_at", sa.Float(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("place", "event_id"),
    )
    op.create_table(
        "open_histories",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, "messages", columns)


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, table_name="messages")
    op.drop_table("open_histories")
    op.drop_table("messages")
