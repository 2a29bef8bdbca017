"""Who was invited or asked, lists of people, and what waits for somebody as it was shown to them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("place", "user"),
    )
    op.create_index("ix_invitations_user", "invitations", ["user"], unique=False)
    op.create_table(
        "invitation_outcomes",
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("since", sa.Float(), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "number"),
    )
    both = ["place", "user"]
    op.create_index("ix_invitation_outcomes_place_user", "invitation_outcomes", both, unique=False)
    op.create_table(
        "invitations_shown",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("is_question", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("user", "number"),
    )


def downgrade() -> None:
    op.drop_table("invitations_shown")
    op.drop_index("ix_invitation_outcomes_place_user", table_name="invitation_outcomes")
    op.drop_table("invitation_outcomes")
    op.drop_index("ix_invitations_user", table_name="invitations")
    op.drop_table("invitations")
