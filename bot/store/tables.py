"""The tables. A change here needs a migration in `migrations/versions/`, and a test says so."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    case,
)

from bot.spent import SPENT_NAMES

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


def with_greater(row: Any) -> Any:
    """Return an `INSERT` into `SPENT` by which no sum that is there gets less."""
    pairs = ((name, SPENT.c[name], row.excluded[name]) for name in SPENT_NAMES)
    greater = {name: case((new > known, new), else_=known) for name, known, new in pairs}
    return row.on_conflict_do_update(index_elements=[*SPENT.primary_key], set_=greater)


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

STARTS = Table(
    "starts",
    METADATA,
    Column("key", String(64), primary_key=True, comment="digest; of its LiveKit and caller too"),
    Column("body", String(64), nullable=False, comment="digest"),
    Column("owner", String(32), nullable=False, comment="the request that makes it"),
    Column("begun_at", BigInteger, nullable=False, comment="Unix milliseconds"),
    Column("session_id", String(20), comment="null: under way"),
    Index("starts_by_beginning", "begun_at"),
)
"""Nothing that opens a room: a token is made anew for whoever asks again."""

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(300), primary_key=True),
    Column("kind", String(8), nullable=False, comment="as bot/store/shared/leases.py names them"),
    Column("place", String(32), nullable=False, comment="which LiveKit and whose bots"),
    Column("owner", String(32), nullable=False, comment="a runner, a worker, or nobody"),
    Column("until", BigInteger, nullable=False, comment="Unix ms by the database's clock"),
    Column(
        "amount",
        Integer,
        nullable=False,
        server_default="0",
        comment="calls that a worker holds, wrong guesses of a network, or a deed's milliseconds",
    ),
    Column(
        "since",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="order of those who wait: Unix microseconds",
    ),
    Column(
        "network",
        String(32),
        nullable=False,
        server_default="",
        comment="digest: whose share a start or a place is of; empty: nobody's",
    ),
    Column("taken", Integer, nullable=False, server_default="0", comment="calls that a worker has"),
    Column(
        "node",
        String(64),
        nullable=False,
        server_default="",
        comment="of LiveKit, where a worker is registered",
    ),
    Index("leases_by_place", "place", "kind"),
)
"""What one of several runners has for itself for a while."""

KEYS = Table(
    "keys",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("key", LargeBinary, nullable=False),
)
"""What runners on several machines sign by; with SQLite it is a file beside it."""

SESSIONS = Table(
    "sessions",
    METADATA,
    # Of a room that is not ours: its name and LiveKit's id of it.
    Column("id", String(255), primary_key=True),
    Column("person", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("state", String(16), nullable=False),
    Column("end_reason", String(64)),
    Column("began_at", BigInteger, nullable=False, comment="Unix milliseconds; the clock's zero"),
    Column("seen_at", BigInteger, nullable=False, comment="Unix milliseconds of the last write"),
    Column("takeovers", Integer, nullable=False, comment="only the bot of the last one may write"),
    Column("question", Text, nullable=False, comment="JSON: what waits for the caller's yes"),
    Column("timers", Text, nullable=False, comment="JSON"),
    Column("usage", Text, nullable=False, comment="JSON"),
    Column("summary", Text, nullable=False, comment="of all before `summary_until`"),
    Column("summary_until", Integer, nullable=False, comment="a place in turns"),
    Column(
        "livekit",
        String(32),
        nullable=False,
        server_default="",
        comment="where its room was seen; empty: nowhere yet",
    ),
    Column(
        "continues",
        String(255),
        nullable=False,
        server_default="",
        comment="the session it goes on with, if any",
    ),
    Column("is_good", Boolean, comment="what its caller thought of it; null: nobody said"),
    Column("comment", Text, nullable=False, server_default="", comment="in the caller's words"),
    Index("sessions_by_beginning", "began_at"),
    Index("sessions_by_last_write", "seen_at"),
)
"""One line a session; its bot writes all but the state, whose LiveKit it is on and the rating."""

TURNS = Table(
    "turns",
    METADATA,
    Column("session_id", String(255), primary_key=True),
    Column("place", Integer, primary_key=True, comment="order in the session, with tool calls"),
    Column("revision", Integer, nullable=False, comment="grows while the turn does"),
    Column("who", String(16), nullable=False, comment="user or assistant"),
    Column("text", Text, nullable=False, comment="of the bot's, what was heard"),
    Column("memory", Text, nullable=False, comment="what the model knows of it"),
    Column("is_cut", Boolean, nullable=False),
    Column("is_finished", Boolean, nullable=False),
    Column("began_ms", BigInteger, nullable=False, comment="on the session's clock"),
    Column("ended_ms", BigInteger, nullable=False, comment="of its last word"),
    Column("timings", Text, nullable=False, comment="JSON: milliseconds by name"),
)

TOOL_CALLS = Table(
    "tool_calls",
    METADATA,
    Column("session_id", String(255), primary_key=True),
    Column("place", Integer, primary_key=True, comment="order in the session, with turns"),
    Column(
        "told_place", Integer, nullable=False, comment="where the model read its result; 0: not"
    ),
    Column("call_id", Text, nullable=False, comment="as the language model names it"),
    Column("idempotency_key", Text, nullable=False, comment="what the tool was given to be so"),
    Column("name", Text, nullable=False),
    Column("arguments", Text, nullable=False, comment="JSON"),
    Column("state", String(16), nullable=False),
    Column("result", Text, nullable=False, comment="JSON; empty: none yet"),
    Column("began_ms", BigInteger, nullable=False, comment="on the session's clock"),
    Column("ended_ms", BigInteger, nullable=False, comment="0: not yet"),
)
