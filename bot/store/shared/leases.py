"""What one of several runners has for itself, for as long as it says so: by the database's clock.

A lease that is not renewed is anybody's, as its runner may have died; one that was taken by another
is not had back by being late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update

from bot.store.store import Store
from bot.store.tables import LEASES

SLOT, PARKED, TAKEN, BOT = "slot", "parked", "taken", "bot"
LINK, WAITS, HELD = "link", "waits", "held"
WORKER, SEAT = "worker", "seat"
RATE, GUESSES, KNOWN = "rate", "guesses", "known"
GONE = "gone"
USE = "use"
PARKED_SECS = 20.0
"""Four times as long as a runner lets pass between two words about its rooms."""
_TAKEN_SECS = 3600.0
"""Longer than a parked room lives."""
_FORGOTTEN_MS = 600_000
_SLIP_MS = 30_000
"""As of starts: a clock that is set right by less changes nothing."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """One runner, or one process that is none."""

    place: str
    """Which LiveKit, and whose bots."""
    owner: str


def is_over(store: Store, secs: float) -> ColumnElement[bool]:
    """Return whether a lease has ended that lasts for so long at most.

    One that would last longer is from before the database's clock was set back.
    """
    latest = store.now_ms + round(1000 * secs) + _SLIP_MS
    return or_(LEASES.c.until < store.now_ms, LEASES.c.until > latest)


async def hold(store: Store, names: Sequence[str], *, holder: Holder, secs: float) -> set[str]:
    """Take leases, or keep them; returns those that nobody else has.

    Raises:
        StoreError: nobody knows whose they are.
    """
    return await _take(store, names, BOT, holder=holder, secs=secs)


async def let_go(store: Store, name: str, *, holder: Holder) -> None:
    """Give a lease up; one that is another's by now stays so.

    Raises:
        StoreError: it ends by itself.
    """
    async with store.transaction() as connection:
        is_mine = (LEASES.c.name == name) & (LEASES.c.owner == holder.owner)
        await connection.execute(delete(LEASES).where(is_mine))


async def give_up_all(store: Store, owner: str) -> None:
    """What a runner had that is dead is anybody's; a room that it handed out stays handed out.

    Raises:
        StoreError: it ends by itself.
    """
    is_its = (LEASES.c.owner == owner) & LEASES.c.kind.in_((BOT, SLOT, PARKED))
    async with store.transaction() as connection:
        # In the order in which others take them: two that wait for each other would both fail.
        in_order = select(LEASES.c.name).where(is_its).order_by(LEASES.c.name)
        await connection.execute(in_order.with_for_update())
        await connection.execute(update(LEASES).where(is_its).values(until=store.now_ms - 1))


async def forget_leases(store: Store) -> None:
    """Forget what has been nobody's for long.

    Raises:
        StoreError: it is still there.
    """
    is_old = LEASES.c.until < store.now_ms - _FORGOTTEN_MS
    async with store.transaction() as connection:
        await connection.execute(delete(LEASES).where(is_old))


async def keep_parked(store: Store, rooms: Sequence[str], *, holder: Holder) -> set[str]:
    """Say that these rooms wait at a runner that lives; returns those that still are its own.

    Raises:
        StoreError: nothing was said.
    """
    return await _take(store, rooms, PARKED, holder=holder, secs=PARKED_SECS)


async def take_parked(store: Store, room: str, *, holder: Holder) -> bool:
    """Take a room of one's own for good, once; False if another runner took it for an orphan.

    Raises:
        StoreError: nobody knows whose it is.
    """
    return bool(await _take(store, [room], TAKEN, holder=holder, secs=_TAKEN_SECS))


async def take_orphan(store: Store, room: str, *, holder: Holder) -> bool:
    """Take a room for good that waits at a runner which has said nothing for long.

    Raises:
        StoreError: nobody knows whose it is.
    """
    now_ms = store.now_ms
    is_parked = (LEASES.c.name == room) & (LEASES.c.kind == PARKED)
    taken = {"kind": TAKEN, "owner": holder.owner, "until": now_ms + round(1000 * _TAKEN_SECS)}
    change = update(LEASES).where(is_parked, is_over(store, PARKED_SECS)).values(taken)
    async with store.transaction() as connection:
        return (await connection.execute(change)).rowcount == 1


async def _take(
    store: Store, names: Sequence[str], kind: str, *, holder: Holder, secs: float
) -> set[str]:
    """Take those of these leases that are nobody's, or are mine and not taken for good."""
    now_ms = store.now_ms
    until = now_ms + round(1000 * secs)
    rows: list[dict[str, Any]] = [
        {"name": name, "kind": kind, "until": until, **vars(holder)} for name in names
    ]
    row = store.insert(LEASES).values(rows)
    is_mine = LEASES.c.owner == holder.owner
    # Whose room it is does not change by waiting alone.
    is_free = is_mine | is_over(store, secs) if kind == BOT else is_mine
    changed = {name: row.excluded[name] for name in ("kind", "owner", "until")}
    async with store.transaction() as connection:
        done = await connection.execute(
            row.on_conflict_do_update(
                index_elements=[LEASES.c.name],
                set_=changed,
                where=is_free & (LEASES.c.kind != TAKEN),
            ).returning(LEASES.c.name)
        )
        return set(done.scalars())
