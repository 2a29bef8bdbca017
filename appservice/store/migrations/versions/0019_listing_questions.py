"""Who was asked whether a listing still holds."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_questions",
        sa.Column("listing", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("asked_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("listing", "person"),
    )
    op.create_index("ix_listing_questions_person", "listing_questions", ["person"])


def downgrade() -> None:
    op.drop_index("ix_listing_questions_person", table_name="listing_questions")
    op.drop_table("listing_questions")
