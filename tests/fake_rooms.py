"""Rooms without a LiveKit server: what the real one would hold is a dictionary here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic import SecretStr

from bot.errors import RoomError
from bot.room_plan import RoomMetadata, RoomPlan
from bot.rooms import BotState, Rooms, RoomState

API_KEY = "APIfake"
API_SECRET = SecretStr("a-secret-of-the-fake-rooms-32-characters-long")


@dataclass
class FakeRoom:
    """One room that lives."""

    plan: RoomPlan
    metadata: RoomMetadata
    created_at: float
    bot: BotState
    dispatches: int = 1


class FakeRooms(Rooms):
    """Keeps rooms in memory; fails and is slow on request.

    Args:
        agent_name: As in `Rooms`.
    """

    def __init__(self, *, agent_name: str) -> None:
        super().__init__(
            url="ws://127.0.0.1:1", api_key=API_KEY, api_secret=API_SECRET, agent_name=agent_name
        )
        self.live: dict[str, FakeRoom] = {}
        self.created: list[str] = []
        self.deleted: list[str] = []
        self.bot_of_new_rooms = BotState.READY
        self.error: RoomError | None = None
        """Raised by every call."""
        self.create_error: RoomError | None = None
        """Raised by `create` after the room exists, as a late answer would be."""
        self.gate: asyncio.Event | None = None
        """Holds `create` until set."""

    async def create(self, plan: RoomPlan) -> None:
        """Add a room with a bot in the state new rooms have."""
        await self._answer()
        metadata = RoomMetadata.from_json(plan.metadata)
        self.created.append(plan.room_name)
        self.live[plan.room_name] = FakeRoom(
            plan, metadata, float(len(self.created)), self.bot_of_new_rooms
        )
        if self.gate is not None:
            await self.gate.wait()
        if self.create_error is not None:
            raise self.create_error

    async def delete(self, room_name: str) -> None:
        """Remove a room."""
        await self._answer()
        self.deleted.append(room_name)
        self.live.pop(room_name, None)

    async def list_live(self) -> list[RoomState]:
        """Return what lives."""
        await self._answer()
        return [self._as_state(name) for name in self.live]

    async def find(self, room_name: str) -> RoomState | None:
        """Return one room."""
        await self._answer()
        return self._as_state(room_name) if room_name in self.live else None

    async def bot_state(self, room_name: str) -> BotState:
        """Return the state the test gave the bot."""
        await self._answer()
        room = self.live.get(room_name)
        return room.bot if room else BotState.ABSENT

    async def set_metadata(self, room_name: str, metadata: RoomMetadata) -> None:
        """Replace the metadata."""
        await self._answer()
        if room_name not in self.live:
            raise RoomError("room_not_found", "This room is gone.")
        self.live[room_name].metadata = metadata

    async def redispatch(self, plan: RoomPlan) -> None:
        """Count it."""
        await self._answer()
        self.live[plan.room_name].dispatches += 1

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error

    def _as_state(self, room_name: str) -> RoomState:
        room = self.live[room_name]
        return RoomState(
            room_name=room_name,
            session_id=room.plan.session_id,
            is_parked=room.metadata.is_parked,
            created_at=room.created_at,
        )
