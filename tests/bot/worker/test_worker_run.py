"""The worker as a process of its own, with real bots in real calls: its limit and its signals."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import psutil
import pytest

from bench.caller import Caller
from bot.livekit.server import LiveKitServer
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.rooms import Rooms
from bot.rooms.tokens import Caller as CallerDetails
from bot.rooms.tokens import Tokens
from bot.settings import PROJECT_ROOT, child_environment
from bot.worker.worker import REGISTERED_LINE
from tests.bot.call.session_call import said
from tests.local_providers import LocalProviders
from tests.process_memory import is_in_memory_of

_HUNGRY_WEATHER = Path(__file__).with_name("hungry_weather.py")
_LIMIT_SECS = 60.0


@contextmanager
def running_worker(output: Path, **settings: str) -> Generator[subprocess.Popen[bytes]]:
    """Run a worker until the block ends; it is registered when the block begins."""
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, str(PROJECT_ROOT / "runner.py"), "worker"],
            env=child_environment({"IDLE_BOTS": "2", "RESUME_SECS": "3", **settings}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline_secs = time.monotonic() + _LIMIT_SECS
        while REGISTERED_LINE not in output.read_text():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline_secs, output.read_text()
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def open_call(rooms: Rooms, server: LiveKitServer, agent_name: str) -> AsyncGenerator[Caller]:
    """Have a bot sent for, join its room, and hear its greeting out."""
    plan = RoomPlan(agent_name=agent_name, session_id=new_session_id())
    await rooms.create(plan)
    tokens = Tokens(api_key=server.api_key, api_secret=server.api_secret, session_max_secs=600)
    token = tokens.for_caller(plan, caller=CallerDetails()).jwt
    async with Caller.join(server.url, token) as caller:
        await caller.wait_for_bot(_LIMIT_SECS)
        await caller.wait_for_onset(0.0, _LIMIT_SECS)
        await caller.wait_for_silence()
        yield caller


def assert_only_worker_holds(
    secret: str, worker: subprocess.Popen[bytes], bots: list[psutil.Process]
) -> None:
    if sys.platform == "linux" and os.getuid() == 0:
        assert is_in_memory_of(worker.pid, secret)
        assert not [bot for bot in bots if is_in_memory_of(bot.pid, secret)]


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


async def answered(caller: Caller, question: str, word: str) -> None:
    await caller.type_text(question)
    await caller.wait_until(lambda: word in said(caller), _LIMIT_SECS)


@pytest.mark.promise("Limits", "A bot that needs too much memory is ended, and no other with it.")
@pytest.mark.promise(
    "Parts on this machine", "The worker's first SIGTERM lets its calls go on, the second ends it."
)
@pytest.mark.promise("Parts on this machine", "A bot holds nothing that opens a room but its own.")
@pytest.mark.timeout(240)
async def test_a_bot_too_large_is_ended_alone_and_the_worker_by_its_second_signal(
    tmp_path: Path,
    livekit_server: LiveKitServer,
    local_providers: LocalProviders,
    rooms: Rooms,
    agent_name: str,
) -> None:
    settings = {
        "LIVEKIT_URL": livekit_server.url,
        "LIVEKIT_API_KEY": livekit_server.api_key,
        "LIVEKIT_API_SECRET": livekit_server.api_secret.get_secret_value(),
        "DEEPGRAM_BASE_URL": local_providers.deepgram_url,
        "OPENAI_BASE_URL": local_providers.openai_url,
        "AGENT_NAME": agent_name,
        "TOOLS_PATH": str(_HUNGRY_WEATHER),
        "BOT_MEMORY_LIMIT_MB": "300",
        # No call ends by itself.
        "IDLE_NUDGE_SECS": "3600",
    }
    with running_worker(tmp_path / "worker.log", **settings) as worker:
        async with AsyncExitStack() as stack:
            calls = [open_call(rooms, livekit_server, agent_name) for _ in range(2)]
            hungry, other = await asyncio.gather(*map(stack.enter_async_context, calls))
            bots = psutil.Process(worker.pid).children(recursive=True)
            assert_only_worker_holds(settings["LIVEKIT_API_SECRET"], worker, bots)

            await hungry.type_text("What is the weather in Paris?")
            # Its caller is told by LiveKit 20 s later.
            await hungry.wait_until(lambda: not all(map(_is_alive, bots)), _LIMIT_SECS)
            await answered(other, "What time is it in Tokyo?", "tokyo")

            worker.send_signal(signal.SIGTERM)
            for city in ("London", "Paris"):
                await answered(other, f"What time is it in {city}?", city.lower())
            assert worker.poll() is None
            family = psutil.Process(worker.pid).children(recursive=True)
            worker.send_signal(signal.SIGTERM)
            await asyncio.to_thread(worker.wait, _LIMIT_SECS)
            _, alive = psutil.wait_procs(family, timeout=_LIMIT_SECS)
            assert alive == []
