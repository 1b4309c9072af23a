"""A job's room as its session sees it: joined once, marked and deleted at the end."""

from __future__ import annotations

import asyncio

import aiohttp
from livekit import rtc
from livekit.agents import AutoSubscribe, JobContext
from livekit.api.twirp_client import ServerError
from livekit.protocol.room import DeleteRoomRequest, UpdateRoomMetadataRequest
from loguru import logger

from bot.errors import SessionError
from bot.room_plan import JobPlan, RoomMetadata

_CONNECT_ATTEMPTS = 3
_CONNECT_BACKOFF_SECS = 0.2
_CALL_LIMIT_SECS = 3.0


class JobRoom:
    """Owns the connection of one job to its room."""

    def __init__(self, *, context: JobContext, plan: JobPlan) -> None:
        self._context = context
        self._plan = plan
        self._is_replaced = False
        context.room.on("disconnected", self._on_disconnected)

    @property
    def room(self) -> rtc.Room:
        """The room, not yet connected."""
        return self._context.room

    async def connect(self) -> None:
        """Join the room, hearing audio only.

        Raises:
            SessionError: code "room_unreachable" after a few attempts.
        """
        for attempt in range(_CONNECT_ATTEMPTS):
            try:
                await self._context.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
                return
            except rtc.ConnectError as error:
                logger.warning("Joining the room failed, attempt {}", attempt + 1)
                if attempt + 1 == _CONNECT_ATTEMPTS:
                    message = "The bot could not join the room."
                    raise SessionError("room_unreachable", message) from error
                await asyncio.sleep(_CONNECT_BACKOFF_SECS * 2**attempt)

    async def delete(self, *, reason: str) -> None:
        """Write the reason into the room's metadata and delete the room.

        A bot that came late, after another was sent for, leaves the room to that one.
        """
        if self._is_replaced:
            logger.warning("Another bot has taken this room over")
            return
        name = self._context.job.room.name
        metadata = RoomMetadata(session_id=self._plan.session_id, end_reason=reason)
        rooms = self._context.api.room
        try:
            async with asyncio.timeout(_CALL_LIMIT_SECS):
                await rooms.update_room_metadata(
                    UpdateRoomMetadataRequest(room=name, metadata=metadata.to_json())
                )
                await rooms.delete_room(DeleteRoomRequest(room=name))
        except ServerError:
            logger.debug("The room was gone already")
        except (aiohttp.ClientError, TimeoutError) as error:
            # LiveKit deletes it by itself once everybody has left.
            logger.warning("The room could not be deleted: {}", type(error).__name__)

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self._is_replaced = reason == rtc.DisconnectReason.DUPLICATE_IDENTITY
