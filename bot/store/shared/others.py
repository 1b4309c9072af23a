"""What a runner sees of the others: starts under way, who waits, workers, links that are open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, case, or_, select

from bot.store.shared.leases import HELD, LINK, SLOT, WAITS, WORKER, Holder, is_over
from bot.store.shared.seats import LASTS_SECS
from bot.store.store import Store
from bot.store.tables import LEASES

_SLOT_SECS = 30.0
"""More than a start may take: one that died in the middle of it holds a line no longer."""
WAITS_SECS = 60.0
"""A browser lets the timers of a tab that nobody sees fire once a minute."""
# Any number that no other program in the same database takes a lock by: "slot".
_SLOT_LOCK = 0x736C6F74
_LINK_SECS = 3600.0
"""Longer than any link is good for."""
_SEEN = {
    SLOT: _SLOT_SECS,
    WAITS: WAITS_SECS,
    HELD: WAITS_SECS,
    LINK: _LINK_SECS,
    WORKER: LASTS_SECS,
}
"""How long each lasts at most."""


@dataclass(frozen=True, kw_only=True)
class Waiter:
    """One place in the waiting line."""

    key: str
    """Digest of what its start is called, and by whom."""
    network: str = ""
    """Digest: whose share of the places it is of; empty: nobody's."""
    since_us: int
    """When it came, in Unix microseconds by the database's clock."""
    left_secs: float = WAITS_SECS
    """Until the place is lost, if nobody asks."""
    is_held_back: bool = False
    """Its network has all that it may: those behind need not wait for that."""
    is_starting: bool = False
    """It has a slot by now."""


@dataclass(frozen=True, kw_only=True)
class Others:
    """What there is at one moment."""

    starting: Sequence[str]
    """Of which networks the starts are that other runners have under way; empty: of nobody's."""
    waiting: Sequence[Waiter]
    """Those who asked at this runner included."""
    places: int | None
    """Calls that all workers hold together; None: none has said so."""
    links: frozenset[str]
    """Names of those that nobody has used."""
    now_us: int = 0
    """Unix microseconds by the database's clock; 0: nobody asked."""


async def look(store: Store, *, holder: Holder) -> Others:
    """See what there is.

    Raises:
        StoreError: nobody knows.
    """
    async with store.transaction() as connection:
        now_ms = (await connection.execute(select(store.now_ms))).scalar_one()
        rows = (await connection.execute(_living(store, holder))).mappings().all()
    return _others(rows, holder, now_us=1000 * now_ms)


async def take_slot(
    store: Store, *, holder: Holder, call: str, network: str = ""
) -> tuple[str, Others]:
    """Hold one line while a session is being started.

    Of two runners that ask in the same moment one comes first, and the other hears of it.

    Args:
        store: Where.
        holder: The runner.
        call: What tells the start from others: the key of its place in the line, if it has one.
        network: Digest: whose share it is of.

    Returns:
        The name of what is held, and what others hold that asked before.

    Raises:
        StoreError: nothing is held.
    """
    name = f"{SLOT}-{call}"
    until = store.now_ms + round(1000 * _SLOT_SECS)
    row = store.insert(LEASES).values(
        name=name, kind=SLOT, until=until, network=network, **vars(holder)
    )
    taken = {one: row.excluded[one] for one in ("until", "owner", "network")}
    async with store.transaction() as connection:
        await store.lock(connection, _SLOT_LOCK)
        rows = (await connection.execute(_living(store, holder))).mappings().all()
        await connection.execute(
            row.on_conflict_do_update(index_elements=[LEASES.c.name], set_=taken)
        )
    return name, _others([one for one in rows if one["name"] != name], holder)


async def keep_place(store: Store, waiter: Waiter, *, holder: Holder) -> None:
    """Keep a place in the line for as long as it may be silent; it stays where it was.

    Raises:
        StoreError: other runners do not know of it.
    """
    kind = HELD if waiter.is_held_back else WAITS
    until = store.now_ms + round(1000 * WAITS_SECS)
    row = store.insert(LEASES).values(
        name=f"{WAITS}-{waiter.key}",
        kind=kind,
        until=until,
        since=waiter.since_us,
        network=waiter.network,
        **vars(holder),
    )
    # One that was lost meanwhile is new.
    is_lost = is_over(store, WAITS_SECS)
    kept = {one: row.excluded[one] for one in ("kind", "until", "owner")}
    async with store.transaction() as connection:
        await connection.execute(
            row.on_conflict_do_update(
                index_elements=[LEASES.c.name],
                set_={
                    **kept,
                    "since": case((is_lost, row.excluded["since"]), else_=LEASES.c.since),
                },
            )
        )


async def give_up_place(store: Store, key: str) -> None:
    """Give a place up, whichever runner has kept it; none is fine.

    Raises:
        StoreError: it stays until nobody asks for it.
    """
    async with store.transaction() as connection:
        await connection.execute(LEASES.delete().where(LEASES.c.name == f"{WAITS}-{key}"))


def _living(store: Store, holder: Holder) -> Any:
    left_ms = (LEASES.c.until - store.now_ms).label("left_ms")
    columns = (LEASES.c.name, LEASES.c.kind, LEASES.c.owner, LEASES.c.network)
    is_living = or_(
        *((LEASES.c.kind == kind) & ~is_over(store, secs) for kind, secs in _SEEN.items())
    )
    return select(*columns, LEASES.c.since, LEASES.c.amount, left_ms).where(
        LEASES.c.place == holder.place, is_living
    )


def _others(rows: Sequence[RowMapping], holder: Holder, *, now_us: int = 0) -> Others:
    def of(*kinds: str) -> Iterable[RowMapping]:
        return (row for row in rows if row["kind"] in kinds)

    slots = {row["name"] for row in of(SLOT)}
    places = [int(row["amount"]) for row in of(WORKER)]
    return Others(
        starting=[row["network"] for row in of(SLOT) if row["owner"] != holder.owner],
        waiting=[_waiter(row, slots) for row in of(WAITS, HELD)],
        places=sum(places) if places else None,
        links=frozenset(row["name"] for row in of(LINK)),
        now_us=now_us,
    )


def _waiter(row: RowMapping, slots: set[str]) -> Waiter:
    key = row["name"].removeprefix(f"{WAITS}-")
    return Waiter(
        key=key,
        network=row["network"],
        since_us=row["since"],
        left_secs=row["left_ms"] / 1000,
        is_held_back=row["kind"] == HELD,
        is_starting=f"{SLOT}-{key}" in slots,
    )
