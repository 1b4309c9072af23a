"""Sends another bot into a room of another program, where one of ours was a guest and is lost.

No runner looks at such rooms, and nothing is written into them: whoever hears of the loss sees to
it, by what the lost bot was told.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from livekit.api import LiveKitAPI
from livekit.protocol.agent_dispatch import CreateAgentDispatchRequest
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import (
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListRoomsRequest,
)
from loguru import logger

from bot.errors import RoomError
from bot.livekit.server_api import limited
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import MOST_TAKEOVERS, RoomPlan
from bot.rooms.watch.worker_mark import JOB_ATTRIBUTE, is_our_bot

_LOOKS = 30
_AGAIN_SECS = 1.5
"""As in rooms of our own (`REPLACING_WAITS_SECS` of bot/rooms/watch/bot_watch.py)."""


@dataclass(frozen=True, kw_only=True)
class LostGuest:
    """A bot that is lost in such a room."""

    job_id: str
    room_name: str
    session_id: str
    agent_name: str
    takeover: int = 0
    """So many were lost in its call before."""


async def replace_guest(api: LiveKitAPI, lost: LostGuest) -> None:
    """Send for another bot until one is in the room, for 45 s, whenever somebody waits there."""
    lost = replace(lost, takeover=lost.takeover + 1)
    for _ in range(_LOOKS):
        try:
            if not await _see_to(api, lost):
                return
        except RoomError as error:
            if error.code == "room_not_found":
                return
            logger.warning("{} has lost its bot, and gets none: {}", lost.room_name, error.code)
        await asyncio.sleep(_AGAIN_SECS)
    logger.error("No bot came to {}", lost.room_name)


async def _see_to(api: LiveKitAPI, lost: LostGuest) -> bool:
    """Look at the room once; returns whether to look again."""
    listing = api.room.list_rooms(ListRoomsRequest(names=[lost.room_name]))
    rooms = (await limited(listing)).rooms
    # The next one of that name is of other callers.
    if not rooms or _session_of(rooms[0].name, rooms[0].sid) != lost.session_id:
        return False
    asking = api.room.list_participants(ListParticipantsRequest(room=lost.room_name))
    there = (await limited(asking)).participants
    bots = [one for one in there if is_our_bot(one) and not one.permission.hidden]
    if any(one.attributes[JOB_ATTRIBUTE] != lost.job_id for one in bots):
        return False
    if bots:
        # LiveKit shows the lost one yet: the next one would leave the room to it.
        return True
    if any(one.kind != ParticipantInfo.Kind.AGENT for one in there):
        if lost.takeover > MOST_TAKEOVERS + 1:
            # Also the one that was to say goodbye.
            logger.error("{} has lost one bot after the other; it ends", lost.room_name)
            await limited(api.room.delete_room(DeleteRoomRequest(room=lost.room_name)))
            return False
        await _send(api, lost)
    return True


async def _send(api: LiveKitAPI, lost: LostGuest) -> None:
    logger.info("No bot is in {}; asking for one", lost.room_name)
    plan = RoomPlan(agent_name=lost.agent_name, session_id=lost.session_id, takeover=lost.takeover)
    request = CreateAgentDispatchRequest(
        agent_name=plan.agent_name, room=lost.room_name, metadata=plan.job_metadata
    )
    await limited(api.agent_dispatch.create_dispatch(request))


def _session_of(room_name: str, room_sid: str) -> str:
    return JobPlan.from_job("", room_name=room_name, room_sid=room_sid).session_id
