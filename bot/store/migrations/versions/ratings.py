"""What callers thought of their call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is there was not rated."""
    op.add_column("sessions", sa.Column("is_good", sa.Boolean))
    comment = sa.Column("comment", sa.Text, nullable=False, server_default="")
    op.add_column("sessions", comment)


def downgrade() -> None:
    """Nobody goes back: a file of a newer version is refused."""
    raise NotImplementedError
