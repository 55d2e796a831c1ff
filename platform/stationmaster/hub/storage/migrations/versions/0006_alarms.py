"""Alarms: every standing of each with what people did about it, what is put aside, and since when what is how."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; nothing is known of what was wrong before."""
    op.create_table(
        "alarm",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("zh", sa.Text, nullable=False),
        sa.Column("en", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("told_by", sa.String(64), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("targets", sa.Text, nullable=False),
        sa.Column("on_delay_ms", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("raised", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger, nullable=True),
        sa.Column("waits", sa.Integer, nullable=False),
        sa.Column("part_of", sa.BigInteger, nullable=True),
        sa.Column("acknowledged_by", sa.Text, nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger, nullable=True),
        sa.Column("acknowledged_why", sa.Text, nullable=True),
    )
    op.create_index("alarm_waits", "alarm", ["waits"])
    op.create_index("alarm_raised", "alarm", ["raised"])
    op.create_table(
        "alarm_shelf",
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_table(
        "condition",
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=True),
        sa.Column("detail", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Without the tables everything that is wrong is new, and nothing is known of what was."""
    op.drop_table("condition")
    op.drop_table("alarm_shelf")
    op.drop_table("alarm")
