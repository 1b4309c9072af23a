"""What runners on one store see of each other's starts, waiters and workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store.shared.leases import Holder, let_go
from bot.store.shared.others import (
    Waiter,
    give_up_place,
    keep_place,
    look,
    take_slot,
)
from bot.store.shared.seats import WorkerWord, say_places, worker_is_gone
from bot.store.store import Store, open_store
from tests.bot.store.handed_out import pass_secs

_A, _B = (Holder(place="here", owner=name) for name in ("a", "b"))
_THERE = Holder(place="there", owner="c")


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


async def before(store: Store, call: str, holder: Holder) -> int:
    """Begin a start; returns how many others have begun before."""
    _, others = await take_slot(store, call=call, holder=holder)
    return len(others.starting)


async def line(store: Store, holder: Holder = _B) -> list[str]:
    waiting = (await look(store, holder=holder)).waiting
    return [one.key for one in sorted(waiting, key=lambda one: one.since_us)]


async def test_starts_under_way_are_known_to_all_in_their_order(store: Store, other: Store) -> None:
    both = (store, other)
    holders = [Holder(place="here", owner=f"{n}") for n in range(8)]
    told = await asyncio.gather(
        *(before(both[n % 2], f"{n}", one) for n, one in enumerate(holders))
    )
    assert sorted(told) == list(range(8))
    # One's own are counted by oneself, and those of another LiveKit are no lines of this one.
    assert await before(store, "again", holders[0]) == 7
    assert await before(other, "elsewhere", _THERE) == 0
    for n, one in enumerate(holders[:4]):
        await let_go(store, f"slot-{n}", holder=one)
    assert await before(other, "later", _B) == 5
    await pass_secs(store, 31.0)
    assert await before(other, "after all died", _A) == 0


async def test_a_start_says_whose_share_it_takes(store: Store, other: Store) -> None:
    await take_slot(store, call="1", holder=_A, network="ada")
    await take_slot(store, call="2", holder=_A)
    _, others = await take_slot(other, call="3", holder=_B, network="ada")
    assert sorted(others.starting) == ["", "ada"]


async def test_a_start_that_is_taken_up_again_elsewhere_is_one(store: Store, other: Store) -> None:
    # Its first runner is dead: the caller asks another one with the same key.
    await take_slot(store, call="key", holder=_A)
    name, others = await take_slot(other, call="key", holder=_B)
    assert not others.starting
    # The first one was asleep only, and ends nothing of the second's.
    await let_go(store, name, holder=_A)
    assert await before(store, "next", _A) == 1


@pytest.mark.promise(
    "Starting a call", "Who waits at a runner that dies keeps the place at another one."
)
async def test_places_stay_in_the_order_people_came_whoever_tells_of_them(
    store: Store, other: Store
) -> None:
    for store_of, key, since_us, holder in (
        (store, "second", 2_000_000, _A),
        (other, "first", 1_000_000, _B),
        (other, "third", 3_000_000, _B),
    ):
        await keep_place(store_of, Waiter(key=key, since_us=since_us), holder=holder)
    assert await line(store) == await line(other, _A) == ["first", "second", "third"]
    # Asked for at another runner, which knows no better than that it came just now.
    await keep_place(other, Waiter(key="second", since_us=9_000_000), holder=_B)
    assert await line(store) == ["first", "second", "third"]
    assert await line(store, _THERE) == []
    await give_up_place(store, "first")
    await give_up_place(store, "first")
    assert await line(other) == ["second", "third"]


async def test_a_place_that_nobody_asks_for_is_lost_and_then_new(
    store: Store, other: Store
) -> None:
    for key, since_us in (("silent", 1_000_000), ("asks", 2_000_000)):
        await keep_place(store, Waiter(key=key, since_us=since_us), holder=_A)
    await pass_secs(store, 40.0)
    await keep_place(other, Waiter(key="asks", since_us=2_000_000), holder=_B)
    assert await line(store) == ["silent", "asks"]
    await pass_secs(store, 21.0)
    assert await line(store) == ["asks"]
    await keep_place(other, Waiter(key="silent", since_us=3_000_000), holder=_B)
    assert await line(store) == ["asks", "silent"]


async def test_a_clock_that_is_set_back_keeps_no_line_for_the_dead(
    store: Store, other: Store
) -> None:
    await keep_place(store, Waiter(key="dead", since_us=1_000_000), holder=_A)
    await keep_place(store, Waiter(key="asks", since_us=2_000_000), holder=_A)
    await take_slot(store, call="dead", holder=_A)
    await pass_secs(store, -3600.0)
    await keep_place(other, Waiter(key="asks", since_us=3_000_000), holder=_B)
    assert await line(store) == ["asks"]
    assert await before(other, "next", _B) == 0


async def test_what_a_place_is_like_is_told(store: Store, other: Store) -> None:
    held = Waiter(key="held", network="ada", since_us=1_000_000, is_held_back=True)
    await keep_place(store, held, holder=_A)
    await keep_place(store, Waiter(key="starts", since_us=2_000_000), holder=_A)
    await take_slot(store, call="starts", holder=_A)
    found = {one.key: one for one in (await look(other, holder=_B)).waiting}
    assert (found["held"].is_held_back, found["held"].network) == (True, "ada")
    assert (found["held"].is_starting, found["starts"].is_starting) == (False, True)
    assert 59.0 < found["held"].left_secs <= 60.0


async def test_workers_hold_together_what_the_living_ones_say(store: Store, other: Store) -> None:
    async def places(holder: Holder = _B) -> int | None:
        return (await look(other, holder=holder)).places

    assert await places() is None
    for name, count in (("worker-1", 4), ("worker-2", 2), ("worker-3", 1)):
        await say_places(store, name, WorkerWord(places=count), holder=_A)
    assert await places() == 7
    assert await places(_THERE) is None
    # A start sees them as well.
    assert (await take_slot(other, call="1", holder=_B))[1].places == 7
    await pass_secs(store, 6.0)
    await say_places(store, "worker-2", WorkerWord(places=3), holder=_A)
    await say_places(store, "worker-4", WorkerWord(places=8), holder=_A)
    assert await places() == 4 + 3 + 1 + 8
    await worker_is_gone(other, "worker-4")
    assert await places() == 8
    # Two of them say nothing any more.
    await pass_secs(store, 5.0)
    assert await places() == 3


async def test_the_time_is_the_databases(store: Store) -> None:
    first, second = [(await look(store, holder=_A)).now_us for _ in range(2)]
    assert 0 < first <= second < first + 60_000_000
