"""Who was shown to whom by the directory, for a day."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_shown",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("person", "shown"),
    )
    op.create_index("ix_people_shown_at", "people_shown", ["at"])


def downgrade() -> None:
    op.drop_index("ix_people_shown_at", table_name="people_shown")
    op.drop_table("people_shown")
