"""Has the store ready for the bots, which take it as it is.

In a file of this machine a runner makes the tables before it sends for a bot. Where there is none,
the worker does so with its first call: both at once would be in each other's way. A server that is
late, or gone while a worker is started anew, keeps no caller from a bot.
"""

from __future__ import annotations

import asyncio
import math
import signal

from loguru import logger

from bot.errors import LaunchError
from bot.processes.task_set import TaskSet
from bot.settings import Settings
from bot.store.file import NEWEST_VERSION, version_of

_WAIT_SECS = 10.0
"""Of a start: what is said until the store comes is kept once it is there."""
_UPGRADE_SECS = 35.0
"""More than a file may take to open, its folder and its end among it (bot/store/preparing.py): two
that change it would fail."""
_CALL_WAIT_SECS = 2.0
"""Of the first call; a machine that is not very busy makes the tables in a quarter of that."""


class Tables:
    """Those of one worker.

    Args:
        settings: Where they are.
        tasks: They are made in it, whoever waits for that.
    """

    def __init__(self, settings: Settings, tasks: TaskSet) -> None:
        self._settings = settings
        self._tasks = tasks
        self._has_begun = self._has_waited = False
        self._is_over = asyncio.Event()
        self._error: LaunchError | None = None

    async def prepare(self) -> None:
        """See to them before the first call, unless that can wait.

        Raises:
            LaunchError: code "store_newer".
        """
        settings = self._settings
        can_wait = settings.keeps_file and version_of(settings.data_dir) in ("", NEWEST_VERSION)
        if settings.store and not can_wait:
            await self._wait(_UPGRADE_SECS if settings.keeps_file else _WAIT_SECS)

    async def run(self) -> None:
        """See to those of a server that was late; a newer version's end the worker."""
        if not self._settings.store or self._settings.keeps_file:
            return
        try:
            await self._wait(None)
        except LaunchError as error:
            logger.error("The worker ends: {}", error.message)
            signal.raise_signal(signal.SIGTERM)

    async def before_call(self) -> None:
        """See to those of a file that nobody has made; the first call waits for it, for a moment.

        Raises:
            LaunchError: code "store_newer".
        """
        if self._error is not None:
            raise self._error
        if not self._settings.keeps_file or version_of(self._settings.data_dir):
            return
        await self._wait(0.0 if self._has_waited else _CALL_WAIT_SECS)

    async def _wait(self, limit_secs: float | None) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._tasks.spawn(self._make(), name="tables")
        try:
            async with asyncio.timeout(limit_secs):
                await self._is_over.wait()
        except TimeoutError:
            if not self._has_waited:
                logger.warning("Bots come without their store until it answers")
            self._has_waited = True
        if self._error is not None:
            raise self._error

    async def _make(self) -> None:
        from bot.store.store import open_store_of

        try:
            async with open_store_of(self._settings, patience_secs=math.inf) as store:
                await store.until_kept()
        except LaunchError as error:
            self._error = error
        finally:
            self._is_over.set()
