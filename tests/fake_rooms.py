"""Rooms without a LiveKit server: what the real one would hold is a dictionary here."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import jwt
from livekit.protocol.room import CreateRoomRequest
from pydantic import SecretStr
from typing_extensions import override

from bot.errors import RoomError
from bot.rooms.plan import RoomMetadata, RoomPlan
from bot.rooms.rooms import BotSeen, BotState, Rooms, RoomState, Survey

API_KEY = "APIfake"
API_SECRET = SecretStr("a-secret-of-the-fake-rooms-32-characters-long")

_NUMBERS = itertools.count()


@dataclass
class FakeRoom:
    """One room that lives."""

    plan: RoomPlan
    metadata: RoomMetadata
    created_at: float
    bot: BotState
    dispatches: int = 1
    takeover: int = 0
    """What the bot that was sent for last was told."""
    worker: str = ""
    """Whose bot is in it."""
    has_caller: bool = False
    said_end: str | None = None
    """Why the call ends, as its bot has said in the room."""
    usage: str = ""
    """What its session has used, as its bot has said in the room."""
    bot_sid: str = ""
    """LiveKit's id of its bot; empty: whoever is asked knows of none."""
    is_bot_there: bool = True
    """Whether the bot's node has it, and not LiveKit's list alone."""
    publishers: int = 2
    """How many its node counts."""
    instead_of: str | None = None
    """Whom the bot that was sent for last is to overlook."""
    is_moved: bool = False
    sid: str = field(default_factory=lambda: f"RM_{next(_NUMBERS)}")


_NOBODY = BotSeen(BotState.ABSENT)


async def _a_moment(_: str) -> None:
    await asyncio.sleep(0)


