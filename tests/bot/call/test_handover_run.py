"""Two workers as processes of their own: the calls of the one that is stopped go to the other."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest

from bench import voice
from bench.caller import Caller
from bot.livekit.server import LiveKitServer
from bot.rooms.rooms import Rooms
from tests.bot.call.session_call import said
from tests.bot.call.test_worker_run import open_call, running_worker
from tests.local_providers import LocalProviders

_LIMIT_SECS = 60.0


async def test_probe(
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
        "DATA_DIR": str(tmp_path / "data"),
        "WORKER_PORT": "0",
        "IDLE_NUDGE_SECS": "3600",
        "LOG_LEVEL": "DEBUG",
    }
    with running_worker(tmp_path / "1.log", **settings) as first:
        async with open_call(rooms, livekit_server, agent_name) as caller:
            spoken = await caller.say(voice.spoken("What time is it in London?"))
            await caller.wait_until(lambda: "london" in said(caller), 20)
            with running_worker(tmp_path / "2.log", **settings) as second:
                first.send_signal(signal.SIGTERM)
                t = time.monotonic()
                try:
                    await asyncio.wait_for(asyncio.to_thread(first.wait, 30), 30)
                    print("first gone after", time.monotonic() - t)
                    n = len(said(caller))
                    await caller.say(voice.spoken("What time is it in Tokyo?"))
                    await caller.wait_until(lambda: "tokyo" in said(caller), 20)
                    print(said(caller)[n:])
                finally:
                    print((tmp_path / "1.log").read_text()[-6000:])
                    print("=====")
                    print((tmp_path / "2.log").read_text()[-8000:])
    assert 0
