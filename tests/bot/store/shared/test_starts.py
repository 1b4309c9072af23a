"""Keys of starts, as several runners on one store take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store.shared.starts import (
    REMEMBERED_MS,
    UNDER_WAY_MS,
    KnownStart,
    finish_start,
    give_up_start,
    take_start,
)
from bot.store.store import Store, open_store

_NOW = 1_800_000_000_000
_SESSION = "0123456789abcdef0123"


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


async def take(store: Store, owner: str, *, at_ms: int = 0, key: str = "key") -> KnownStart:
    return await take_start(store, key=key, body="body", owner=owner, at_ms=_NOW + at_ms)


@pytest.mark.promise(
    "Starting a call", "A key is one start at all runners of one store, also after a restart."
)
async def test_of_many_at_once_one_starts(store: Store, other: Store) -> None:
    for key in ("one", "two", "three"):
        claims = [take((store, other)[n % 2], f"{n}", key=key) for n in range(8)]
        known = await asyncio.gather(*claims)
        assert sum(one.is_mine for one in known) == 1
        owner = next(f"{n}" for n, one in enumerate(known) if one.is_mine)
        assert await finish_start(store, key=key, owner=owner, session_id=_SESSION)
        again = await take(other, "later", key=key)
        assert (again.is_mine, again.body, again.session_id) == (False, "body", _SESSION)


@pytest.mark.promise(
    "Starting a call", "A start that died half-way blocks its key for half a minute at most."
)
@pytest.mark.parametrize(
    ("at_ms", "is_free"),
    [(UNDER_WAY_MS - 1, False), (UNDER_WAY_MS, True), (-UNDER_WAY_MS, False), (-86_400_000, True)],
    ids=["in time", "too late", "another machine's clock", "the clock was set back"],
)
async def test_a_start_that_tells_no_end_is_anothers(
    store: Store, other: Store, at_ms: int, is_free: bool
) -> None:
    assert (await take(store, "first")).is_mine
    many = await asyncio.gather(*(take(other, f"{n}", at_ms=at_ms) for n in range(3)))
    assert sum(one.is_mine for one in many) == is_free
    # Whoever comes too late does not overwrite what the other one has begun.
    assert await finish_start(store, key="key", owner="first", session_id=_SESSION) is not is_free


@pytest.mark.parametrize(
    ("at_ms", "is_known"),
    [(REMEMBERED_MS - 1, True), (REMEMBERED_MS, False), (-REMEMBERED_MS, False)],
)
async def test_an_answer_is_known_for_minutes(store: Store, at_ms: int, is_known: bool) -> None:
    await take(store, "first")
    await finish_start(store, key="key", owner="first", session_id=_SESSION)
    assert (await take(store, "again", at_ms=at_ms)).is_mine is not is_known


async def test_a_start_that_came_to_nothing_leaves_nothing(store: Store, other: Store) -> None:
    await take(store, "first")
    await give_up_start(other, key="key", owner="somebody else")
    assert not (await take(other, "second")).is_mine
    await give_up_start(store, key="key", owner="first")
    assert (await take(other, "second")).is_mine
