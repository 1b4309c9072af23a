"""What was spent, invites, and the switch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "spent",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("session_id", sa.String(20), primary_key=True),
        sa.Column("call_ms", sa.BigInteger, nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger, nullable=False),
        sa.Column("completion_tokens", sa.BigInteger, nullable=False),
        sa.Column("speech_chars", sa.BigInteger, nullable=False),
        sa.Column("money_micros", sa.BigInteger, nullable=False),
    )
    op.create_index("spent_by_session", "spent", ["session_id"])
    op.create_table(
        "invites",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("uses_left", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("is_revoked", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "switch",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("is_paused", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Nobody goes back: a file of a newer version is refused."""
    raise NotImplementedError
