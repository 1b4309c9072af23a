"""The pool of bots: one forked process per session, dispatched by LiveKit.

Imports what the bots need only when it runs, so that `runner.py --help` stays quick.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from loguru import logger

from bot.logs import configure_logs
from bot.processes.task_set import TaskSet
from bot.proxies import proxy_for
from bot.settings import (
    Settings,
    drop_livekit_secret,
    load_settings,
    prepare_bot_environment,
)
from bot.worker.bot_guard import open_bot_guard
from bot.worker.fork_server import (
    ORPHAN_SIGNAL,
    hear_of_its_end,
    start_fork_server,
    use_fork_server,
)
from bot.worker.heartbeat import hear_often
from bot.worker.tables import Tables
from bot.worker.worker_end import (
    DRAIN_LIMIT_SECS,
    FAREWELL_SECS,
    abandon,
    end_on_signals,
    let_bots_end_together,
    run_to_end,
)
from bot.worker.worker_line import DRAIN, FAREWELL, BotHello, WorkerLine, new_address

if TYPE_CHECKING:
    from livekit.agents import AgentServer, JobContext, JobProcess

    from bot.worker.job_room import JobRoom

REGISTERED_LINE = "The worker is registered."
"""Written to standard output when LiveKit knows this worker; its health port answers before."""


def run_worker(settings: Settings, *, fork_server: str | None = None) -> int:
    """Serve sessions until told to stop; returns the exit code.

    Args:
        settings: Of the worker and its bots.
        fork_server: Where its runner's is asked; None: it has one of its own.
    """
    prepare_bot_environment(settings)
    # It loads what bots need, which takes the longest, while all else goes on here.
    can_fork = start_fork_server() if fork_server is None else use_fork_server(fork_server)
    hear_often()
    let_bots_end_together()
    asyncio.run(_serve(settings, can_fork))
    return 0


async def _serve(settings: Settings, can_fork: Callable[[], bool]) -> None:
    from bot.worker.admission import Admission
    from bot.worker.bot_rooms import open_bot_rooms

    tables = Tables(settings, tasks := TaskSet())
    await tables.prepare()
    address, limit_mb = new_address(), settings.bot_memory_limit_mb
    server = _build_server(settings, address)
    admission = Admission(server, settings, before_call=tables.before_call, can_fork=can_fork)
    async with (
        tasks,
        open_bot_rooms(settings) as rooms,
        open_bot_guard(address, jobs=admission, rooms=rooms, memory_limit_mb=limit_mb) as guard,
        AsyncExitStack() as stack,
    ):
        admit, order = partial(admission.admit), guard.order
        if settings.is_store_shared:
            from bot.worker.worker_places import open_places

            send_on = partial(rooms.send_on, agent_name=settings.agent_name)
            places = open_places(settings, held=admission.held, send_on=send_on, can_fork=can_fork)
            told = await stack.enter_async_context(places)
            server.on("worker_registered", told.begin)
            admit = partial(admission.admit, others=told)
            order = told.ending(guard.order)
        server.rtc_session(run_job, agent_name=settings.agent_name, on_request=admit)
        await rooms.check_key(settings.livekit_url)
        end_on_signals(server, order=order)
        tasks.spawn(tables.run(), name="tables")
        await run_to_end(server, url=settings.livekit_url)


def _build_server(settings: Settings, address: str) -> AgentServer:
    from livekit.agents import AgentServer

    from bot.worker.admission import load_of

    server = AgentServer(
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
        host="127.0.0.1",
        port=settings.worker_port,
        # By itself it takes any proxy, also to this machine.
        http_proxy=proxy_for(settings.livekit_url),
        num_idle_processes=settings.idle_bots,
        preload_modules=["bot.worker.preload"],
        setup_fnc=partial(prepare_process, address),
        load_fnc=partial(load_of, settings.max_sessions),
        # Admission is `admit`'s; the library's own threshold refuses bursts on small machines.
        load_threshold=float("inf"),
        job_memory_warn_mb=0,  # the guard's, which looks five times as often
        drain_timeout=DRAIN_LIMIT_SECS + FAREWELL_SECS,
        session_end_timeout=10.0,
        log_level=settings.log_level,
    )
    server.on("worker_started", drop_livekit_secret)
    server.on("worker_registered", _say_registered)
    return server


def _say_registered(*_: object) -> None:
    sys.stdout.write(f"{REGISTERED_LINE}\n")
    sys.stdout.flush()


def prepare_process(address: str, process: JobProcess) -> None:
    """Make a forked process ready for its one session; its worker listens at `address`."""
    process.userdata["parent"] = hear_of_its_end()
    settings = load_settings()
    configure_logs(level=settings.log_level, log_format=settings.log_format)
    process.userdata["settings"] = settings
    process.userdata["worker"] = address


async def run_job(context: JobContext) -> None:
    """Hold one session in this process; the process ends with it."""
    from bot.call.session import Session
    from bot.rooms.job_plan import JobPlan
    from bot.worker.job_room import JobRoom

    settings: Settings = context.proc.userdata["settings"]
    job, worker = context.job, WorkerLine()
    plan = JobPlan.from_job(job.metadata, room_name=job.room.name, room_sid=job.room.sid)
    configure_logs(
        level=settings.log_level, log_format=settings.log_format, session_id=plan.session_id
    )
    room = JobRoom(
        context=context, worker=worker, plan=plan, may_give_up=settings.store, abandon=abandon
    )
    session = Session(settings=settings, plan=plan, session_room=room)
    hello = BotHello(job_id=job.id, pid=os.getpid())
    leaving: list[asyncio.Task[None]] = []

    def leave() -> None:
        if not leaving:
            leaving.append(asyncio.create_task(_leave_at_once(room), name="leave"))

    def orphaned() -> None:
        if os.getppid() != context.proc.userdata["parent"]:
            leave()

    def awake(silent_secs: float) -> None:
        if settings.store:
            room.abandon(f"The bot was held up for {silent_secs:.0f} s")

    orders = {DRAIN: session.drain, FAREWELL: session.say_farewell}
    address = context.proc.userdata["worker"]
    asyncio.get_running_loop().add_signal_handler(ORPHAN_SIGNAL, orphaned)
    orphaned()
    async with worker.opened(address, hello, on_lost=leave, on_awake=awake, on_order=orders):
        try:
            reason = await session.run()
        finally:
            context.shutdown("session over")
    logger.info("The process ends: {}", reason.value)


async def _leave_at_once(room: JobRoom) -> None:
    """Give the room up to another bot: this one is about to be cancelled in mid-call."""
    logger.warning("What this bot hangs on is gone; it leaves its room to another one")
    try:
        await room.leave()
    finally:
        # What would still be done in order takes seconds, and ends with the room deleted.
        os._exit(1)
