"""The log of everything that was done, second factors of logins, and the sheets of changes of shift."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; the log begins with what the journal still has of people's acts."""
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("audit_at", "audit", ["at"])
    op.create_table(
        "audit_end",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("cut_sequence", sa.BigInteger, nullable=False),
        sa.Column("cut_hash", sa.String(64), nullable=False),
        sa.Column("journal", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "second_factor",
        sa.Column("login", sa.String(64), primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("confirmed", sa.BigInteger, nullable=True),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("recovery", sa.Text, nullable=False),
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.Text, nullable=False),
        sa.Column("come", sa.Text, nullable=True),
        sa.Column("come_at", sa.BigInteger, nullable=True),
        sa.Column("body", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """The log is lost with its table: export it before."""
    for table in ("handover", "second_factor", "audit_end", "audit"):
        op.drop_table(table)
