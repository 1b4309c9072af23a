"""Whether new calls are taken, as the operator has it by `runner.py pause` and `resume`."""

from __future__ import annotations

from sqlalchemy import select

from bot.errors import LaunchError, StoreError
from bot.settings import Settings
from bot.store.store import Store, open_store_of
from bot.store.tables import SWITCH

_ONLY = 1


async def is_paused(store: Store) -> bool:
    """Tell whether new calls are refused.

    Raises:
        StoreError: it cannot be read.
    """
    async with store.transaction() as connection:
        found = await connection.execute(select(SWITCH.c.is_paused).where(SWITCH.c.id == _ONLY))
        return bool(found.scalar_one_or_none())


async def set_paused(store: Store, paused: bool) -> None:
    """Refuse new calls from now on, or take them again.

    Raises:
        StoreError: nothing has changed.
    """
    row = store.insert(SWITCH).values(id=_ONLY, is_paused=paused)
    async with store.transaction() as connection:
        same = [SWITCH.c.id]
        change = row.on_conflict_do_update(index_elements=same, set_={"is_paused": paused})
        await connection.execute(change)


async def switch_in(settings: Settings, *, paused: bool) -> None:
    """Turn the switch of the installation of these settings, whether or not it runs.

    Raises:
        LaunchError: code "not_switched" or "store_newer": nothing has changed.
    """
    async with open_store_of(settings) as store:
        if not store.is_kept:
            raise LaunchError("not_switched", f"{settings.store_place} cannot be written")
        try:
            await set_paused(store, paused)
        except StoreError as error:
            message = f"{settings.store_place}: {error.message}"
            raise LaunchError("not_switched", message) from error
