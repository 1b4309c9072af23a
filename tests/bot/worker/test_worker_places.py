"""What a worker says of its places, as runners on the same Postgres hear it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from livekit.protocol.models import ServerInfo

from bot.livekit.access import LiveKitAccess
from bot.livekit.mark import place_of
from bot.livekit.server import LiveKitServer
from bot.rooms.agreement import Agreement
from bot.rooms.lines.admission import BOT_BYTES
from bot.rooms.tickets import ticket_key
from bot.settings import Settings
from bot.store.shared.shared import SharedStore
from bot.store.store import open_store_of
from bot.worker.admission import Whose
from bot.worker.worker_line import DRAIN
from bot.worker.worker_places import open_places
from tests.filling import SIZES, deviation, open_filling
from tests.postgres_server import find_postgres, postgres_server
from tests.waiting import until

_NODE = ServerInfo(node_id="ND_1")
_URL = "postgresql://me:secret@host/name"


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    if find_postgres() is None:
        pytest.skip("Postgres is not installed (on Debian: apt-get install postgresql)")
    with postgres_server() as url:
        yield url


def settings_of(**given: Any) -> Settings:
    fields = {
        "livekit_url": "wss://livekit.example",
        "livekit_api_key": "key",
        "livekit_api_secret": "a-secret-of-thirty-two-characters-or-more",
        **given,
    }
    return Settings.model_validate(fields)


async def nowhere(_room_name: str, _metadata: str) -> None:
    """There is one node."""


@asynccontextmanager
async def runner(settings: Settings) -> AsyncGenerator[Agreement]:
    """Be a runner at that LiveKit, as bot/http/backend.py makes one."""
    access = LiveKitAccess(
        url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret,
        public_url=settings.livekit_public_url,
    )
    key = ticket_key(api_secret=access.api_secret, data_dir=settings.data_dir)
    place = place_of(access.mark(settings.agent_name, key=key))
    async with open_store_of(settings) as store:
        yield Agreement(SharedStore(store, place=place))


@asynccontextmanager
async def other_worker(settings: Settings, node: ServerInfo) -> AsyncGenerator[None]:
    """Be another worker, by a process of its own as far as its name goes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.worker.worker_places.os.getpid", lambda: 1)
        opening = open_places(settings, held=list, send_on=nowhere)
        told = await opening.__aenter__()
    try:
        told.begin("worker id", node)
        yield
    finally:
        await opening.__aexit__(None, None, None)


async def lines(agreement: Agreement, count: int) -> None:
    """Wait until there are so many lines; 99 stands for nobody's having said how many."""

    async def are_there() -> bool:
        await agreement.look()
        return agreement.lines(99) == count

    await until(are_there, limit_secs=10.0)


@pytest.mark.promise("Limits", "There are as many lines as the workers that live hold together.")
async def test_a_worker_counts_from_its_first_registration_to_its_drain(database_url: str) -> None:
    settings = settings_of(database_url=database_url, max_sessions=3)
    orders: list[bytes] = []
    async with (
        runner(settings) as agreement,
        open_places(settings, held=list, send_on=nowhere) as told,
    ):
        await asyncio.sleep(0.3)
        await lines(agreement, 99)
        told.begin("worker id", _NODE)
        await lines(agreement, 3)
        # LiveKit was started anew: it is known again, and counts once.
        told.begin("worker id", _NODE)
        await lines(agreement, 3)
        told.ending(orders.append)(DRAIN)
        await lines(agreement, 99)
        # LiveKit is started anew once more, while it drains.
        told.begin("worker id", _NODE)
        await told.tell()
        await lines(agreement, 99)
    assert orders == [DRAIN]


async def test_a_job_is_whose_the_store_says(database_url: str) -> None:
    full, empty = (settings_of(database_url=database_url, max_sessions=n) for n in (1, 4))
    held = ["AJ_1"]
    async with (
        runner(full) as agreement,
        open_places(full, held=lambda: held, send_on=nowhere) as here,
    ):
        assert await here.whose("AJ_0", is_waited_for=True) is Whose.OWN
        here.begin("worker id", _NODE)
        await lines(agreement, 1)
        async with other_worker(empty, ServerInfo(node_id="ND_2")):
            await lines(agreement, 5)
            assert await here.whose("AJ_2", is_waited_for=True) is Whose.ELSEWHERE
        async with other_worker(empty, _NODE):
            await lines(agreement, 5)
            assert await here.whose("AJ_3", is_waited_for=True) is Whose.NEIGHBOUR
        await lines(agreement, 1)
        assert await here.whose("AJ_4", is_waited_for=True) is Whose.OWN


