from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import Any, cast

import pytest
from livekit.agents import AgentServer, JobContext, JobExecutorType

from bot.errors import LaunchError
from bot.worker.worker_end import end_on_signals, run_to_end
from bot.worker.worker_line import DRAIN
from tests.layout import PROJECT_ROOT
from tests.ports import free_port

# A process of its own: a worker that stands still hears of no limit.
_END_TOGETHER = """
import asyncio, multiprocessing, sys
from livekit.agents import AgentServer, JobExecutorType
from livekit.agents.utils import aio
from livekit.agents.ipc.proc_pool import ProcPool
from livekit.agents.ipc.job_proc_executor import ProcJobExecutor
from bot.worker import worker_end

HOW_MANY = int(sys.argv[1])
COMMON = dict(
    initialize_process_fnc=None, job_entrypoint_fnc=None, session_end_fnc=None,
    simulation_end_fnc=None, session_end_timeout=1.0, inference_executor=None, close_timeout=1.0,
    initialize_timeout=1.0, memory_warn_mb=0, memory_limit_mb=0, http_proxy=None,
    mp_ctx=multiprocessing.get_context("spawn"),
)

async def main():
    loop, end = asyncio.get_running_loop(), asyncio.Event()
    server = AgentServer(ws_url="ws://127.0.0.1:1", api_key="k", api_secret="s" * 32)
    pool = ProcPool(
        **COMMON, num_idle_processes=0, job_executor_type=JobExecutorType.PROCESS, loop=loop
    )
    server._proc_pool, server._msg_chan, server._job_lifecycle_tasks = pool, aio.Chan(), set()
    monitors = []
    for _ in range(HOW_MANY):
        bot = ProcJobExecutor(
            **COMMON, ping_interval=1.0, ping_timeout=1.0, high_ping_threshold=1.0, loop=loop
        )
        bot._supervise_atask, bot._running_job = asyncio.create_task(end.wait()), object()
        pool.processes.append(bot)
        monitors.append(asyncio.create_task(pool._monitor_process_task(bot)))
    draining = asyncio.create_task(server.drain())
    await asyncio.sleep(0.1)
    assert not draining.done()
    end.set()
    await draining
    print("left", len(pool.processes))
    await asyncio.gather(*monitors)

worker_end.let_bots_end_together()
asyncio.run(main())
"""


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
    "Parts on this machine", "A worker that drains ends with its calls, also if they end together."
)
@pytest.mark.parametrize("how_many", [1, 2, 5])
def test_calls_that_end_together_end_their_worker(how_many: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _END_TOGETHER, str(how_many)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout.split() == ["left", "0"], done.stderr


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
