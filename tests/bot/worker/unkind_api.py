"""LiveKit's server API as a worker sees it, in every mood."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from livekit.api import LiveKitAPI
from livekit.protocol.models import Room
from livekit.protocol.room import ListRoomsResponse

from bot.worker.bot_rooms import BotRooms


class UnkindApi:
    """Does what it is told to each method, in order; afterwards everything goes well.

    A mood is an exception to raise, "hang", or None.
    """

    def __init__(self, **moods: list[BaseException | str | None]) -> None:
        self.moods = moods
        self.done: list[str] = []
        """Methods that have had their effect."""
        self.tried: list[str] = []
        self.requests: dict[str, Any] = {}
        self.listed: list[str] = []
        """Names of rooms."""

    @property
    def rooms(self) -> BotRooms:
        """Return what does it for the bots."""
        api = cast("LiveKitAPI", SimpleNamespace(room=self, agent_dispatch=self))
        return BotRooms(api=api, api_key="key", api_secret="secret")

    async def update_room_metadata(self, request: object) -> None:
        await self._answer("update_room_metadata", request)

    async def create_room(self, request: object) -> None:
        await self._answer("create_room", request)

    async def list_rooms(self, request: object) -> ListRoomsResponse:
        await self._answer("list_rooms", request)
        return ListRoomsResponse(rooms=[Room(name=name) for name in self.listed])

    async def create_dispatch(self, request: object) -> None:
        await self._answer("create_dispatch", request)

    async def delete_room(self, request: object) -> None:
        await self._answer("delete_room", request)

    async def _answer(self, method: str, request: object) -> None:
        await asyncio.sleep(0)
        self.tried.append(method)
        moods = self.moods.get(method, [])
        mood = moods.pop(0) if moods else None
        if mood == "hang":
            await asyncio.Event().wait()
        if isinstance(mood, BaseException):
            raise mood
        self.done.append(method)
        self.requests[method] = request
