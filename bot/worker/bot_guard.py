"""The worker's end of the line to its bots: does their errands, and watches over them.

One that dies, hangs or grows too large is taken out of its room at once: LiveKit by itself shows a
bot that was killed for another 20 s (measured), its caller waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import signal
import socket
import struct
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from loguru import logger

from bot.errors import RoomError
from bot.processes.hung import Doing, Silence, look_at
from bot.processes.task_set import TaskSet
from bot.worker.bot_job import BotJob
from bot.worker.memory_limit import takes_more_than
from bot.worker.worker_line import BEAT_SECS, BYE, BotHello, Errand, fields_of, json_line

_HELLO_LIMIT_SECS = 5.0
_LATE_SECS = 2 * BEAT_SECS
"""A look that comes later than that says nothing of the bots: this process was held up."""
_WEIGH_EVERY_SECS = 1.0
"""Within the two seconds in which a lost bot is noticed; a look takes 0.1 ms a bot."""
_MOST_ERRANDS = 8
"""Of one bot at a time; a call has one or two."""
_SEND_EVERY_SECS = 10.0
"""For the next bot, at most; a bot that gives its call away sends every 15 s."""


@dataclass(eq=False)
class _Bot:
    hello: BotHello
    job: BotJob
    heard_at: float
    writer: asyncio.StreamWriter
    silence: Silence = field(default_factory=Silence)
    errands: int = 0
    """Under way."""
    sent_at: float = float("-inf")
    weighed_at: float = float("-inf")


class Jobs(Protocol):
    """The jobs that the worker has taken."""

    def take_job(self, job_id: str) -> BotJob | None:
        """Return the job of an id, to the first who says hello by it."""
        ...

    def bot_gone(self, room_name: str) -> None:
        """Take note that the bot of a room has ended, however."""
        ...


class Rooms(Protocol):
    """What can be done in the rooms of the bots."""

    async def run(self, errand: Errand, details: Mapping[str, str], job: BotJob) -> str:
        """Do one thing for a bot.

        Raises:
            RoomError: LiveKit does not do it.
        """
        ...

    async def remove(self, job: BotJob) -> None:
        """Clear up after a bot that has ended without a word, or was ended as it hung."""
        ...


class BotGuard:
    """Listens to the bots of one worker.

    Args:
        tasks: Errands are done in it: one that is begun is done also for a bot that dies meanwhile.
        jobs: Of the worker.
        rooms: Of its bots.
        memory_limit_mb: Of each bot.
        look: Says what a process does.
    """

    def __init__(
        self,
        *,
        tasks: TaskSet,
        jobs: Jobs,
        rooms: Rooms,
        memory_limit_mb: int,
        look: Callable[[int], Doing] = look_at,
    ) -> None:
        self._tasks = tasks
        self._jobs = jobs
        self._rooms = rooms
        self._memory_limit_mb = memory_limit_mb
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
                async with asyncio.timeout(_HELLO_LIMIT_SECS):
                    hello = BotHello.from_line(await reader.readline())
                if not _is_of(writer.get_extra_info("socket"), hello.pid):
                    return
                if (job := self._jobs.take_job(hello.job_id)) is None:
                    logger.warning("A process asked for a job that is not its own")
                    return
                self._writers.add(writer)
                writer.writelines(self._orders)
                has_said_bye = await self.listen(hello, job, reader, writer)
                self._jobs.bot_gone(job.room_name)
                if not has_said_bye:
                    logger.warning("The bot of {} is gone", job.room_name)
                    await self._rooms.remove(job)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def watch(self) -> None:
        """End bots that hang, or need too much memory, until cancelled."""
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
            if why := self._hangs(bot, now_secs) or self._is_too_large(bot, now_secs):
                logger.error("The bot of {} {}; it is ended", bot.job.room_name, why)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(bot.hello.pid, signal.SIGKILL)

    def _hangs(self, bot: _Bot, now_secs: float) -> str:
        silent_secs = now_secs - bot.heard_at
        if silent_secs < 2 * BEAT_SECS:
            bot.silence = Silence()
            return ""
        doing = self._look(bot.hello.pid)
        is_hung = bot.silence.is_of_a_hung_bot(silent_secs=silent_secs, doing=doing)
        return f"hangs ({doing.value}, {silent_secs:.1f} s without a word)" if is_hung else ""

    def _is_too_large(self, bot: _Bot, now_secs: float) -> str:
        if now_secs - bot.weighed_at < _WEIGH_EVERY_SECS:
            return ""
        bot.weighed_at = now_secs
        is_over = takes_more_than(self._memory_limit_mb, pid=bot.hello.pid)
        return f"takes more than {self._memory_limit_mb} MB" if is_over else ""

    async def listen(
        self,
        hello: BotHello,
        job: BotJob,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Hear a bot out; returns whether it has said goodbye."""
        now_secs, has_said_bye = asyncio.get_running_loop().time(), False
        bot = _Bot(hello=hello, job=job, heard_at=now_secs, writer=writer)
        self._bots.add(bot)
        try:
            # A line without an end, or nonsense, is the last of this bot.
            with contextlib.suppress(ConnectionError, ValueError):
                while line := await reader.readline():
                    bot.heard_at = asyncio.get_running_loop().time()
                    has_said_bye = has_said_bye or line == BYE
                    if line.startswith(b"{"):
                        self._begin_errand(bot, fields_of(line))
        finally:
            self._bots.discard(bot)
        return has_said_bye

    def _begin_errand(self, bot: _Bot, fields: Mapping[str, object]) -> None:
        """Do what a bot asks for.

        Raises:
            ValueError: there is no such errand.
        """
        number, errand = int(str(fields.get("ask"))), Errand(str(fields.get("errand")))
        details = {name: str(value) for name, value in fields.items()}
        if bot.errands >= _MOST_ERRANDS or (
            errand is Errand.SEND_FOR_NEXT and bot.heard_at - bot.sent_at < _SEND_EVERY_SECS
        ):
            bot.writer.write(json_line({"answer": number, "error": "too_many_requests"}))
            return
        if errand is Errand.SEND_FOR_NEXT:
            bot.sent_at = bot.heard_at
        bot.errands += 1
        self._tasks.spawn(self._do(bot, number, errand, details), name="errand")

    async def _do(self, bot: _Bot, number: int, errand: Errand, details: Mapping[str, str]) -> None:
        try:
            value = await self._rooms.run(errand, details, bot.job)
        except RoomError as error:
            answer = {"answer": number, "error": error.code}
        else:
            answer = {"answer": number, "value": value}
        finally:
            bot.errands -= 1
        if not bot.writer.is_closing():
            bot.writer.write(json_line(answer))


@asynccontextmanager
async def open_bot_guard(
    address: str, *, jobs: Jobs, rooms: Rooms, memory_limit_mb: int
) -> AsyncGenerator[BotGuard]:
    """Guard the bots that call at an address while the block runs."""
    async with TaskSet() as tasks:
        guard = BotGuard(tasks=tasks, jobs=jobs, rooms=rooms, memory_limit_mb=memory_limit_mb)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(address)
        server = await asyncio.start_unix_server(guard.serve, sock=listener)
        tasks.spawn(guard.watch(), name="bot guard")
        try:
            yield guard
        finally:
            server.close()


def _is_of(connection: socket.socket, pid: int) -> bool:
    """Tell whether that process speaks, and is of this user: no file's permissions say so."""
    if platform.system() != "Linux":
        return True
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", peer)[:2] == (pid, os.getuid())
