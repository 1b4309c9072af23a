"""Whether new calls are taken, as the operator has it by `runner.py pause` and `resume`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from bot.errors import LaunchError, StoreError
from bot.store.store import Store, open_store
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
    row = insert(SWITCH).values(id=_ONLY, is_paused=paused)
    async with store.transaction() as connection:
        await connection.execute(row.on_conflict_do_update(set_={"is_paused": paused}))


async def switch_in(data_dir: Path, *, paused: bool) -> None:
    """Turn the switch of the installation that keeps its file there, whether or not it runs.

    Raises:
        LaunchError: code "not_switched" or "store_newer": nothing has changed.
    """
    async with open_store(data_dir) as store:
        try:
            await set_paused(store, paused)
        except StoreError as error:
            raise LaunchError("not_switched", f"DATA_DIR {data_dir}: {error.message}") from error
    if not store.is_kept:
        raise LaunchError("not_switched", f"DATA_DIR {data_dir} cannot be written")
