"""What sessions have used and cost, by UTC day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import date

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from bot.store.store import Store
from bot.store.tables import SPENT


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What was used: of a session so far, or of a day."""

    call_ms: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    speech_chars: int = 0
    money_micros: int = 0

    def __add__(self, other: Spent) -> Spent:
        """Return both together."""
        return _of(a + b for a, b in zip(astuple(self), astuple(other), strict=True))

    def __sub__(self, other: Spent) -> Spent:
        """Return what is beyond the other; never below 0."""
        return _of(max(a - b, 0) for a, b in zip(astuple(self), astuple(other), strict=True))

    def __or__(self, other: Spent) -> Spent:
        """Return the greater of each."""
        return _of(max(a, b) for a, b in zip(astuple(self), astuple(other), strict=True))


_NAMES = tuple(field.name for field in fields(Spent))
_COLUMNS = tuple(SPENT.c[name] for name in _NAMES)


def _of(values: Iterable[int]) -> Spent:
    return Spent(**dict(zip(_NAMES, values, strict=True)))


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
        known = (await connection.execute(earlier)).one()
        today = so_far - _of(known)
        row = insert(SPENT).values(
            day=day.isoformat(),
            session_id=session_id,
            **dict(zip(_NAMES, astuple(today), strict=True)),
        )
        greater = {name: func.max(SPENT.c[name], row.excluded[name]) for name in _NAMES}
        await connection.execute(row.on_conflict_do_update(set_=greater))


async def spent_on(store: Store, day: date) -> Spent:
    """Return what all sessions have used on a UTC day.

    Raises:
        StoreError: it cannot be read.
    """
    sums = (func.coalesce(func.sum(column), 0) for column in _COLUMNS)
    async with store.transaction() as connection:
        found = await connection.execute(select(*sums).where(SPENT.c.day == day.isoformat()))
        return _of(found.one())


async def forget_spent_before(store: Store, day: date) -> None:
    """Delete what was used before a UTC day.

    Raises:
        StoreError: it is still there.
    """
    async with store.transaction() as connection:
        await connection.execute(delete(SPENT).where(SPENT.c.day < day.isoformat()))
