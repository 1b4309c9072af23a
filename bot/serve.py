"""The commands `serve` and, where it needs local providers, `worker`: start, run, stop in order.

Opened: port, LiveKit server, local providers, worker, rooms, HTTP; closed in the reverse order.
Before anything closes, sessions get time to end while everything still runs.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from loguru import logger

from bot.address_file import kept_address
from bot.announcement import lan_welcome, prints_invite, say_public_addresses, welcome
from bot.errors import LaunchError, RoomError
from bot.http.api import build_api
from bot.http.backend import Backend, LiveKitAccess, open_backend
from bot.http.connections import ConnectionLimits
from bot.http.lan_app import build_lan_app
from bot.http.server import bind, bind_near, open_http_server, url_of
from bot.lan.reach import Reach
from bot.local_stack import LocalStack, open_livekit, open_local_stack
from bot.prices import unpriced
from bot.processes.stop_signals import StopSignals, open_stop_signals
from bot.rooms.events import WEBHOOK_PATH
from bot.rooms.join_link import JoinLink
from bot.rooms.plan import RoomMetadata
from bot.rooms.rooms import RoomState
from bot.settings import Settings
from bot.worker.worker_end import FAREWELL_SIGNAL

# How long sessions may go on: somebody who presses Ctrl-C waits; Kubernetes kills after 30 s, which
# the goodbyes and the worker's end have to fit into.
_DRAIN_SECS = {signal.SIGINT: 10.0, signal.SIGTERM: 14.0}
# How long the worker may take once its last session was told to end.
_WORKER_END_SECS = 5.0
_FAREWELL_SECS = 10.0
"""A goodbye takes about five seconds."""
_FAREWELL_POLL_SECS = 0.2


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
    join_link, url = JoinLink(), url_of(listener)
    reach = _reach_of(settings, listener)
    async with AsyncExitStack() as stack:
        with signals.cancelling():
            address = "" if reach is None else reach.address
            livekit = await stack.enter_async_context(
                open_livekit(settings, webhook_url=url + WEBHOOK_PATH, media_address=address)
            )
            parts = await stack.enter_async_context(open_local_stack(settings, livekit))
            signals.on_second(parts.kill)
            backend = await stack.enter_async_context(
                open_backend(
                    settings=settings,
                    livekit=livekit,
                    join_link=None if prints_invite(settings) else join_link,
                    look_at_parts=parts.look,
                )
            )
            http = await stack.enter_async_context(_open_http(settings, backend, reach, listener))
        backend.start()
        parts.worker.process.on_death = backend.worker_died
        _say_unpriced(settings)
        say_public_addresses(settings, livekit, url)
        stack.enter_context(kept_address(settings.data_dir, reach.origin if reach else url))
        if reach is None:
            announce(welcome(settings.public_url or url, join_link))
        else:
            backend.tasks.spawn(reach.keep(), name="certificate")
            announce(await lan_welcome(settings, reach=reach, backend=backend, join_link=join_link))
        await _until_stopped(signals, http)
        await backend.drain()
        # On a LiveKit server that others use too, other workers' sessions go on.
        owned = None if settings.livekit_url else backend
        await end_sessions(parts, owned, drain_secs=_drain_secs(signals))


def _listening(settings: Settings) -> socket.socket:
    # Somebody who names a port wants that one.
    is_named = "port" in settings.model_fields_set
    return (bind if is_named else bind_near)(settings.host, settings.port)


def _reach_of(settings: Settings, listener: socket.socket) -> Reach | None:
    """Return how others reach this machine; None: they do not, or somebody else sees to it."""
    return Reach(settings, port=listener.getsockname()[1]) if settings.serves_tls else None


def _open_http(
    settings: Settings, backend: Backend, reach: Reach | None, listener: socket.socket
) -> AbstractAsyncContextManager[asyncio.Task[None]]:
    limits = ConnectionLimits(trusted_proxies=settings.trusted_proxies)
    if reach is None:
        app = build_api(settings=settings, backend=backend)
        return open_http_server(app, listener=listener, limits=limits)
    app = build_lan_app(settings=settings, backend=backend, reach=reach)
    return open_http_server(app, listener=listener, limits=limits, tls=reach.context)


def _say_unpriced(settings: Settings) -> None:
    if settings.daily_money and (models := unpriced(settings)):
        names = ", ".join(models)
        logger.warning("DAILY_MONEY counts nothing for {}: no line in bot/prices.toml", names)


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
            await _end_rooms(backend, farewell_secs)
        elif (pid := process.pid) is not None:
            os.kill(pid, FAREWELL_SIGNAL)
    finally:
        await closing


async def _end_rooms(backend: Backend, farewell_secs: float) -> None:
    """Have every bot say goodbye, then take away the rooms that are still there."""
    # It would delete a room whose session has ended, in the middle of the goodbye.
    backend.sweep.close()
    try:
        await _each(backend, _tell_drained)
        deadline = time.monotonic() + farewell_secs
        while await backend.rooms.list_live() and time.monotonic() < deadline:  # noqa: ASYNC110
            # LiveKit has to be asked.
            await asyncio.sleep(_FAREWELL_POLL_SECS)
        await _each(backend, lambda one, room: one.rooms.delete(room.room_name))
    except RoomError as error:
        logger.warning("Sessions could not be ended: {}", error.message)


async def _each(backend: Backend, end: Callable[[Backend, RoomState], Awaitable[None]]) -> None:
    """Do the same to every room; one that fails does not keep the others."""
    rooms = await backend.rooms.list_live()
    results = await asyncio.gather(*(end(backend, room) for room in rooms), return_exceptions=True)
    for room, result in zip(rooms, results, strict=True):
        if isinstance(result, BaseException):
            logger.warning("{} could not be ended: {}", room.room_name, type(result).__name__)


async def _tell_drained(backend: Backend, room: RoomState) -> None:
    logger.warning("{} is ended: its time is over", room.room_name)
    backend.records.note_ended(room.session_id, "drained")
    metadata = RoomMetadata(session_id=room.session_id, end_reason="drained")
    await backend.rooms.set_metadata(room.room_name, metadata)


def _drain_secs(signals: StopSignals) -> float:
    assert signals.first is not None
    return _DRAIN_SECS[signals.first]
