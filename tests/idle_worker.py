"""A worker that takes jobs as ours does, and whose bots do nothing: `python -m tests.idle_worker`.

Its bots are threads, and are in no room: many calls cost nothing, and what is looked at is who has
them. Settings are a worker's. SIGUSR1 ends its calls.
"""

from __future__ import annotations

import asyncio
import signal
from functools import partial

from livekit.agents import AgentServer, JobContext, JobExecutorType

from bot.settings import Settings, load_settings
from bot.worker.admission import Admission, load_of
from bot.worker.bot_rooms import open_bot_rooms
from bot.worker.heartbeat import hear_often
from bot.worker.worker import REGISTERED_LINE
from bot.worker.worker_places import open_places

_POLL_SECS = 0.1
_ends: list[int] = []
"""One for each time that all calls were ended."""


async def _stay(context: JobContext) -> None:
    """Have the job until all calls are ended."""
    begun = len(_ends)
    while len(_ends) == begun:  # noqa: ASYNC110 - it is said in another thread
        await asyncio.sleep(_POLL_SECS)
    context.shutdown()


async def _serve(settings: Settings) -> None:
    hear_often()
    server = AgentServer(
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
        host="127.0.0.1",
        port=settings.worker_port,
        job_executor_type=JobExecutorType.THREAD,
        num_idle_processes=2,
        load_fnc=partial(load_of, settings.max_sessions),
        load_threshold=float("inf"),
    )
    admission = Admission(server, settings)
    closing: list[asyncio.Task[None]] = []

    def close() -> None:
        closing.append(asyncio.create_task(server.aclose()))

    def end_calls() -> None:
        for running in server.active_jobs:
            admission.bot_gone(running.job.room.name)
        _ends.append(1)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, close)
    loop.add_signal_handler(signal.SIGUSR1, end_calls)
    async with (
        open_bot_rooms(settings) as rooms,
        open_places(
            settings,
            held=admission.held,
            send_on=partial(rooms.send_on, agent_name=settings.agent_name),
        ) as told,
    ):
        admit = partial(admission.admit, others=told)
        server.rtc_session(_stay, agent_name=settings.agent_name, on_request=admit)
        server.on("worker_registered", told.begin)
        server.on("worker_registered", lambda *_: print(REGISTERED_LINE, flush=True))  # noqa: T201
        await server.run()


if __name__ == "__main__":
    asyncio.run(_serve(load_settings()))
