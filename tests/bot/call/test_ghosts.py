"""Who is taken out of a room by a worker whose bot is gone, on the real server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from livekit import rtc
from livekit.api import AccessToken, VideoGrants

from bot.call.ghosts import open_ghosts
from bot.call.worker_line import BotHello
from bot.livekit.server import LiveKitServer
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.rooms import BotState, Rooms
from bot.settings import Settings


@pytest.fixture
def plan(agent_name: str) -> RoomPlan:
    return RoomPlan(agent_name=agent_name, session_id=new_session_id())


@asynccontextmanager
async def a_bot(
    livekit: LiveKitServer, plan: RoomPlan, **attributes: str
) -> AsyncGenerator[rtc.Room]:
    """A bot that LiveKit still shows."""
    token = (
        AccessToken(livekit.api_key, livekit.api_secret.get_secret_value())
        .with_identity(f"bot-{plan.session_id}")
        .with_kind("agent")
        .with_attributes({"lk.agent.state": "listening", **attributes})
        .with_grants(VideoGrants(room_join=True, room=plan.room_name))
        .to_jwt()
    )
    room = rtc.Room()
    await room.connect(livekit.url, token)
    try:
        yield room
    finally:
        await room.disconnect()


async def remove(livekit: LiveKitServer, plan: RoomPlan, *, job_id: str) -> None:
    settings = Settings.model_validate(
        {
            "livekit_url": livekit.url,
            "livekit_api_key": livekit.api_key,
            "livekit_api_secret": livekit.api_secret.get_secret_value(),
        }
    )
    bot = BotHello(
        session_id=plan.session_id, room_name=plan.room_name, job_id=job_id, pid=2**22 + 1
    )
    async with open_ghosts(settings) as ghosts:
        await ghosts.remove(bot)


@pytest.mark.promise("Lost bots", "A bot that dies or hangs is out of its room within two seconds.")
@pytest.mark.parametrize(
    ("job_id", "state"), [("AJ_dead", BotState.ABSENT), ("AJ_other", BotState.READY)]
)
async def test_a_dead_bot_is_taken_out_and_the_next_one_stays(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan, job_id: str, state: BotState
) -> None:
    await rooms.create(plan)
    async with a_bot(livekit_server, plan, **{"parley.job": "AJ_dead"}):
        await remove(livekit_server, plan, job_id=job_id)
        assert await rooms.bot_state(plan.room_name) is state


@pytest.mark.promise("Lost bots", "A call whose bot dies while it ends has ended as it said.")
async def test_what_a_dead_bot_was_ending_is_ended(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan
) -> None:
    await rooms.create(plan)
    ending = {"parley.job": "AJ_dead", "parley.end_reason": "goodbye"}
    async with a_bot(livekit_server, plan, **ending):
        await remove(livekit_server, plan, job_id="AJ_dead")
        assert await rooms.find(plan.room_name) is None


async def test_a_room_that_is_gone_has_nobody_to_take_out(
    livekit_server: LiveKitServer, plan: RoomPlan
) -> None:
    await remove(livekit_server, plan, job_id="AJ_dead")


@pytest.mark.promise("Lost bots", "A worker that dies leaves no bot in a room.")
@pytest.mark.parametrize(("mark", "is_there"), [("mine", False), ("another's", True)])
async def test_a_dead_worker_s_bots_are_taken_out_and_no_others(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan, mark: str, is_there: bool
) -> None:
    await rooms.create(plan)
    async with a_bot(livekit_server, plan, **{"parley.worker": mark}):
        assert await rooms.remove_bots(plan.room_name, worker="mine") is not is_there
        assert (await rooms.bot_state(plan.room_name) is BotState.READY) is is_there
