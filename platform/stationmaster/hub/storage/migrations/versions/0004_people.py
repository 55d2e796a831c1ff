"""Sessions of people, which outlive a restart of the hub; one-time passwords; and how each has set up his console."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; nobody is logged in yet."""
    op.create_table(
        "session",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("begun", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("program", sa.Text, nullable=False),
    )
    op.create_table(
        "one_time_password",
        sa.Column("login", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
    )
    op.create_table(
        "preference",
        sa.Column("login", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Without the tables everybody logs in anew, and finds his console as it is for all."""
    op.drop_table("preference")
    op.drop_table("one_time_password")
    op.drop_table("session")
