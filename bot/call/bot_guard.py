"""The worker's watch over its bots: one that dies or hangs is taken out of its room at once.

LiveKit by itself shows a bot that was killed for another 20 s (measured), its caller waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import signal
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from loguru import logger

from bot.call.hung import Doing, Silence, look_at
from bot.call.worker_line import BEAT_SECS, BYE, BotHello
from bot.processes.task_set import TaskSet

_HELLO_LIMIT_SECS = 5.0
_LATE_SECS = 2 * BEAT_SECS
"""A look that comes later than that says nothing of the bots: this process was held up."""


@dataclass(eq=False)
class _Bot:
    hello: BotHello
    heard_at: float
    silence: Silence = field(default_factory=Silence)


class BotGuard:
    """Listens to the bots of one worker.

    Args:
        on_gone: Told of a bot that has ended without a word, or was ended as it hung.
        on_end: Told the room of a bot that has ended, however.
        look: Says what a process does.
    """

    def __init__(
        self,
        *,
        on_gone: Callable[[BotHello], Awaitable[None]],
        on_end: Callable[[str], None],
        look: Callable[[int], Doing] = look_at,
    ) -> None:
        self._on_gone = on_gone
        self._on_end = on_end
        self._look = look
        self._bots: set[_Bot] = set()
        self._looked_at = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._orders: list[bytes] = []

    def order(self, line: bytes) -> None:
        """Tell every bot, also those that are just coming: `DRAIN` or `FAREWELL`."""
        self._orders.append(line)
        for writer in self._writers:
            writer.write(line)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Listen to one bot until it is gone."""
        try:
            with contextlib.suppress(ValueError, TimeoutError, ConnectionError):
                if _is_of_this_user(writer.get_extra_info("socket")):
                    async with asyncio.timeout(_HELLO_LIMIT_SECS):
                        hello = BotHello.from_line(await reader.readline())
                    self._writers.add(writer)
                    writer.writelines(self._orders)
                    has_said_bye = await self._listen(hello, reader)
                    self._on_end(hello.room_name)
                    if not has_said_bye:
                        logger.warning("The bot of {} is gone", hello.room_name)
                        await self._on_gone(hello)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def watch(self) -> None:
        """End bots that hang, until cancelled."""
        while True:
            await asyncio.sleep(BEAT_SECS)
            self.look_round(asyncio.get_running_loop().time())

    def look_round(self, now_secs: float) -> None:
        """Look at every bot once."""
        is_late = now_secs - self._looked_at > BEAT_SECS + _LATE_SECS
        self._looked_at = now_secs
        for bot in self._bots:
            if is_late:
                bot.heard_at = now_secs
            silent_secs = now_secs - bot.heard_at
            if silent_secs < 2 * BEAT_SECS:
                bot.silence = Silence()
                continue
            doing = self._look(bot.hello.pid)
            if bot.silence.is_of_a_hung_bot(silent_secs=silent_secs, doing=doing):
                logger.error(
                    "The bot of {} hangs ({}, {:.1f} s without a word); it is ended",
                    *(bot.hello.room_name, doing.value, silent_secs),
                )
                with contextlib.suppress(ProcessLookupError):
                    os.kill(bot.hello.pid, signal.SIGKILL)

    async def _listen(self, hello: BotHello, reader: asyncio.StreamReader) -> bool:
        """Hear a bot out; returns whether it has said goodbye."""
        loop = asyncio.get_running_loop()
        bot, has_said_bye = _Bot(hello=hello, heard_at=loop.time()), False
        self._bots.add(bot)
        try:
            with contextlib.suppress(ConnectionError):
                while line := await reader.readline():
                    bot.heard_at = loop.time()
                    has_said_bye = has_said_bye or line == BYE
        finally:
            self._bots.discard(bot)
        return has_said_bye


@asynccontextmanager
async def open_bot_guard(
    address: str,
    *,
    on_gone: Callable[[BotHello], Awaitable[None]],
    on_end: Callable[[str], None],
) -> AsyncGenerator[BotGuard]:
    """Guard the bots that call at an address while the block runs."""
    guard = BotGuard(on_gone=on_gone, on_end=on_end)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    server = await asyncio.start_unix_server(guard.serve, sock=listener)
    async with TaskSet() as tasks:
        tasks.spawn(guard.watch(), name="bot guard")
        try:
            yield guard
        finally:
            server.close()


def _is_of_this_user(connection: socket.socket) -> bool:
    """A name without a file has no file's permissions."""
    if platform.system() != "Linux":
        return True
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", peer)[1] == os.getuid()
