"""What leases say beside whose they are: places, order in the line, and of which network."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    for column in (
        sa.Column("amount", sa.Integer, nullable=False, server_default="0"),
        sa.Column("since", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("network", sa.String(32), nullable=False, server_default=""),
    ):
        op.add_column("leases", column)


def downgrade() -> None:
    """Nobody goes back: a file of a newer version is refused."""
    raise NotImplementedError
