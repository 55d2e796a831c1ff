"""Checkpoints: the whole state at some entries, from which replay begins and before which the journal may be cut."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the hub writes the first checkpoint when it has read its state."""
    op.create_table(
        "checkpoint",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.String(64), primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("software", sa.String(64), nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Without checkpoints a journal that was cut cannot be replayed; the state itself stays."""
    op.drop_table("checkpoint")
