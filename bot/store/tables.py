"""The tables. A change here needs a migration in `migrations/versions/`, and a test says so."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table

METADATA = MetaData()

SPENT = Table(
    "spent",
    METADATA,
    Column("day", String(10), primary_key=True, comment="UTC, as 2026-01-31"),
    Column("session_id", String(20), primary_key=True),
    Column("call_ms", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("speech_chars", BigInteger, nullable=False),
    Column("money_micros", BigInteger, nullable=False, comment="millionths of the table's money"),
    Index("spent_by_session", "session_id"),
)
"""By session, so that a report which comes again, or to two runners, counts once."""

INVITES = Table(
    "invites",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("uses_left", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False, comment="Unix seconds"),
    Column("is_revoked", Boolean, nullable=False),
    Column("made_at", BigInteger, nullable=False, comment="Unix seconds"),
)

SWITCH = Table(
    "switch",
    METADATA,
    Column("id", Integer, primary_key=True, comment="always 1: there is one switch"),
    Column("is_paused", Boolean, nullable=False),
)