class FakeRooms(Rooms):
    """Keeps rooms in memory; fails, hangs and is late on request.

    Every call takes a moment before it has its effect and another one before its answer is there,
    so an answer may be old news.

    Args:
        agent_name: As in `Rooms`.
    """

    def __init__(self, *, agent_name: str) -> None:
        super().__init__(
            url="ws://127.0.0.1:1", api_key=API_KEY, api_secret=API_SECRET, agent_name=agent_name
        )
        self.live: dict[str, FakeRoom] = {}
        self.bare: dict[str, CreateRoomRequest] = {}
        """Rooms without a session."""
        self.created: list[str] = []
        self.deleted: list[str] = []
        self.bot_of_new_rooms = BotState.READY
        self.error: RoomError | None = None
        """Raised by every call."""
        self.create_error: RoomError | None = None
        """Raised by `create` after the room exists, as a late answer would be."""
        self.gate: asyncio.Event | None = None
        """Holds `create` until set."""
        self.ends: dict[str, str] = {}
        """What bots have noted, by session id."""
        self.usage: dict[str, str] = {}
        """What they have noted that their sessions used."""
        self.auto_create = False
        """Whether a bot that is sent into a room that is gone brings it back, as by default."""
        self.on_request: Callable[[str], Awaitable[None]] = _a_moment
        """Awaited with a call's name before it has its effect: may wait and may raise."""
        self.on_answer: Callable[[str], Awaitable[None]] = _a_moment
        """Awaited with a call's name when it has had its effect: may wait and may raise."""

    @override
    async def create(self, plan: RoomPlan) -> None:
        """Add a room with a bot in the state new rooms have."""
        async with self._call("create"):
            metadata = RoomMetadata.from_json(plan.metadata)
            self.created.append(plan.room_name)
            self.live[plan.room_name] = FakeRoom(
                plan, metadata, time.time() + len(self.created), self.bot_of_new_rooms
            )
            if self.gate is not None:
                await self.gate.wait()
            if self.create_error is not None:
                raise self.create_error

    def bring_back(self, plan: RoomPlan) -> None:
        """Add a room as LiveKit does for a request about one that is gone."""
        made_at = time.time() + len(self.created)
        bare = RoomMetadata(session_id="")
        self.live[plan.room_name] = FakeRoom(plan, bare, made_at, BotState.ABSENT, dispatches=0)

    async def make_by_token(self, room_name: str, token: str = "") -> None:
        """Add a room as LiveKit does when the holder of a creating token joins.

        Args:
            room_name: Which.
            token: What is in it about the room; empty: nothing.
        """
        plan = RoomPlan(agent_name=self._agent_name, session_id=room_name.rpartition("-")[2])
        await self.create(plan)
        self.live[room_name].has_caller = True
        if token:
            claims = jwt.decode(token, options={"verify_signature": False})
            told = RoomMetadata.from_json(claims["roomConfig"]["metadata"])
            self.live[room_name].metadata = told

    @override
    async def create_bare(self, request: CreateRoomRequest) -> None:
        """Note it."""
        async with self._call("create_bare"):
            self.bare[request.name] = request

    @override
    async def delete(self, room_name: str) -> None:
        """Remove a room."""
        async with self._call("delete"):
            self.deleted.append(room_name)
            self.live.pop(room_name, None)
            self.bare.pop(room_name, None)

    @override
    async def survey(self) -> Survey:
        """Return what lives."""
        async with self._call("survey"):
            survey = Survey(
                live=[self._as_state(name) for name in self.live],
                ends=dict(self.ends),
                usage=dict(self.usage),
            )
        self._learn(survey.live)
        return survey

    @override
    async def find(self, room_name: str) -> RoomState | None:
        """Return one room."""
        async with self._call("find"):
            state = self._as_state(room_name) if room_name in self.live else None
        self._learn([state] if state else [])
        return state

    @override
    async def find_end(self, room_name: str) -> str | None:
        """Return what its bot has noted."""
        async with self._call("find_end"):
            end = self.ends.get(room_name.rpartition("-")[2])
        return end

    @override
    async def look_at(self, room_name: str) -> BotSeen:
        """Return the state and the end the test gave the bot."""
        async with self._call("look_at"):
            room = self.live.get(room_name)
            if room is None:
                return _NOBODY
            ghost = self._ghosts.get(room_name)
            if ghost is not None and ghost == room.bot_sid:
                return BotSeen(BotState.ABSENT, has_caller=room.has_caller, ghost=ghost)
            seen = BotSeen(room.bot, room.said_end, room.usage, room.has_caller)
            seen = seen._replace(sid=room.bot_sid, identity="bot", publishers=2)
        return seen

    @override
    async def is_there(self, room_name: str, bot: BotSeen) -> bool:
        """Return what the test said."""
        async with self._call("is_there"):
            room = self.live.get(room_name)
            is_there = room is not None and room.bot_sid == bot.sid and room.is_bot_there
        return is_there

    @override
    async def move(self, room_name: str) -> None:
        """Note it."""
        async with self._call("move"):
            if room_name in self.live:
                self.live[room_name].is_moved = True
            else:
                self.bring_back(RoomPlan(agent_name="", session_id=room_name.rpartition("-")[2]))

    @override
    async def has_caller(self, plan: RoomPlan) -> bool:
        """Return what the test said."""
        async with self._call("has_caller"):
            room = self.live.get(plan.room_name)
            has_caller = room is not None and room.has_caller
        return has_caller

    @override
    async def set_metadata(self, room_name: str, metadata: RoomMetadata) -> None:
        """Replace the metadata."""
        async with self._call("set_metadata"):
            if room_name not in self.live:
                raise RoomError("room_not_found", "This room is gone.")
            self.live[room_name].metadata = metadata

    @override
    async def redispatch(self, plan: RoomPlan) -> None:
        """Count it."""
        async with self._call("redispatch"):
            if plan.room_name not in self.live:
                if not self.auto_create:
                    raise RoomError("room_not_found", "This room is gone.")
                self.bring_back(plan)
            self.live[plan.room_name].dispatches += 1
            self.live[plan.room_name].takeover = plan.takeover
            self.live[plan.room_name].instead_of = self._ghosts.get(plan.room_name)

    @override
    async def remove_bots(self, room_name: str, *, worker: str) -> bool:
        """Take away the bot if it is that worker's."""
        async with self._call("remove_bots"):
            room = self.live.get(room_name)
            is_its = room is not None and room.worker == worker
            if room is not None and is_its:
                room.bot = BotState.ABSENT
        return is_its

    @asynccontextmanager
    async def _call(self, name: str) -> AsyncGenerator[None]:
        await self.on_request(name)
        if self.error is not None:
            raise self.error
        yield
        await self.on_answer(name)

    def _as_state(self, room_name: str) -> RoomState:
        room = self.live[room_name]
        return RoomState(
            room_name=room_name,
            session_id=room.plan.session_id,
            is_parked=room.metadata.is_parked,
            created_at=room.created_at,
            sid=room.sid,
            is_bare=not room.metadata.session_id,
            is_admitted=room.metadata.is_admitted,
            end_reason=room.metadata.end_reason,
            end_asked=room.metadata.end_asked,
            takeovers=room.metadata.takeovers,
            is_recovering=room.metadata.is_recovering,
            instead_of=room.metadata.instead_of,
            network=room.metadata.network,
            handed_out_at=room.metadata.handed_out_at,
            publishers=room.publishers,
        )
