"""A room for `Session` on a real LiveKit server, joined with a token of its own."""

from __future__ import annotations

import asyncio

from livekit import rtc
from livekit.api import AccessToken, VideoGrants

from bot.livekit.server import LiveKitServer
from bot.rooms.plan import RoomPlan
from bot.rooms.rooms import Rooms
from processors.room.stream_limit import limit_streams


class TestRoom:
    """What a job's room is to its session, without a job."""

    __test__ = False

    def __init__(self, *, server: LiveKitServer, rooms: Rooms, plan: RoomPlan) -> None:
        self.room = rtc.Room()
        limit_streams(self.room)
        self.is_replaced = False
        self.reason = ""
        self.usage = ""
        self.deleted = asyncio.Event()
        self._server = server
        self._rooms = rooms
        self._plan = plan

    async def has_other_bot(self) -> bool:
        """Say that this one is alone."""
        return False

    async def connect(self) -> None:
        """Join as the bot."""
        token = (
            AccessToken(self._server.api_key, self._server.api_secret.get_secret_value())
            .with_identity(f"bot-{self._plan.session_id}")
            .with_kind("agent")
            .with_attributes({"lk.agent.state": "initializing"})
            .with_grants(
                VideoGrants(room_join=True, room=self._plan.room_name, can_update_own_metadata=True)
            )
        )
        await self.room.connect(self._server.url, token.to_jwt())

    async def delete(self, *, reason: str, usage: str = "") -> None:
        """Delete the room, as the job does."""
        self.reason = reason
        self.usage = usage
        await self._rooms.delete(self._plan.room_name)
        self.deleted.set()
