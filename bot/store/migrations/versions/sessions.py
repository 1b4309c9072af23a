"""Sessions: their turns and tool calls, as they happen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(255), primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("end_reason", sa.String(64)),
        sa.Column("began_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("takeovers", sa.Integer, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("timers", sa.Text, nullable=False),
        sa.Column("usage", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("summary_until", sa.Integer, nullable=False),
    )
    op.create_index("sessions_by_beginning", "sessions", ["began_at"])
    op.create_index("sessions_by_last_write", "sessions", ["seen_at"])
    _create_turns()
    _create_tool_calls()


def _create_turns() -> None:
    op.create_table(
        "turns",
        sa.Column("session_id", sa.String(255), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("who", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("memory", sa.Text, nullable=False),
        sa.Column("is_cut", sa.Boolean, nullable=False),
        sa.Column("is_finished", sa.Boolean, nullable=False),
        sa.Column("began_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.Column("timings", sa.Text, nullable=False),
    )


def _create_tool_calls() -> None:
    op.create_table(
        "tool_calls",
        sa.Column("session_id", sa.String(255), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("told_place", sa.Integer, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("began_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Nobody goes back: a file of a newer version is refused."""
    raise NotImplementedError
