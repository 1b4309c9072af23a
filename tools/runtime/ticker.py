"""Wakes the runtime while there is something to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from loguru import logger


class Ticker:
    """One task that comes and goes with the need for it.

    Args:
        tick: What to do at each wake-up.
        next_wait_secs: How long to sleep until the next one; None ends the task.
    """

    def __init__(
        self, *, tick: Callable[[], Awaitable[None]], next_wait_secs: Callable[[], float | None]
    ) -> None:
        self._tick = tick
        self._next_wait_secs = next_wait_secs
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    def wake(self) -> None:
        """Look again at what there is to wait for."""
        is_idle = self._task is None or self._task.done()
        if is_idle and not self._is_closed:
            self._task = asyncio.create_task(self._run(), name="tool-ticker")

    async def aclose(self) -> None:
        """Stop for good; later calls of `wake` do nothing."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while (wait_secs := self._next_wait_secs()) is not None:
            await asyncio.sleep(wait_secs)
            try:
                await self._tick()
            except Exception as error:  # noqa: BLE001 - what is due next must not be lost with it
                # Only the type: the text may hold what was to be said.
                logger.error("what was due could not be done: {}", type(error).__name__)
