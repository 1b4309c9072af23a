"""Sees to it that a room gets its bot: asks again when none came, ends the session when none comes.

LiveKit keeps no queue: a dispatch that no worker takes is only logged there.
"""

from __future__ import annotations

import asyncio

from loguru import logger

from bot.errors import RoomError
from bot.processes.task_set import TaskSet
from bot.rooms.plan import RoomPlan
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import BotState, Rooms

# A warm worker needs 0.4 s; eight starts at once on two busy cores have taken 5 s. In all less than
# the 20 s after which LiveKit's clients give up on a bot.
_WAITS_SECS = (5.0, 6.0, 6.0)
_POLL_SECS = 0.25


class BotWatch:
    """Watches rooms for their bots.

    Args:
        rooms: Where to look and to dispatch.
        records: Learns why a session ended.
        tasks: Owns the watching.
        agent_name: Whose rooms.
    """

    def __init__(
        self, *, rooms: Rooms, records: SessionRecords, tasks: TaskSet, agent_name: str
    ) -> None:
        self._rooms = rooms
        self._records = records
        self._tasks = tasks
        self._agent_name = agent_name
        self._watched: set[str] = set()

    def is_watching(self, session_id: str) -> bool:
        """Tell whether a session's bot is being waited for."""
        return session_id in self._watched

    def watch(self, session_id: str) -> None:
        """Watch one session's room in the background until its bot is ready."""
        if not self.is_watching(session_id):
            self._watched.add(session_id)
            self._tasks.spawn(self._watch(session_id), name=f"watch {session_id}")

    async def _watch(self, session_id: str) -> None:
        plan = RoomPlan(agent_name=self._agent_name, session_id=session_id)
        try:
            for tries_left, wait_secs in zip((2, 1, 0), _WAITS_SECS, strict=True):
                if await self._comes(plan, wait_secs) or not await self._lives(plan):
                    return
                if self._records.has_ended(session_id):
                    return  # its room only waits to be deleted
                if tries_left and await self._rooms.bot_state(plan.room_name) is BotState.ABSENT:
                    logger.warning("No bot came to {}; asking again", plan.room_name)
                    await self._rooms.redispatch(plan)
            if await self._rooms.bot_state(plan.room_name) is BotState.READY:
                return
            logger.error("No bot came to {}; ending the session", plan.room_name)
            self._records.note_ended(session_id, "error")
            await self._rooms.delete(plan.room_name)
        except RoomError as error:
            # The next sweep sees the room again.
            logger.warning("{} cannot be watched: {}", plan.room_name, error.message)
        finally:
            self._watched.discard(session_id)

    async def _comes(self, plan: RoomPlan, wait_secs: float) -> bool:
        try:
            async with asyncio.timeout(wait_secs):
                while True:
                    if await self._rooms.bot_state(plan.room_name) is BotState.READY:
                        return True
                    await asyncio.sleep(_POLL_SECS)
        except TimeoutError:
            return False

    async def _lives(self, plan: RoomPlan) -> bool:
        return await self._rooms.find(plan.room_name) is not None
