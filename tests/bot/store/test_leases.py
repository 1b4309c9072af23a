"""Leases, as several runners on one store take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.store.leases import (
    Holder,
    hold,
    keep_parked,
    let_go,
    take_orphan,
    take_parked,
    take_slot,
)
from bot.store.store import Store, open_store
from bot.store.tables import LEASES
from tests.bot.store.handed_out import pass_secs

_A, _B = (Holder(place="here", owner=name) for name in ("a", "b"))
_THERE = Holder(place="there", owner="c")


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


async def names(store: Store) -> set[str]:
    async with store.transaction() as connection:
        return set((await connection.execute(select(LEASES.c.name))).scalars())


async def is_held(store: Store, holder: Holder) -> bool:
    return await hold(store, "bot-1", holder=holder, secs=15.0)


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


async def test_starts_under_way_are_known_to_all_in_their_order(store: Store, other: Store) -> None:
    both = (store, other)
    holders = [Holder(place="here", owner=f"{n}") for n in range(8)]
    before = await asyncio.gather(
        *(take_slot(both[n % 2], f"slot-{n}", holder=one) for n, one in enumerate(holders))
    )
    assert sorted(before) == list(range(8))
    # One's own are counted by oneself, and those of another LiveKit are no lines of this one.
    assert await take_slot(store, "again", holder=holders[0]) == 7
    assert await take_slot(other, "elsewhere", holder=_THERE) == 0
    for n, one in enumerate(holders[:4]):
        await let_go(store, f"slot-{n}", holder=one)
    assert await take_slot(other, "later", holder=_B) == 5
    await pass_secs(store, 31.0)
    assert await take_slot(other, "after all died", holder=_A) == 0
    assert await names(store) == {"after all died", "elsewhere"}


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
