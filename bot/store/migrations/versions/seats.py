"""What leases of workers say of the calls that they have, and of where they are registered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    for column in (
        sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
        sa.Column("node", sa.String(64), nullable=False, server_default=""),
    ):
        op.add_column("leases", column)


def downgrade() -> None:
    """Nobody goes back: a file of a newer version is refused."""
    raise NotImplementedError
