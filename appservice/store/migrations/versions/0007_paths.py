"""Paths: who was invited by name, who has none left, what is wished for and offered."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("networks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("grace_days", sa.Integer(), server_default="7", nullable=False))
        batch_op.add_column(
            sa.Column("offers_groups", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.create_table(
        "admissions",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("place", "user"),
    )
    op.create_index(op.f("ix_admissions_user"), "admissions", ["user"])
    op.create_table(
        "departures",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("told_at", sa.Float(), nullable=True),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("place", "user"),
    )
    op.create_index(op.f("ix_departures_user"), "departures", ["user"])
    op.create_index(op.f("ix_departures_due_at"), "departures", ["due_at"])
    op.create_table(
        "recounts",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("after", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index(op.f("ix_recounts_after"), "recounts", ["after"])
    op.create_table(
        "wishes",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("with_groups", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("user", "place"),
    )
    op.create_table(
        "offers",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.Float(), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("user"),
    )


def downgrade() -> None:
    op.drop_table("offers")
    op.drop_table("wishes")
    op.drop_table("recounts")
    op.drop_table("departures")
    op.drop_table("admissions")
    with op.batch_alter_table("networks", schema=None) as batch_op:
        batch_op.drop_column("offers_groups")
        batch_op.drop_column("grace_days")
