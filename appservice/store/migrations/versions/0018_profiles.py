"""What people say about themselves, and to whom they show it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "profiles",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("skills", sa.Text(), nullable=False),
        sa.Column("interests", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user"),
    )
    op.create_table(
        "profile_shown",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user", "field", "network"),
    )
    op.create_index("ix_profile_shown_network", "profile_shown", ["network"])
    op.create_table(
        "profile_checks",
        sa.Column("user", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user"),
    )


def downgrade() -> None:
    op.drop_table("profile_checks")
    op.drop_index("ix_profile_shown_network", table_name="profile_shown")
    op.drop_table("profile_shown")
    op.drop_table("profiles")
