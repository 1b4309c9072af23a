"""Sessions as they are kept: reading them back, what others note about them, forgetting them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.kept_session import (
    ENDED,
    KeptSession,
    ListedSession,
    messages_of,
    question_of,
    timers_of,
    used_of,
)
from bot.store.session_rows import CallRow, TurnRow
from bot.store.store import Store
from bot.store.tables import SESSIONS, TOOL_CALLS, TURNS
from bot.store.tombstones import lay_tombstones, lock_session

_DAY_MS = 86_400_000
_FORGOTTEN_AT_ONCE = 200
"""Sessions; written over in a fraction of the time that one question to the store may take."""


async def load_session(store: Store, session_id: str) -> KeptSession | None:
    """Return a session as it is kept; None if there is none of that id.

    Raises:
        StoreError: it cannot be read.
    """
    async with store.transaction() as connection:
        found = await connection.execute(select(SESSIONS).where(SESSIONS.c.id == session_id))
        row = found.mappings().one_or_none()
        if row is None:
            return None
        lines: list[list[dict[str, Any]]] = []
        for table in (TURNS, TOOL_CALLS):
            columns = [column for column in table.c if column.name != "session_id"]
            asked = select(*columns).where(table.c.session_id == session_id)
            rows = await connection.execute(asked.order_by(table.c.place))
            lines.append([dict(one) for one in rows.mappings()])
    return _session_of(row, *lines)


def _session_of(
    row: RowMapping, turn_lines: list[dict[str, Any]], call_lines: list[dict[str, Any]]
) -> KeptSession:
    turns, calls = [TurnRow(**one) for one in turn_lines], [CallRow(**one) for one in call_lines]
    return KeptSession(
        session_id=row["id"],
        person=row["person"],
        language=row["language"],
        state=row["state"],
        end_reason=row["end_reason"],
        began_at=row["began_at"] / 1000,
        seen_at=row["seen_at"] / 1000,
        takeovers=row["takeovers"],
        turns=turns,
        tool_calls=calls,
        question=question_of(row["question"]),
        timers=timers_of(row["timers"]),
        **used_of(row["usage"]),
        summary=row["summary"],
        summary_until=row["summary_until"],
        messages=messages_of(
            turns, calls, summary=row["summary"], summary_until=row["summary_until"]
        ),
        continues=row["continues"],
    )


async def open_since(store: Store, session_id: str) -> int | None:
    """Return since when a session is on, in Unix milliseconds; None if it is over, or not kept.

    Raises:
        StoreError: it cannot be read.
    """
    is_open = (SESSIONS.c.id == session_id) & (SESSIONS.c.state != ENDED)
    asked = select(SESSIONS.c.began_at).where(is_open)
    async with store.transaction() as connection:
        return (await connection.execute(asked)).scalar_one_or_none()


async def note_state(
    store: Store,
    session_id: str,
    state: str,
    *,
    end_reason: str | None = None,
    takeovers: int | None = None,
) -> bool:
    """Note where a session stands; one that is over stays so, for its first reason.

    Returns:
        Whether it was noted: False if there is none of that id, or it is over.

    Raises:
        StoreError: it is not noted.
    """
    is_open = (SESSIONS.c.id == session_id) & (SESSIONS.c.state != ENDED)
    if takeovers is not None:
        # By a bot: one that was taken over from ends nothing.
        is_open &= SESSIONS.c.takeovers == takeovers
    values: dict[str, Any] = {"state": state}
    if state == ENDED:
        values["end_reason"] = end_reason or "error"
    async with store.transaction() as connection:
        done = await connection.execute(update(SESSIONS).where(is_open).values(values))
        return done.rowcount == 1


async def note_takeover(store: Store, session_id: str) -> int | None:
    """Give a session to a new bot; what the one before still writes is not taken any more.

    Returns:
        Which takeover it is, from 1; None if there is no such session or it is over.

    Raises:
        StoreError: the session is still the other bot's.
    """
    is_open = (SESSIONS.c.id == session_id) & (SESSIONS.c.state != ENDED)
    more = update(SESSIONS).where(is_open).values(takeovers=SESSIONS.c.takeovers + 1)
    async with store.transaction() as connection:
        done = await connection.execute(more.returning(SESSIONS.c.takeovers))
        return done.scalar_one_or_none()


async def list_sessions(store: Store, *, limit: int = 100) -> list[ListedSession]:
    """Return the newest sessions, the newest first.

    Raises:
        StoreError: they cannot be read.
    """
    names = ("id", "person", "state", "end_reason", "began_at", "seen_at", "is_good", "comment")
    columns = [SESSIONS.c[name] for name in names]
    newest = select(*columns).order_by(SESSIONS.c.began_at.desc(), SESSIONS.c.id).limit(limit)
    async with store.transaction() as connection:
        rows = (await connection.execute(newest)).mappings().all()
    return [
        ListedSession(
            session_id=row["id"],
            person=row["person"],
            state=row["state"],
            end_reason=row["end_reason"],
            began_at=row["began_at"] / 1000,
            seen_at=row["seen_at"] / 1000,
            is_good=row["is_good"],
            comment=row["comment"],
        )
        for row in rows
    ]


async def note_livekit(store: Store, session_ids: Collection[str], livekit: str) -> set[str]:
    """Note on which LiveKit the rooms of these sessions are; returns those that are kept.

    Raises:
        StoreError: it is not noted.
    """
    is_there = SESSIONS.c.id.in_(session_ids)
    change = update(SESSIONS).where(is_there).values(livekit=livekit)
    async with store.transaction() as connection:
        return set((await connection.execute(change.returning(SESSIONS.c.id))).scalars())


async def open_sessions(store: Store, *, seen_before: float, livekit: str) -> list[str]:
    """Return sessions of one LiveKit that are not over.

    One that was never seen anywhere is of this LiveKit if the store knows no other. Whatever has
    been silent for a day, which no call lasts, is anybody's: its own LiveKit may never come back,
    and no runner looks at rooms that are not ours.

    Args:
        store: Where they are.
        seen_before: Unix seconds; they were last written to before that.
        livekit: Whose.

    Raises:
        StoreError: they cannot be read.
    """
    before_ms = round(1000 * seen_before)
    # In a room that is not ours (bot/rooms/plan.py) it may well go on.
    nowhere = (SESSIONS.c.livekit == "") & ~SESSIONS.c.id.contains(".")
    has_others = exists().where(SESSIONS.c.livekit.not_in(("", livekit)))
    is_nobodys = (SESSIONS.c.seen_at < before_ms - _DAY_MS) | (nowhere & ~has_others)
    is_silent = (SESSIONS.c.state != ENDED) & (SESSIONS.c.seen_at < before_ms)
    mine = select(SESSIONS.c.id).where(is_silent, (SESSIONS.c.livekit == livekit) | is_nobodys)
    async with store.transaction() as connection:
        found = await connection.execute(mine.limit(1000))
        return list(found.scalars())


async def delete_session(store: Store, session_id: str) -> bool:
    """Forget one session and all that was said in it; returns whether there was one.

    No bot writes one of that id any more, neither one that is in it nor one that comes.

    Raises:
        StoreError: it is still there.
    """
    async with store.transaction() as connection:
        await lock_session(store, connection, session_id)
        gone = await _delete_sessions(connection, SESSIONS.c.id == session_id)
        # Also if there was none: its first write may be late.
        await lay_tombstones(store, connection, [session_id])
    await store.shrink()
    return bool(gone)


async def forget_before(store: Store, day: date) -> int:
    """Forget sessions whose last word was before a UTC day; returns how many.

    Raises:
        StoreError: they are still there.
    """
    before = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000
    is_old = SESSIONS.c.seen_at < round(before)
    some = select(SESSIONS.c.id).where(is_old).limit(_FORGOTTEN_AT_ONCE)
    count = 0
    while True:
        async with store.transaction() as connection:
            gone = await _delete_sessions(connection, is_old & SESSIONS.c.id.in_(some))
            await lay_tombstones(store, connection, gone)
        count += len(gone)
        if not gone:
            break
    if count:
        await store.shrink()
    return count


async def _delete_sessions(
    connection: AsyncConnection, which: ColumnElement[bool]
) -> Sequence[str]:
    """Delete sessions with all that was said in them; returns their ids."""
    # The session's own line first: a bot that writes just now has it locked, and finds it gone or
    # has written before the rest is looked for.
    done = await connection.execute(delete(SESSIONS).where(which).returning(SESSIONS.c.id))
    gone = done.scalars().all()
    for table in (TURNS, TOOL_CALLS):
        await connection.execute(delete(table).where(table.c.session_id.in_(gone)))
    return gone
