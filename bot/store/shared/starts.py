"""Which start came with which key, so that several runners answer a repeated one alike.

Keys come as digests. A line is there for minutes; one without a session is a start under way.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, literal, or_, select, update

from bot.store.store import Store
from bot.store.tables import STARTS

REMEMBERED_MS = 300_000
UNDER_WAY_MS = 30_000
"""No start takes as long: 10 s of waiting for its turn, two calls of LiveKit's of 5 s each, and 4 s
for a store that fails."""


@dataclass(frozen=True, kw_only=True)
class KnownStart:
    """What is known of a key, after it was asked for."""

    is_mine: bool
    """Nobody has come with it: whoever asked is the one to start, and to tell how it went."""
    body: str
    """Digest of the request it came with."""
    session_id: str | None
    """What it has become; None: it is under way."""


async def take_start(
    store: Store, *, key: str, body: str, owner: str, at_ms: int | None = None
) -> KnownStart:
    """Begin the start of a key, unless somebody has; of several at once it is one.

    Args:
        store: Where.
        key: Digest of the key, and of whose it is.
        body: Digest of the request.
        owner: Whoever asks; of one key each time another.
        at_ms: Unix milliseconds; None: now, by the database's clock, as those of several machines
            differ. A line of the future is one from before a clock was set back.

    Raises:
        StoreError: nothing was begun.
    """
    now_ms = store.now_ms if at_ms is None else literal(at_ms)
    is_of_another_time = or_(
        STARTS.c.begun_at <= now_ms - REMEMBERED_MS, STARTS.c.begun_at > now_ms + UNDER_WAY_MS
    )
    is_dead = (STARTS.c.session_id.is_(None)) & (STARTS.c.begun_at <= now_ms - UNDER_WAY_MS)
    row = store.insert(STARTS).values(key=key, body=body, owner=owner, begun_at=now_ms)
    async with store.transaction() as connection:
        await connection.execute(delete(STARTS).where(or_(is_of_another_time, is_dead)))
        await connection.execute(row.on_conflict_do_nothing(index_elements=[STARTS.c.key]))
        found = await connection.execute(
            select(STARTS.c.owner, STARTS.c.body, STARTS.c.session_id).where(STARTS.c.key == key)
        )
        known = found.mappings().one_or_none()
    if known is None:
        # Given up between the two statements: who asks again may begin.
        return KnownStart(is_mine=False, body=body, session_id=None)
    return KnownStart(
        is_mine=known["owner"] == owner, body=known["body"], session_id=known["session_id"]
    )


async def finish_start(store: Store, *, key: str, owner: str, session_id: str) -> bool:
    """Tell what a start has become; returns False if it took so long that it is another's now.

    Raises:
        StoreError: nobody else knows.
    """
    is_mine = (STARTS.c.key == key) & (STARTS.c.owner == owner)
    async with store.transaction() as connection:
        change = update(STARTS).where(is_mine).values(session_id=session_id)
        return (await connection.execute(change)).rowcount == 1


async def give_up_start(store: Store, *, key: str, owner: str) -> None:
    """Leave a key as if nobody had come with it.

    Raises:
        StoreError: it is blocked until its time is over.
    """
    is_mine = (STARTS.c.key == key) & (STARTS.c.owner == owner)
    async with store.transaction() as connection:
        await connection.execute(delete(STARTS).where(is_mine))
