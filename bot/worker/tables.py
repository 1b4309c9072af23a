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
from bot.settings import Settings
from bot.store.file import NEWEST_VERSION, version_of

_WAIT_SECS = 10.0
"""Of a start: what is said until the server comes is kept once it is there."""


class Tables:
    """Those of one worker.

    Args:
        settings: Where they are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._making = asyncio.Lock()
        self._are_there = not settings.store

    async def prepare(self) -> None:
        """See to them before the first call, unless that can wait.

        Raises:
            LaunchError: code "store_newer".
        """
        settings = self._settings
        can_wait = settings.keeps_file and version_of(settings.data_dir) in ("", NEWEST_VERSION)
        if self._are_there or can_wait:
            return
        try:
            await self._open(_WAIT_SECS)
        except LaunchError as error:
            if error.code != "store_unreachable":
                raise
            logger.warning("Bots come without their store until it answers")

    async def run(self) -> None:
        """See to those of a server that was late; a newer version's end the worker."""
        if self._are_there or self._settings.keeps_file:
            return
        try:
            await self._open(math.inf)
        except LaunchError as error:
            logger.error("The worker ends: {}", error.message)
            signal.raise_signal(signal.SIGTERM)

    async def before_call(self) -> None:
        """See to those of a file that nobody has made."""
        if not self._settings.keeps_file:
            return
        async with self._making:
            if not (self._are_there or version_of(self._settings.data_dir)):
                await self._open()
            self._are_there = True

    async def _open(self, patience_secs: float = 0.0) -> None:
        from bot.store.store import open_store_of

        async with open_store_of(self._settings, patience_secs=patience_secs):
            self._are_there = True
