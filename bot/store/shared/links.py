"""One-time join links, as all runners know them: each is taken once."""

from __future__ import annotations

from sqlalchemy import update

from bot.store.shared.leases import LINK, TAKEN, Holder
from bot.store.store import Store
from bot.store.tables import LEASES


async def add_link(store: Store, name: str, *, holder: Holder, secs: float) -> None:
    """Have every runner know of a link, and for how long it is good.

    Raises:
        StoreError: no other one does.
    """
    until = store.now_ms + round(1000 * secs)
    row = store.insert(LEASES).values(name=name, kind=LINK, until=until, **vars(holder))
    async with store.transaction() as connection:
        await connection.execute(row.on_conflict_do_nothing(index_elements=[LEASES.c.name]))


async def take_link(store: Store, name: str, *, holder: Holder) -> bool:
    """Use a link up; False if it is unknown, too old, or somebody has.

    Raises:
        StoreError: nobody knows.
    """
    is_open = (LEASES.c.name == name) & (LEASES.c.kind == LINK)
    is_here = (LEASES.c.place == holder.place) & (LEASES.c.until > store.now_ms)
    change = update(LEASES).where(is_open & is_here).values(kind=TAKEN, owner=holder.owner)
    async with store.transaction() as connection:
        return (await connection.execute(change)).rowcount == 1


async def give_back_link(store: Store, name: str, *, holder: Holder) -> None:
    """Have a link be good again, as nothing came of its use.

    Raises:
        StoreError: it stays used.
    """
    is_mine = (LEASES.c.name == name) & (LEASES.c.owner == holder.owner)
    async with store.transaction() as connection:
        await connection.execute(update(LEASES).where(is_mine).values(kind=LINK))
