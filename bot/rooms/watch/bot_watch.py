"""Sees to it that a room gets its bot: asks again when none came, ends the session when none comes.

LiveKit keeps no queue: a dispatch that no worker takes is only logged there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from loguru import logger

from bot.errors import RoomError
from bot.processes.task_set import TaskSet
from bot.rooms.agreement import Agreement
from bot.rooms.plan import MOST_TAKEOVERS, RECOVERY_FAILED, RoomPlan
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import BotSeen, BotState, Rooms, RoomState
from bot.rooms.watch.sender import BotSender

# A warm worker needs 0.4 s; eight starts at once on two busy cores have taken 5 s. In all less than
# the 20 s after which LiveKit's clients give up on a bot.
_WAITS_SECS = (5.0, 6.0, 6.0)
# After a bot is lost nothing is on its way, and a worker that is started anew may come any moment.
# With a new worker it takes half a minute on two busy cores.
REPLACING_WAITS_SECS = (1.5,) * 30
_POLL_SECS = 0.25
# A loss is told by the webhook and by whoever noticed it.
_SAME_LOSS_SECS = 1.0
_STANDBY_SECS = 1.0
"""Another runner sees to it; should that one die, its lease ends (bot/rooms/bot_leases.py)."""


@dataclass
class _Wait:
    """For the bot of one room."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when none is on its way: one is to be sent for at once."""
    is_lost: bool = False
    """Set with it, if one was there that is lost."""


