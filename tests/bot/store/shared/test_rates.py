"""Deeds counted by several runners on one store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import delete, select, text

from bot.store.shared.leases import RATE, Holder
from bot.store.shared.rates import count, share_ms
from bot.store.store import Store, open_store
from bot.store.tables import LEASES
from tests.bot.store.handed_out import pass_secs

_ME = Holder(place="here", owner="a")


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


async def taken(stores: tuple[Store, Store], rates: dict[str, int], *, tries: int) -> int:
    """Return how many of so many at once were counted."""
    waits = await asyncio.gather(*(count(stores[n % 2], rates, holder=_ME) for n in range(tries)))
    return sum(not one for one in waits)


@pytest.mark.promise(
    "Limits", "An address starts no more calls in a minute at all runners than at one."
)
async def test_so_many_may_come_at_once_and_then_as_many_in_a_minute(
    store: Store, other: Store
) -> None:
    both, rates = (store, other), {"ada": 6}
    assert await taken(both, rates, tries=12) == 6
    (wait_secs,) = (await count(store, rates, holder=_ME)).values()
    assert 9.0 < wait_secs <= 10.0
    for _ in range(12):
        await pass_secs(store, 5.0)
        assert await taken(both, rates, tries=2) in (0, 1)
    await pass_secs(store, 3600.0)
    # A rest saves nothing up.
    assert await taken(both, rates, tries=12) == 6


async def test_a_clock_that_is_set_back_refuses_nobody_for_long(store: Store, other: Store) -> None:
    both, rates = (store, other), {"ada": 6}
    assert await taken(both, rates, tries=6) == 6
    await pass_secs(store, -3600.0)
    assert await taken(both, rates, tries=12) == 6


@pytest.mark.promise(
    "Limits", "An address starts no more calls in a minute at all runners than at one."
)
@pytest.mark.parametrize("is_rested", [False, True])
async def test_a_wait_for_who_counts_there_makes_no_deed_smaller(
    database_url: str, tmp_path: Path, is_rested: bool
) -> None:
    rates, bucket = {"ada": 6}, LEASES.c.name == f"{RATE}-ada"
    locks = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with open_store(tmp_path, database_url=database_url) as store:
        await count(store, rates, holder=_ME)
        if is_rested:
            await pass_secs(store, 3600.0)
        async with store.transaction() as connection:
            held = select(LEASES.c.until).where(bucket).with_for_update()
            begins_ms = (await connection.execute(held)).scalar_one()
            counting = asyncio.create_task(count(store, rates, holder=_ME))
            async with asyncio.timeout(3.0):
                while not (await connection.execute(locks)).scalar_one():  # noqa: ASYNC110 - theirs
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.5)
            if is_rested:
                begins_ms = (await connection.execute(select(store.now_ms))).scalar_one()
        assert await counting == {}
        async with store.transaction() as connection:
            until = (await connection.execute(select(LEASES.c.until).where(bucket))).scalar_one()
            await connection.execute(delete(LEASES))
    assert until - begins_ms >= 10_000
    assert until - begins_ms == 10_000 or is_rested


@pytest.mark.parametrize("full", ["network", "everybody"])
async def test_what_is_refused_counts_nowhere(store: Store, other: Store, full: str) -> None:
    rates = {"network": 9, "everybody": 9, full: 1}
    assert await taken((store, other), rates, tries=5) == 1
    rest = {name: most for name, most in rates.items() if name != full}
    assert await taken((store, other), rest, tries=20) == 8


async def test_buckets_in_any_order_wait_for_each_other(store: Store, other: Store) -> None:
    names = [f"{n}" for n in range(8)]
    both = (store, other)
    waits = await asyncio.gather(
        *(
            count(both[n % 2], dict.fromkeys(names if n % 2 else names[::-1], 50), holder=_ME)
            for n in range(16)
        )
    )
    assert not any(waits)


@pytest.mark.parametrize(("per_minute", "share"), [(1, 60_000), (7, 8571), (60, 1000), (10**6, 1)])
def test_a_minute_is_shared_in_whole_milliseconds(per_minute: int, share: int) -> None:
    assert share_ms(per_minute) == share
    assert share_ms(per_minute) * per_minute <= max(60_000, per_minute)
