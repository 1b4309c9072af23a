"""One-time links, as several runners on one store take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.store.shared.leases import Holder
from bot.store.shared.links import add_link, give_back_link, take_link
from bot.store.shared.others import look
from bot.store.store import Store, open_store
from tests.bot.store.handed_out import pass_secs

_A, _B = (Holder(place="here", owner=name) for name in ("a", "b"))
_THERE = Holder(place="there", owner="c")


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


async def test_a_link_is_taken_once_by_whichever_runner(store: Store, other: Store) -> None:
    assert not await take_link(store, "link-1", holder=_A)
    await add_link(store, "link-1", holder=_A, secs=600.0)
    assert not await take_link(store, "link-1", holder=_THERE)
    both = ((store, _A), (other, _B))
    taken = await asyncio.gather(
        *(take_link(one, "link-1", holder=holder) for one, holder in both * 4)
    )
    assert sum(taken) == 1
    assert (await look(store, holder=_A)).links == set()
    # Told again by the runner that has printed it, which was late.
    await add_link(store, "link-1", holder=_A, secs=600.0)
    assert not await take_link(other, "link-1", holder=_B)


async def test_a_use_that_came_to_nothing_is_given_back_by_who_had_it(
    store: Store, other: Store
) -> None:
    await add_link(store, "link-1", holder=_A, secs=600.0)
    assert await take_link(other, "link-1", holder=_B)
    await give_back_link(store, "link-1", holder=_A)
    assert not await take_link(store, "link-1", holder=_A)
    await give_back_link(other, "link-1", holder=_B)
    assert (await look(store, holder=_A)).links == {"link-1"}
    assert await take_link(store, "link-1", holder=_A)


async def test_a_link_that_is_too_old_is_taken_by_nobody(store: Store, other: Store) -> None:
    await add_link(store, "link-1", holder=_A, secs=600.0)
    await pass_secs(store, 599.0)
    assert (await look(other, holder=_B)).links == {"link-1"}
    await pass_secs(store, 2.0)
    assert (await look(other, holder=_B)).links == set()
    assert not await take_link(other, "link-1", holder=_B)
