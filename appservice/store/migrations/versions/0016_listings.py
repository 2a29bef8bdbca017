"""Organisations and services."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_listings_network": ["network"],
    "ix_listings_by": ["by"],
    "ix_listings_confirmed_at": ["confirmed_at"],
    "ix_listings_source_source_id": ["source", "source_id"],
}


def upgrade() -> None:
    op.create_table(
        "listings",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("web", sa.Text(), nullable=False),
        sa.Column("contact_for", sa.String(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("stewards", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("confirmed_at", sa.Float(), nullable=False),
        sa.Column("asked_at", sa.Float(), nullable=True),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, "listings", columns)


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, table_name="listings")
    op.drop_table("listings")
