"""The call that another bot gives as it goes: waited for, taken, and heard without a gap."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack

from loguru import logger

from bot.call.course import Course
from bot.call.ear import Ear
from bot.call.session_room import SessionRoom
from bot.errors import SessionError
from bot.rooms.job_plan import JobPlan
from bot.settings import Settings


class GivenCall:
    """Brings one session to its call. A call that no other bot gives is simply joined.

    Args:
        settings: Of this process.
        plan: What the dispatch said about this session.
        session_room: The job's room.
    """

    def __init__(self, *, settings: Settings, plan: JobPlan, session_room: SessionRoom) -> None:
        self._settings = settings
        self._plan = plan
        self._session_room = session_room
        self._ear: Ear | None = None
        self._is_joined = False

    async def comes(self, stack: AsyncExitStack, course: Course) -> bool:
        """Listen until the call is this bot's; returns whether it is.

        One that is to end meanwhile leaves: a call that is given to it would be nobody's.
        """
        if self._plan.given_by is None:
            return True
        try:
            self._ear = await stack.enter_async_context(self._session_room.ear(self._settings))
            await _unless_over(self._ear.until_given(), course)
        except SessionError as error:
            logger.warning("The call stays with the bot that has it: {}", error.code)
            return False
        return True

    async def connect(self) -> None:
        """Join the room, in the place of the bot that has given the call.

        Raises:
            SessionError: code "replaced" if it has taken the call back.
        """
        if self._ear is not None and not self._ear.is_given:
            raise SessionError("replaced", "The call was taken back.")
        await self._session_room.connect()
        self._is_joined = True

    def let_be(self) -> None:
        """Leave a call that was never this bot's to the one that has it."""
        if self._plan.given_by is not None and not self._is_joined:
            self._session_room.let_be()

    def heard_otherwise(self, live: bytes) -> bytes | None:
        """Return what is heard in the place of a live frame; None: the frame, from now on."""
        return None if self._ear is None else self._ear.hear(live)

    def take_typed(self, on_typed: Callable[[str], None]) -> None:
        """Have taken what the caller typed when nobody had the call."""
        if self._ear is not None:
            self._ear.take_typed(on_typed)


async def _unless_over(waiting: Coroutine[None, None, None], course: Course) -> None:
    """Wait for something.

    Raises:
        SessionError: code "over": the session ended before.
    """
    until_given = asyncio.create_task(waiting, name="given")
    until_over = asyncio.create_task(course.until_over(), name="over")
    try:
        await asyncio.wait({until_given, until_over}, return_when=asyncio.FIRST_COMPLETED)
        if not until_given.done():
            raise SessionError("over", "This bot is to end.")
        until_given.result()
    finally:
        until_given.cancel()
        until_over.cancel()