@pytest.mark.promise(
    "Limits", "A machine without memory for one more bot starts none until there is enough again."
)
async def test_a_worker_that_can_have_no_further_bot_holds_what_it_has(database_url: str) -> None:
    settings = settings_of(database_url=database_url, max_sessions=4)
    jobs, is_there = ["job"], True
    opened = open_places(
        settings,
        held=lambda: jobs,
        send_on=nowhere,
        free_bytes=lambda: 100 * BOT_BYTES if is_there else BOT_BYTES - 1,
    )
    async with runner(settings) as agreement, opened as told:
        told.begin("worker id", _NODE)
        await lines(agreement, 4)
        is_there = False
        await lines(agreement, 1)
        jobs.clear()
        await lines(agreement, 0)
        is_there = True
        await lines(agreement, 4)


@pytest.mark.promise(
    "Limits", "What bots are forked from costs no line while it is loaded anew: callers wait."
)
async def test_a_worker_that_waits_for_what_it_forks_counts_and_others_have_the_jobs(
    database_url: str,
) -> None:
    settings, can_fork = settings_of(database_url=database_url, max_sessions=4), True
    opened = open_places(settings, held=list, send_on=nowhere, can_fork=lambda: can_fork)
    async with runner(settings) as agreement, opened as told:
        told.begin("worker id", _NODE)
        await lines(agreement, 4)
        assert await told.whose("AJ_1", is_waited_for=True) is Whose.OWN
        can_fork = False
        await told.tell()
        await lines(agreement, 4)
        assert await told.whose("AJ_2", is_waited_for=True) is Whose.OWN
        async with other_worker(settings, _NODE):
            await lines(agreement, 8)
            # Also once that one has as many.
            for job in ("AJ_3", "AJ_4", "AJ_5"):
                assert await told.whose(job, is_waited_for=True) is Whose.NEIGHBOUR


async def test_a_worker_that_ends_counts_no_more(database_url: str) -> None:
    settings = settings_of(database_url=database_url, max_sessions=5)
    async with runner(settings) as agreement:
        async with open_places(settings, held=list, send_on=nowhere) as told:
            told.begin("worker id", _NODE)
            await lines(agreement, 5)
        await agreement.look()
        assert agreement.lines(99) == 99


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"agent_name": "other"},
        {"livekit_url": "wss://other.example"},
        {"livekit_api_secret": "another-secret-of-thirty-two-characters"},
    ],
    ids=["another assistant", "another LiveKit", "another secret"],
)
async def test_workers_of_others_are_no_lines_of_these(
    database_url: str, elsewhere: dict[str, str]
) -> None:
    theirs = settings_of(database_url=database_url, max_sessions=7, **elsewhere)
    ours = settings_of(database_url=database_url)
    async with (
        runner(ours) as here,
        runner(theirs) as there,
        open_places(theirs, held=list, send_on=nowhere) as told,
    ):
        told.begin("worker id", _NODE)
        await lines(there, 7)
        await here.look()
        assert here.lines(99) == 99


async def test_nodes_of_one_livekit_are_one(database_url: str) -> None:
    same = {"database_url": database_url, "livekit_public_url": "wss://livekit.example"}
    here, there = (settings_of(livekit_url=f"ws://10.0.0.{n}:7880", **same) for n in (1, 2))
    async with runner(here) as agreement, open_places(there, held=list, send_on=nowhere) as told:
        told.begin("worker id", _NODE)
        await lines(agreement, 8)


@pytest.mark.parametrize("given", [{}, {"store": False}, {"store": False, "database_url": _URL}])
def test_without_a_server_for_a_store_there_is_nobody_to_tell(given: dict[str, Any]) -> None:
    assert settings_of(database_url=_URL).is_store_shared
    assert not settings_of(**given).is_store_shared


@pytest.mark.promise("Limits", "Workers of any sizes fill evenly: none is a call off its share.")
async def test_workers_at_a_real_livekit_fill_evenly_also_when_calls_come_at_once(
    database_url: str, livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with open_filling(
        [livekit_server.url],
        key=livekit_server.api_key,
        secret=livekit_server.api_secret.get_secret_value(),
        database_url=database_url,
        folder=tmp_path,
    ) as filling:
        for at_once in (1, 6):
            steps = await filling.fill(at_once=at_once)
            assert [step for step in steps if deviation(step.held) > 1.0] == []
            assert steps[-1].held == list(SIZES)
