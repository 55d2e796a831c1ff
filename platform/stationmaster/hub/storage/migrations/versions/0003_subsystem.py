"""Subsystems that were enrolled, and the hashes and serial numbers by which each is known."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; nobody is enrolled yet."""
    op.create_table(
        "subsystem",
        sa.Column("identity", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("revoked", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=True),
        sa.Column("used", sa.BigInteger, nullable=True),
    )
    op.create_index("credential_identity", "credential", ["identity"])


def downgrade() -> None:
    """Without the tables every subsystem has to be enrolled anew, or named in the configuration."""
    op.drop_table("credential")
    op.drop_table("subsystem")
