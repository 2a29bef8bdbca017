"""What takes place, who comes, and the addresses of people's calendars."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_occasions_network_starts_at": ("occasions", ["network", "starts_at"]),
    "ix_occasions_starts_at": ("occasions", ["starts_at"]),
    "ix_occasions_remind_at": ("occasions", ["remind_at"]),
    "ix_occasions_room_event": ("occasions", ["room", "event"]),
    "ix_occasion_answers_occasion_person": ("occasion_answers", ["occasion", "person"]),
    "ix_occasion_answers_person": ("occasion_answers", ["person"]),
    "ix_occasion_answers_room_target": ("occasion_answers", ["room", "target"]),
}


def upgrade() -> None:
    op.create_table(
        "occasions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.Float(), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("remind_at", sa.Float(), nullable=True),
        sa.Column("room", sa.String(), nullable=True),
        sa.Column("event", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "occasion_answers",
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("occasion", sa.Integer(), nullable=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("taken_back", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("room", "event"),
    )
    op.create_table(
        "calendar_addresses",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("user"),
        sa.UniqueConstraint("digest", name="uq_calendar_addresses_digest"),
    )
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
    for table in ("occasions", "occasion_answers", "calendar_addresses"):
        op.drop_table(table)
