"""What the bot waits for from a person, and the language of each person and network."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "awaited",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("room_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Float(), nullable=False),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("person", "room_id", "kind"),
    )
    with op.batch_alter_table("awaited", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_awaited_event_id"), ["event_id"], unique=False)
    op.create_table(
        "people",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_event_id"), ["event_id"], unique=False)
    with op.batch_alter_table("networks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("undertakings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(), nullable=False, server_default="en"))


def downgrade() -> None:
    with op.batch_alter_table("undertakings", schema=None) as batch_op:
        batch_op.drop_column("language")
    with op.batch_alter_table("networks", schema=None) as batch_op:
        batch_op.drop_column("language")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_event_id"))
    op.drop_table("people")
    op.drop_table("awaited")
