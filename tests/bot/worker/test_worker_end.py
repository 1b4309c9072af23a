from __future__ import annotations

import asyncio
import os
import signal
from typing import Any, cast

import pytest
from livekit.agents import AgentServer, JobContext, JobExecutorType

from bot.errors import LaunchError
from bot.worker.worker_end import end_on_signals, run_to_end
from bot.worker.worker_line import DRAIN
from tests.ports import free_port


class EndingServer:
    """A server whose calls end when the test says so."""

    def __init__(self) -> None:
        self.drains = asyncio.Event()
        self.may_drain = asyncio.Event()
        self.is_closed = asyncio.Event()

    async def drain(self) -> None:
        self.drains.set()
        await self.may_drain.wait()

    async def aclose(self) -> None:
        self.is_closed.set()


@pytest.mark.promise(
    "Parts on this machine", "The worker's first SIGTERM lets its calls go on, the second ends it."
)
@pytest.mark.parametrize("is_hurried", [False, True])
async def test_the_first_signal_waits_for_the_calls_and_the_second_does_not(
    is_hurried: bool,
) -> None:
    server = EndingServer()
    orders: list[bytes] = []
    end_on_signals(cast(Any, server), order=orders.append)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(server.drains.wait(), 10.0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not server.is_closed.is_set()
    assert orders == [DRAIN]
    if is_hurried:
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        server.may_drain.set()
    await asyncio.wait_for(server.is_closed.wait(), 10.0)


@pytest.mark.promise(
    "Parts on this machine", "A worker that gives LiveKit up closes all it has, and ends by name."
)
async def test_a_worker_that_gives_livekit_up_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"):
        monkeypatch.setenv(name, "")  # and so what the library puts there is taken back
    url = f"ws://127.0.0.1:{free_port()}"
    server = AgentServer(
        ws_url=url,
        api_key="key",
        api_secret="s" * 40,
        host="127.0.0.1",
        port=(port := free_port()),
        job_executor_type=JobExecutorType.THREAD,
        num_idle_processes=0,
        max_retry=0,
    )
    server.rtc_session(_nothing)
    with pytest.raises(LaunchError, match=f"LiveKit cannot be reached at {url}"):
        await run_to_end(server, url=url)
    # By itself it goes on listening, and its health is asked there.
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)


async def _nothing(_: JobContext) -> None:
    """No job comes."""
