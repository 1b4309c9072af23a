"""Tells that a recogniser does not hear, and that it hears again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pipecat.frames.frames import Frame

from ..frames import Part, TroubleFrame
from ..task_owner import TaskOwner

TROUBLE_SECS = 2.0
"""Without a connection: what is said by then is kept, and sent as if nothing had been."""


class HearingTrouble:
    """Pushes a frame when it begins and when it is over.

    Args:
        push: Pushes downstream.
        owner: Runs the wait.
    """

    def __init__(
        self, *, push: Callable[[TroubleFrame], Awaitable[None]], owner: TaskOwner
    ) -> None:
        self._push = push
        self._owner = owner
        self._wait: asyncio.Task[None] | None = None
        self._is_on = False

    def begin_soon(self) -> None:
        """A connection is lost: it is trouble unless `end` comes first."""
        self._wait = self._wait or self._owner.create_task(self._begin_later(), "trouble")

    async def begin(self) -> None:
        """Nothing is heard."""
        if not self._is_on:
            self._is_on = True
            await self._push(TroubleFrame(part=Part.HEARING))

    async def calm_down(self) -> None:
        """Begin no more what has not begun."""
        wait, self._wait = self._wait, None
        if wait:
            await self._owner.cancel_task(wait)

    async def end(self) -> None:
        """The service hears."""
        await self.calm_down()
        if self._is_on:
            self._is_on = False
            await self._push(TroubleFrame(part=Part.HEARING, is_over=True))

    async def _begin_later(self) -> None:
        await asyncio.sleep(TROUBLE_SECS)
        await self.begin()


class CommonTrouble:
    """Of two recognisers: there is trouble when neither hears."""

    def __init__(self) -> None:
        self._troubled = 0

    def hides(self, frame: Frame) -> bool:
        """Note one's trouble, or its end; returns True unless it is that of both, or was."""
        if not isinstance(frame, TroubleFrame):
            return False
        before = self._troubled
        self._troubled += -1 if frame.is_over else 1
        return max(before, self._troubled) < 2
