"""A start that comes again to another runner of the same store."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from bot.errors import RoomError
from bot.http.starts.shared_starts import SharedStarts
from bot.rooms.tokens import StartedSession
from bot.store.shared.shared import SharedStore
from bot.store.store import Store, open_store
from tests.bot.http.api_client import Api, error_code, open_api
from tests.fake_clock import FakeClock
from tests.log_lines import log_lines
from tests.unkind_store import unkind_store
from tests.waiting import until

_KEY = "one-click-of-a-visitor"


@asynccontextmanager
async def runners(folder: Path, *given: dict[str, Any]) -> AsyncGenerator[Sequence[Api]]:
    """Run as many runners as there are settings, all on one store."""
    async with AsyncExitStack() as stack:
        apis: list[Api] = []
        for one in given:
            store = await stack.enter_async_context(open_store(folder))
            apis.append(await stack.enter_async_context(open_api(store=store, **one)))
        yield apis


async def start(
    api: Api, key: str = _KEY, address: str = "192.0.2.1", **body: object
) -> httpx.Response:
    client = api.client_at(address)
    return await client.post("/api/sessions", headers={"Idempotency-Key": key}, json=body)


def begun(apis: Sequence[Api]) -> int:
    return sum(api.count() for api in apis)


@pytest.mark.promise(
    "Starting a call", "A key is one start at all runners of one store, also after a restart."
)
async def test_two_runners_give_one_session(tmp_path: Path) -> None:
    async with runners(tmp_path, {}, {}) as apis:
        at_once = [start(apis[number % 2], participant_name="Ada") for number in range(8)]
        answers = await asyncio.gather(*at_once)
        answers += [await start(api, participant_name="Ada") for api in apis]
        assert {answer.status_code for answer in answers} == {201}
        told = [answer.json() for answer in answers]
        assert len({one["session_id"] for one in told}) == begun(apis) == 1
        for one in told:
            claims = apis[0].backend.tokens.check_caller(
                f"Bearer {one['participant_token']}", room_name=one["room_name"]
            )
            assert (claims.identity, claims.name) == (f"caller-{one['session_id']}", "Ada")
        conflict = await start(apis[1], participant_name="Bob")
        assert error_code(conflict) == "idempotency_conflict"
    # All of them were started anew.
    async with runners(tmp_path, {}) as apis:
        again = (await start(apis[0], participant_name="Ada")).json()
        assert again["session_id"] == told[0]["session_id"]
        conflict = await start(apis[0], participant_name="Bob")
        assert error_code(conflict) == "idempotency_conflict"
        assert begun(apis) == 0


@pytest.mark.promise(
    "Starting a call", "Two visitors who choose the same key never get one call between them."
)
@pytest.mark.parametrize(
    "other",
    [{"livekit_url": "ws://192.0.2.77:7880"}, {"agent_name": "other"}, {}],
    ids=["another LiveKit", "another assistant", "another address"],
)
async def test_keys_of_others_never_meet(tmp_path: Path, other: dict[str, Any]) -> None:
    async with runners(tmp_path, {}, other) as apis:
        mine = (await start(apis[0])).json()
        address = "192.0.2.1" if other else "192.0.2.2"
        theirs = (await start(apis[1], address=address)).json()
        assert mine["session_id"] != theirs["session_id"]
        assert begun(apis) == 2


@pytest.mark.promise(
    "Starting a call", "Two visitors who choose the same key never get one call between them."
)
async def test_two_people_behind_one_address_are_two(tmp_path: Path) -> None:
    given = {"access": "proxy", "access_proxies": "192.0.2.0/24", "access_header": "x-user"}
    async with runners(tmp_path, given, given) as apis:
        ids = [
            (
                await api.client_at("192.0.2.1").post(
                    "/api/sessions", headers={"Idempotency-Key": _KEY, "X-User": who}
                )
            ).json()["session_id"]
            for api in apis
            for who in ("ada", "bob")
        ]
        assert ids[:2] == ids[2:]
        assert ids[0] != ids[1]


@pytest.mark.promise(
    "Starting a call", "A start that failed may be repeated with its key, and then is one start."
)
async def test_a_start_that_fails_here_may_succeed_there(tmp_path: Path) -> None:
    async with runners(tmp_path, {}, {}) as apis:
        is_begun, may_fail = asyncio.Event(), asyncio.Event()

        async def fail(call: str) -> None:
            if call == "create":
                is_begun.set()
                await may_fail.wait()
                raise RoomError("livekit_unreachable", "The LiveKit server does not answer.")

        apis[0].rooms.on_request = fail
        first = asyncio.create_task(start(apis[0]))
        await is_begun.wait()
        second = asyncio.create_task(start(apis[1]))
        done, _ = await asyncio.wait({second}, timeout=0.3)
        # The other one may still become a call.
        assert not done and begun(apis) == 0
        may_fail.set()
        assert [(await first).status_code, (await second).status_code] == [503, 201]
        assert begun(apis) == 1


async def test_a_caller_who_goes_away_in_the_middle_blocks_nothing(tmp_path: Path) -> None:
    async with runners(tmp_path, {}, {}) as apis:
        is_begun = asyncio.Event()

        async def hang(call: str) -> None:
            if call == "create":
                is_begun.set()
                await asyncio.sleep(60)

        apis[0].rooms.on_request = hang
        first = asyncio.create_task(start(apis[0]))
        await is_begun.wait()
        first.cancel()
        await asyncio.wait({first})
        assert (await start(apis[1])).status_code == 201


async def test_who_waits_for_a_line_has_begun_nothing(tmp_path: Path) -> None:
    async with runners(tmp_path, {"max_sessions": 1}, {}) as apis:
        assert (await start(apis[0], address="192.0.2.9")).status_code == 201
        assert (await start(apis[0], wait=True)).status_code == 202
        started = (await start(apis[1], wait=True)).json()
        # Whoever asks more often is told the same; then there is no place left.
        await asyncio.sleep(1.05)
        assert (await start(apis[0], wait=True)).json()["session_id"] == started["session_id"]
        assert len(apis[0].backend.line) == 0


async def test_without_the_store_each_runner_knows_its_own(tmp_path: Path) -> None:
    with log_lines("bot.store") as lines:
        async with runners(tmp_path, {}) as (api,):
            assert api.backend.store is not None
            async with api.backend.store.transaction() as connection:
                await connection.execute(text("DROP TABLE starts"))
            answers = [await start(api) for _ in range(3)]
            answers.append(await start(api, "another-key"))
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.json()["session_id"] for answer in answers}) == 2
    assert len([line for line in lines if "not hear of each other" in line]) == 1


async def test_with_nothing_kept_it_is_known_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with runners(tmp_path / "file", {}, {}) as apis:
        ids = [(await start(api)).json()["session_id"] for api in (*apis, *apis)]
        assert ids[:2] == ids[2:]
        assert ids[0] != ids[1]


async def known_to(store: Store) -> int:
    """Return how many starts a store knows."""
    async with store.transaction() as connection:
        return (await connection.execute(text("SELECT count(*) FROM starts"))).scalar_one()


@pytest.mark.promise(
    "Starting a call", "A start that failed may be repeated with its key, and then is one start."
)
@pytest.mark.parametrize("hangs", ["as it ends", "as it is told of later"])
async def test_a_visitor_who_goes_away_takes_no_word_of_a_start_along(hangs: str) -> None:
    store, clock, fails = await unkind_store(), FakeClock(), asyncio.Event()
    starts = SharedStarts(SharedStore(store, clock=clock), secret=b"s")

    async def fail() -> StartedSession:
        await fails.wait()
        raise RoomError("livekit_unreachable", "The LiveKit server does not answer.")

    def again(_: str) -> StartedSession:
        raise AssertionError

    async def are_known() -> bool:
        return await known_to(store) == 3

    runs = [
        asyncio.create_task(starts.run(f"{n}", body="b", work=fail, again=again)) for n in range(3)
    ]
    await until(are_known)
    if hangs == "as it ends":
        store.hangs = math.inf
    else:
        store.fails = math.inf
    fails.set()
    if store.hangs:
        gone = runs
        await asyncio.sleep(0.1)
    else:
        await asyncio.wait(runs)
        clock.now += 60.0
        store.fails, store.hangs = 0, math.inf
        gone = [asyncio.create_task(starts.tell())]
        await asyncio.sleep(0.1)
    for task in gone:
        task.cancel()
    await asyncio.wait([*runs, *gone])
    store.hangs = 0
    assert await known_to(store) == 3
    await starts.tell()
    assert await known_to(store) == 0
    await store.close()
