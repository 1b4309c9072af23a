"""What sessions have used and cost, by UTC day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import delete, func, select

from bot.spent import SPENT_NAMES, Spent, spent_of
from bot.store.store import Store
from bot.store.tables import SPENT, with_greater

_COLUMNS = tuple(SPENT.c[name] for name in SPENT_NAMES)


async def record_spent(store: Store, *, day: date, session_id: str, so_far: Spent) -> None:
    """Keep what a session has used since it began; what is beyond its earlier days is of this one.

    The same again changes nothing, and less than was known is not believed.

    Raises:
        StoreError: it is not kept.
    """
    async with store.transaction() as connection:
        earlier = select(*(func.coalesce(func.sum(column), 0) for column in _COLUMNS)).where(
            SPENT.c.session_id == session_id, SPENT.c.day < day.isoformat()
        )
        known = _sums((await connection.execute(earlier)).one())
        today = so_far - known
        row = store.insert(SPENT).values(
            day=day.isoformat(), session_id=session_id, **asdict(today)
        )
        await connection.execute(with_greater(row))


async def spent_on(store: Store, day: date) -> Spent:
    """Return what all sessions have used on a UTC day.

    Raises:
        StoreError: it cannot be read.
    """
    sums = (func.coalesce(func.sum(column), 0) for column in _COLUMNS)
    async with store.transaction() as connection:
        found = await connection.execute(select(*sums).where(SPENT.c.day == day.isoformat()))
        return _sums(found.one())


async def forget_spent_before(store: Store, *, day: date) -> None:
    """Delete what was used before a UTC day.

    Raises:
        StoreError: it is still there.
    """
    async with store.transaction() as connection:
        await connection.execute(delete(SPENT).where(SPENT.c.day < day.isoformat()))


def _sums(row: Iterable[Any]) -> Spent:
    """Return sums as a database gives them: Postgres' of whole numbers are decimals."""
    return spent_of(map(int, row))
