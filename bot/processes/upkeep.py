"""Work that is done again and again, whatever it raises, and that shows when it is not done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from loguru import logger

from bot.errors import VoiceError

_FIRST_PAUSE_SECS = 1.0
_LAST_PAUSE_SECS = 5.0
_ROUND_LIMIT_SECS = 30.0
"""Some rounds ask LiveKit for several rooms in a row, each for 5 s at most."""
_OVERDUE_SECS = 60.0
"""More than a round that hangs, the pause after it and another try."""


class Upkeep:
    """Does one round after another until cancelled.

    Args:
        name: For the log.
        work: One round.
        until_due: Returns when it is time for the next one.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        name: str,
        work: Callable[[], Awaitable[None]],
        until_due: Callable[[], Awaitable[None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._work = work
        self._until_due = until_due
        self._clock = clock
        self._done_at = clock()
        self._failures = 0
        self._told: set[str] = set()

    @property
    def is_well(self) -> bool:
        """Whether a round has gone well lately; False also for work that nobody does."""
        return self._clock() - self._done_at < _OVERDUE_SECS

    async def run(self) -> None:
        """Work until cancelled; after a failure with a pause that grows."""
        while True:
            try:
                async with asyncio.timeout(_ROUND_LIMIT_SECS):
                    await self._work()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                await self._fail("CancelledError")  # of something inside
            except Exception as error:  # noqa: BLE001 - whatever it is, there is a next round
                await self._fail(error.code if isinstance(error, VoiceError) else _name_of(error))
            else:
                self._done_at, self._failures = self._clock(), 0
                self._told.clear()
                await self._until_due()

    async def _fail(self, kind: str) -> None:
        if kind not in self._told:
            logger.warning("{} fails and is tried again: {}", self.name, kind)
            self._told.add(kind)
        pause_secs = min(_FIRST_PAUSE_SECS * 2**self._failures, _LAST_PAUSE_SECS)
        self._failures = min(self._failures + 1, 10)
        await asyncio.sleep(pause_secs)


def _name_of(error: Exception) -> str:
    return type(error).__name__
