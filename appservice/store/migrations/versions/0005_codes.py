"""Codes that let people in, and wrong ones that were tried."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "codes",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shelf", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("revoked_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("digest", name=op.f("uq_codes_digest")),
    )
    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_codes_shelf"), ["shelf"], unique=False)
        batch_op.create_index(batch_op.f("ix_codes_network"), ["network"], unique=False)
    op.create_table(
        "code_tries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("code_tries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_code_tries_person"), ["person"], unique=False)


def downgrade() -> None:
    op.drop_table("code_tries")
    op.drop_table("codes")
