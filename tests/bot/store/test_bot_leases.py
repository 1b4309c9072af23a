"""Who sees to bots while the store fails one of the runners, or answers late."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from bot.processes.task_set import TaskSet
from bot.rooms import bot_leases
from bot.rooms.agreement import Agreement
from bot.store.shared.shared import SharedStore
from bot.store.store import Store, open_store
from bot.store.tables import LEASES
from tests.bot.store.handed_out import pass_secs
from tests.chaos.line import Line, open_line
from tests.fake_clock import FakeClock
from tests.unkind_store import unkind_store

_POSTGRES = pytest.mark.parametrize("given_url", ["Postgres"], indirect=True)
_LASTS_SECS = 3.0


@asynccontextmanager
async def behind_line(url: str, folder: Path) -> AsyncGenerator[tuple[Line, Store]]:
    """Open a store through a line that may fail."""
    asked = make_url(url)
    assert asked.port is not None
    async with open_line(asked.port) as line:
        through = asked.set(port=line.port).render_as_string(False)
        async with open_store(folder, database_url=through) as store:
            yield line, store


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


@pytest.mark.promise(
    "Lost bots", "One runner sees to a lost bot, also while the store fails for a moment."
)
@_POSTGRES
@pytest.mark.parametrize("kind", ["refuses", "hangs"])
async def test_one_question_that_fails_costs_a_runner_none_of_its_bots(
    store: Store, tmp_path: Path, given_url: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Twice as long as it is: on a busy machine the word after the lost one takes its time.
    monkeypatch.setattr(bot_leases, "_LASTS_SECS", 2 * _LASTS_SECS)
    looking = Agreement(SharedStore(store))
    async with behind_line(given_url, tmp_path) as (line, way), TaskSet() as tasks:
        living = Agreement(SharedStore(way))
        assert await living.bots.take("a")
        tasks.spawn(living.run(), name="agreement")
        # The word that fails is not the first one.
        await asyncio.sleep(0.3)
        ends_at = time.monotonic() + 2 * _LASTS_SECS + 2.0
        await (line.leave() if kind == "refuses" else _stall(line))
        has_failed = False
        while time.monotonic() < ends_at:
            assert not await looking.bots.take("a")
            if not has_failed and not math.isinf(living.bots.unheard_since):
                has_failed = True
                await (line.start() if kind == "refuses" else _flow(line))
            await asyncio.sleep(0.1)
        assert has_failed
        assert await living.bots.take("a")


@pytest.mark.promise(
    "Lost bots", "One runner sees to a lost bot, also while the store fails for a moment."
)
@_POSTGRES
async def test_who_is_heard_but_for_its_bots_goes_on_alone_as_well(store: Store) -> None:
    clock = FakeClock()
    shared = SharedStore(store, clock=clock)
    living = Agreement(shared)
    assert await living.bots.take("a")
    # As a runner leaves them whose machine died between two statements.
    async with store.transaction() as connection:
        await connection.execute(update(LEASES).values(amount=LEASES.c.amount))
        for secs, has_it in ((_LASTS_SECS + 0.1, False), (9.8, False), (0.3, True)):
            clock.now += secs
            assert await living.bots.take("a") is has_it
            assert await shared.ask(is_up)


async def is_up(store: Store) -> bool:
    async with store.transaction() as connection:
        return (await connection.execute(select(1))).scalar_one() == 1


async def _stall(line: Line) -> None:
    line.stall()


async def _flow(line: Line) -> None:
    line.flow()


@pytest.mark.promise(
    "Lost bots", "One runner sees to a lost bot, also while the store fails for a moment."
)
@_POSTGRES
async def test_who_is_not_heard_leaves_a_bot_to_whoever_is_and_then_goes_on_alone(
    store: Store, tmp_path: Path, given_url: str
) -> None:
    clock, looking = FakeClock(), Agreement(SharedStore(store))
    async with behind_line(given_url, tmp_path) as (line, way):
        cut_off = Agreement(SharedStore(way, clock=clock))
        assert await cut_off.bots.take("a")
        await line.leave()
        # What it was told is so for as long as that lasts; of another bot it has never been told.
        for secs, has_a in ((0.1, True), (2.8, True), (0.2, False), (6.9, False)):
            clock.now += secs
            assert await cut_off.bots.take("a") is has_a
            assert not await cut_off.bots.take("b")
        await pass_secs(store, _LASTS_SECS + 0.1)
        assert await looking.bots.take("a")
        clock.now += 0.2
        assert await cut_off.bots.take("a") and await cut_off.bots.take("b")
        await line.start()
        assert not await cut_off.bots.take("a")
        assert await cut_off.bots.take("b")


async def test_a_runner_that_shares_its_store_with_nobody_goes_on_at_once() -> None:
    store = await unkind_store()
    bots = Agreement(SharedStore(store)).bots
    store.fails = math.inf
    assert await bots.take("a")
    await bots.let_go("a")
    await store.close()


class CountedStore(Store):
    """Counts what it is asked.

    Args:
        store: Whose tables.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store._engine, is_kept=True)  # pyright: ignore[reportPrivateUsage]
        self.asked = self.at_once = self.most = 0

    @override
    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        self.asked += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            async with super().transaction() as connection:
                yield connection
        finally:
            self.at_once -= 1


@pytest.mark.promise(
    "Lost bots", "One runner sees to a lost bot, also while the store fails for a moment."
)
async def test_however_many_bots_are_lost_together_a_runner_asks_for_all_at_once(
    store: Store, other: Store
) -> None:
    counted = [CountedStore(one) for one in (store, other)]
    runners = [Agreement(SharedStore(one)).bots for one in counted]
    names = [f"{number}" for number in range(60)]
    for _ in range(3):
        taken = await asyncio.gather(*(one.take(name) for one in runners for name in names))
        assert sum(taken) == len(names)
    assert [one.most for one in counted] == [1, 1]
    assert max(one.asked for one in counted) <= 2 * 3
