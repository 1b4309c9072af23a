"""What callers meet: the API and the page, with everything behind them; and what is announced.

Its import takes some of the time in which the processes of bot/local_stack.py start: bot/serve.py
has the two go on beside each other.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from loguru import logger

from bot.announcement import lan_welcome, prints_invite, say_public_addresses, welcome
from bot.errors import RoomError
from bot.http.api import build_api
from bot.http.backend import Backend, open_backend
from bot.http.connections import ConnectionLimits
from bot.http.lan.lan_app import build_lan_app
from bot.http.listener import url_of
from bot.http.server import open_http_server
from bot.lan.reach import Reach
from bot.lan.terminal import terminal_of
from bot.livekit.access import LiveKitAccess
from bot.local_stack import LocalStack
from bot.prices import unpriced
from bot.processes.part import given_up_with
from bot.rooms.join_link import JoinLink
from bot.rooms.plan import RoomMetadata
from bot.rooms.rooms import RoomState
from bot.settings import Settings, wants_colours
from bot.store.file import NEWEST_VERSION, version_of

_FAREWELL_POLL_SECS = 0.2


@dataclass(frozen=True, kw_only=True)
class Front:
    """What is open to callers."""

    settings: Settings
    backend: Backend
    http: asyncio.Task[None]
    """Serves, and only ends by a failure."""
    parts: LocalStack
    url: str
    """Where this machine reaches it."""
    reach: Reach | None
    join_link: JoinLink

    async def greet(self, announce: Callable[[str], None]) -> None:
        """Begin to send for bots, and show the operator where everything is."""
        backend, settings, reach = self.backend, self.settings, self.reach
        backend.start()
        self.parts.tell(
            on_death=backend.worker_died,
            on_forks_death=backend.forks_died,
            on_ready=backend.worker_came,
        )
        _say_unpriced(settings)
        say_public_addresses(settings, backend.livekit, self.url)
        if reach is None:
            announce(welcome(settings.public_url or self.url, self.join_link))
            return
        backend.tasks.spawn(reach.keep(), name="certificate")
        terminal = terminal_of(sys.stdout, wants_colours=wants_colours())
        announce(await lan_welcome(settings, reach, backend, self.join_link, terminal=terminal))


@asynccontextmanager
async def open_front(
    settings: Settings,
    *,
    livekit: LiveKitAccess,
    parts: LocalStack,
    listener: socket.socket,
    reach: Reach | None,
) -> AsyncGenerator[Front]:
    """Serve while the block runs, which begins when all parts are ready.

    Args:
        settings: All of them.
        livekit: Where the rooms are.
        parts: The processes beside this one, on their way.
        listener: Where callers come.
        reach: How others reach this machine; None: they do not, or somebody else sees to it.

    Raises:
        LaunchError: it cannot be.
    """
    if settings.keeps_file and version_of(settings.data_dir) not in ("", NEWEST_VERSION):
        # The worker changes the tables, and two at once would be in each other's way.
        await parts.ready
    join_link = JoinLink()
    async with AsyncExitStack() as stack:
        # A store may be late, and whoever starts this need not wait for it to hear what is wrong.
        with given_up_with(parts.ready):
            backend = await stack.enter_async_context(
                open_backend(
                    settings=settings,
                    livekit=livekit,
                    join_link=None if prints_invite(settings) else join_link,
                    look_at_parts=parts.look,
                )
            )
            serving = _serving(settings, backend, reach, listener)
            # Until then whoever comes waits at the socket.
            await parts.ready
        yield Front(
            settings=settings,
            backend=backend,
            http=await stack.enter_async_context(serving),
            parts=parts,
            url=url_of(listener),
            reach=reach,
            join_link=join_link,
        )


def _serving(
    settings: Settings, backend: Backend, reach: Reach | None, listener: socket.socket
) -> AbstractAsyncContextManager[asyncio.Task[None]]:
    limits = ConnectionLimits(trusted_proxies=settings.trusted_proxies)
    if reach is None:
        app = build_api(settings=settings, backend=backend)
        return open_http_server(app, listener=listener, limits=limits)
    app = build_lan_app(settings=settings, backend=backend, reach=reach)
    return open_http_server(app, listener=listener, limits=limits, tls=lambda: reach.context)


def _say_unpriced(settings: Settings) -> None:
    if settings.daily_money and (models := unpriced(settings)):
        names = ", ".join(models)
        logger.warning("DAILY_MONEY counts nothing for {}: no line in bot/prices.toml", names)


async def end_rooms(backend: Backend, farewell_secs: float) -> None:
    """Have every bot say goodbye, then take away the rooms that are still there.

    Args:
        backend: Whose rooms.
        farewell_secs: How long that may take.
    """
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
