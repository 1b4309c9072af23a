"""What two runners count together: starts, shares, guesses, links, and the lines there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from bot.errors import RoomError
from bot.http import backend
from bot.rooms.watch.worker_mark import worker_mark
from bot.store.shared.leases import Holder
from bot.store.shared.seats import WorkerWord, say_places
from bot.store.store import Store, open_store
from tests.bot.http.api_client import Api, error_code
from tests.bot.store.handed_out import pass_secs
from tests.bot.store.two_apis import (
    LosesAnswers,
    after_the_pause,
    ask,
    come,
    hang_up,
    see,
    told,
    two_apis,
)

pytestmark = pytest.mark.parametrize("given_url", ["Postgres"], indirect=True)


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


async def refusal(api: Api, address: str = "192.0.2.1", path: str = "/api/sessions") -> str:
    """Return why a start is refused, or "" if it is not."""
    answer = await api.client_at(address).post(path)
    return "" if answer.status_code == 201 else error_code(answer)


@pytest.mark.promise(
    "Limits", "An address starts no more calls in a minute at all runners than at one."
)
@pytest.mark.parametrize("path", ["/api/sessions", "/api/token"])
async def test_starts_of_an_address_are_counted_together(
    store: Store, other: Store, path: str
) -> None:
    given = {"max_sessions": 50, "sessions_per_address": 50, "starts_per_minute": 3}
    async with two_apis(store, other, **given) as (one, two):
        asked = list[str]()
        for api in (one, two, one, two, one):
            asked.append(await refusal(api, path=path))
            come(one)
            for room in one.rooms.live:
                for runner in (one, two):
                    runner.backend.records.note_joined(room.split("-")[1])
        assert asked == ["", "", "", "rate_limited", "rate_limited"]
        assert await refusal(two, "192.0.2.2", path) == ""
        await pass_secs(store, 20.0)
        # The one that was refused by the count of both has none of its own left over.
        assert await refusal(two, path=path) == ""


@pytest.mark.promise(
    "Limits", "An address starts no more calls in a minute at all runners than at one."
)
async def test_everybody_is_counted_together_by_the_lines_there_are(
    store: Store, other: Store
) -> None:
    async with two_apis(store, other, max_sessions=1, starts_per_minute=1) as (one, two):
        apis = (one, two)
        refused = [await refusal(apis[n % 2], f"192.0.2.{n}", "/api/token") for n in range(16)]
        assert refused == [""] * 10 + ["rate_limited"] * 6


@pytest.mark.promise(
    "Limits", "One address may have no more calls at once than SESSIONS_PER_ADDRESS says."
)
async def test_a_network_has_one_share_at_all_runners(store: Store, other: Store) -> None:
    async with two_apis(store, other, max_sessions=8, sessions_per_address=3) as (one, two):
        asked = list[str]()
        for api in (one, two, one, two, one):
            asked.append(await refusal(api))
            come(one)
            for runner in (one, two):
                await runner.backend.sweep.sweep()
        assert asked == ["", "", "", "rate_limited", "rate_limited"]
        assert await refusal(two, "192.0.2.2") == ""
        hang_up(one, two)
        assert await refusal(two) == ""


@pytest.mark.promise("Limits", "One address has two calls at most that nobody has come to yet.")
async def test_starts_in_the_same_moment_at_two_runners_are_counted(
    store: Store, other: Store
) -> None:
    async with two_apis(store, other, max_sessions=50, sessions_per_address=50) as (one, two):
        asked = await asyncio.gather(*(refusal((one, two)[n % 2]) for n in range(8)))
        assert 1 <= asked.count("") <= 2
        assert set(asked) == {"", "rate_limited"}


@pytest.mark.promise(
    "Starting a call", "A printed link is good for one start, at whichever runner."
)
@pytest.mark.parametrize("is_printed_here", [True, False])
async def test_a_link_opens_once_at_whichever_runner(
    store: Store, other: Store, is_printed_here: bool
) -> None:
    async with two_apis(store, other, max_sessions=8) as (one, two):
        await see(one, two)
        code = (one if is_printed_here else two).join_link.code
        assert await told(one, 1, wait=False, join_code=code) == "in"
        for number, api in enumerate((two, one), 2):
            assert await told(api, number, wait=False, join_code=code) == "join_link_used"
        await see(one, two)
        printed, kept = (one, two) if is_printed_here else (two, one)
        assert not printed.join_link.is_open
        assert kept.join_link.is_open


@pytest.mark.promise(
    "Starting a call", "A printed link is good for one start, at whichever runner."
)
async def test_of_many_who_use_a_link_at_once_one_is_in(store: Store, other: Store) -> None:
    async with two_apis(store, other, max_sessions=8) as (one, two):
        await see(one, two)
        asked = await asyncio.gather(
            *(
                told((one, two)[n % 2], n, wait=False, join_code=one.join_link.code)
                for n in range(6)
            )
        )
        assert sorted(asked) == ["in"] + ["join_link_used"] * 5


async def test_a_start_that_fails_gives_the_link_back_to_all(store: Store, other: Store) -> None:
    async with two_apis(store, other, max_sessions=8) as (one, two):
        await see(one, two)
        for api in (one, two):
            api.rooms.create_error = RoomError("livekit_unreachable", "It does not answer.")
            code = one.join_link.code
            assert await told(api, 1, wait=False, join_code=code) == "livekit_unreachable"
        one.rooms.create_error = None
        await see(one, two)
        assert one.join_link.is_open
        assert await told(two, 2, wait=False, join_code=code) == "in"


async def test_a_link_that_was_used_while_the_store_failed_is_used_for_all_then(
    store: Store, other: Store
) -> None:
    async with two_apis(store, other, max_sessions=8) as (one, two):
        await see(one, two)
        code = one.join_link.code
        async with store.transaction() as connection:
            await connection.execute(text("ALTER TABLE leases RENAME TO gone"))
        # A runner that cannot ask believes in no link but its own.
        assert await told(two, 1, wait=False, join_code=code) == "join_link_used"
        assert await told(one, 2, wait=False, join_code=code) == "in"
        async with store.transaction() as connection:
            await connection.execute(text("ALTER TABLE gone RENAME TO leases"))
        for api in (one, two):
            api.backend.shared.clock = lambda: 1e9  # the pause after a failure is over
        await see(one, two)
        assert await told(two, 3, wait=False, join_code=code) == "join_link_used"


@pytest.mark.promise(
    "Starting a call", "A printed link is good for one start, at whichever runner."
)
async def test_a_link_that_was_told_but_not_answered_opens_once(store: Store, other: Store) -> None:
    losing = LosesAnswers(store)
    async with two_apis(losing, other, max_sessions=8) as (one, two):
        losing.until_lost = 2  # it looks first
        await see(one)
        code = one.join_link.code
        assert await told(two, 1, wait=False, join_code=code) == "in"
        after_the_pause(one)
        assert await told(one, 2, wait=False, join_code=code) == "join_link_used"


@pytest.mark.promise(
    "Starting a call", "A key is one start at all runners of one store, also after a restart."
)
@pytest.mark.parametrize("step", range(1, 6))
async def test_a_start_of_which_one_step_is_not_answered_is_one(
    store: Store, other: Store, step: int
) -> None:
    losing = LosesAnswers(store)
    async with two_apis(losing, other, max_sessions=4) as (one, two):
        losing.until_lost = step
        first = await ask(one, 1, wait=False)
        assert (first.status_code, losing.until_lost <= 0) == (201, True)
        again = asyncio.create_task(ask(two, 1, wait=False))
        after_the_pause(one)
        await see(one)
        assert (await again).json()["session_id"] == first.json()["session_id"]
        assert one.count() == 1


@pytest.mark.promise(
    "Who may call", "Whoever guesses at several runners is slowed as by one, at once too."
)
async def test_guesses_at_two_runners_are_slowed_as_one(store: Store, other: Store) -> None:
    given = {"access": "key", "access_key": "the passphrase of this house"}
    async with two_apis(store, other, **given) as apis:

        async def guess(api: Api, key: str, address: str = "192.0.2.1") -> str:
            answer = await api.client_at(address).post("/api/access", json={"key": key})
            return "" if answer.status_code == 204 else error_code(answer)

        said = [await guess(apis[n % 2], f"wrong {n}") for n in range(7)]
        assert said == ["wrong_key"] * 5 + ["access_slowed"] * 2
        right = given["access_key"]
        assert [await guess(api, right) for api in apis] == ["access_slowed"] * 2
        assert await guess(apis[1], right, "192.0.2.2") == ""
        await pass_secs(store, 3.0)
        # One of them had three of the five guesses; neither slows anybody by itself.
        assert [await guess(api, right) for api in apis] == ["", ""]


@pytest.mark.promise("Limits", "There are as many lines as the workers that live hold together.")
async def test_lines_come_and_go_with_the_workers(store: Store, other: Store) -> None:
    async with two_apis(store, other, max_sessions=2) as apis:
        place = apis[0].backend.shared.me.place
        marks = [worker_mark(pid) for pid in (1, 2, 3)]

        async def say(number: int, places: int) -> None:
            holder = Holder(place=place, owner=f"{number}")
            name = f"worker-{marks[number]}"
            await say_places(store, name, WorkerWord(places=places), holder=holder)

        async def limits() -> set[int]:
            await see(*apis)
            return {api.backend.sessions._capacity.limit for api in apis}  # pyright: ignore[reportPrivateUsage]

        # Nobody has said anything yet: as with one machine.
        assert await limits() == {2}
        await say(0, 2)
        await say(1, 1)
        await say(2, 1)
        assert await limits() == {4}
        started = [await told(apis[n % 2], n) for n in range(6)]
        assert started == ["in"] * 4 + [1, 2]
        # One more comes: its line goes to the first who waits, though nobody has looked yet.
        await say(0, 3)
        await asyncio.sleep(1.05)
        assert [await told(apis[1], n) for n in (5, 4)] == [2, "in"]
        # One dies, as its runner has seen; one says nothing any more.
        await apis[1].backend.agreement.worker_died(marks[0])
        assert await limits() == {2}
        await pass_secs(store, 6.0)
        await say(1, 1)
        await pass_secs(store, 5.0)
        assert await limits() == {1}


@pytest.mark.promise(
    "Limits", "A machine without memory for one more bot starts none until there is enough again."
)
async def test_memory_counts_where_the_bots_are(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "free_memory_bytes", lambda: 0)
    async with two_apis(store, other, max_sessions=2) as (one, two):
        assert await told(one, 1, wait=False) == "at_capacity"
        holder = Holder(place=one.backend.shared.me.place, owner="a")
        await say_places(store, "worker-1", WorkerWord(places=1), holder=holder)
        assert await told(one, 1, wait=False) == "in"
        # The worker says of its own machine that there is no more.
        assert await told(two, 2, wait=False) == "at_capacity"


@pytest.mark.promise("Limits", "There are as many lines as the workers that live hold together.")
async def test_a_worker_that_is_lost_ends_no_call(store: Store, other: Store) -> None:
    async with two_apis(store, other, max_sessions=2) as (one, two):
        for number, places in enumerate((3, 1)):
            holder = Holder(place=one.backend.shared.me.place, owner=f"{number}")
            await say_places(store, f"worker-{number}", WorkerWord(places=places), holder=holder)
        await see(one, two)
        for number in range(4):
            plan = f"parley-{number:020x}"
            await one.rooms.make_by_token(plan)
            await one.backend.sweep.sweep()
        await one.backend.agreement.worker_died("0")
        await see(one, two)
        for api in (one, two):
            # One that was started just now, too: the second one has not looked before.
            await api.backend.sweep.sweep()
        assert len(one.rooms.live) == 4
        # But nobody comes beside them.
        await one.rooms.make_by_token(f"parley-{9:020x}")
        await one.backend.sweep.sweep()
        assert list(one.rooms.live) == [f"parley-{number:020x}" for number in range(4)]
        assert await told(two, 1, wait=False) == "at_capacity"
