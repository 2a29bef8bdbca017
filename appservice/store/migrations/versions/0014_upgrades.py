"""Rooms that take the place of others."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "upgrades",
        sa.Column("old_room", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("new_room", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("old_room"),
    )
    with op.batch_alter_table("upgrades", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upgrades_state"), ["state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("upgrades", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_upgrades_state"))
    op.drop_table("upgrades")
