"""Uses of invites that came to nothing, and are counted still as the store does not answer."""

from __future__ import annotations

import asyncio

from loguru import logger

from bot.errors import StoreError
from bot.processes.task_set import TaskSet
from bot.store.invites import give_back_use
from bot.store.store import Store

_MOST = 1_000
_AGAIN_SECS = 5.0
"""As long as the last pause of a bot's writer (bot/session_log/session_writer.py)."""


class OwedUses:
    """Gives them back once it answers; nobody waits for that.

    Args:
        store: Where the invites are.
        tasks: They are given back in it.
    """

    def __init__(self, store: Store, tasks: TaskSet) -> None:
        self._store = store
        self._tasks = tasks
        self._owed = dict[str, str]()
        """Their invites."""
        self._is_giving = False

    async def owe(self, invite_id: str, use: str, *, is_store_well: bool) -> None:
        """Have a use be given back, at once if the store is not known to fail just now."""
        if len(self._owed) >= _MOST:
            dropped = self._owed.pop(next(iter(self._owed)))
            logger.warning("A use of invite {} stays counted: too many are owed", dropped)
        self._owed[use] = invite_id
        try:
            if is_store_well:
                await self.give_back(use)
        except StoreError as error:
            logger.warning("A use of invite {} is counted for now: {}", invite_id, error.code)
        finally:
            if self._owed and not self._is_giving:
                self._is_giving = True
                self._tasks.spawn(self._give_all(), name="uses of invites")

    def of(self, invite_id: str) -> list[str]:
        """Return the uses of one invite."""
        return [use for use, whose in self._owed.items() if whose == invite_id]

    async def give_back(self, use: str) -> None:
        """Give one back that somebody needs.

        Raises:
            StoreError: it may stay counted.
        """
        # Another one may give it just now, which counts once.
        if invite_id := self._owed.get(use):
            await give_back_use(self._store, invite_id, use=use)
            self._owed.pop(use, None)

    async def _give_all(self) -> None:
        try:
            while self._owed:
                try:
                    await self.give_back(next(iter(self._owed)))
                except StoreError:
                    await asyncio.sleep(_AGAIN_SECS)
        finally:
            self._is_giving = False
