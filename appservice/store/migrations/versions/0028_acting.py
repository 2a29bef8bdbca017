"""Who acts: the epoch that each write carries, and when its holder was last seen."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    acting = op.create_table(
        "acting",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("epoch"),
    )
    op.bulk_insert(acting, [{"epoch": 0, "seen_at": 0.0}])


def downgrade() -> None:
    op.drop_table("acting")
