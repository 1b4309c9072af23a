"""Which session another one goes on with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is there goes on with nothing."""
    column = sa.Column("continues", sa.String(255), nullable=False, server_default="")
    op.add_column("sessions", column)


def downgrade() -> None:
    """Nobody goes back: a file of a newer version is refused."""
    raise NotImplementedError
