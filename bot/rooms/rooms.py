"""Rooms on the LiveKit server: create, list, look at, mark, delete.

Every call has a limit and fails only as a `RoomError`. Tokens are made in bot/rooms/tokens.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from livekit.api import LiveKitAPI
from livekit.protocol.agent_dispatch import CreateAgentDispatchRequest
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import (
    CreateRoomRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListRoomsRequest,
    RoomParticipantIdentity,
    UpdateParticipantRequest,
    UpdateRoomMetadataRequest,
)
from pydantic import SecretStr

from bot.errors import RoomError
from bot.livekit.server_api import limited, open_api
from bot.livekit.server_clock import ServerClock
from bot.rooms.end_note import end_note_name
from bot.rooms.plan import RoomMetadata, RoomPlan, session_id_of_room
from bot.rooms.records import UNKNOWN_REASON
from bot.rooms.watch.seen import BotSeen, BotState, RoomState, Survey, bot_seen, survey_of
from bot.rooms.watch.worker_mark import WORKER_ATTRIBUTE

_ASK_LIMIT_SECS = 2.0
"""LiveKit answers within milliseconds; if nobody has the bot it asks around for 15 s."""


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
        self.clock = ServerClock()
        """That of what LiveKit says of its rooms."""
        self._opened_api: LiveKitAPI | None = None
        self._ghosts: dict[str, str] = {}
        """By room: LiveKit's id of a bot that is gone and still listed; its metadata has it too."""

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        key, secret = self._api_key, self._api_secret
        opening = open_api(url=self._url, api_key=key, api_secret=secret, clock=self.clock)
        self._opened_api = await self._stack.enter_async_context(opening)
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
        self._ghosts.pop(room_name, None)
        try:
            try:
                await limited(self._api.room.delete_room(request))
            except RoomError as error:
                if error.code != "livekit_unreachable":
                    raise
                if not await self._is_listed(room_name):
                    return  # it was only slow, and asked for the room it would make it
                # The node that has it may be dead; one that lives takes it, and ends it.
                await limited(self._api.room.create_room(self._ended(room_name)))
                await limited(self._api.room.delete_room(request))
        except RoomError as error:
            if error.code != "room_not_found":
                raise

    def _ended(self, room_name: str) -> CreateRoomRequest:
        """Return what has a room taken by another node, and says that it is over.

        Should it be gone by then, or stay, nobody takes it for a call, and it closes by itself.
        """
        session_id = session_id_of_room(room_name, agent_name=self._agent_name) or ""
        over = RoomMetadata(session_id=session_id, end_reason=UNKNOWN_REASON)
        return CreateRoomRequest(
            name=room_name, metadata=over.to_json(), empty_timeout=1, departure_timeout=1
        )

    async def _is_listed(self, room_name: str) -> bool:
        answer = await limited(self._api.room.list_rooms(ListRoomsRequest(names=[room_name])))
        return bool(answer.rooms)

    async def move(self, room_name: str) -> None:
        """Have a node that lives take a room; one that its node still has stays where it is.

        LiveKit itself knows that a node is dead after 5 s. A room that is gone is made by this.
        """
        await self.create_bare(CreateRoomRequest(name=room_name))

    async def survey(self) -> Survey:
        """Return every room of ours that LiveKit says is alive, and every end a bot has noted."""
        answer = await limited(self._api.room.list_rooms(ListRoomsRequest()))
        survey = survey_of(answer.rooms, agent_name=self._agent_name)
        self._learn(survey.live)
        return survey

    async def list_live(self) -> list[RoomState]:
        """Return every room of ours that LiveKit says is alive."""
        return (await self.survey()).live

    async def find_end(self, room_name: str) -> str | None:
        """Return why a session has ended, if its bot has noted it."""
        request = ListRoomsRequest(names=[end_note_name(room_name)])
        answer = await limited(self._api.room.list_rooms(request))
        return next(iter(survey_of(answer.rooms, agent_name=self._agent_name).ends.values()), None)

    async def find(self, room_name: str) -> RoomState | None:
        """Return one room of ours, or None if it does not live."""
        request = ListRoomsRequest(names=[room_name])
        answer = await limited(self._api.room.list_rooms(request))
        live = survey_of(answer.rooms, agent_name=self._agent_name).live
        self._learn(live)
        return next(iter(live), None)

    async def bot_state(self, room_name: str) -> BotState:
        """Tell where the room's bot is; a room that is gone has none."""
        return (await self.look_at(room_name)).state

    async def look_at(self, room_name: str) -> BotSeen:
        """Tell where the room's bot is, and what it says of the call."""
        there = await self._participants(room_name)
        return bot_seen(there, ghost=self._ghosts.get(room_name, ""))

    async def is_there(self, room_name: str, bot: BotSeen) -> bool:
        """Ask the node that has a bot whether it does; the list says who was there last.

        False also if LiveKit does not answer at all; true if it does not let itself be asked.
        """
        changes_nothing = UpdateParticipantRequest(room=room_name, identity=bot.identity)
        try:
            asking = self._api.room.update_participant(changes_nothing)
            await limited(asking, limit_secs=_ASK_LIMIT_SECS)
        except RoomError as error:
            return error.code == "livekit_refused"
        return True

    def count_no_more(self, room_name: str, sid: str) -> None:
        """Take a bot for gone that LiveKit goes on listing, until it has joined again."""
        self._ghosts[room_name] = sid

    def _learn(self, live: Iterable[RoomState]) -> None:
        """Learn which bots other runners have found to be gone; what is known here may be newer."""
        told = {room.room_name: sid for room in live if (sid := room.instead_of)}
        self._ghosts = {**told, **self._ghosts}

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
        told = replace(plan, instead_of=self._ghosts.get(plan.room_name)).job_metadata
        request = CreateAgentDispatchRequest(
            agent_name=plan.agent_name, room=plan.room_name, metadata=told
        )
        await limited(self._api.agent_dispatch.create_dispatch(request))

    async def remove_bots(self, room_name: str, *, worker: str) -> bool:
        """Put out the bots of a dead worker, which LiveKit shows for a while yet."""
        for bot in await self._participants(room_name):
            if bot.attributes.get(WORKER_ATTRIBUTE) == worker:
                request = RoomParticipantIdentity(room=room_name, identity=bot.identity)
                try:
                    await limited(self._api.room.remove_participant(request))
                except RoomError as error:
                    if error.code == "room_not_found":
                        raise
                    # The room's node is dead as well, and nobody puts it out.
                    self.count_no_more(room_name, bot.sid)
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
            there = ()
        ghost = self._ghosts.get(room_name)
        if ghost is not None and all(one.sid != ghost for one in there):
            del self._ghosts[room_name]
        # A bot that waits to be handed the call only listens.
        return [one for one in there if not one.permission.hidden and one.sid != ghost]

    @property
    def _api(self) -> LiveKitAPI:
        if self._opened_api is None:
            raise RuntimeError("Rooms is used outside its `async with` block")
        return self._opened_api
