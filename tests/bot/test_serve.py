"""How a run ends; whole runs are in tests/test_runner_run.py."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bot.local_stack import LocalStack
from bot.processes.part import open_parts
from bot.serve import end_sessions
from tests.bot.http.api_client import open_api
from tests.bot.small_part import small_part


@asynccontextmanager
async def open_worker(*, is_stubborn: bool) -> AsyncGenerator[LocalStack]:
    """A process in the worker's place."""
    part = small_part(on_line=lambda _: None, is_stubborn=is_stubborn)
    async with open_parts(part) as ready:
        await ready
        yield LocalStack(worker=part, providers=None, ready=ready)


async def test_sessions_that_end_in_time_are_left_alone() -> None:
    async with open_worker(is_stubborn=False) as parts, open_api() as api:
        await api.http.post("/api/sessions")
        await end_sessions(parts, api.backend, drain_secs=10.0)
        assert parts.worker.process.pid is None
        assert api.rooms.deleted == []


async def test_sessions_that_go_on_too_long_are_ended_with_their_reason() -> None:
    async with open_worker(is_stubborn=True) as parts, open_api() as api:
        session = (await api.http.post("/api/sessions")).json()
        ending = asyncio.create_task(
            end_sessions(parts, api.backend, drain_secs=0.2, farewell_secs=0.1)
        )
        await asyncio.sleep(0.6)
        parts.kill()
        await ending
        assert api.rooms.live == {}
        record = api.backend.records.find(session["session_id"])
        assert record is not None
        assert record.end_reason == "drained"


async def test_sessions_of_other_workers_are_never_ended() -> None:
    async with open_worker(is_stubborn=True) as parts, open_api() as api:
        await api.http.post("/api/sessions")
        ending = asyncio.create_task(end_sessions(parts, None, drain_secs=0.1))
        await asyncio.sleep(0.3)
        parts.kill()
        await ending
        assert len(api.rooms.live) == 1


async def test_second_signal_does_not_wait() -> None:
    async with open_worker(is_stubborn=True) as parts, open_api() as api:
        ending = asyncio.create_task(end_sessions(parts, api.backend, drain_secs=60.0))
        await asyncio.sleep(0)
        began = time.monotonic()
        parts.kill()
        await ending
        assert time.monotonic() - began < 5.0


async def test_goodbye_is_not_cut_by_the_look_at_all_rooms() -> None:
    async with open_worker(is_stubborn=True) as parts, open_api() as api:
        await api.http.post("/api/sessions")
        ending = asyncio.create_task(
            end_sessions(parts, api.backend, drain_secs=0.1, farewell_secs=1.0)
        )
        await asyncio.sleep(0.4)
        (room,) = api.rooms.live.values()
        assert room.metadata.end_reason == "drained"
        await api.backend.sweep.sweep()
        assert len(api.rooms.live) == 1
        parts.kill()
        await ending
        assert api.rooms.live == {}
