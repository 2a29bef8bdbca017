"""When networks and groups came; offers and wants by the time at which they were made, or end."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_arrivals_at": ("arrivals", ["at"]),
    "ix_arrivals_by": ("arrivals", ["by"]),
    "ix_postings_made_at": ("postings", ["made_at"]),
    "ix_postings_ends_at": ("postings", ["ends_at"]),
}


def upgrade() -> None:
    op.create_table(
        "arrivals",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("place"),
    )
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
    op.drop_table("arrivals")
