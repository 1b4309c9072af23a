"""A store that is not well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from bot.errors import StoreError
from bot.store.engines import memory_engine, migrate
from bot.store.store import Store


class UnkindStore(Store):
    """Lets the next transactions fail, hang, or commit and then fail; `math.inf`: all."""

    fails = hangs = loses = 0.0

    @override
    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        if self.fails > 0:
            self.fails -= 1
            raise StoreError("store_failed", "database or disk is full")
        if self.hangs > 0:
            self.hangs -= 1
            await asyncio.sleep(3600)
        async with super().transaction() as connection:
            yield connection
        if self.loses > 0:
            self.loses -= 1
            raise StoreError("store_failed", "the answer is lost")


async def unkind_store() -> UnkindStore:
    """Return one that is empty, in memory, and well for now; the caller closes it."""
    engine = memory_engine()
    await migrate(engine)
    return UnkindStore(engine, is_kept=True)
