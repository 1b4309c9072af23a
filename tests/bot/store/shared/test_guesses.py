"""Wrong guesses counted by several runners on one store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store.shared.guesses import GuessLimits, take_guess
from bot.store.shared.leases import Holder
from bot.store.store import Store, open_store
from tests.bot.store.handed_out import pass_secs

_ME, _THERE = Holder(place="here", owner="a"), Holder(place="there", owner="a")
_ADA, _BOB = "a" * 32, "b" * 32


def _wait_secs(failures: int) -> float:
    return 0.0 if failures < 3 else 10.0 * failures


_LIMITS = GuessLimits(wait_secs=_wait_secs, over_all_per_minute=20)


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


async def guess(
    store: Store, network: str = _ADA, *, is_right: bool = False, holder: Holder = _ME
) -> float:
    return await take_guess(store, network, holder=holder, is_right=is_right, limits=_LIMITS)


@pytest.mark.promise(
    "Who may call", "Whoever guesses at several runners is slowed as by one, at once too."
)
async def test_many_at_once_are_counted_one_after_the_other(store: Store, other: Store) -> None:
    waits = await asyncio.gather(*(guess((store, other)[n % 2]) for n in range(12)))
    assert waits.count(0.0) == 3
    # Nor is anybody told that it would have been right.
    assert 29.0 < await guess(other, is_right=True) <= 30.0
    assert await guess(store, _BOB) == 0.0
    await pass_secs(store, 31.0)
    assert await guess(store) == 0.0
    assert 39.0 < await guess(other) <= 40.0


@pytest.mark.parametrize("forget", ["success", "an hour", "a clock that is set back"])
async def test_what_was_wrong_is_forgotten(store: Store, other: Store, forget: str) -> None:
    for _ in range(2):
        assert await guess(store) == 0.0
    if forget == "success":
        assert await guess(other, is_right=True) == 0.0
    else:
        await pass_secs(store, 3601.0 if forget == "an hour" else -7200.0)
    assert [await guess(other) for _ in range(3)] == [0.0] * 3
    assert await guess(store) > 0.0


@pytest.mark.parametrize("at_once", [1, 40])
async def test_all_networks_are_slowed_together_but_those_that_were_right(
    store: Store, other: Store, at_once: int
) -> None:
    both, waits = (store, other), list[float]()
    assert await guess(store, _BOB, is_right=True) == 0.0
    for begin in range(0, 40, at_once):
        guesses = (guess(both[n % 2], f"{n:02x}" * 16) for n in range(begin, begin + at_once))
        waits += await asyncio.gather(*guesses)
    assert 20 <= waits.count(0.0) <= 22  # some come back while they guess
    assert await guess(other, _ADA) > 0.0
    assert await guess(other, _BOB) == 0.0
    # Those who call another LiveKit have nothing to do with it.
    assert await guess(other, _ADA, holder=_THERE) == 0.0
    await pass_secs(store, 61.0)
    assert await guess(other, "c" * 32) == 0.0
