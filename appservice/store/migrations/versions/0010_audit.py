"""Bans; whose coordinators read an entry of the audit log, where it came from, and what undoes it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bans",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("place", "who"),
    )
    op.create_table(
        "audit_networks",
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("network", "entry"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("difference", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("undoes", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_audit_who"), ["who"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_undoes"), ["undoes"], unique=False)
    _give_old_entries_their_network()


def _give_old_entries_their_network() -> None:
    ours = "SELECT about, id FROM audit WHERE about IN (SELECT id FROM networks)"
    of_groups = 'SELECT g.home, a.id FROM audit a JOIN "groups" g ON g.id = a.about'
    for found in (ours, of_groups):
        op.execute(sa.text(f"INSERT INTO audit_networks (network, entry) {found}"))


def downgrade() -> None:
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_undoes"))
        batch_op.drop_index(batch_op.f("ix_audit_who"))
        batch_op.drop_column("undoes")
        batch_op.drop_column("difference")
        batch_op.drop_column("source")
    op.drop_table("audit_networks")
    op.drop_table("bans")
