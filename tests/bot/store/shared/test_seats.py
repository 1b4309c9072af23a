"""Which worker is to take a job, whichever of them LiveKit asks first, and in whatever order."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store.shared.leases import Holder
from bot.store.shared.others import look
from bot.store.shared.seats import ELSEWHERE, WorkerWord, say_places, seat, worker_is_gone
from bot.store.store import Store, open_store
from tests.bot.store.handed_out import pass_secs

_ME = Holder(place="here", owner="a")
_SIZES = {"worker-4": 4, "worker-6": 6, "worker-8": 8}


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another worker's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


async def say(
    store: Store, name: str, places: int, *, jobs: int = 0, node: str = "ND_1", place: str = "here"
) -> None:
    held = [f"{name}-{number}" for number in range(jobs)]
    word = WorkerWord(places=places, node=node, jobs=held)
    await say_places(store, name, word, holder=Holder(place=place, owner="a"))


async def sizes_told(store: Store) -> None:
    for name, places in _SIZES.items():
        await say(store, name, places)


def deviation(held: Mapping[str, int], sizes: Mapping[str, int]) -> float:
    """Return how many calls a worker is off its share, at most."""
    share = sum(held.values()) / sum(sizes.values())
    return max(abs(held.get(name, 0) - share * places) for name, places in sizes.items())


@pytest.mark.promise("Limits", "Workers of any sizes fill evenly: none is a call off its share.")
@pytest.mark.parametrize("at_once", [1, 6])
async def test_every_worker_has_its_share_after_every_call(
    store: Store, other: Store, at_once: int
) -> None:
    await sizes_told(store)
    chance, held = random.Random(at_once), Counter[str]()
    for begin in range(0, 18, at_once):
        asked = [
            seat(chance.choice((store, other)), f"{begin + n}", worker=name, holder=_ME)
            for n, name in enumerate(chance.choices(list(_SIZES), k=at_once))
        ]
        held.update(await asyncio.gather(*asked))
        assert deviation(held, _SIZES) <= 1.0
    assert held == _SIZES


async def test_all_who_are_offered_a_job_hear_the_same(store: Store, other: Store) -> None:
    await sizes_told(store)
    for job in range(6):
        asked = [
            seat((store, other)[n % 2], f"{job}", worker=name, holder=_ME)
            for n, name in enumerate(_SIZES)
        ]
        assert len(set(await asyncio.gather(*asked))) == 1


async def test_a_job_that_is_offered_again_much_later_is_settled_anew(
    store: Store, other: Store
) -> None:
    for worker in ("gone", "asked"):
        await say(store, worker, 4)
        assert await seat(store, "job", worker=worker, holder=_ME) == worker
        # Whoever is offered it next hears the same.
        assert await seat(other, "job", worker="unknown", holder=_ME) == worker
        await pass_secs(store, 11.0)


async def test_a_job_counts_once_before_and_after_its_worker_has_said_so(store: Store) -> None:
    await say(store, "small", 4)
    await say(store, "large", 4, jobs=1)
    assert await seat(store, "small-0", worker="large", holder=_ME) == "small"
    # It has not said yet that it has it.
    assert await seat(store, "large-1", worker="large", holder=_ME) == "large"
    await say(store, "small", 4, jobs=1)
    await say(store, "large", 4, jobs=2)
    assert await seat(store, "small-1", worker="large", holder=_ME) == "small"
    # A job that did not come counts no longer than it may be on its way.
    await pass_secs(store, 11.0)
    await say(store, "small", 4, jobs=1)
    await say(store, "large", 4, jobs=2)
    assert await seat(store, "small-2", worker="large", holder=_ME) == "small"


@pytest.mark.promise("Limits", "A call is never left to a worker that cannot be given it.")
@pytest.mark.parametrize(
    "elsewhere",
    [{"node": "ND_2"}, {"node": ""}, {"place": "there"}, {"jobs": 4}],
    ids=["at another node", "of an older version", "of others", "full"],
)
async def test_whoever_is_asked_has_a_job_that_no_other_can_be_given(
    store: Store, elsewhere: dict[str, str | int]
) -> None:
    await say(store, "asked", 8, jobs=5)
    await say(store, "emptier", 4, **elsewhere)  # pyright: ignore[reportArgumentType]
    assert await seat(store, "job", worker="asked", holder=_ME) == "asked"


@pytest.mark.promise("Limits", "A call is never left to a worker that cannot be given it.")
async def test_nothing_is_left_to_a_worker_that_is_silent_or_gone(store: Store) -> None:
    await say(store, "emptier", 4)
    await pass_secs(store, 4.5)
    await say(store, "asked", 4, jobs=3)
    assert await seat(store, "1", worker="asked", holder=_ME) == "asked"
    await say(store, "emptier", 4)
    assert await seat(store, "2", worker="asked", holder=_ME) == "emptier"
    await worker_is_gone(store, "emptier")
    assert await seat(store, "3", worker="asked", holder=_ME) == "asked"


async def test_a_worker_that_is_full_or_unknown_takes_what_it_is_asked_for(store: Store) -> None:
    assert await seat(store, "1", worker="unknown", holder=_ME) == "unknown"
    await say(store, "full", 2, jobs=3)
    assert await seat(store, "2", worker="full", holder=_ME) == "full"


@pytest.mark.promise("Limits", "A burst leaves no worker with more calls than it holds.")
async def test_a_full_node_leaves_calls_to_another_one(store: Store) -> None:
    await say(store, "here", 4, jobs=2)
    await say(store, "there", 6, jobs=4, node="ND_2")
    seats = [await seat(store, f"{n}", worker="here", holder=_ME) for n in range(4)]
    # Asking anew takes a caller most of a second, so only what is full says so.
    assert seats == ["here", "here", ELSEWHERE, ELSEWHERE]
    # Nothing is left of a job that goes elsewhere: it comes again by another id.
    seats = [await seat(store, f"{n}", worker="there", holder=_ME) for n in range(10, 13)]
    assert seats == ["there"] * 3, "all are full, and whoever is asked has it"


@pytest.mark.parametrize(
    "elsewhere",
    [{"node": ""}, {"place": "there", "node": "ND_2"}, {"jobs": 4, "node": "ND_2"}],
    ids=["of an older version", "of others", "full"],
)
async def test_a_full_node_keeps_what_no_other_one_can_be_given(
    store: Store, elsewhere: dict[str, str | int]
) -> None:
    await say(store, "asked", 2, jobs=2)
    await say(store, "emptier", 4, **elsewhere)  # pyright: ignore[reportArgumentType]
    assert await seat(store, "job", worker="asked", holder=_ME) == "asked"


async def test_a_bot_that_nobody_waits_for_goes_to_the_emptiest_of_all(store: Store) -> None:
    await say(store, "here", 4, jobs=2)
    await say(store, "there", 4, jobs=1, node="ND_2")
    for is_waited_for, expected in ((True, "here"), (False, ELSEWHERE)):
        job = f"job-{is_waited_for}"
        assert expected == await seat(
            store, job, worker="here", holder=_ME, is_waited_for=is_waited_for
        )
    # At a tie it stays.
    await say(store, "there", 4, jobs=3, node="ND_2")
    assert await seat(store, "tie", worker="here", holder=_ME, is_waited_for=False) == "here"


@pytest.mark.promise("Limits", "There are as many lines as the workers that live hold together.")
async def test_a_worker_counts_at_the_livekit_it_told_of_last(store: Store, other: Store) -> None:
    # Killed, and started again with another secret: it has its name and number again.
    await say(store, "worker", 4, place="there")
    await say(other, "worker", 6)
    assert (await look(store, holder=_ME)).places == 6
    assert (await look(store, holder=Holder(place="there", owner="b"))).places is None


@pytest.mark.promise("Limits", "A call is never left to a worker that cannot be given it.")
async def test_a_clock_that_is_set_back_makes_no_dead_worker_live(store: Store) -> None:
    await say(store, "emptier", 4)
    await say(store, "asked", 4, jobs=3)
    assert await seat(store, "1", worker="asked", holder=_ME) == "emptier"
    await pass_secs(store, -3600.0)
    await say(store, "asked", 4, jobs=3)
    assert (await look(store, holder=_ME)).places == 4
    assert await seat(store, "1", worker="asked", holder=_ME) == "asked"