class BotWatch:
    """Watches rooms for their bots.

    Args:
        rooms: Where to look and to dispatch.
        records: Learns why a session ended.
        tasks: Owns the watching.
        agent_name: Whose rooms.
        agreement: Of the runners, on which of them sees to a bot: two would send two.
    """

    def __init__(
        self,
        *,
        rooms: Rooms,
        records: SessionRecords,
        tasks: TaskSet,
        agent_name: str,
        agreement: Agreement | None = None,
    ) -> None:
        self._bots = (agreement or Agreement()).bots
        self._rooms = rooms
        self._sender = BotSender(rooms)
        self._records = records
        self._tasks = tasks
        self._agent_name = agent_name
        self._watched: dict[str, _Wait] = {}
        """By session."""
        self._lost_at: dict[str, float] = {}
        self._has_no_worker_until = 0.0
        """Then one that has died is back, or is not to be waited for."""
        self._worker_came_at = float("-inf")

    def is_watching(self, session_id: str) -> bool:
        """Tell whether a session's bot is being waited for."""
        return session_id in self._watched

    def watch(self, session_id: str, *, waits_secs: Sequence[float] = _WAITS_SECS) -> None:
        """Watch one session's room in the background until its bot is ready.

        Args:
            session_id: Whose.
            waits_secs: How long to wait before each time that a bot is asked for again.
        """
        if not self.is_watching(session_id):
            self._watched[session_id] = _Wait()
            if asyncio.get_running_loop().time() < self._has_no_worker_until:
                self._watched[session_id].woken.set()
            self._tasks.spawn(self._watch(session_id, waits_secs), name=f"watch {session_id}")

    def send(self, session_id: str) -> None:
        """Send for the first bot of a room, and watch it."""
        self.watch(session_id, waits_secs=(0.0, *_WAITS_SECS))

    def replace(self, session_id: str) -> None:
        """Send for another bot at once, as the one that was there is lost."""
        self.watch(session_id)
        self._watched[session_id].is_lost = True
        self._watched[session_id].woken.set()

    def send_again(self, session_id: str) -> None:
        """Send for the bot of a call that has lost one before, and has got no other yet."""
        self.watch(session_id, waits_secs=(0.0, *REPLACING_WAITS_SECS))

    def workers_gone(self) -> None:
        """Send again for each bot that is on its way: none comes until a worker has."""
        now_secs = asyncio.get_running_loop().time()
        self._has_no_worker_until = now_secs + sum(REPLACING_WAITS_SECS)
        for wait in self._watched.values():
            wait.woken.set()

    def worker_died(self, mark: str) -> None:
        """Replace the bots that show a worker's mark and may still seem to be in their rooms."""
        self.workers_gone()
        self._tasks.spawn(self._replace_all(mark), name="worker died")

    def worker_came(self) -> None:
        """Ask again for every bot that did not come: a worker takes calls from now on."""
        self._worker_came_at = asyncio.get_running_loop().time()
        self._has_no_worker_until = 0.0

    async def _replace_all(self, mark: str) -> None:
        try:
            rooms = await self._rooms.list_live()
        except RoomError as error:
            # The next sweep sees rooms without a bot.
            logger.warning("The bots of a dead worker cannot be found: {}", error.message)
            return
        await asyncio.gather(*(self._put_out(room, mark) for room in rooms))

    async def _put_out(self, room: RoomState, mark: str) -> None:
        try:
            is_lost = await self._rooms.remove_bots(room.room_name, worker=mark)
        except RoomError as error:
            if error.code != "room_not_found":
                logger.warning("{} cannot be looked at: {}", room.room_name, error.message)
            return
        if is_lost and not room.is_parked and room.end_reason is None:
            self.replace(room.session_id)

    async def _watch(self, session_id: str, waits: Sequence[float]) -> None:
        plan = RoomPlan(agent_name=self._agent_name, session_id=session_id)
        try:
            await self._see_to(plan, waits)
        except RoomError as error:
            # The next sweep sees the room again.
            logger.warning("{} cannot be watched: {}", plan.room_name, error.message)
        finally:
            del self._watched[session_id]
            self._lost_at.pop(session_id, None)
            await self._bots.let_go(session_id)

    async def _is_ours(self, plan: RoomPlan) -> bool:
        """Wait until no other runner sees to a room; False if it has its bot, or needs none."""
        wait = self._watched[plan.session_id]
        while not await self._bots.take(plan.session_id):
            if await self._rooms.bot_state(plan.room_name) is BotState.READY:
                return False
            if (room := await self._rooms.find(plan.room_name)) is None:
                return False
            # The other one has counted the loss.
            wait.is_lost = wait.is_lost and not room.is_recovering
            await asyncio.sleep(_STANDBY_SECS)
        return True

    async def _see_to(self, plan: RoomPlan, waits: Sequence[float]) -> None:
        session_id, waits_secs = plan.session_id, list(waits)
        wait = self._watched[session_id]
        while waits_secs:
            waited_secs = waits_secs.pop(0)
            if await self._comes(plan, waited_secs, wait.woken):
                await self._has_come(plan)
                if not wait.woken.is_set():
                    return
            if not await self._is_ours(plan) or (found := await self._look_at(plan)) is None:
                return
            room, seen = found
            plan = replace(plan, takeover=room.takeovers)
            if wait.woken.is_set():
                wait.woken.clear()
                waits_secs, is_lost = list(REPLACING_WAITS_SECS), wait.is_lost
                wait.is_lost = False
                if is_lost and seen.state is BotState.ABSENT:
                    plan = await self._begin_takeover(plan, room, has_caller=seen.has_caller)
            is_wanted = seen.state is BotState.ABSENT and not self._records.has_ended(session_id)
            if waits_secs and is_wanted and not await self._sender.send(plan, room):
                return
        if await self._rooms.bot_state(plan.room_name) is BotState.READY:
            return
        logger.error("No bot came to {}; ending the session", plan.room_name)
        await self._end(plan, "error")

    async def _look_at(self, plan: RoomPlan) -> tuple[RoomState, BotSeen] | None:
        """Look at a room and who is in it; None if it is gone, or only waits to be deleted."""
        room = await self._rooms.find(plan.room_name)
        if room is None or self._records.has_ended(plan.session_id):
            return None
        seen = await self._sender.look_at(room)
        return seen and (replace(room, instead_of=seen.ghost or room.instead_of), seen)

    async def _begin_takeover(
        self, plan: RoomPlan, room: RoomState, *, has_caller: bool
    ) -> RoomPlan:
        """Count a bot that was lost in mid-call, and have the room say that another one comes."""
        record = self._records.find(plan.session_id)
        has_begun = has_caller or room.takeovers or (record is not None and record.has_joined)
        now_secs = asyncio.get_running_loop().time()
        lost_before_secs = now_secs - self._lost_at.get(plan.session_id, -_SAME_LOSS_SECS)
        if not has_begun or lost_before_secs < _SAME_LOSS_SECS:
            return replace(plan, takeover=room.takeovers)
        self._lost_at[plan.session_id] = now_secs
        number = room.takeovers + 1
        logger.warning("{} has lost its bot, for the {}. time", plan.room_name, number)
        if number > MOST_TAKEOVERS + 1:
            # Also the one that was to say goodbye.
            await self._end(plan, RECOVERY_FAILED)
        else:
            told = room.metadata(takeovers=number, is_recovering=True)
            await self._rooms.set_metadata(plan.room_name, told)
        return replace(plan, takeover=number)

    async def _has_come(self, plan: RoomPlan) -> None:
        room = await self._rooms.find(plan.room_name)
        if room is not None and room.is_recovering and room.end_reason is None:
            await self._rooms.set_metadata(plan.room_name, room.metadata(is_recovering=False))

    async def _end(self, plan: RoomPlan, reason: str) -> None:
        self._records.note_ended(plan.session_id, reason)
        await self._sender.give_up(plan, reason)

    async def _comes(self, plan: RoomPlan, wait_secs: float, woken: asyncio.Event) -> bool:
        """Wait for the bot; in vain also if it is lost meanwhile, or only now somebody takes it."""
        began_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(wait_secs):
                while not woken.is_set() and self._worker_came_at <= began_at:
                    if await self._rooms.bot_state(plan.room_name) is BotState.READY:
                        return not woken.is_set()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(woken.wait(), _POLL_SECS)
        except TimeoutError:
            return False
        return False
