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
from livekit.protocol.room import DeleteRoomResponse, ListParticipantsResponse
from pydantic import SecretStr

from bot.errors import RoomError
from bot.rooms.plan import JobPlan, RoomPlan, new_session_id
from bot.rooms.rooms import BotState, Rooms

_PLAN = RoomPlan(agent_name="parley", session_id=new_session_id())


class Nodes:
    """What is left of a LiveKit: it does nothing in rooms of a dead node."""

    def __init__(self, *, takes_rooms: bool = True, hangs: bool = False) -> None:
        self.is_listed = True
        self.bot_sid = "PA_dead"
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
        room = Room(name=_PLAN.room_name, metadata=_PLAN.metadata)
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
            attributes={"lk.agent.state": "listening", "parley.worker": "mine"},
        )


def _protobuf(message: object) -> web.Response:
    body = message.SerializeToString()  # pyright: ignore[reportAttributeAccessIssue]
    return web.Response(body=body, content_type="application/protobuf")


@asynccontextmanager
async def opened(nodes: Nodes) -> AsyncGenerator[Rooms]:
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


@pytest.mark.promise("Lost bots", "A worker and a LiveKit node that die at once lose no call.")
async def test_a_bot_of_a_dead_worker_at_a_dead_node_counts_no_more() -> None:
    nodes = Nodes()
    async with opened(nodes) as rooms:
        assert await rooms.remove_bots(_PLAN.room_name, worker="mine")
        seen = await rooms.look_at(_PLAN.room_name)
        assert (seen.state, seen.is_haunted) == (BotState.ABSENT, True)
        await rooms.redispatch(_PLAN)
        plan = JobPlan.from_job(nodes.told, room_name=_PLAN.room_name)
        assert plan.instead_of == "PA_dead"
        nodes.bot_sid = "PA_next"
        seen = await rooms.look_at(_PLAN.room_name)
        assert (seen.state, seen.is_haunted) == (BotState.READY, False)
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
