"""Display names as they stand in the rooms of networks, and what they look like."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.add_column(sa.Column("display_name", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("skeleton", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_memberships_skeleton"), ["skeleton"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_memberships_skeleton"))
        batch_op.drop_column("skeleton")
        batch_op.drop_column("display_name")
