"""Workers of unequal size at a real LiveKit, which are filled with calls; and how even they are."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from livekit import api
from livekit.protocol.room import DeleteRoomRequest

from bot.rooms.plan import RoomPlan, new_session_id
from bot.settings import PROJECT_ROOT, Settings, child_environment
from bot.store.store import open_store_of
from bot.worker.worker import REGISTERED_LINE
from tests.ports import free_port
from tests.waiting import until

SIZES = (4, 6, 8)
_AGENT = "filled"
_START_LIMIT_SECS = 60.0
_TOLD_SECS = 3.5
"""LiveKit hears of a worker's load every 0.5 s, and the store every 2 s."""
_TAKEN_LIMIT_SECS = 4.0
"""A room whose bot does not come is sent another one after 5 s, by a runner that is not here."""


@dataclass(frozen=True)
class Step:
    """How it was after some calls more."""

    held: Sequence[int]
    """Calls by worker."""
    secs: float
    """From the first of the calls to the moment that all had been taken."""


def deviation(held: Sequence[int], sizes: Sequence[int] = SIZES) -> float:
    """Return how many calls a worker is off its share, at most."""
    share = sum(held) / sum(sizes)
    return max(abs(calls - share * places) for calls, places in zip(held, sizes, strict=True))


class Filling:
    """Workers, and the calls that they are given."""

    def __init__(
        self, rooms: api.LiveKitAPI, http: httpx.AsyncClient, workers: Mapping[int, Process]
    ) -> None:
        self._rooms = rooms
        self._http = http
        self._workers = workers
        """By the port of each, in their order."""

    async def held(self) -> list[int]:
        """Return the calls of each worker."""
        answers = [
            await self._http.get(f"http://127.0.0.1:{port}/worker") for port in self._workers
        ]
        return [int(answer.json().get("active_jobs", 0)) for answer in answers]

    async def fill(
        self,
        *,
        at_once: int,
        pause_secs: float = 0.0,
        calls: int = sum(SIZES),
        is_parked: bool = False,
    ) -> list[Step]:
        """Start so many calls, some of them at once, and end them; or rooms that nobody waits for.

        Raises:
            TimeoutError: a call was lost.
        """
        steps: list[Step] = []
        names: list[str] = []
        try:
            for begin in range(0, calls, at_once):
                plans = [
                    RoomPlan(
                        agent_name=_AGENT,
                        session_id=new_session_id(),
                        is_parked=is_parked,
                        empty_timeout_secs=300,
                    )
                    for _ in range(min(at_once, calls - begin))
                ]
                names += [plan.room_name for plan in plans]
                began_secs = time.monotonic()
                await asyncio.gather(
                    *(self._rooms.room.create_room(plan.create_request()) for plan in plans)
                )
                await self._until(len(names), limit_secs=_TAKEN_LIMIT_SECS)
                steps.append(Step(await self.held(), time.monotonic() - began_secs))
                await asyncio.sleep(pause_secs)
        finally:
            for name in names:
                await self._rooms.room.delete_room(DeleteRoomRequest(room=name))
            for worker in self._workers.values():
                worker.send_signal(signal.SIGUSR1)
            await self._until(0, limit_secs=_START_LIMIT_SECS)
            await asyncio.sleep(_TOLD_SECS)
        return steps

    async def _until(self, calls: int, *, limit_secs: float) -> None:
        async def are_there() -> bool:
            return sum(await self.held()) == calls

        await until(are_there, limit_secs=limit_secs)


@asynccontextmanager
async def open_filling(
    urls: Sequence[str],
    *,
    key: str,
    secret: str,
    database_url: str,
    folder: Path,
    sizes: Sequence[int] = SIZES,
) -> AsyncGenerator[Filling]:
    """Run workers while the block runs.

    Args:
        urls: LiveKit's nodes; each worker is at the next one.
        key: LiveKit's.
        secret: LiveKit's.
        database_url: What the workers agree by; empty: by nothing.
        folder: For their logs.
        sizes: Their places.
    """
    common = _settings(urls[0], key, secret, database_url, folder)
    if database_url:
        given = {name.lower(): value for name, value in common.items()} | {"livekit_url": urls[0]}
        async with open_store_of(Settings.model_validate(given)):
            pass
    workers: dict[int, Process] = {}
    async with AsyncExitStack() as stack:
        rooms = await stack.enter_async_context(api.LiveKitAPI(urls[0], key, secret))
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=10.0))
        logs = [folder / f"worker-{number}.log" for number in range(len(sizes))]
        for number, places in enumerate(sizes):
            own = {
                "LIVEKIT_URL": urls[number % len(urls)],
                "WORKER_PORT": str(port := free_port()),
                "MAX_SESSIONS": str(places),
            }
            worker = _worker({**common, **own}, logs[number])
            workers[port] = await stack.enter_async_context(worker)

        async def are_there() -> bool:
            return all(REGISTERED_LINE in log.read_text() for log in logs)

        await until(are_there, limit_secs=_START_LIMIT_SECS)
        await asyncio.sleep(_TOLD_SECS)
        yield Filling(rooms, http, workers)


def _settings(
    url: str, key: str, secret: str, database_url: str, folder: Path
) -> Mapping[str, str]:
    return {
        "LIVEKIT_PUBLIC_URL": url,
        "LIVEKIT_API_KEY": key,
        "LIVEKIT_API_SECRET": secret,
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "AGENT_NAME": _AGENT,
    }


@asynccontextmanager
async def _worker(settings: Mapping[str, str], log: Path) -> AsyncGenerator[Process]:
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.idle_worker"),
            cwd=PROJECT_ROOT,
            env=child_environment(settings),
            stdout=sink,
            stderr=asyncio.subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _START_LIMIT_SECS)
        except TimeoutError:
            process.kill()
            await process.wait()
