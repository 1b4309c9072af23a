"""Sessions that were deleted, by their ids alone: nobody writes one of them again.

A bot that was sent to take such a session over knows of none, and would begin to keep it anew; so
would a first write whose answer was lost. Both look here, in the transaction that would do it.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection

from sqlalchemy import ColumnElement, exists
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.shared.leases import GONE
from bot.store.store import Store
from bot.store.tables import LEASES

_LASTS_MS = 2 * 86_400_000
"""A call lasts a day at most (SESSION_MAX_SECS), and whoever comes late is of a call."""


async def lay_tombstones(
    store: Store, connection: AsyncConnection, session_ids: Collection[str]
) -> None:
    """Have nobody write these sessions from the end of this transaction on."""
    if not session_ids:
        return
    until = store.now_ms + _LASTS_MS
    rows = [
        {"name": _name(one), "kind": GONE, "place": "", "owner": "", "until": until}
        for one in session_ids
    ]
    row = store.insert(LEASES).values(rows)
    longer = {"until": row.excluded["until"]}
    await connection.execute(row.on_conflict_do_update(index_elements=[LEASES.c.name], set_=longer))


def is_deleted(session_id: str) -> ColumnElement[bool]:
    """Return the condition that a session has a tombstone."""
    return exists().where(LEASES.c.name == _name(session_id))


async def lock_session(store: Store, connection: AsyncConnection, session_id: str) -> None:
    """Have whoever begins to keep a session, and whoever deletes it, come one after the other.

    Postgres shows neither what the other has not committed yet.
    """
    await store.lock(connection, zlib.crc32(session_id.encode(errors="replace")))


def _name(session_id: str) -> str:
    return f"{GONE}-{session_id}"
