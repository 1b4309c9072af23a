"""A key that all runners of one Postgres sign by: its file in DATA_DIR is a copy of the store's."""

from __future__ import annotations

from pathlib import Path

from loguru import logger
from sqlalchemy import select

from bot.store.key_file import open_key, write_secret
from bot.store.store import Store
from bot.store.tables import KEYS


async def share_key(store: Store, path: Path) -> None:
    """Have the same key in this file as every other machine has; the first one gives its own.

    Raises:
        StoreError: the store does not say which.
        OSError: the folder cannot be used.
    """
    if not store.is_shared:
        return
    own = open_key(path)
    row = store.insert(KEYS).values(name=path.name, key=own)
    async with store.transaction() as connection:
        await connection.execute(row.on_conflict_do_nothing(index_elements=[KEYS.c.name]))
        found = await connection.execute(select(KEYS.c.key).where(KEYS.c.name == path.name))
        shared = found.scalar_one()
    if shared == own:
        return
    logger.info("{} is the one of DATABASE_URL from now on", path)
    write_secret(path.parent, shared).replace(path)
