"""Rooms on the LiveKit server: create, list, look at, mark, delete.

Every call has a limit and fails only as a `RoomError`. Tokens are made in bot/rooms/tokens.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aiohttp
from livekit.api import LiveKitAPI
from livekit.protocol.agent_dispatch import CreateAgentDispatchRequest
from livekit.protocol.models import ParticipantInfo, Room
from livekit.protocol.room import (
    CreateRoomRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListRoomsRequest,
    RoomParticipantIdentity,
    UpdateRoomMetadataRequest,
)
from pydantic import SecretStr

from bot.errors import RoomError
from bot.livekit.server_api import comes_from_livekit, limited
from bot.rooms.end_note import end_note_name, session_id_of_end_note
from bot.rooms.plan import RoomMetadata, RoomPlan, session_id_of_room
from bot.rooms.records import UNKNOWN_REASON
from bot.rooms.seen import BotSeen, BotState, RoomState, Survey
from bot.rooms.worker_mark import WORKER_ATTRIBUTE

_AGENT_STATE = "lk.agent.state"
_END_REASON = "parley.end_reason"
# The bot says `listening` first; a caller who is already there moves it on at once.
_READY_STATES = ("listening", "thinking", "speaking")


class Rooms:
    """Our rooms on one LiveKit server; `async with` opens and closes the connection pool.

    Args:
        url: LiveKit's address (ws, wss, http or https).
        api_key: LiveKit's API key.
        api_secret: LiveKit's API secret.
        agent_name: Name our bots register under; room names begin with it.
    """

    def __init__(self, *, url: str, api_key: str, api_secret: SecretStr, agent_name: str) -> None:
        self._url = url
        self._api_key = api_key
        self._api_secret = api_secret
        self._agent_name = agent_name
        self._stack = AsyncExitStack()
        self._opened_api: LiveKitAPI | None = None

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        # It reads the proxies of the environment, which LiveKit's own session does not.
        session = await self._stack.enter_async_context(aiohttp.ClientSession(trust_env=True))
        secret = self._api_secret.get_secret_value()
        self._opened_api = await self._stack.enter_async_context(
            LiveKitAPI(self._url, self._api_key, secret, session=session)
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection pool."""
        self._opened_api = None
        await self._stack.aclose()

    async def create(self, plan: RoomPlan) -> None:
        """Create the room and dispatch the bot into it."""
        await limited(self._api.room.create_room(plan.create_request()))

    async def create_bare(self, request: CreateRoomRequest) -> None:
        """Create a room that is no session's."""
        await limited(self._api.room.create_room(request))

    async def delete(self, room_name: str) -> None:
        """Delete the room and put everybody out; a room that is gone already is fine."""
        request = DeleteRoomRequest(room=room_name)
        try:
            try:
                await limited(self._api.room.delete_room(request))
            except RoomError as error:
                if not comes_from_livekit(error):
                    raise
                # The node that has it may be dead; one that lives takes it, and ends it.
                await limited(self._api.room.create_room(CreateRoomRequest(name=room_name)))
                await limited(self._api.room.delete_room(request))
        except RoomError as error:
            if error.code != "room_not_found":
                raise

    async def survey(self) -> Survey:
        """Return every room of ours that LiveKit says is alive, and every end a bot has noted."""
        answer = await limited(self._api.room.list_rooms(ListRoomsRequest()))
        states = (self._state(room) for room in answer.rooms)
        noted = [end for room in answer.rooms if (end := self._noted_end(room)) is not None]
        return Survey(
            live=[state for state in states if state is not None],
            ends={session_id: reason for session_id, reason, _ in noted},
            usage={session_id: usage for session_id, _, usage in noted},
        )

    async def list_live(self) -> list[RoomState]:
        """Return every room of ours that LiveKit says is alive."""
        return (await self.survey()).live

    async def find_end(self, room_name: str) -> str | None:
        """Return why a session has ended, if its bot has noted it."""
        request = ListRoomsRequest(names=[end_note_name(room_name)])
        answer = await limited(self._api.room.list_rooms(request))
        ends = [end for room in answer.rooms if (end := self._noted_end(room)) is not None]
        return ends[0][1] if ends else None

    async def find(self, room_name: str) -> RoomState | None:
        """Return one room of ours, or None if it does not live."""
        request = ListRoomsRequest(names=[room_name])
        answer = await limited(self._api.room.list_rooms(request))
        return self._state(answer.rooms[0]) if answer.rooms else None

    async def bot_state(self, room_name: str) -> BotState:
        """Tell where the room's bot is; a room that is gone has none."""
        return (await self.look_at(room_name)).state

    async def look_at(self, room_name: str) -> BotSeen:
        """Tell where the room's bot is, and what it says of the call."""
        participants = await self._participants(room_name)
        bots = [one for one in participants if one.kind == ParticipantInfo.Kind.AGENT]
        has_caller = len(bots) < len(participants)
        if not bots:
            return BotSeen(BotState.ABSENT, has_caller=has_caller)
        is_ready = any(bot.attributes.get(_AGENT_STATE) in _READY_STATES for bot in bots)
        reasons = [reason for bot in bots if (reason := bot.attributes.get(_END_REASON))]
        return BotSeen(
            BotState.READY if is_ready else BotState.STARTING,
            reasons[0] if reasons else None,
            bots[0].metadata,
            has_caller,
        )

    async def has_caller(self, plan: RoomPlan) -> bool:
        """Tell whether the caller is in the room; nobody is in one that is gone."""
        participants = await self._participants(plan.room_name)
        return any(one.identity == plan.caller_identity for one in participants)

    async def set_metadata(self, room_name: str, metadata: RoomMetadata) -> None:
        """Replace the room's metadata.

        Raises:
            RoomError: code "room_not_found" if the room is gone.
        """
        request = UpdateRoomMetadataRequest(room=room_name, metadata=metadata.to_json())
        await limited(self._api.room.update_room_metadata(request))

    async def redispatch(self, plan: RoomPlan) -> None:
        """Ask for a bot once more.

        LiveKit does not say in time whether a worker has taken an earlier dispatch and is only
        slow; of several bots the first one that is in the room stays. Nothing is withdrawn: with
        a dispatch LiveKit removes whoever has its bot's identity, which may be the next bot.
        """
        request = CreateAgentDispatchRequest(
            agent_name=plan.agent_name, room=plan.room_name, metadata=plan.job_metadata
        )
        await limited(self._api.agent_dispatch.create_dispatch(request))

    async def remove_bots(self, room_name: str, *, worker: str) -> bool:
        """Put out the bots of a dead worker, which LiveKit shows for a while yet."""
        for bot in await self._participants(room_name):
            if bot.attributes.get(WORKER_ATTRIBUTE) == worker:
                request = RoomParticipantIdentity(room=room_name, identity=bot.identity)
                await limited(self._api.room.remove_participant(request))
                return True
        return False

    async def _participants(self, room_name: str) -> Sequence[ParticipantInfo]:
        """Return who is in a room; nobody is in one that is gone."""
        request = ListParticipantsRequest(room=room_name)
        try:
            there = (await limited(self._api.room.list_participants(request))).participants
        except RoomError as error:
            if error.code != "room_not_found":
                raise
            return ()
        # A bot that waits to be handed the call only listens.
        return [one for one in there if not one.permission.hidden]

    @property
    def _api(self) -> LiveKitAPI:
        if self._opened_api is None:
            raise RuntimeError("Rooms is used outside its `async with` block")
        return self._opened_api

    def _state(self, room: Room) -> RoomState | None:
        session_id = session_id_of_room(room.name, agent_name=self._agent_name)
        if session_id is None:
            return None
        metadata = RoomMetadata.from_json(room.metadata)
        return RoomState(
            room_name=room.name,
            session_id=session_id,
            is_parked=metadata.is_parked,
            created_at=float(room.creation_time),
            is_admitted=metadata.is_admitted,
            end_reason=metadata.end_reason,
            end_asked=metadata.end_asked,
            takeovers=metadata.takeovers,
            is_recovering=metadata.is_recovering,
            continues=metadata.continues,
            network=metadata.network,
            handed_out_at=metadata.handed_out_at,
        )

    def _noted_end(self, room: Room) -> tuple[str, str, str] | None:
        session_id = session_id_of_end_note(room.name, agent_name=self._agent_name)
        if session_id is None:
            return None
        metadata = RoomMetadata.from_json(room.metadata)
        return session_id, metadata.end_reason or UNKNOWN_REASON, metadata.usage or ""
