"""Rooms of other programs whose bot is lost: in every state of the room, and on a real server."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents import JobContext
from livekit.api import AccessToken, LiveKitAPI, VideoGrants
from livekit.api.twirp_client import ServerError
from livekit.protocol.models import ParticipantInfo, ParticipantPermission, Room
from livekit.protocol.room import CreateRoomRequest, ListParticipantsResponse, ListRoomsResponse
from typing_extensions import override

from bot.livekit.server import LiveKitServer
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import MOST_TAKEOVERS
from bot.worker.bot_job import BotJob
from bot.worker.bot_rooms import BotRooms
from bot.worker.job_room import JobRoom
from bot.worker.worker_line import WorkerLine
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
    removals: list[Exception] = field(default_factory=list[Exception])
    """What it answers to the first of them."""
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

    async def remove_participant(self, _: object) -> None:
        if self.removals:
            raise self.removals.pop(0)

    async def create_dispatch(self, request: Any) -> None:
        self.sent.append(request.metadata)

    async def delete_room(self, _: object) -> None:
        self.is_deleted = True

    async def update_room_metadata(self, _: object) -> None: ...


def a_job(session_id: str = "lobby.RM_1", takeover: int = 0) -> BotJob:
    return BotJob(job_id="AJ_1", room_name="lobby", session_id=session_id, takeover=takeover)


_BREAKS = OSError()
_HAS_LEFT = ServerError("not_found", "participant does not exist", status=404)


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
        # LiveKit shows it for a moment after it was taken out, or cannot be reached for long.
        ([[_LOST, _PERSON], [_LOST, _PERSON], [_PERSON], [_NEXT]], "RM_1", "lobby.RM_1", 1),
        ([[_LOST, _PERSON], [_LOST, _NEXT, _PERSON]], "RM_1", "lobby.RM_1", 0),
        ([*[_BREAKS] * 8, [_PERSON], [_NEXT, _PERSON]], "RM_1", "lobby.RM_1", 1),
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
@pytest.mark.parametrize(
    ("removals", "sid", "sent"),
    [
        ([_HAS_LEFT], "RM_1", 1),
        ([_BREAKS, _BREAKS, _HAS_LEFT], "RM_1", 1),
        ([_BREAKS] * 100, "RM_1", 1),
        # The room has gone with it.
        ([_HAS_LEFT], "", 0),
    ],
)
def test_a_bot_that_cannot_be_taken_out_is_replaced_once_it_has_left(
    removals: list[Exception], sid: str, sent: int
) -> None:
    looks = [[_LOST, _PERSON]] * (len(removals[:6]) + 1)
    lobby = Lobby(looks=[*looks, [_PERSON], [_NEXT, _PERSON]], sid=sid, removals=list(removals))
    run_in_virtual_time(lobby.rooms.remove(a_job()))
    assert len(lobby.sent) == sent


class JoinedRoom(rtc.Room):
    """As its bot has it, which shows what it is told."""

    def __init__(self, **told: str) -> None:
        super().__init__()
        self._shown = a_bot("AJ_1", **told)

    @property
    @override
    def local_participant(self) -> Any:
        return self._shown


_GIVEN = {"given": {"given": "AJ_2"}, "given back": {"given": ""}}
_MEANT = (
    *(rtc.DisconnectReason.CLIENT_INITIATED, rtc.DisconnectReason.ROOM_DELETED),
    *(rtc.DisconnectReason.ROOM_CLOSED, rtc.DisconnectReason.DUPLICATE_IDENTITY),
    rtc.DisconnectReason.PARTICIPANT_REMOVED,
)


@pytest.mark.promise(
    "Lost bots", "A call in a room of another program whose bot is lost gets another one."
)
@pytest.mark.parametrize("session_id", ["lobby.RM_1", "0123456789abcdef0123"])
@pytest.mark.parametrize("state", ["in a call", "given", "given back", "left", "ended"])
@pytest.mark.parametrize("reason", [*rtc.DisconnectReason.values(), None])
def test_a_guest_that_livekit_loses_is_gone_without_a_word_to_its_worker(
    reason: rtc.DisconnectReason.ValueType | None, state: str, session_id: str
) -> None:
    async def story() -> None:
        room = JoinedRoom(**_GIVEN.get(state, {}))
        context = cast("JobContext", SimpleNamespace(room=room))
        why: list[str] = []
        bot = JobRoom(
            context=context,
            # Without a worker: no errand is done.
            worker=WorkerLine(),
            plan=JobPlan(session_id=session_id),
            may_give_up=True,
            abandon=why.append,
        )
        if state == "left":
            bot.let_be()
        elif state == "ended":
            await bot.delete(reason="goodbye")
        if reason is None:
            # Its line is cut.
            room.emit("reconnecting")
            await asyncio.sleep(10.0)
        else:
            room.emit("disconnected", reason)
        is_missed = state in ("in a call", "given back") and reason not in _MEANT
        assert len(why) == (is_missed and session_id == "lobby.RM_1")
        # It ends nothing where another one is to go on.
        assert bot.is_replaced or reason in _MEANT

    run_in_virtual_time(story())


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

            # As long as it is sent for: LiveKit itself may not be served for seconds.
            await until(has_come, limit_secs=45.0)
            await removing
        finally:
            await person.disconnect()
    plans = {JobPlan.from_job(one.metadata, room_name=name, room_sid=sid) for one in fakes.jobs}
    assert plans == {JobPlan(session_id=f"{name}.{sid}", takeover=1)}
