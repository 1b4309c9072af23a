"""Takes a bot that is gone out of its room, where LiveKit would show it for seconds yet.

That the bot has left is what the runner and the page hear of then: the one sends for another, the
other says that it is on its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
from livekit.api import LiveKitAPI
from livekit.protocol.room import (
    DeleteRoomRequest,
    ListParticipantsRequest,
    RoomParticipantIdentity,
    UpdateRoomMetadataRequest,
)
from loguru import logger

from bot.call.worker_line import BotHello
from bot.errors import RoomError
from bot.livekit.server_api import limited
from bot.rooms.plan import RoomMetadata
from bot.rooms.worker_mark import JOB_ATTRIBUTE
from bot.settings import Settings
from processors.agent_protocol.presence import END_REASON_ATTRIBUTE

_PAUSES_SECS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""After that LiveKit has noticed by itself."""


class Ghosts:
    """Takes bots out of the rooms of one LiveKit server."""

    def __init__(self, *, api: LiveKitAPI) -> None:
        self._api = api

    async def remove(self, bot: BotHello) -> None:
        """Take a bot that is gone out of its room, and end what it was ending."""
        for pause_secs in (*_PAUSES_SECS, None):
            try:
                await self._remove(bot)
                return
            except RoomError as error:
                if error.code == "room_not_found":
                    return
                logger.warning("{} still shows a bot that is gone: {}", bot.room_name, error.code)
            if pause_secs is not None:
                await asyncio.sleep(pause_secs)

    async def _remove(self, bot: BotHello) -> None:
        room = self._api.room
        found = await limited(room.list_participants(ListParticipantsRequest(room=bot.room_name)))
        for one in found.participants:
            # The next bot has the same identity, and another job.
            if one.attributes.get(JOB_ATTRIBUTE) != bot.job_id:
                continue
            if reason := one.attributes.get(END_REASON_ATTRIBUTE):
                await self._end(bot, reason)
                return
            who = RoomParticipantIdentity(room=bot.room_name, identity=one.identity)
            await limited(room.remove_participant(who))

    async def _end(self, bot: BotHello, reason: str) -> None:
        """Do what the bot was about to do: it has said goodbye."""
        metadata = RoomMetadata(session_id=bot.session_id, end_reason=reason)
        request = UpdateRoomMetadataRequest(room=bot.room_name, metadata=metadata.to_json())
        await limited(self._api.room.update_room_metadata(request))
        await limited(self._api.room.delete_room(DeleteRoomRequest(room=bot.room_name)))


@asynccontextmanager
async def open_ghosts(settings: Settings) -> AsyncGenerator[Ghosts]:
    """Connect to LiveKit's API while the block runs."""
    # It reads the proxies of the environment, which LiveKit's own session does not.
    async with aiohttp.ClientSession(trust_env=True) as session:
        secret = settings.livekit_api_secret.get_secret_value()
        async with LiveKitAPI(
            settings.livekit_url, settings.livekit_api_key, secret, session=session
        ) as api:
            yield Ghosts(api=api)
