"""Health says what is wrong and is cheap to ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from bot.errors import RoomError
from bot.http.health import Health, PartsHealth
from bot.local_stack import LocalStack
from bot.processes.part import open_parts
from bot.processes.upkeep import Upkeep
from bot.rooms.lines.admission import Admission
from bot.rooms.lines.capacity import Capacity
from bot.rooms.lines.waiting_line import WaitingLine
from bot.rooms.parking import Parking
from bot.rooms.records import SessionRecords
from bot.settings import Settings
from tests.bot.http.api_client import Api, open_api
from tests.bot.small_part import small_part
from tests.fake_clock import FakeClock
from tests.fake_rooms import FakeRooms
from tests.virtual_time import run_in_virtual_time


@dataclass
class Looker:
    """Stands for the processes beside the runner."""

    parts: PartsHealth
    count: int = 0

    async def __call__(self) -> PartsHealth:
        self.count += 1
        await asyncio.sleep(0)
        return self.parts


async def no_lag() -> float:
    return 0.0


def a_health(
    looker: Looker,
    *,
    settings: Settings | None = None,
    clock: FakeClock,
    is_draining: bool = False,
    upkeep: dict[str, Upkeep] | None = None,
) -> Health:
    rooms = FakeRooms(agent_name="parley")
    capacity = Capacity(rooms=rooms, limit=4)
    return Health(
        settings=settings or Settings(openai_base_url="http://127.0.0.1:1"),
        capacity=capacity,
        parking=Parking(
            rooms=rooms,
            capacity=capacity,
            records=SessionRecords(),
            agent_name="parley",
            wanted=lambda: 0,
            resume_secs=60.0,
        ),
        line=WaitingLine(limit=4),
        admission=Admission(free_memory_bytes=lambda: None, lag_secs=no_lag),
        is_draining=lambda: is_draining,
        look_at_parts=looker,
        upkeep=upkeep or {},
        clock=clock,
    )


@pytest.mark.promise("Limits", "GET /api/health says what is wrong, and answers 503 then.")
@pytest.mark.parametrize(
    ("parts", "status"),
    [
        (PartsHealth(), "ok"),
        (PartsHealth(local_providers="ok"), "ok"),
        (PartsHealth(worker="down"), "unavailable"),
        (PartsHealth(local_providers="down"), "unavailable"),
    ],
)
async def test_every_part_counts(parts: PartsHealth, status: str) -> None:
    report = await a_health(Looker(parts), clock=FakeClock()).report()
    assert report.status == status
    assert report.worker == parts.worker
    assert report.providers.local == parts.local_providers


async def answer_of(api: Api) -> tuple[int, dict[str, Any]]:
    answer = await api.http.get("/api/health")
    return answer.status_code, answer.json()


@pytest.mark.promise("Limits", "GET /api/health says what is wrong, and answers 503 then.")
async def test_runner_that_drains_says_so() -> None:
    async with open_api() as api:
        status, told = await answer_of(api)
        assert (status, told["draining"]) == (200, False)
        await api.backend.drain()
        status, told = await answer_of(api)
        assert (status, told["status"], told["draining"]) == (503, "unavailable", True)


@pytest.mark.promise("Limits", "GET /api/health says what is wrong, and answers 503 then.")
@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("create", {"parking": "failing", "rooms": "ok"}),
        ("survey", {"parking": "failing", "rooms": "failing"}),
        ("look_at", {"parking": "failing", "rooms": "ok"}),
    ],
)
def test_upkeep_that_fails_for_a_minute_says_so_by_its_name(
    call: str, told: dict[str, str]
) -> None:
    async def story() -> None:
        async with open_api(parked_bots=1) as api:
            clock = asyncio.get_running_loop().time
            for upkeep in (api.backend.parking.upkeep, api.backend.sweep.upkeep):
                upkeep._clock = clock  # pyright: ignore[reportPrivateUsage]
                upkeep._done_at = clock()  # pyright: ignore[reportPrivateUsage]
            api.backend.start()
            await asyncio.sleep(10.0)
            # Rooms that are handed out are made anew.
            while api.backend.parking.take():
                pass
            fails = True

            async def fail(name: str) -> None:
                if name == call and fails:
                    raise RoomError("livekit_unreachable", "The LiveKit server is silent.")

            api.rooms.on_request = fail
            await asyncio.sleep(50.0)
            assert await upkeep_of(api) == {"parking": "ok", "rooms": "ok"}
            await asyncio.sleep(20.0)
            assert await upkeep_of(api) == told
            fails = False
            await asyncio.sleep(10.0)
            assert await upkeep_of(api) == {"parking": "ok", "rooms": "ok"}

    run_in_virtual_time(story())


async def upkeep_of(api: Api) -> dict[str, str]:
    return dict((await api.backend.health.report()).upkeep)


@pytest.mark.promise("Limits", "GET /api/health says what is wrong, and answers 503 then.")
async def test_warm_bots_and_calls_are_counted() -> None:
    async with open_api(parked_bots=2, max_sessions=5) as api:
        for _ in range(2):
            await api.backend.parking.tend()
        await api.http.post("/api/sessions")
        _, told = await answer_of(api)
        assert told["capacity"] == {
            "used": 1,
            "limit": 5,
            "parked": 2,
            "waiting": 0,
            "short_of": None,
        }


@pytest.mark.promise("Limits", "GET /api/health says what is wrong, and answers 503 then.")
async def test_parts_on_this_machine_are_asked_how_they_are() -> None:
    worker, providers = (small_part(on_line=lambda _: None) for _ in range(2))
    async with open_parts(worker) as ready:
        await ready
        stack = LocalStack(worker=worker, providers=providers, ready=ready)
        async with open_parts(providers) as ready:
            await ready
            assert await stack.look() == PartsHealth(worker="ok", local_providers="ok")
        assert await stack.look() == PartsHealth(worker="ok", local_providers="down")
        without = LocalStack(worker=worker, providers=None, ready=ready)
        assert await without.look() == PartsHealth(worker="ok", local_providers="unused")
    assert await stack.look() == PartsHealth(worker="down", local_providers="down")


async def test_draining_is_not_available() -> None:
    health = a_health(Looker(PartsHealth()), clock=FakeClock(), is_draining=True)
    assert (await health.report()).status == "unavailable"


async def test_providers_are_told_apart() -> None:
    providers = (await a_health(Looker(PartsHealth()), clock=FakeClock()).report()).providers
    assert (providers.speech_to_text, providers.language_model) == ("local", "cloud")


async def test_vendors_and_fallbacks_are_named_and_no_key_is() -> None:
    given = {
        "language_model": "anthropic",
        "anthropic_api_key": "key-private",
        "language_model_fallback": "local",
        "deepgram_api_key": "key-private",
    }
    health = a_health(
        Looker(PartsHealth()), clock=FakeClock(), settings=Settings.model_validate(given)
    )
    providers = (await health.report()).providers
    assert providers.vendors == {
        "speech_to_text": "deepgram",
        "language_model": "anthropic",
        "text_to_speech": "local",
    }
    assert providers.fallbacks == {"language_model": "local"}
    assert "key-private" not in providers.model_dump_json()


@pytest.mark.promise("Limits", "Who asks for the health often asks LiveKit once a second at most.")
async def test_parts_are_asked_once_a_second() -> None:
    looker, clock = Looker(PartsHealth()), FakeClock()
    health = a_health(looker, clock=clock)
    await asyncio.gather(*(health.report() for _ in range(100)))
    assert looker.count == 1
    clock.now += 1.0
    await health.report()
    assert looker.count == 2


async def test_work_that_is_not_done_shows() -> None:
    async def nothing() -> None:
        pass

    clock = FakeClock()
    parking = Upkeep(name="parking", work=nothing, until_due=nothing, clock=clock)
    health = a_health(Looker(PartsHealth()), clock=clock, upkeep={"parking": parking})
    report = await health.report()
    assert (report.status, report.upkeep) == ("ok", {"parking": "ok"})
    clock.now += 61.0  # nobody runs it
    report = await health.report()
    assert (report.status, report.upkeep) == ("unavailable", {"parking": "failing"})
