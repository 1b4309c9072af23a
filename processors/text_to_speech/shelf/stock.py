"""Has lines made that nobody has asked for yet, while the voice has nothing else to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from ...task_owner import TaskOwner

QUIET_SECS = 1.0
"""After the last text: the rest of a reply would have been there, and the caller listens to it."""


class Stock:
    """Makes each line once a call, one at a time; what is to be heard now stops it.

    Args:
        make: Makes a line and keeps it; does not fail.
        owner: Runs it.
    """

    def __init__(self, *, make: Callable[[str], Awaitable[None]], owner: TaskOwner) -> None:
        self._make = make
        self._owner = owner
        self._tried: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def begin(self, lines: Iterable[str]) -> None:
        """Make lines soon, as far as they were not tried."""
        self.stop()
        left = [line for line in lines if line not in self._tried]
        if left:
            self._task = self._owner.create_task(self._make_all(left), "stock")

    def stop(self) -> None:
        """Make nothing for the moment; does not wait."""
        if self._task:
            self._task.cancel()

    async def close(self) -> None:
        """Make nothing more."""
        task, self._task = self._task, None
        if task and not task.done():
            await self._owner.cancel_task(task)

    async def _make_all(self, lines: Iterable[str]) -> None:
        await asyncio.sleep(QUIET_SECS)
        for line in lines:
            await self._make(line)
            self._tried.add(line)
