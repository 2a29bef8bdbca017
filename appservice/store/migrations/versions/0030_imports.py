"""Where what was imported from another server came from."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("thing", sa.String(), nullable=False),
        sa.Column("here", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("source", "thing"),
    )
    op.create_index("ix_imports_here", "imports", ["here"])


def downgrade() -> None:
    op.drop_index("ix_imports_here", table_name="imports")
    op.drop_table("imports")
