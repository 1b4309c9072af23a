"""Rooms whose node has died, as the other nodes of a LiveKit with Redis answer about them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from livekit.protocol.agent_dispatch import AgentDispatch, CreateAgentDispatchRequest
from livekit.protocol.models import ParticipantInfo, Room
from livekit.protocol.room import (
    CreateRoomRequest,
    DeleteRoomResponse,
    ListParticipantsResponse,
    ListRoomsResponse,
)
from pydantic import SecretStr

from bot.errors import RoomError
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.rooms.rooms import BotState, Rooms

_PLAN = RoomPlan(agent_name="parley", session_id=new_session_id())


class Nodes:
    """What is left of a LiveKit: it does nothing in rooms of a dead node."""

    def __init__(self, *, takes_rooms: bool = True, hangs: bool = False) -> None:
        self.is_listed = True
        self.bot_sid = "PA_dead"
        self.metadata = _PLAN.metadata
        self.told = ""
        """To the job that was sent for last."""
        self.asked_after: tuple[int, str] | None = None
        """What is answered to who asks after a bot, if it is not that it is there."""
        self._hangs = hangs
        self.takes_rooms = takes_rooms
        self.is_here = False
        self.asked: list[str] = []
        self.signed_by = set[str]()

    async def answer(self, request: web.Request) -> web.Response:
        method = request.path.rpartition("/")[2]
        self.asked.append(method)
        self.signed_by.add(request.headers["Authorization"])
        room = Room(name=_PLAN.room_name, metadata=self.metadata)
        match method:
            case "CreateRoom" if self.takes_rooms:
                self.is_here = True
                return _protobuf(room)
            case "DeleteRoom" if not self.is_listed:
                told = {"code": "not_found", "msg": "requested room does not exist"}
                return web.json_response(told, status=404)
            case "DeleteRoom" if self.is_here:
                self.is_listed = False
                return _protobuf(DeleteRoomResponse())
            case "ListRooms":
                return _protobuf(ListRoomsResponse(rooms=[room] if self.is_listed else []))
            case "ListParticipants":
                return _protobuf(ListParticipantsResponse(participants=[self._bot]))
            case "UpdateParticipant" if self.asked_after is None:
                return _protobuf(self._bot)
            case "UpdateParticipant" if self.asked_after is not None:
                status, code = self.asked_after
                return web.json_response({"code": code, "msg": "no"}, status=status)
            case "CreateDispatch":
                asked = CreateAgentDispatchRequest.FromString(await request.read())
                self.told = asked.metadata
                return _protobuf(AgentDispatch())
            case _ if self._hangs:
                # It waits for the dead node for longer than anybody waits for it.
                await asyncio.sleep(30.0)
                return web.Response(status=503)
            case _:
                told = {"code": "unavailable", "msg": "no response from servers"}
                return web.json_response(told, status=503)

    @property
    def _bot(self) -> ParticipantInfo:
        return ParticipantInfo(
            sid=self.bot_sid,
            identity="bot",
            kind=ParticipantInfo.Kind.AGENT,
            attributes={
                "lk.agent.state": "listening",
                "parley.worker": "mine",
                "parley.job": "AJ_1",
            },
        )


def _protobuf(message: object) -> web.Response:
    body = message.SerializeToString()  # pyright: ignore[reportAttributeAccessIssue]
    return web.Response(body=body, content_type="application/protobuf")


class SlowLiveKit:
    """Answers no deletion in time.

    Args:
        acts_at: The request at which the room is gone; empty: it never is.
    """

    def __init__(self, *, acts_at: str = "") -> None:
        self.room: Room | None = Room(sid="RM_first", name=_PLAN.room_name)
        self.made: list[CreateRoomRequest] = []
        self._acts_at = acts_at

    async def answer(self, request: web.Request) -> web.Response:
        method = request.path.rpartition("/")[2]
        if method == self._acts_at:
            self.room, self._acts_at = None, ""
        match method:
            case "ListRooms":
                return _protobuf(ListRoomsResponse(rooms=[self.room] if self.room else []))
            case "CreateRoom":
                asked = CreateRoomRequest.FromString(await request.read())
                self.made.append(asked)
                made = Room(sid="RM_next", name=asked.name, metadata=asked.metadata)
                self.room = self.room or made
                return _protobuf(self.room)
            case _:
                told = {"code": "unavailable", "msg": "no response from servers"}
                return web.json_response(told, status=503)


@asynccontextmanager
async def opened(nodes: Nodes | SlowLiveKit) -> AsyncGenerator[Rooms]:
    app = web.Application()
    app.router.add_post("/twirp/{service}/{method}", nodes.answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        secret = SecretStr("a-secret-of-this-test-alone-0123456789")
        url = f"http://{host}:{port}"
        async with Rooms(url=url, api_key="key", api_secret=secret, agent_name="parley") as rooms:
            yield rooms
    finally:
        await runner.cleanup()


@pytest.mark.promise(
    "Rooms", "A room whose LiveKit node has died can be ended: another one takes it first."
)
@pytest.mark.parametrize("hangs", [False, True])
async def test_a_room_of_a_dead_node_can_be_deleted(hangs: bool) -> None:
    nodes = Nodes(hangs=hangs)
    async with opened(nodes) as rooms:
        await rooms.delete(_PLAN.room_name)
        await rooms.delete(_PLAN.room_name)
    assert not nodes.is_listed


async def test_a_room_that_no_node_takes_is_not_taken_for_deleted() -> None:
    async with opened(Nodes(takes_rooms=False)) as rooms:
        with pytest.raises(RoomError) as caught:
            await rooms.delete(_PLAN.room_name)
        assert caught.value.code == "livekit_unreachable"


@pytest.mark.promise("Rooms", "No request about a room that is gone brings it back as a call.")
async def test_a_room_that_a_slow_livekit_has_deleted_is_not_made_anew() -> None:
    livekit = SlowLiveKit(acts_at="DeleteRoom")
    async with opened(livekit) as rooms:
        await rooms.delete(_PLAN.room_name)
    assert (livekit.room, livekit.made) == (None, [])


@pytest.mark.promise("Rooms", "No request about a room that is gone brings it back as a call.")
async def test_a_room_that_comes_back_while_it_is_deleted_says_that_it_is_over() -> None:
    livekit = SlowLiveKit(acts_at="CreateRoom")
    async with opened(livekit) as rooms:
        with pytest.raises(RoomError):
            await rooms.delete(_PLAN.room_name)
        (room,) = await rooms.list_live()
        assert room.end_reason is not None
    (made,) = livekit.made
    assert 0 < made.empty_timeout <= 5 and 0 < made.departure_timeout <= 5


@pytest.mark.promise("Lost bots", "A bot that one runner has found to be gone is so for all.")
async def test_what_one_runner_has_found_out_the_next_one_reads() -> None:
    nodes = Nodes()
    nodes.metadata = RoomMetadata(session_id=_PLAN.session_id, instead_of="PA_dead").to_json()
    async with opened(nodes) as rooms:
        assert (await rooms.look_at(_PLAN.room_name)).state is BotState.READY
        assert await rooms.find(_PLAN.room_name) is not None
        assert (await rooms.look_at(_PLAN.room_name)).state is BotState.ABSENT
        await rooms.redispatch(_PLAN)
        assert (
            JobPlan.from_job(nodes.told, room_name=_PLAN.room_name, room_sid="RM_1").instead_of
            == "PA_dead"
        )


@pytest.mark.promise("Lost bots", "A worker and a LiveKit node that die at once lose no call.")
async def test_a_bot_of_a_dead_worker_at_a_dead_node_counts_no_more() -> None:
    nodes = Nodes()
    async with opened(nodes) as rooms:
        assert await rooms.remove_bots(_PLAN.room_name, worker="mine")
        seen = await rooms.look_at(_PLAN.room_name)
        assert (seen.state, seen.ghost) == (BotState.ABSENT, "PA_dead")
        await rooms.redispatch(_PLAN)
        plan = JobPlan.from_job(nodes.told, room_name=_PLAN.room_name, room_sid="RM_1")
        assert plan.instead_of == "PA_dead"
        nodes.bot_sid = "PA_next"
        seen = await rooms.look_at(_PLAN.room_name)
        assert (seen.state, seen.ghost) == (BotState.READY, "")
        await rooms.redispatch(_PLAN)
        assert "instead_of" not in nodes.told


@pytest.mark.parametrize(
    ("answer", "is_there"),
    [
        (None, True),
        ((503, "unavailable"), False),
        ((404, "not_found"), False),
        # Whoever may not ask knows nothing, and ends no call for it.
        ((403, "permission_denied"), True),
    ],
)
async def test_whether_a_bot_is_there_is_its_nodes_to_say(
    answer: tuple[int, str] | None, *, is_there: bool
) -> None:
    nodes = Nodes()
    nodes.asked_after = answer
    async with opened(nodes) as rooms:
        seen = await rooms.look_at(_PLAN.room_name)
        assert await rooms.is_there(_PLAN.room_name, seen) is is_there


@pytest.mark.promise("Rooms", "What ~/.netrc says is neither sent to LiveKit nor fatal.")
async def test_a_password_for_every_host_is_not_livekit_s(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password not-for-livekit\n")
    monkeypatch.setenv("NETRC", str(netrc))
    nodes = Nodes()
    async with opened(nodes) as rooms:
        await rooms.delete(_PLAN.room_name)
    assert not nodes.is_listed
    assert {auth.partition(" ")[0] for auth in nodes.signed_by} == {"Bearer"}
