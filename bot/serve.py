"""The commands `serve` and, where it needs local providers, `worker`: start, run, stop in order.

Opened: port, LiveKit server, local providers and worker, rooms, HTTP; closed in the reverse order.
Before anything closes, sessions get time to end while everything still runs.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib import import_module
from typing import TYPE_CHECKING

from loguru import logger

from bot.address_file import kept_address
from bot.errors import LaunchError
from bot.http.listener import bind, bind_near, url_of
from bot.livekit.access import WEBHOOK_PATH, LiveKitAccess
from bot.local_stack import LocalStack, open_livekit, open_local_stack
from bot.processes.stop_signals import StopSignals, open_stop_signals
from bot.settings import Settings
from bot.worker.worker_end import FAREWELL_SIGNAL

if TYPE_CHECKING:
    from bot.http.backend import Backend
    from bot.lan.reach import Reach

# How long sessions may go on: somebody who presses Ctrl-C waits; Kubernetes kills after 30 s, which
# the goodbyes and the worker's end have to fit into.
_DRAIN_SECS = {signal.SIGINT: 10.0, signal.SIGTERM: 14.0}
# How long the worker may take once its last session was told to end.
_WORKER_END_SECS = 5.0
_FAREWELL_SECS = 10.0
"""A goodbye takes about five seconds."""
STOP_SECS = max(_DRAIN_SECS.values()) + _FAREWELL_SECS + _WORKER_END_SECS
"""The longest that a stop takes until the worker has ended; other programs end after it. Whoever
kills what does not end has to wait for longer (`deploy/`)."""


async def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Serve until a signal comes.

    Args:
        settings: All of them.
        announce: Shows the operator the addresses once everything runs.

    Raises:
        LaunchError: something did not start, or the HTTP server failed; all is stopped again.
    """
    with open_stop_signals() as signals, _listening(settings) as listener:
        try:
            await _serve(settings, signals, listener, announce)
        except asyncio.CancelledError:
            if signals.first is None:
                raise
            logger.info("Stopped while starting")


async def serve_worker(settings: Settings) -> None:
    """Run a worker with local providers of its own until a signal comes.

    Raises:
        LaunchError: one of them did not start.
    """
    livekit = LiveKitAccess(
        url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret,
    )
    with open_stop_signals() as signals:
        try:
            async with AsyncExitStack() as stack:
                with signals.cancelling():
                    parts = await stack.enter_async_context(open_local_stack(settings, livekit))
                    signals.on_second(parts.kill)
                    await parts.ready
                logger.info("Ready: bots for {}", settings.livekit_url)
                await signals.wait()
                await end_sessions(parts, None, drain_secs=_drain_secs(signals))
        except asyncio.CancelledError:
            if signals.first is None:
                raise


async def _serve(
    settings: Settings,
    signals: StopSignals,
    listener: socket.socket,
    announce: Callable[[str], None],
) -> None:
    url, reach = url_of(listener), _reach_of(settings, listener)
    async with AsyncExitStack() as stack:
        with signals.cancelling():
            # In a thread: this one starts beside the other programs.
            loading = asyncio.get_running_loop().run_in_executor(None, import_module, "bot.front")
            address = "" if reach is None else reach.address
            livekit = await stack.enter_async_context(
                open_livekit(settings, webhook_url=url + WEBHOOK_PATH, media_address=address)
            )
            parts = await stack.enter_async_context(open_local_stack(settings, livekit))
            signals.on_second(parts.kill)
            await loading
            from bot.front import open_front

            front = await stack.enter_async_context(
                open_front(settings, livekit=livekit, parts=parts, listener=listener, reach=reach)
            )
        stack.enter_context(kept_address(settings.data_dir, reach.origin if reach else url))
        await front.greet(announce)
        await _until_stopped(signals, front.http)
        await front.backend.drain()
        # On a LiveKit server that others use too, other workers' sessions go on.
        owned = None if settings.livekit_url else front.backend
        await end_sessions(parts, owned, drain_secs=_drain_secs(signals))


def _listening(settings: Settings) -> socket.socket:
    # Somebody who names a port wants that one.
    is_named = "port" in settings.model_fields_set
    return (bind if is_named else bind_near)(settings.host, settings.port)


def _reach_of(settings: Settings, listener: socket.socket) -> Reach | None:
    """Return how others reach this machine; None: they do not, or somebody else sees to it."""
    if not settings.serves_tls:
        return None
    from bot.lan.reach import Reach

    return Reach(settings, port=listener.getsockname()[1])


async def _until_stopped(signals: StopSignals, http: asyncio.Task[None]) -> None:
    asked = asyncio.create_task(signals.wait(), name="stop signals")
    try:
        await asyncio.wait((asked, http), return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()
    if http.done() and signals.first is None:
        raise LaunchError("http_failed", "the HTTP server ended by itself")


async def end_sessions(
    parts: LocalStack,
    backend: Backend | None,
    *,
    drain_secs: float,
    farewell_secs: float = _FAREWELL_SECS,
) -> None:
    """Let the worker's sessions go to another one or end, then end them, and the worker too.

    Args:
        parts: The worker is one of them.
        backend: Ends all sessions that go on for too long; None: those of this worker alone.
        drain_secs: How long they may go on.
        farewell_secs: How long the bots have to say goodbye then.
    """
    process = parts.worker.process
    closing = asyncio.create_task(
        process.close(stop_secs=drain_secs + farewell_secs + _WORKER_END_SECS)
    )
    try:
        await asyncio.wait((closing,), timeout=drain_secs)
        if not closing.done() and backend is not None:
            # Loaded with the backend.
            from bot.front import end_rooms

            await end_rooms(backend, farewell_secs)
        elif (pid := process.pid) is not None:
            os.kill(pid, FAREWELL_SIGNAL)
    finally:
        await closing


def _drain_secs(signals: StopSignals) -> float:
    assert signals.first is not None
    return _DRAIN_SECS[signals.first]
