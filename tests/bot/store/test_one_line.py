"""One waiting line at two runners, of which either may die, and whose store may fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import event, text

from bot.store.engines import server_engine
from bot.store.store import Store, open_store
from tests.bot.store.handed_out import pass_secs
from tests.bot.store.two_apis import ask, hang_up, see, told, two_apis

pytestmark = pytest.mark.parametrize("given_url", ["Postgres"], indirect=True)
_LOOKED_SECS = 1.05
"""Whoever asks sooner is told the same again."""


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


@pytest.mark.promise(
    "Starting a call",
    "Who waits gets the next line before anybody who came later, at whichever runner.",
)
async def test_lines_are_given_in_the_order_of_arrival(store: Store, other: Store) -> None:
    async with two_apis(store, other, max_sessions=1) as (one, two):
        assert await told(one, 200) == "in"
        assert [await told(api, n) for n, api in enumerate((one, two, one), 1)] == [1, 2, 3]
        hang_up(one, two)
        await asyncio.sleep(_LOOKED_SECS)
        # Neither those behind, nor those who come just now.
        assert await told(two, 2) == 2
        assert await told(one, 3) == 3
        assert await told(two, 4) == 4
        assert await told(two, 5, wait=False) == "at_capacity"
        assert await told(one, 1) == "in"
        await asyncio.sleep(_LOOKED_SECS)
        assert [await told(api, n) for n, api in ((2, two), (3, one), (4, two))] == [1, 2, 3]


@pytest.mark.promise(
    "Starting a call",
    "Who waits gets the next line before anybody who came later, at whichever runner.",
)
@pytest.mark.parametrize("turn", range(4))
async def test_of_two_who_ask_in_the_same_moment_the_second_one_is_never_first(
    store: Store, other: Store, turn: int
) -> None:
    async with two_apis(store, other, max_sessions=1) as (one, two):
        assert await told(one, 200) == "in"
        assert (await told(two, 1), await told(one, 2)) == (1, 2)
        hang_up(one, two)
        await asyncio.sleep(_LOOKED_SECS)
        asking = [told(two, 1), told(one, 2)]
        answers = await asyncio.gather(*(asking if turn % 2 else reversed(asking)))
        first, second = answers if turn % 2 else reversed(answers)
        # The first one may be refused for the second one's start, which holds the line for a
        # moment and gives it back: it is free for the first one yet.
        assert first in ("in", 1) and second in (1, 2)
        await asyncio.sleep(_LOOKED_SECS)
        if first == 1:
            assert await told(one, 2) == 2
            assert await told(two, 1) == "in"


@pytest.mark.promise(
    "Starting a call", "Who waits at a runner that dies keeps the place at another one."
)
@pytest.mark.parametrize("has_looked", [True, False])
async def test_a_place_outlives_its_runner(store: Store, other: Store, has_looked: bool) -> None:
    async with two_apis(store, other, max_sessions=1) as (dead, living):
        assert await told(dead, 200) == "in"
        assert [await told(dead, 1), await told(living, 2)] == [1, 2]
        if has_looked:
            await see(living)
        # From here on nobody asks the first one.
        assert await told(living, 1) == 1
        hang_up(dead, living)
        await asyncio.sleep(_LOOKED_SECS)
        assert await told(living, 2) == 2
        assert await told(living, 1) == "in"


@pytest.mark.promise("Starting a call", "Waiting costs one start, however often it asks.")
async def test_asking_another_runner_costs_no_start(store: Store, other: Store) -> None:
    async with two_apis(store, other, max_sessions=1, starts_per_minute=1) as (dead, living):
        assert await told(dead, 200) == "in"
        assert await told(dead, 1) == 1
        await see(living)
        for _ in range(3):
            assert await told(living, 1) == 1
            await asyncio.sleep(_LOOKED_SECS)
        hang_up(dead, living)
        assert await told(living, 1) == "in"


async def test_a_place_that_is_given_up_anywhere_is_the_next_ones(
    store: Store, other: Store
) -> None:
    async with two_apis(store, other, max_sessions=1) as (one, two):
        assert await told(one, 200) == "in"
        assert [await told(one, 1), await told(two, 2)] == [1, 2]
        headers = {"Idempotency-Key": "key-of-caller-1"}
        gone = await two.client_at("203.0.113.1").delete("/api/sessions", headers=headers)
        assert gone.status_code == 204
        await asyncio.sleep(_LOOKED_SECS)
        assert await told(two, 2) == 1


@pytest.mark.promise("Starting a call", "A place in the line is kept for a minute without a word.")
async def test_who_is_silent_is_passed_over_and_then_forgotten(store: Store, other: Store) -> None:
    async with two_apis(store, other, max_sessions=1) as (one, two):
        assert await told(one, 200) == "in"
        assert [await told(one, 1), await told(two, 2)] == [1, 2]
        hang_up(one, two)
        await pass_secs(store, 20.0)
        await asyncio.sleep(_LOOKED_SECS)
        # The second one's silence is as long, and it asks now.
        assert await told(two, 2) == "in"
        await pass_secs(store, 41.0)
        await see(two)
        assert len(two.backend.line) == 0


@pytest.mark.promise("Limits", "One address has two places in the line at most.")
async def test_one_network_does_not_fill_the_line_from_two_runners(
    store: Store, other: Store
) -> None:
    async with two_apis(store, other, max_sessions=4) as (one, two):
        for number in range(200, 204):
            assert await told(one, number) == "in"
        answers = list[int]()
        for number in range(6):
            api = (one, two)[number % 2]
            headers = {"Idempotency-Key": f"one-of-many-{number}"}
            client = api.client_at("198.51.100.1")
            answer = await client.post("/api/sessions", json={"wait": True}, headers=headers)
            answers.append(answer.status_code)
        assert answers == [202, 202] + [503] * 4
        assert await told(two, 1) == 3


async def test_without_the_store_each_runner_keeps_what_it_knows(
    store: Store, other: Store
) -> None:
    async with two_apis(store, other, max_sessions=1) as (one, two):
        assert await told(one, 200) == "in"
        assert [await told(one, 1), await told(two, 2)] == [1, 2]
        await see(one, two)
        async with store.transaction() as connection:
            await connection.execute(text("ALTER TABLE leases RENAME TO gone"))
        await asyncio.sleep(_LOOKED_SECS)
        assert [await told(two, 2), await told(two, 3), await told(one, 1)] == [2, 3, 1]
        async with store.transaction() as connection:
            await connection.execute(text("ALTER TABLE gone RENAME TO leases"))
        for api in (one, two):
            api.backend.shared.clock = lambda: 1e9  # the pause after a failure is over
        await see(one, two)
        # Who came meanwhile is behind those that all knew, and known to all once they have asked.
        assert await told(two, 3) == 3
        hang_up(one, two)
        await asyncio.sleep(_LOOKED_SECS)
        assert [await told(two, 3), await told(two, 2)] == [3, 2]
        assert await told(one, 1) == "in"


async def test_a_store_that_hangs_holds_a_start_up_for_seconds_and_refuses_nobody(
    store: Store, other: Store, given_url: str
) -> None:
    engine = server_engine(given_url)
    async with two_apis(store, other, max_sessions=2) as (one, _), engine.begin() as hanging:
        await hanging.execute(text("LOCK TABLE leases, starts IN ACCESS EXCLUSIVE MODE"))
        begun_at = asyncio.get_running_loop().time()
        assert (await ask(one, 1)).status_code == 201
        # It is asked once, and not again at each step.
        assert asyncio.get_running_loop().time() - begun_at < 6.0
    await engine.dispose()


async def test_a_start_and_a_question_of_who_waits_ask_the_store_a_few_times(
    store: Store, other: Store
) -> None:
    begun = list[str]()
    engine = store._engine.sync_engine  # pyright: ignore[reportPrivateUsage]
    async with two_apis(store, other, max_sessions=1) as (one, _):
        event.listen(engine, "begin", lambda _: begun.append("transaction"))
        assert await told(one, 1) == "in"
        assert len(begun) == 5  # and one more for a room that waited parked
        assert await told(one, 2) == 1
        begun.clear()
        await asyncio.sleep(_LOOKED_SECS)
        assert await told(one, 2) == 1
        assert len(begun) == 5
