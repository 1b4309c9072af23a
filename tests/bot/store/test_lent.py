from __future__ import annotations

import asyncio
import gc
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import StoreError
from bot.store.engines import memory_engine
from bot.store.lent import Lent
from bot.store.store import open_store


@pytest.mark.parametrize("is_broken_off", [False, True])
async def test_what_is_lent_as_a_store_closes_is_given_back_first(
    tmp_path: Path, given_url: str, is_broken_off: bool
) -> None:
    asked = asyncio.Event()

    async def ask() -> None:
        async with store.transaction() as connection:
            await connection.execute(text("SELECT 1"))
            asked.set()
            await asyncio.sleep(0.1)
            await connection.execute(text("SELECT 1"))

    async with open_store(tmp_path / "data", database_url=given_url) as store:
        asking = asyncio.create_task(ask())
        await asked.wait()
        if is_broken_off:
            asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert asking.cancelled() is is_broken_off
    # What is left open fails this test.
    gc.collect()
    with pytest.raises(StoreError, match="closed"):
        await ask()


async def test_what_is_not_given_back_is_waited_for_so_long() -> None:
    engine = memory_engine()
    lent = Lent()
    async with lent.lend(nullcontext(), engine.connect):
        await lent.end(limit_secs=0.01)
    await lent.end(limit_secs=60.0)
    await engine.dispose()
