"""What a session's bot writes: one batch of changed lines, kept as a whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Executable, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.store import Store
from bot.store.tables import SESSIONS, TOOL_CALLS, TURNS
from bot.store.tombstones import is_deleted, lock_session


@dataclass(kw_only=True)
class TurnRow:
    """One turn as it stands; times are milliseconds on the session's clock."""

    place: int
    who: str
    revision: int = 0
    text: str = ""
    memory: str = ""
    is_cut: bool = False
    is_finished: bool = False
    began_ms: int
    ended_ms: int
    timings: str = "{}"

    def move(self, *, places: int, later_ms: int) -> None:
        """Stand so many places, and so much, later in its session."""
        self.place += places
        self.began_ms += later_ms
        self.ended_ms += later_ms


@dataclass(kw_only=True)
class CallRow:
    """One call of a tool as it stands; times are milliseconds on the session's clock."""

    place: int
    told_place: int = 0
    call_id: str
    idempotency_key: str = ""
    name: str
    arguments: str = "{}"
    state: str
    result: str = ""
    began_ms: int
    ended_ms: int = 0

    def move(self, *, places: int, later_ms: int) -> None:
        """Stand so many places, and so much, later in its session."""
        self.place += places
        self.began_ms += later_ms
        # 0: not told, not ended.
        self.told_place += places if self.told_place else 0
        self.ended_ms += later_ms if self.ended_ms else 0


@dataclass(kw_only=True)
class SessionRow:
    """The session's own line, but for its state and end."""

    id: str
    person: str = ""
    language: str = ""
    began_at: int
    """Unix milliseconds."""
    seen_at: int
    takeovers: int = 0
    question: str = ""
    timers: str = "[]"
    usage: str = "{}"
    summary: str = ""
    summary_until: int = 0
    continues: str = ""
    """The session it goes on with; empty if it is a talk of its own."""


_TOLD_ONCE = {"id", "began_at", "takeovers", "language"}


async def takeovers_of(store: Store, session_id: str) -> int | None:
    """Return how many bots have taken a session over; None if it is not kept.

    Raises:
        StoreError: it cannot be read.
    """
    asked = select(SESSIONS.c.takeovers).where(SESSIONS.c.id == session_id)
    async with store.transaction() as connection:
        return (await connection.execute(asked)).scalar_one_or_none()


async def write_batch(
    store: Store,
    session: SessionRow,
    *,
    turns: Sequence[TurnRow] = (),
    calls: Sequence[CallRow] = (),
    is_first: bool = False,
) -> bool:
    """Keep what has changed in a session.

    Args:
        store: Where.
        session: Its line; nothing is written if another bot has taken the session over since.
        turns: Those that are new or have grown.
        calls: Those that are new or have moved on.
        is_first: The session may not be there yet, and one that another bot began is not touched;
            later one that is gone was deleted, and stays so.

    Returns:
        Whether it was kept; False if the session is another bot's now, or was deleted.

    Raises:
        StoreError: nothing was kept.
    """
    try:
        async with store.transaction() as connection:
            await _write(store, connection, session, turns, calls, is_first=is_first)
    except _NotOurs:
        return False
    return True


class _NotOurs(Exception):
    """The session is another bot's, or was deleted: what was begun of the batch is taken back."""


async def _write(  # noqa: PLR0913 - as above
    store: Store,
    connection: AsyncConnection,
    session: SessionRow,
    turns: Sequence[TurnRow],
    calls: Sequence[CallRow],
    *,
    is_first: bool,
) -> None:
    is_ours = (SESSIONS.c.id == session.id) & (SESSIONS.c.takeovers == session.takeovers)
    if is_first:
        await lock_session(store, connection, session.id)
        row = store.insert(SESSIONS).values(**_storable(session), state="live")
        await connection.execute(row.on_conflict_do_nothing(index_elements=[SESSIONS.c.id]))
        # It may have been kept by a first write whose answer was lost, but never another bot's. And
        # asked behind the insert, which may have waited for whoever deleted it.
        is_ours &= (SESSIONS.c.began_at == session.began_at) & ~is_deleted(session.id)
    known = _storable(session)
    values = {name: value for name, value in known.items() if name not in _TOLD_ONCE}
    done = await connection.execute(update(SESSIONS).where(is_ours).values(values))
    if done.rowcount != 1:
        raise _NotOurs
    for table, rows in ((TURNS, turns), (TOOL_CALLS, calls)):
        if rows:
            values_of_all = [{"session_id": session.id, **_storable(row)} for row in rows]
            await connection.execute(_upsert(store, table), values_of_all)


def storable_text(text: str) -> str:
    """Return a text without what a database refuses.

    A model may write U+0000, which Postgres takes no text with, or half a character, which has no
    form in UTF-8: nothing after that would be kept.
    """
    return text.replace("\0", "").encode(errors="replace").decode()


def _storable(row: TurnRow | CallRow | SessionRow) -> dict[str, Any]:
    """Return a line's values as a database takes them."""
    return {
        name: storable_text(value) if isinstance(value, str) else value
        for name, value in vars(row).items()
    }


def _upsert(store: Store, table: Table) -> Executable:
    keys = [table.c.session_id, table.c.place]
    row = store.insert(table)
    names = [field.name for field in fields(TurnRow if table is TURNS else CallRow)]
    changes = {name: row.excluded[name] for name in names if name != "place"}
    return row.on_conflict_do_update(index_elements=keys, set_=changes)
