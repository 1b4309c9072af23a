"""Has the store ready for the bots, which take it as it is.

In a file of this machine a runner makes the tables before it sends for a bot. Where there is none,
the worker does so with its first call: both at once would be in each other's way.
"""

from __future__ import annotations

import asyncio

from bot.settings import Settings
from bot.store.file import NEWEST_VERSION, version_of


class Tables:
    """Those of one worker.

    Args:
        settings: Where they are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._making = asyncio.Lock()
        self._are_there = False

    async def prepare(self) -> None:
        """See to them before the first call, unless that can wait.

        Raises:
            LaunchError: code "store_newer" or "store_unreachable".
        """
        settings = self._settings
        self._are_there = not settings.store
        can_wait = settings.keeps_file and version_of(settings.data_dir) in ("", NEWEST_VERSION)
        if not (self._are_there or can_wait):
            await self._open()

    async def before_call(self) -> None:
        """See to those that nobody has made."""
        async with self._making:
            if not (self._are_there or version_of(self._settings.data_dir)):
                await self._open()
            self._are_there = True

    async def _open(self) -> None:
        from bot.store.store import START_PATIENCE_SECS, open_store_of

        async with open_store_of(self._settings, patience_secs=START_PATIENCE_SECS):
            self._are_there = True
