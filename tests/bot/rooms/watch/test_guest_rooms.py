"""Rooms of other programs whose bot is lost: in every state of the room, and on a real server."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.api import AccessToken, LiveKitAPI, VideoGrants
from livekit.protocol.models import ParticipantInfo, ParticipantPermission, Room
from livekit.protocol.room import CreateRoomRequest, ListParticipantsResponse, ListRoomsResponse

from bot.livekit.server import LiveKitServer
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import MOST_TAKEOVERS
from bot.worker.bot_job import BotJob
from bot.worker.bot_rooms import BotRooms
from tests.fake_bot import FakeBots
from tests.virtual_time import run_in_virtual_time
from tests.waiting import until

_PERSON = ParticipantInfo(identity="ada")
_OTHER = ParticipantInfo(kind=ParticipantInfo.Kind.AGENT, identity="avatar")


def a_bot(job_id: str, **told: str) -> ParticipantInfo:
    attributes = {"parley.job": job_id, **{f"parley.{name}": text for name, text in told.items()}}
    return ParticipantInfo(
        kind=ParticipantInfo.Kind.AGENT, identity="bot-lobby.RM_1", attributes=attributes
    )


_LOST, _NEXT = a_bot("AJ_1"), a_bot("AJ_2")
_EAR = ParticipantInfo(
    kind=ParticipantInfo.Kind.AGENT, permission=ParticipantPermission(hidden=True)
)


@dataclass
class Lobby:
    """A LiveKit with one room; the last of what it lists stays so."""

    looks: list[list[ParticipantInfo] | Exception]
    sid: str = "RM_1"
    sent: list[str] = field(default_factory=list[str])
    is_deleted: bool = False

    @property
    def rooms(self) -> BotRooms:
        api = cast("LiveKitAPI", SimpleNamespace(room=self, agent_dispatch=self))
        return BotRooms(api=api, api_key="key", api_secret="secret")

    async def list_rooms(self, _: object) -> ListRoomsResponse:
        rooms = [Room(name="lobby", sid=self.sid)] if self.sid else []
        return ListRoomsResponse(rooms=rooms)

    async def list_participants(self, _: object) -> ListParticipantsResponse:
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        return ListParticipantsResponse(participants=look)

    async def remove_participant(self, _: object) -> None: ...

    async def create_dispatch(self, request: Any) -> None:
        self.sent.append(request.metadata)

    async def delete_room(self, _: object) -> None:
        self.is_deleted = True

    async def update_room_metadata(self, _: object) -> None: ...


def a_job(session_id: str = "lobby.RM_1", takeover: int = 0) -> BotJob:
    return BotJob(job_id="AJ_1", room_name="lobby", session_id=session_id, takeover=takeover)


_BREAKS = OSError()


@pytest.mark.promise(
    "Lost bots", "A call in a room of another program whose bot is lost gets another one."
)
@pytest.mark.parametrize(
    ("looks", "sid", "session_id", "sent"),
    [
        ([[_LOST, _PERSON], [_PERSON], [_NEXT, _PERSON]], "RM_1", "lobby.RM_1", 1),
        ([[_PERSON], [_PERSON], [_PERSON], [_NEXT, _PERSON]], "RM_1", "lobby.RM_1", 2),
        ([[_LOST, _PERSON], [_OTHER, _EAR, _PERSON], [_NEXT]], "RM_1", "lobby.RM_1", 1),
        ([_BREAKS, [_LOST, _PERSON], _BREAKS, [_PERSON], [_NEXT]], "RM_1", "lobby.RM_1", 1),
        # Its caller is gone for a moment.
        ([[_LOST], [], [], [_PERSON], [_NEXT, _PERSON]], "RM_1", "lobby.RM_1", 1),
        # None comes at all: it is not asked for without end.
        ([[_LOST, _PERSON], [_PERSON]], "RM_1", "lobby.RM_1", 30),
        # Nobody waits for one.
        ([[_LOST], [_OTHER]], "RM_1", "lobby.RM_1", 0),
        ([[_LOST, _PERSON], [_NEXT, _PERSON]], "RM_1", "lobby.RM_1", 0),
        ([[_LOST, _PERSON], [_PERSON]], "RM_2", "lobby.RM_1", 0),
        ([[_LOST, _PERSON], [_PERSON]], "", "lobby.RM_1", 0),
        ([[a_bot("AJ_1", given="AJ_2"), _PERSON], [_PERSON]], "RM_1", "lobby.RM_1", 0),
        ([[a_bot("AJ_1", end_reason="goodbye"), _PERSON], [_PERSON]], "RM_1", "lobby.RM_1", 0),
        # A runner sees to it.
        ([[_LOST, _PERSON], [_PERSON]], "RM_1", "0123456789abcdef0123", 0),
    ],
)
def test_who_waits_in_a_room_of_another_program_gets_another_bot(
    looks: list[list[ParticipantInfo] | Exception], sid: str, session_id: str, sent: int
) -> None:
    lobby = Lobby(looks=list(looks), sid=sid)
    run_in_virtual_time(lobby.rooms.remove(a_job(session_id)))
    assert len(lobby.sent) == sent
    for metadata in lobby.sent:
        plan = JobPlan.from_job(metadata, room_name="lobby", room_sid="RM_1")
        assert plan == JobPlan(session_id="lobby.RM_1", takeover=1)


@pytest.mark.promise(
    "Lost bots", "A call in a room of another program whose bot is lost gets another one."
)
@pytest.mark.parametrize("takeover", [MOST_TAKEOVERS, MOST_TAKEOVERS + 1])
def test_a_room_of_another_program_that_loses_one_bot_after_the_other_ends(takeover: int) -> None:
    lobby = Lobby(looks=[[_LOST, _PERSON], [_PERSON], [_NEXT, _PERSON]])
    run_in_virtual_time(lobby.rooms.remove(a_job(takeover=takeover)))
    is_last = takeover > MOST_TAKEOVERS
    assert (lobby.is_deleted, len(lobby.sent)) == (is_last, 0 if is_last else 1)


@pytest.mark.promise(
    "Lost bots", "A call in a room of another program whose bot is lost gets another one."
)
async def test_a_real_server_sends_the_next_bot_and_tells_it_whose_it_is(
    livekit_server: LiveKitServer, agent_name: str
) -> None:
    key, secret = livekit_server.api_key, livekit_server.api_secret.get_secret_value()
    name, person = f"lobby-{secrets.token_hex(4)}", rtc.Room()
    grants = VideoGrants(room_join=True, room=name)
    token = AccessToken(key, secret).with_identity("ada").with_grants(grants)
    fakes = FakeBots(url=livekit_server.url, api_key=key, api_secret=secret, agent_name=agent_name)
    async with LiveKitAPI(livekit_server.url, key, secret) as api, fakes:
        sid = (await api.room.create_room(CreateRoomRequest(name=name))).sid
        await person.connect(livekit_server.url, token.to_jwt())
        try:
            rooms = BotRooms(api=api, api_key=key, api_secret=secret)
            job = BotJob(
                job_id="AJ_lost", room_name=name, session_id=f"{name}.{sid}", agent_name=agent_name
            )
            removing = asyncio.create_task(rooms.remove(job))

            async def has_come() -> bool:
                return name in fakes.bots

            await until(has_come)
            await removing
        finally:
            await person.disconnect()
    plans = {JobPlan.from_job(one.metadata, room_name=name, room_sid=sid) for one in fakes.jobs}
    assert plans == {JobPlan(session_id=f"{name}.{sid}", takeover=1)}
