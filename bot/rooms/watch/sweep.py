"""Looks at all rooms every few seconds: what LiveKit's webhook may tell at once is found here too.

It needs nothing but the list of rooms: which sessions have ended and why, which rooms are left of
them or are too many, and which wait for their bot.
"""

from __future__ import annotations

import asyncio

from loguru import logger

from bot.errors import RoomError, SessionError
from bot.processes.upkeep import Upkeep
from bot.rooms.lines.capacity import Capacity
from bot.rooms.records import UNKNOWN_REASON, SessionRecords
from bot.rooms.rooms import BotSeen, BotState, Rooms, RoomState, Survey
from bot.rooms.spent.spending import Spending
from bot.rooms.watch.bot_watch import BotWatch
from bot.rooms.watch.ghosts import Ghosts
from bot.rooms.watch.lost_rooms import LostRooms
from bot.rooms.watch.reaper import Reaper
from bot.rooms.watch.seen import START_SECS

SWEEP_SECS = 5.0
_DAY_SPENT = "daily_budget"
_GOODBYE_ROUNDS = 6
"""More than a bot takes to finish its sentence and say goodbye."""


class RoomSweep:
    """Sweeps the rooms.

    Args:
        rooms: Where to look, and what is deleted.
        records: Learns which sessions began and ended.
        capacity: Knows which rooms are too many.
        watch: Sees to a room without a bot.
        spending: Adds up what the sessions use, and knows when it is too much.
        reaper: Looks for what belongs to nobody.
        lost: Knows which sessions without a room may go on.
        ghosts: Knows which bots are only listed.
    """

    def __init__(  # noqa: PLR0913 - each part has its own file
        self,
        *,
        rooms: Rooms,
        records: SessionRecords,
        capacity: Capacity,
        watch: BotWatch,
        spending: Spending,
        reaper: Reaper,
        lost: LostRooms,
        ghosts: Ghosts,
    ) -> None:
        self._rooms = rooms
        self._records = records
        self._capacity = capacity
        self._watch = watch
        self._spending = spending
        self._reaper = reaper
        self._lost = lost
        self._ghosts = ghosts
        self._told: set[str] = set()
        """Rooms of the log, as long as they are there."""
        self._asked: dict[str, int] = {}
        """Rounds since bots were asked to end their calls, by session."""
        self._has_swept = False
        self._bare: set[str] = set()
        """Rooms without metadata that nobody was in at the last look."""
        self._alive: set[str] = set()
        self._missed: set[str] = set()
        self._is_closed = False
        self.upkeep = Upkeep(name="room sweep", work=self.sweep, until_due=_until_due)

    async def run(self) -> None:
        """Sweep until cancelled."""
        await self.upkeep.run()

    def close(self) -> None:
        """Touch no room any more: they are being ended."""
        self._is_closed = True

    async def sweep(self) -> None:
        """Look at every room once.

        Raises:
            RoomError: LiveKit does not say which rooms there are.
        """
        survey = await self._rooms.survey()
        await self._note_ends(survey)
        if not self._is_closed:
            await self._reaper.reap(survey)
        left = [room for room in survey.live if self._records.has_ended(room.session_id)]
        live = [room for room in survey.live if room not in left]
        self._tell(left)
        beyond = self._capacity.beyond(live)
        for room in live:
            if room.room_name in beyond:
                logger.warning("{} is one session too many; ending it", room.room_name)
                self._records.note_ended(room.session_id, "error")
        ended = [*left, *(room for room in live if room.room_name in beyond)]
        waiting = [room for room in live if not room.is_parked and room not in ended]
        # One that cannot be looked at or deleted holds up no other.
        await asyncio.gather(
            *(self._delete(room) for room in ended),
            *(self._look_at(room) for room in waiting),
            *(self._ask_after_parked(room) for room in live if room.is_parked),
        )
        self._bare &= {room.room_name for room in waiting}
        self._has_swept = True

    async def _note_ends(self, survey: Survey) -> None:
        """Learn what has ended: by its bot's note, by its room's metadata, or by being gone."""
        for session_id, reason in survey.ends.items():
            self._records.note_ended(session_id, reason)
        for session_id, usage in survey.usage.items():
            self._spending.report(session_id, usage)
        for room in survey.live:
            if room.end_reason is not None:
                self._records.note_ended(room.session_id, room.end_reason)
        alive = {room.session_id for room in survey.live if not room.is_parked}
        # One list without it may be a slip of a LiveKit that has just lost its store.
        missed, waiting = self._alive - alive, set[str]()
        self._lost.found(alive)
        self._ghosts.forget_others(room.session_id for room in survey.live)
        for session_id in missed & self._missed:
            if await self._lost.may_go_on(session_id):
                waiting.add(session_id)
            else:
                self._records.note_ended(session_id, UNKNOWN_REASON)
        self._asked = {key: count for key, count in self._asked.items() if key in alive}
        self._missed = (missed - self._missed) | waiting
        self._alive = alive | self._missed

    def _tell(self, left: list[RoomState]) -> None:
        """Name the rooms that are left of sessions, each of them once."""
        for room in left:
            if room.room_name not in self._told:
                record = self._records.find(room.session_id)
                reason = record.end_reason if record else UNKNOWN_REASON
                logger.info("{} is left of a session that has ended: {}", room.room_name, reason)
        self._told = {room.room_name for room in left}

    async def _delete(self, room: RoomState) -> None:
        if self._is_closed:
            return
        try:
            await self._rooms.delete(room.room_name)
        except RoomError as error:
            logger.warning("{} could not be deleted: {}", room.room_name, error.message)

    def _is_unpaid(self, room: RoomState) -> bool:
        """Tell whether a token has made the room just now, while no call may begin."""
        is_new = self._has_swept and self._records.find(room.session_id) is None
        if is_new and not room.is_admitted:
            try:
                self._spending.check()
            except SessionError as refusal:
                logger.warning("{} is not to be: {}; ending it", room.room_name, refusal.code)
                self._records.note_ended(room.session_id, refusal.code)
                return True
        return False

    async def _ask_to_end(self, room: RoomState) -> None:
        """Have the bot say goodbye, as nothing more may be spent today; it is not waited for."""
        rounds = self._asked[room.session_id] = self._asked.get(room.session_id, -1) + 1
        if rounds > _GOODBYE_ROUNDS:
            self._records.note_ended(room.session_id, _DAY_SPENT)
        if room.end_asked is not None:
            return
        try:
            await self._rooms.set_metadata(room.room_name, room.metadata(end_asked=_DAY_SPENT))
        except RoomError as error:
            logger.warning("{} could not be ended: {}", room.room_name, error.message)

    async def _look_at(self, room: RoomState) -> None:
        if self._is_unpaid(room):
            await self._delete(room)
            return
        self._records.note_started(room.session_id)
        if self._spending.is_day_spent:
            await self._ask_to_end(room)
        if self._watch.is_watching(room.session_id):
            return
        try:
            seen = await self._rooms.look_at(room.room_name)
        except RoomError as error:
            logger.warning("{} could not be looked at: {}", room.room_name, error.message)
            return
        if room.is_bare and seen.state is BotState.ABSENT and not seen.has_caller:
            await self._look_again(room)
            return
        self._bare.discard(room.room_name)
        record = self._records.find(room.session_id)
        is_old = seen.has_caller and self._rooms.clock.now_secs() - room.begun_at > START_SECS
        has_begun = room.takeovers or is_old or (record is not None and record.has_joined)
        self._note(room, seen)
        is_lost = seen.state is BotState.ABSENT or await self._ghosts.is_gone(room, seen)
        if is_lost and not self._records.has_ended(room.session_id):
            if has_begun and room.is_recovering:
                # It is known to be lost: whoever had sent for the next one could not go on.
                self._watch.send_again(room.session_id)
            elif has_begun:
                self._watch.replace(room.session_id)
            elif room.is_admitted:
                self._watch.watch(room.session_id)
            else:
                self._watch.send(room.session_id)

    async def _look_again(self, room: RoomState) -> None:
        """End a room that a late request has brought back, unless somebody is just joining it."""
        if room.room_name in self._bare:
            logger.warning("{} was made by nobody who is in it; ending it", room.room_name)
            await self._delete(room)
        self._bare.add(room.room_name)

    async def _ask_after_parked(self, room: RoomState) -> None:
        """Find out whether its bot is only listed; who parked it gives it up then."""
        try:
            await self._ghosts.is_gone(room, await self._rooms.look_at(room.room_name))
        except RoomError as error:
            logger.warning("{} could not be looked at: {}", room.room_name, error.message)

    def _note(self, room: RoomState, seen: BotSeen) -> None:
        """Take what a look at a room shows."""
        self._spending.report(room.session_id, seen.usage)
        if seen.has_caller:
            # Another runner may have started it, and be gone.
            self._records.note_joined(room.session_id)
            self._spending.see(room.session_id)
        if room.is_recovering and seen.state is BotState.READY:
            # So may the runner that has sent for this bot, before it told the room.
            self._watch.watch(room.session_id)
        if seen.end_reason is not None:
            # It is about to delete the room, and may fail.
            self._records.note_ended(room.session_id, seen.end_reason)


async def _until_due() -> None:
    await asyncio.sleep(SWEEP_SECS)
