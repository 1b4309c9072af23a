"""Sends for the bot of a room that lives, and brings no room back by it that is over.

LiveKit makes a room anew for whoever asks for one that is gone, also by sending for a bot: it was
ended between the look at it and that request, which takes seconds of a LiveKit that is slow.
"""

from __future__ import annotations

import asyncio

from loguru import logger

from bot.errors import RoomError
from bot.rooms.end_note import create_end_note_request
from bot.rooms.plan import RoomPlan
from bot.rooms.rooms import BotSeen, Rooms, RoomState

_JOIN_SECS = 0.3
"""Who makes a room by joining it is listed after at most 36 ms (12 tries, a busy machine); the bot
that was sent for comes later (0.36 s), and is not let into a call that is over."""
_LOOKS = 3


class BotSender:
    """Looks who is in a room, sends for a bot, and gives up if none comes.

    Args:
        rooms: LiveKit's rooms.
    """

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def look_at(self, room: RoomState) -> BotSeen | None:
        """Look who is in a room; one whose node may be dead is moved, for the next bot to come.

        Returns:
            None if the room is gone by now.

        Raises:
            RoomError: LiveKit does not do its part.
        """
        seen = await self._rooms.look_at(room.room_name)
        if not seen.ghost:
            return seen
        await self._rooms.move(room.room_name)
        now = await self._wanted(room)
        if now is None:
            return None
        if now.sid != room.sid:
            return await self._rooms.look_at(room.room_name)
        if seen.ghost != room.instead_of:
            # Another runner would take the one that is gone for the one that comes.
            told = room.metadata(instead_of=seen.ghost)
            await self._rooms.set_metadata(room.room_name, told)
        return seen

    async def send(self, plan: RoomPlan, room: RoomState) -> bool:
        """Send for a bot.

        Args:
            plan: What it is told.
            room: As it was found before.

        Returns:
            Whether the room was still there. One that somebody is in was made by them: LiveKit was
            started anew, and the call goes on.

        Raises:
            RoomError: LiveKit does not do its part.
        """
        logger.info("No bot is in {}; asking for one", plan.room_name)
        await self._rooms.redispatch(plan)
        return await self._wanted(room) is not None

    async def _wanted(self, room: RoomState) -> RoomState | None:
        """Return the room of a name that was just asked about; None if nobody wants one.

        One that is gone was brought back by that, and is deleted. Not if somebody made it anew: a
        runner does it by a plan, and a client by joining it.
        """
        now = await self._rooms.find(room.room_name)
        if now is None or now.sid == room.sid or not now.is_bare:
            return now
        for _ in range(_LOOKS):
            if (await self._rooms.look_at(room.room_name)).has_caller:
                return now
            await asyncio.sleep(_JOIN_SECS / _LOOKS)
        logger.info("{} has ended meanwhile; it is not brought back", room.room_name)
        await self._rooms.delete(room.room_name)
        return None

    async def give_up(self, plan: RoomPlan, reason: str) -> None:
        """End a session that gets no bot, and leave word why: there is nobody else who would.

        Raises:
            RoomError: its room could not be deleted.
        """
        note = create_end_note_request(plan.room_name, session_id=plan.session_id, reason=reason)
        try:
            # Else another runner, or this one started anew, would let the call go on.
            await self._rooms.create_bare(note)
        except RoomError as error:
            logger.warning("The end of {} is not noted: {}", plan.session_id, error.message)
        await self._rooms.delete(plan.room_name)
