"""Starts by their key, and whose LiveKit a session is on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "starts",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("body", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("session_id", sa.String(20)),
    )
    op.create_index("starts_by_beginning", "starts", ["begun_at"])
    livekit = sa.Column("livekit", sa.String(32), nullable=False, server_default="")
    op.add_column("sessions", livekit)


def downgrade() -> None:
    """Nobody goes back: a file of a newer version is refused."""
    raise NotImplementedError
