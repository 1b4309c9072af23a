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
    zero = {"nullable": False, "server_default": "0"}
    op.add_column("leases", sa.Column("amount", sa.Integer, **zero))
    op.add_column("leases", sa.Column("since", sa.BigInteger, **zero))
    op.add_column("leases", sa.Column("network", sa.String(32), nullable=False, server_default=""))


def downgrade() -> None:
    """Nobody goes back: a file of a newer version is refused."""
    raise NotImplementedError
