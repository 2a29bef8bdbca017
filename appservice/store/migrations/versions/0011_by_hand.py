"""Changes by hand that were dealt with, what was put back, rooms that are asked for, nominations."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hand_marks",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("state_key", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", "type", "state_key"),
    )
    op.create_table(
        "put_back",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("thing", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("put_back", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_put_back_place_thing_at"), ["place", "thing", "at"], unique=False
        )
    op.create_table(
        "wished_rooms",
        sa.Column("room_id", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("room_id"),
    )
    op.create_table(
        "nominations",
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("nominee", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("network", "nominee", "by"),
    )
    op.create_table(
        "last_words",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("user"),
    )
    op.create_table(
        "silences",
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("network"),
    )
    for table in ("networks", "groups"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("paused", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for table in ("networks", "groups"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("paused")
    for table in ("silences", "last_words", "nominations", "wished_rooms"):
        op.drop_table(table)
    with op.batch_alter_table("put_back", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_put_back_place_thing_at"))
    op.drop_table("put_back")
    op.drop_table("hand_marks")
