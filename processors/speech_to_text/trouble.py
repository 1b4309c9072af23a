"""Tells that a recogniser does not hear, and that it hears again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pipecat.processors.frame_processor import FrameProcessor

from ..frames import Part, TroubleFrame
from ..task_owner import TaskOwner
from .connection_failures import STABLE_SECS

TROUBLE_SECS = 2.0
"""Without a connection: what is said by then is kept, and sent as if nothing had been."""

MISSED_SECS = 1.0
"""Without a connection: 0.2 s before it is tried, and four round trips of 0.2 s for its name, TCP,
TLS and the upgrade. After that who speaks next would wait for a handshake that hangs."""


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
        self._trust: asyncio.Task[None] | None = None
        self._is_on = False

    def begin_soon(self, missed: Callable[[], Awaitable[None]] | None = None) -> None:
        """A connection is lost: it is trouble unless `end` comes first.

        Args:
            missed: Called before that, when there is no other one within `MISSED_SECS`.
        """
        self._stop_trusting()
        self._wait = self._wait or self._owner.create_task(self._begin_later(missed), "trouble")

    async def begin(self) -> None:
        """Nothing is heard."""
        if not self._is_on:
            self._is_on = True
            await self._push(TroubleFrame(part=Part.HEARING))

    async def connected(self, *, is_sure: bool) -> None:
        """There is a connection; unless it is sure to stay, that is no end before it has lasted."""
        self._stop_trusting()
        if is_sure:
            await self.end()
        else:
            self._trust = self._owner.create_task(self._end_later(), "trust")

    async def calm_down(self) -> None:
        """Begin no more what has not begun."""
        self._stop_trusting()
        wait, self._wait = self._wait, None
        if wait:
            await self._owner.cancel_task(wait)

    async def end(self) -> None:
        """The service hears."""
        await self.calm_down()
        if self._is_on:
            self._is_on = False
            await self._push(TroubleFrame(part=Part.HEARING, is_over=True))

    async def _begin_later(self, missed: Callable[[], Awaitable[None]] | None) -> None:
        await asyncio.sleep(MISSED_SECS)
        if missed:
            await missed()
        await asyncio.sleep(TROUBLE_SECS - MISSED_SECS)
        await self.begin()

    async def _end_later(self) -> None:
        await asyncio.sleep(STABLE_SECS)
        self._trust = None
        await self.end()

    def _stop_trusting(self) -> None:
        trust, self._trust = self._trust, None
        if trust:
            trust.cancel()


class CommonTrouble:
    """Of two recognisers: there is trouble when none that may still hear does.

    Args:
        services: Those.
        push: Pushes downstream.
    """

    def __init__(
        self, *services: FrameProcessor, push: Callable[[TroubleFrame], Awaitable[None]]
    ) -> None:
        self._services = services
        self._push = push
        self._troubled = set[FrameProcessor]()
        self._is_on = False
        for service in services:
            # One that is lost says nothing more of its trouble.
            service.add_event_handler("on_usable_changed", self._look)

    async def note(self, frame: TroubleFrame, *, of: FrameProcessor) -> None:
        """One is in trouble, or is so no more."""
        (self._troubled.discard if frame.is_over else self._troubled.add)(of)
        await self._look()

    async def _look(self, *_: object) -> None:
        """See who is left, and tell what has changed."""
        left = [service for service in self._services if service.is_usable]
        # When nobody is left the call ends, and says so.
        is_on = bool(left) and self._troubled.issuperset(left)
        if is_on is not self._is_on:
            self._is_on = is_on
            await self._push(TroubleFrame(part=Part.HEARING, is_over=not is_on))
