"""Digests: for whom one is made when, what was shown of it, and the time zones of people and networks."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digest_subscriptions",
        sa.Column("whose", sa.String(), nullable=False),
        sa.Column("cadence", sa.String(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.String(), nullable=False),
        sa.Column("next_at", sa.Float(), nullable=True),
        sa.Column("last_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("whose"),
    )
    op.create_index("ix_digest_subscriptions_next_at", "digest_subscriptions", ["next_at"])
    op.create_table(
        "digest_editions",
        sa.Column("whose", sa.String(), nullable=False),
        sa.Column("due", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("begins", sa.Float(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("rights", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("whose", "due"),
    )
    op.create_table(
        "digests_without",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person", "network"),
    )
    op.create_table(
        "timezones",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
    with op.batch_alter_table("networks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("timezone", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("networks", schema=None) as batch_op:
        batch_op.drop_column("timezone")
    op.drop_table("timezones")
    op.drop_table("digests_without")
    op.drop_table("digest_editions")
    op.drop_index("ix_digest_subscriptions_next_at", table_name="digest_subscriptions")
    op.drop_table("digest_subscriptions")
