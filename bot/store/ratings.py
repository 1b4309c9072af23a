"""What callers thought of their call, in the line of its session."""

from __future__ import annotations

from sqlalchemy import update

from bot.store.session_rows import storable_text
from bot.store.store import Store
from bot.store.tables import SESSIONS


async def note_rating(store: Store, session_id: str, *, is_good: bool, comment: str) -> bool:
    """Note what its caller thought of a session; returns whether there is one of that id.

    Raises:
        StoreError: it is not noted.
    """
    rated = update(SESSIONS).where(SESSIONS.c.id == session_id)
    told = {"is_good": is_good, "comment": storable_text(comment)}
    async with store.transaction() as connection:
        done = await connection.execute(rated.values(told))
        return done.rowcount == 1
