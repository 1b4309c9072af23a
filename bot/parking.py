"""Rooms prepared ahead, each with a warm bot in it, so that a start costs no waiting.

A parked room is handed out once. One that gets old, or whose bot is gone, is replaced.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from loguru import logger

from bot.capacity import Capacity
from bot.errors import RoomError
from bot.room_plan import PARKED_EMPTY_TIMEOUT_SECS, RoomPlan, new_session_id
from bot.rooms import BotState, Rooms
from bot.session_records import SessionRecords

# LiveKit closes the room PARKED_EMPTY_TIMEOUT_SECS after its birth if nobody came.
_STALE_SECS = 240.0
_UNUSABLE_SECS = 270.0
_WARM_LIMIT_SECS = 15.0
"""A bot that is not ready by then will not be."""
_TEND_SECS = 2.0
_TEND_WHILE_WARMING_SECS = 0.25
_PAUSE_AFTER_FAILURE_SECS = 5.0


@dataclass(eq=False)
class _ParkedRoom:
    plan: RoomPlan
    born_at: float
    is_made: bool = False
    is_ready: bool = False


class Parking:
    """Keeps parked rooms.

    Args:
        rooms: Creates and looks at rooms.
        capacity: Parked bots and sessions together stay within it.
        records: Learns which rooms are over: a bot on its way would bring one back by joining.
        agent_name: Whose bots.
        wanted: Says how many rooms are to be kept just now.
        clock: Monotonic seconds.
    """

    def __init__(  # noqa: PLR0913 - each part has its own file
        self,
        *,
        rooms: Rooms,
        capacity: Capacity,
        records: SessionRecords,
        agent_name: str,
        wanted: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rooms = rooms
        self._capacity = capacity
        self._records = records
        self._agent_name = agent_name
        self._wanted = wanted
        self._clock = clock
        self._parked: list[_ParkedRoom] = []
        self._is_closed = False
        self._woken = asyncio.Event()

    @property
    def ready_count(self) -> int:
        """How many rooms could be handed out now."""
        return sum(room.is_ready for room in self._parked)

    def take(self, *, keep: int = 0, is_last_bot: bool = False) -> RoomPlan | None:
        """Hand out one room, the oldest ready one; None if there is none to give.

        Args:
            keep: So many ready rooms stay behind for others.
            is_last_bot: No bot can be started anew, so any parked one has to do.
        """
        ready = [room for room in self._parked if room.is_ready]
        made = [room for room in self._parked if room.is_made]
        if len(ready) > keep:
            chosen = ready[0]
        elif is_last_bot and made:
            chosen = (ready or made)[0]
        else:
            return None
        self._parked.remove(chosen)
        self._woken.set()
        return chosen.plan

    def drop(self, room_name: str) -> None:
        """Forget a room that is of no use any more: its bot left or it has ended."""
        kept = [room for room in self._parked if room.plan.room_name != room_name]
        if len(kept) < len(self._parked):
            self._parked = kept
            self._woken.set()

    async def run(self) -> None:
        """Tend the rooms until cancelled."""
        while not self._is_closed:
            try:
                await self.tend()
                pause_secs = _TEND_SECS
                if any(not room.is_ready for room in self._parked):
                    pause_secs = _TEND_WHILE_WARMING_SECS
            except RoomError as error:
                logger.warning("Parked rooms have to wait: {}", error.message)
                pause_secs = _PAUSE_AFTER_FAILURE_SECS
            self._woken.clear()
            try:
                async with asyncio.timeout(pause_secs):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def tend(self) -> None:
        """Look at every room once; replace and add what is missing.

        Raises:
            RoomError: LiveKit does not do its part; nothing is lost by trying later.
        """
        for room in tuple(self._parked):
            await self._look_at(room)
        allowed = self._capacity.limit - await self._capacity.used()
        target = 0 if self._is_closed else max(0, min(self._wanted(), allowed))
        fresh = [room for room in self._parked if self._age(room) < _STALE_SECS]
        if sum(room.is_ready for room in fresh) >= target:
            for room in self._parked[:]:
                if room not in fresh:
                    await self._discard(room)
        for room in fresh[: max(0, len(fresh) - target)]:
            await self._discard(room)
        for _ in range(target - len(fresh)):
            await self._park()

    async def close(self) -> None:
        """Hand out no more and delete what nobody took."""
        self._is_closed = True
        for room in self._parked[:]:
            await self._discard(room)

    async def _look_at(self, room: _ParkedRoom) -> None:
        state = await self._rooms.bot_state(room.plan.room_name)
        if room not in self._parked:
            return  # handed out meanwhile
        was_ready, room.is_ready = room.is_ready, state is BotState.READY
        has_died = was_ready and not room.is_ready
        is_late = not room.is_ready and self._age(room) > _WARM_LIMIT_SECS
        if is_late:
            logger.warning("No bot came to the parked room {}", room.plan.room_name)
        if has_died or is_late or self._age(room) > _UNUSABLE_SECS:
            await self._discard(room)

    async def _park(self) -> None:
        plan = RoomPlan(
            agent_name=self._agent_name,
            session_id=new_session_id(),
            is_parked=True,
            empty_timeout_secs=PARKED_EMPTY_TIMEOUT_SECS,
        )
        room = _ParkedRoom(plan=plan, born_at=self._clock())
        # Known before LiveKit answers: a close in between deletes it too.
        self._parked.append(room)
        try:
            await self._rooms.create(plan)
        except BaseException:
            await self._discard(room)
            raise
        room.is_made = True
        if self._is_closed:
            await self._discard(room)

    async def _discard(self, room: _ParkedRoom) -> None:
        if room in self._parked:
            self._parked.remove(room)
        self._records.note_ended(room.plan.session_id, "never_joined")
        try:
            await self._rooms.delete(room.plan.room_name)
        except RoomError as error:
            # Its own empty time-out ends it.
            logger.warning("A parked room could not be deleted: {}", error.message)

    def _age(self, room: _ParkedRoom) -> float:
        return self._clock() - room.born_at
