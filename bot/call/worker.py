"""The pool of bots: one forked process per session, dispatched by LiveKit.

Imports what the bots need only when it runs, so that `runner.py --help` stays quick.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

from loguru import logger

from bot.logs import configure_logs
from bot.proxies import proxy_for
from bot.settings import Settings, load_settings, prepare_bot_environment

if TYPE_CHECKING:
    from livekit.agents import AgentServer, JobContext, JobProcess, JobRequest

DRAIN_LIMIT_SECS = 3600
"""How long sessions may go on after the first SIGTERM; after a second one they have 15 s, which is
what livekit-agents gives them."""
REGISTERED_LINE = "The worker is registered."
"""Written to standard output when LiveKit knows this worker; its health port answers before."""
ENDING_BOTS = 3
"""Bots whose room is gone and whose process still ends; they must not block the next call."""
LOAD_WHEN_FULL = 0.6
"""LiveKit weighs workers by `0.7 - load` and never picks one at 0.7."""


def run_worker(settings: Settings) -> int:
    """Serve sessions until told to stop; returns the exit code."""
    prepare_bot_environment(settings)
    if settings.store:
        asyncio.run(_make_tables(settings))
    try:
        asyncio.run(_serve(settings))
    except ConnectionError:
        logger.error("LiveKit cannot be reached at {}", settings.livekit_url)
        return 1
    return 0


async def _make_tables(settings: Settings) -> None:
    """Have the store ready for the bots, which take it as it is."""
    from bot.store.store import open_store_of

    async with open_store_of(settings):
        pass


async def _serve(settings: Settings) -> None:
    from livekit.agents import AgentServer

    server = AgentServer(
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
        host="127.0.0.1",
        port=settings.worker_port,
        # By itself it takes any proxy, also to this machine.
        http_proxy=proxy_for(settings.livekit_url),
        num_idle_processes=settings.idle_bots,
        preload_modules=["bot.call.preload"],
        setup_fnc=prepare_process,
        load_fnc=partial(load_of, places(settings)),
        # Admission is `admit`'s; the library's own threshold refuses bursts on small machines.
        load_threshold=float("inf"),
        job_memory_limit_mb=settings.bot_memory_limit_mb,
        drain_timeout=DRAIN_LIMIT_SECS,
        session_end_timeout=10.0,
        log_level=settings.log_level,
    )
    server.rtc_session(
        run_job, agent_name=settings.agent_name, on_request=partial(admit, server, settings)
    )
    server.on("worker_registered", _say_registered)
    end_on_signals(server)
    await server.run()


def _say_registered(*_: object) -> None:
    sys.stdout.write(f"{REGISTERED_LINE}\n")
    sys.stdout.flush()


def end_on_signals(server: AgentServer) -> None:
    """First signal: take no new session and let the running ones end. Second: end them too."""
    ending: list[asyncio.Task[None]] = []
    hurry = asyncio.Event()

    async def end() -> None:
        logger.info("The worker drains")
        draining = asyncio.create_task(server.drain())
        hurried = asyncio.create_task(hurry.wait())
        await asyncio.wait({draining, hurried}, return_when=asyncio.FIRST_COMPLETED)
        # While the server drains nobody else can close it.
        for task in (draining, hurried):
            task.cancel()
        await asyncio.wait({draining, hurried})
        await server.aclose()

    def on_signal() -> None:
        if ending:
            logger.info("The worker stops now")
            hurry.set()
        else:
            ending.append(asyncio.create_task(end()))

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)


def places(settings: Settings) -> int:
    """Return how many bots this worker holds. Admitting callers is the HTTP API's business."""
    return settings.max_sessions + settings.parked_bots + ENDING_BOTS


def load_of(capacity: int, server: AgentServer) -> float:
    """Live sessions over capacity, as LiveKit's dispatcher wants it."""
    return LOAD_WHEN_FULL * min(len(server.active_jobs) / capacity, 1.0)


async def admit(server: AgentServer, settings: Settings, request: JobRequest) -> None:
    """Take a job unless the worker is full; the bot shows itself as starting from the first."""
    from bot.rooms.plan import JobPlan

    if len(server.active_jobs) >= places(settings):
        logger.warning("A job was refused: {} bots are running", len(server.active_jobs))
        await request.reject()
        return
    plan = JobPlan.from_job(request.job.metadata, room_name=request.room.name)
    await request.accept(
        name=settings.agent_name,
        identity=f"bot-{plan.session_id}",
        attributes={"lk.agent.state": "initializing"},
    )


def prepare_process(process: JobProcess) -> None:
    """Make a forked process ready for its one session."""
    settings = load_settings()
    configure_logs(level=settings.log_level, log_format=settings.log_format)
    process.userdata["settings"] = settings


async def run_job(context: JobContext) -> None:
    """Hold one session in this process; the process ends with it."""
    from bot.call.job_room import JobRoom
    from bot.call.session import Session
    from bot.rooms.plan import JobPlan

    settings: Settings = context.proc.userdata["settings"]
    plan = JobPlan.from_job(context.job.metadata, room_name=context.job.room.name)
    configure_logs(
        level=settings.log_level, log_format=settings.log_format, session_id=plan.session_id
    )
    session = Session(
        settings=settings, plan=plan, session_room=JobRoom(context=context, plan=plan)
    )
    try:
        reason = await session.run()
    finally:
        context.shutdown("session over")
    logger.info("The process ends: {}", reason.value)
