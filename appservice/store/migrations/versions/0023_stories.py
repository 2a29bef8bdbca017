"""Messages that were made stories; which encrypted groups let them leave."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_stories_group": ("stories", ["group"]),
    "ix_stories_author": ("stories", ["author"]),
    "ix_stories_proposer_proposed_at": ("stories", ["proposer", "proposed_at"]),
    "ix_stories_edit": ("stories", ["edit"]),
    "ix_story_levels_network_step": ("story_levels", ["network", "step"]),
    "ix_story_levels_step_since": ("story_levels", ["step", "since"]),
    "ix_stories_printed_story": ("stories_printed", ["story"]),
    "ix_stories_printed_said_at": ("stories_printed", ["said_at"]),
}


def upgrade() -> None:
    op.add_column("groups", sa.Column("digest", sa.String(), nullable=False, server_default="counts"))
    op.create_table(
        "stories",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("proposer", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.Float(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("byline", sa.Text(), nullable=True),
        sa.Column("may_print", sa.Boolean(), nullable=False),
        sa.Column("may_travel", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("edit", sa.String(), nullable=False),
        sa.Column("ending", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("room", "event", name="uq_stories_room_event"),
    )
    op.create_table(
        "story_levels",
        sa.Column("story", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("story", "network"),
    )
    op.create_table(
        "stories_printed",
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("story", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("said_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("said", "story"),
    )
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
    for table in ("stories_printed", "story_levels", "stories"):
        op.drop_table(table)
    op.drop_column("groups", "digest")
