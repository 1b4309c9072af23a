"""A runner whose store fails goes on alone, and gives away nothing that may be another's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from bot.rooms.agreement import Agreement
from bot.store.shared.others import Waiter
from bot.store.shared.shared import SharedStore
from bot.store.store import Store, open_store
from tests.fake_clock import FakeClock


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path) as opened:
        yield opened


async def lose(store: Store) -> None:
    async with store.transaction() as connection:
        await connection.execute(text("ALTER TABLE leases RENAME TO gone"))


async def test_alone_it_may_do_everything() -> None:
    alone = Agreement()
    assert await alone.keep_parked({"room"}) == {"room"}
    assert await alone.take_parked("room") and await alone.bots.take("session")
    assert not await alone.take_orphan("room")
    async with alone.slot() as others:
        assert (others.starting, others.waiting, others.places) == ((), (), None)
    assert alone.lines(8) == 8
    assert not await alone.keep_place(Waiter(key="key", since_us=1))
    await alone.bots.let_go("session")


@pytest.mark.parametrize(("asleep_secs", "is_given"), [(5.0, True), (15.0, False)])
async def test_without_its_store_it_gives_what_is_surely_its_own(
    store: Store, asleep_secs: float, is_given: bool
) -> None:
    clock = FakeClock()
    one = Agreement(SharedStore(store, clock=clock))
    assert await one.keep_parked({"old"}) == {"old"}
    clock.now += asleep_secs
    await lose(store)
    assert await one.take_parked("old") is is_given
    # Of this one nobody else has heard.
    assert await one.take_parked("new")
    assert not await one.take_orphan("old")
    assert await one.keep_parked({"old", "new"}) == {"old", "new"}
    assert await one.bots.take("session")
    async with one.slot() as others:
        assert not others.starting
