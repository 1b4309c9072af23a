"""Rooms prepared ahead, each with a warm bot in it, so that a start costs no waiting.

A parked room is handed out once. One that gets old, or whose bot is gone, is replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from loguru import logger

from bot.errors import RoomError
from bot.processes.upkeep import Upkeep
from bot.rooms.agreement import Agreement
from bot.rooms.early_ends import EarlyEnds
from bot.rooms.lines.capacity import Capacity
from bot.rooms.plan import PARKED_EMPTY_TIMEOUT_SECS, RoomPlan, new_session_id
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import BotState, Rooms

# LiveKit closes the room PARKED_EMPTY_TIMEOUT_SECS after its birth if nobody came.
_STALE_SECS = 240.0
UNUSABLE_SECS = 270.0
_WARM_LIMIT_SECS = 15.0
"""A bot that is not ready by then will not be."""
_TEND_SECS = 2.0
_START_SECS = 0.02
"""What a start takes after it has a room: 8 ms (measured). It comes before the next room."""
_TEND_WHILE_WARMING_SECS = 0.25


@dataclass(eq=False)
class _ParkedRoom:
    plan: RoomPlan
    born_at: float
    is_ready: bool = False
    is_spent: bool = False
    """Of no use any more; deleted at the next look."""
    is_blameless: bool = False
    """Its bot did not leave by itself."""


class Parking:
    """Keeps parked rooms.

    Args:
        rooms: Creates and looks at rooms.
        capacity: Parked bots and sessions together stay within it.
        records: Learns which rooms are over: a bot on its way would bring one back by joining.
        agent_name: Whose bots.
        wanted: Says how many rooms are to be kept just now.
        resume_secs: How long a session waits for a caller who is gone.
        agreement: Of the runners, on whose rooms they are.
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
        resume_secs: float,
        agreement: Agreement | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rooms = rooms
        self._capacity = capacity
        self._records = records
        self._agent_name = agent_name
        self._wanted = wanted
        self._resume_secs = resume_secs
        self._agreement = agreement or Agreement()
        self._clock = clock
        self._parked: list[_ParkedRoom] = []
        self._is_closed = False
        self._worker_came_at = float("-inf")
        self._early_ends = EarlyEnds()
        self._woken = asyncio.Event()
        self.upkeep = Upkeep(
            name="parking", work=self._round, until_due=self._until_due, clock=clock
        )

    @property
    def ready_count(self) -> int:
        """How many rooms could be handed out now."""
        return len(self._ready)

    @property
    def has_any(self) -> bool:
        """Whether a room waits that may be handed out, now or soon."""
        return any(not room.is_spent for room in self._parked)

    def holds(self, room_name: str) -> bool:
        """Tell whether a room is one of those that wait here."""
        return any(room.plan.room_name == room_name for room in self._parked)

    def take(self, *, keep: int = 0, is_last_bot: bool = False) -> RoomPlan | None:
        """Hand out one room, the oldest ready one; None if there is none to give.

        From then on it is the taker's: nothing here touches it any more.

        Args:
            keep: So many rooms stay behind for others.
            is_last_bot: No bot can be started anew, so any parked one has to do.
        """
        usable = [room for room in self._parked if not room.is_spent]
        ready = self._ready
        if len(ready) <= keep and not (is_last_bot and len(usable) > keep):
            return None
        chosen = (ready or usable)[0]
        self._parked.remove(chosen)
        asyncio.get_running_loop().call_later(_START_SECS, self._woken.set)
        return chosen.plan

    def drop(self, room_name: str) -> None:
        """Give up a room that is of no use any more: its bot left or it has ended."""
        for room in self._parked:
            if room.plan.room_name == room_name:
                room.is_ready, room.is_spent = False, True
                self._woken.set()

    def give_up(self, room_name: str | None = None) -> None:
        """Give up a room through no fault of its bot; without a name, every one."""
        for room in self._parked:
            if room_name in (None, room.plan.room_name):
                room.is_ready, room.is_spent, room.is_blameless = False, True, True
        self._woken.set()

    def worker_came(self) -> None:
        """Make those rooms anew that no bot has come to: nobody took their jobs, it may be."""
        self._worker_came_at = self._clock()
        self._woken.set()

    async def run(self) -> None:
        """Tend the rooms until cancelled."""
        await self.upkeep.run()

    async def _round(self) -> None:
        # Whoever calls during the round has another one at once.
        self._woken.clear()
        await self.tend()

    async def _until_due(self) -> None:
        is_warming = any(not room.is_ready for room in self._parked)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TEND_WHILE_WARMING_SECS if is_warming else _TEND_SECS):
                await self._woken.wait()

    async def tend(self) -> None:
        """Look at every room once; replace and add what is missing.

        Raises:
            RoomError: LiveKit does not do its part; nothing is lost by trying later.
        """
        names = {room.plan.room_name for room in self._parked}
        for name in names - set(await self._agreement.keep_parked(names)):
            self.give_up(name)
        for room in tuple(self._parked):
            await self._look_at(room)
        allowed = self._capacity.limit - await self._capacity.used()
        if sum(room.is_ready for room in self._fresh) >= self._target(allowed):
            for room in tuple(self._parked):
                if room not in self._fresh:
                    await self._discard(room)
        while len(self._fresh) > self._target(allowed):
            await self._discard(self._fresh[0])
        # One by one: what is wanted may change while LiveKit makes a room.
        while len(self._fresh) < self._target(allowed) and self._may_park():
            await self._park()

    async def close(self) -> None:
        """Hand out no more and delete what nobody took."""
        self._is_closed = True
        await asyncio.gather(*(self._discard(room) for room in tuple(self._parked)))

    @property
    def _ready(self) -> list[_ParkedRoom]:
        return [room for room in self._parked if room.is_ready]

    @property
    def _fresh(self) -> list[_ParkedRoom]:
        return [room for room in self._parked if self._age(room) < _STALE_SECS]

    def _target(self, allowed: int) -> int:
        return 0 if self._is_closed else max(0, min(self._wanted(), allowed))

    def _may_park(self) -> bool:
        is_pausing = self._early_ends.is_pausing(self._clock())
        return not is_pausing and self._capacity.may_start_bot

    async def _look_at(self, room: _ParkedRoom) -> None:
        state = await self._rooms.bot_state(room.plan.room_name)
        was_ready, room.is_ready = room.is_ready, state is BotState.READY and not room.is_spent
        has_died = was_ready and not room.is_ready
        is_late = not room.is_ready and self._age(room) > _WARM_LIMIT_SECS
        if is_late and room in self._parked:
            logger.warning("No bot came to the parked room {}", room.plan.room_name)
        if (has_died or room.is_spent) and not room.is_blameless:
            self._early_ends.note(self._clock(), born_at=room.born_at)
        # One whose bot begins, as at a worker elsewhere, was not missed.
        is_missed = state is BotState.ABSENT and room.born_at < self._worker_came_at
        if has_died or is_late or is_missed or room.is_spent or self._age(room) > UNUSABLE_SECS:
            await self._discard(room)

    async def _park(self) -> None:
        plan = RoomPlan(
            agent_name=self._agent_name,
            session_id=new_session_id(),
            is_parked=True,
            empty_timeout_secs=PARKED_EMPTY_TIMEOUT_SECS,
            resume_secs=self._resume_secs,
        )
        born_at = self._clock()
        self._capacity.note_bot()
        try:
            await self._rooms.create(plan)
        except BaseException:
            # LiveKit may have made it, or make it yet.
            await self._delete(plan)
            raise
        if self._is_closed:
            await self._delete(plan)
        else:
            self._parked.append(_ParkedRoom(plan=plan, born_at=born_at))

    async def _discard(self, room: _ParkedRoom) -> None:
        """Delete a room, unless it was handed out since somebody looked at it."""
        if room in self._parked:
            self._parked.remove(room)
            await self._delete(room.plan)

    async def _delete(self, plan: RoomPlan) -> None:
        self._records.note_ended(plan.session_id, "never_joined")
        try:
            await self._rooms.delete(plan.room_name)
        except RoomError as error:
            # The sweep finds a room whose session is over.
            logger.warning("A parked room could not be deleted: {}", error.message)

    def _age(self, room: _ParkedRoom) -> float:
        return self._clock() - room.born_at
