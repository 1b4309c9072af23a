"""A room for `Session` on a real LiveKit server, joined with a token of its own."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AbstractAsyncContextManager

from livekit import rtc
from livekit.api import AccessToken, VideoGrants

from bot.call.ear import Ear, open_ear
from bot.livekit.server import LiveKitServer
from bot.rooms.plan import RoomPlan
from bot.rooms.rooms import Rooms
from bot.rooms.watch.worker_mark import JOB_ATTRIBUTE, ear_identity
from bot.settings import Settings
from processors.room.stream_limit import limit_streams

_LEAVE_LIMIT_SECS = 1.0
"""As the one of a job."""


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
        self.abandoned: list[str] = []
        self.job_id = f"AJ_{secrets.token_hex(4)}"
        self.sent = 0
        """How often another bot was sent for."""
        self._server = server
        self._rooms = rooms
        self._plan = plan
        self.room.on("disconnected", self._on_disconnected)

    async def send_for_next(self, *, caller: str) -> None:
        """Count it."""
        assert caller
        self.sent += 1

    def ear(self, settings: Settings) -> AbstractAsyncContextManager[Ear]:
        """Listen, as a job does."""
        del settings
        token = (
            AccessToken(self._server.api_key, self._server.api_secret.get_secret_value())
            .with_identity(ear_identity(self.job_id))
            .with_kind("agent")
            .with_grants(
                VideoGrants(
                    room_join=True, room=self._plan.room_name, hidden=True, can_publish=False
                )
            )
        )
        return open_ear(
            self._server.url,
            token.to_jwt(),
            bot=f"bot-{self._plan.session_id}",
            caller=self._plan.caller_identity,
            job_id=self.job_id,
            given_by=self._plan.given_by or "",
        )

    def let_be(self) -> None:
        """Leave the room to another bot."""
        self.is_replaced = True

    async def leave(self) -> None:
        """Leave it as it is."""
        self.is_replaced = True
        try:
            await asyncio.wait_for(self.room.disconnect(), _LEAVE_LIMIT_SECS)
        except TimeoutError:
            self.abandon("LiveKit's client does not let the bot go")

    def abandon(self, why: str) -> None:
        """Note why, where a job's process ends."""
        self.is_replaced = True
        self.abandoned.append(why)

    async def has_other_bot(self) -> bool:
        """Say that this one is alone."""
        return False

    async def connect(self) -> None:
        """Join as the bot."""
        token = (
            AccessToken(self._server.api_key, self._server.api_secret.get_secret_value())
            .with_identity(f"bot-{self._plan.session_id}")
            .with_kind("agent")
            .with_attributes(
                {
                    "lk.agent.state": "listening" if self._plan.given_by else "initializing",
                    JOB_ATTRIBUTE: self.job_id,
                }
            )
            .with_grants(
                VideoGrants(room_join=True, room=self._plan.room_name, can_update_own_metadata=True)
            )
        )
        await self.room.connect(self._server.url, token.to_jwt())

    async def delete(self, *, reason: str, usage: str = "") -> None:
        """Delete the room, as the job does."""
        if self.is_replaced:
            return
        self.reason = reason
        self.usage = usage
        await self._rooms.delete(self._plan.room_name)
        self.deleted.set()

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        is_replaced = reason == rtc.DisconnectReason.DUPLICATE_IDENTITY
        self.is_replaced = self.is_replaced or is_replaced
