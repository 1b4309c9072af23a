"""Frees the line of a session whose caller does not come.

LiveKit keeps an empty room for as long as it was told at its birth, a parked one for minutes.
"""

from __future__ import annotations

import asyncio

from loguru import logger

from bot.errors import RoomError
from bot.processes.task_set import TaskSet
from bot.rooms.plan import JOIN_LIMIT_SECS, PARKED_EMPTY_TIMEOUT_SECS, RoomPlan
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import Rooms

# The webhook tells it at once; this is for a LiveKit server that does not call it.
_POLL_SECS = 2.0


class Arrivals:
    """Waits for callers.

    Args:
        rooms: Where to look, and what is deleted.
        records: Learns who came and who did not.
        tasks: Owns the waiting.
        agent_name: Whose rooms.
    """

    def __init__(
        self, *, rooms: Rooms, records: SessionRecords, tasks: TaskSet, agent_name: str
    ) -> None:
        self._rooms = rooms
        self._records = records
        self._tasks = tasks
        self._agent_name = agent_name

    def watch(self, session_id: str) -> None:
        """Give a session's caller the time there is to come, in the background."""
        self._tasks.spawn(self._watch(session_id), name=f"arrival {session_id}")

    async def _watch(self, session_id: str) -> None:
        plan = RoomPlan(agent_name=self._agent_name, session_id=session_id)
        time_secs = asyncio.get_running_loop().time
        begun_at = time_secs()
        while (waited_secs := time_secs() - begun_at) < PARKED_EMPTY_TIMEOUT_SECS:
            left_secs = JOIN_LIMIT_SECS - waited_secs
            await asyncio.sleep(min(_POLL_SECS, left_secs) if left_secs > 0 else _POLL_SECS)
            try:
                if await self._is_settled(plan):
                    return
                if time_secs() - begun_at >= JOIN_LIMIT_SECS:
                    logger.warning("Nobody came to {}; ending the session", plan.room_name)
                    self._records.note_ended(session_id, "never_joined")
                    await self._rooms.delete(plan.room_name)
                    return
            except RoomError as error:
                logger.warning("{} cannot be looked at: {}", plan.room_name, error.message)

    async def _is_settled(self, plan: RoomPlan) -> bool:
        """Tell whether the caller has come, or it does not matter any more."""
        record = self._records.find(plan.session_id)
        if record is not None and (record.has_joined or record.end_reason is not None):
            return True
        if not await self._rooms.has_caller(plan):
            return False
        self._records.note_joined(plan.session_id)
        return True
