"""Leases, as several runners on one store take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.store.shared.leases import (
    Holder,
    forget_leases,
    give_up_all,
    hold,
    keep_parked,
    let_go,
    take_orphan,
    take_parked,
)
from bot.store.store import Store, open_store
from bot.store.tables import LEASES
from tests.bot.store.handed_out import pass_secs

_A, _B = (Holder(place="here", owner=name) for name in ("a", "b"))


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


async def names(store: Store) -> set[str]:
    async with store.transaction() as connection:
        return set((await connection.execute(select(LEASES.c.name))).scalars())


async def is_held(store: Store, holder: Holder) -> bool:
    return await hold(store, ["bot-1"], holder=holder, secs=15.0) == {"bot-1"}


async def test_of_many_at_once_one_has_it(store: Store, other: Store) -> None:
    both = (store, other)
    holders = [Holder(place="here", owner=f"{n}") for n in range(8)]
    taken = await asyncio.gather(*(is_held(both[n % 2], one) for n, one in enumerate(holders)))
    assert sum(taken) == 1


async def test_who_says_nothing_for_long_loses_it(store: Store, other: Store) -> None:
    assert await is_held(store, _A)
    await pass_secs(store, 10.0)
    assert not await is_held(other, _B)
    assert await is_held(store, _A)
    await pass_secs(store, 10.0)
    assert not await is_held(other, _B)
    await pass_secs(store, 10.0)
    assert await is_held(other, _B)
    # The one that was slow neither has it back nor ends what is another's.
    assert not await is_held(store, _A)
    await let_go(store, "bot-1", holder=_A)
    assert not await is_held(store, _A)
    await let_go(other, "bot-1", holder=_B)
    assert await is_held(store, _A)


async def test_what_a_dead_runner_had_is_anybodys_at_once(store: Store, other: Store) -> None:
    assert await is_held(store, _A)
    assert await keep_parked(store, ["r1", "r2"], holder=_A) == {"r1", "r2"}
    assert await take_parked(store, "r2", holder=_A)
    await keep_parked(store, ["r3"], holder=_B)
    await give_up_all(other, _A.owner)
    assert await is_held(other, _B)
    assert await take_orphan(other, "r1", holder=_B)
    # What it has handed out is its caller's, and what others have stays theirs.
    assert not await take_orphan(other, "r2", holder=_B)
    assert not await take_orphan(other, "r3", holder=_A)


@pytest.mark.parametrize("given_url", ["Postgres"], indirect=True)
async def test_who_takes_several_and_who_gives_all_up_do_not_wait_for_each_other(
    store: Store, other: Store
) -> None:
    for name in ("r2", "r1"):
        await keep_parked(store, [name], holder=_A)
    one, two = (LEASES.select().where(LEASES.c.name == name) for name in ("r1", "r2"))
    async with store.transaction() as connection:
        await connection.execute(one.with_for_update())
        giving_up = asyncio.create_task(give_up_all(other, _A.owner))
        await asyncio.sleep(0.3)
        await connection.execute(two.with_for_update())
    await giving_up


async def test_a_clock_that_is_set_back_makes_no_dead_runner_live(
    store: Store, other: Store
) -> None:
    assert await is_held(store, _A)
    assert await keep_parked(store, ["r1", "r2"], holder=_A) == {"r1", "r2"}
    # By a little: nothing changes.
    await pass_secs(store, -10.0)
    assert not await is_held(other, _B)
    assert not await take_orphan(other, "r1", holder=_B)
    await pass_secs(store, -3600.0)
    assert await keep_parked(store, ["r1"], holder=_A) == {"r1"}
    assert not await take_orphan(other, "r1", holder=_B)
    assert await take_orphan(other, "r2", holder=_B)
    assert await is_held(other, _B)


async def test_what_is_nobodys_is_forgotten_after_a_while(store: Store) -> None:
    await keep_parked(store, ["r1"], holder=_A)
    assert await is_held(store, _A)
    await pass_secs(store, 500.0)
    await forget_leases(store)
    assert await names(store) == {"r1", "bot-1"}
    assert await is_held(store, _A)
    await pass_secs(store, 200.0)
    await forget_leases(store)
    assert await names(store) == {"bot-1"}


async def test_a_parked_room_is_its_runners_until_that_one_is_dead(
    store: Store, other: Store
) -> None:
    assert await keep_parked(store, ["r1", "r2"], holder=_A) == {"r1", "r2"}
    assert not await take_orphan(other, "r1", holder=_B)
    assert not await take_parked(other, "r1", holder=_B)
    # Nobody has heard of it: the runner whose it is may not have had the time.
    assert not await take_orphan(other, "r3", holder=_B)
    await pass_secs(store, 15.0)
    assert await keep_parked(store, ["r1", "r2"], holder=_A) == {"r1", "r2"}
    await pass_secs(store, 15.0)
    assert not await take_orphan(other, "r1", holder=_B)
    await pass_secs(store, 15.0)
    assert await take_orphan(other, "r1", holder=_B)
    # It was asleep; what nobody has taken meanwhile is its own yet.
    assert await keep_parked(store, ["r1", "r2"], holder=_A) == {"r2"}
    assert not await take_parked(store, "r1", holder=_A)
    assert await take_parked(store, "r2", holder=_A)


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_parked_room_is_handed_out_once(store: Store, other: Store, is_known: bool) -> None:
    if is_known:
        await keep_parked(store, ["room"], holder=_A)
        await pass_secs(store, 25.0)
    both = (store, other)
    taking = [take_parked(both[n % 2], "room", holder=_A) for n in range(4)]
    taking += [take_orphan(both[n % 2], "room", holder=_B) for n in range(4)]
    assert sum(await asyncio.gather(*taking)) == 1
    assert await keep_parked(store, ["room"], holder=_A) == set()
