"""Who may delete a job's room, on the real server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import cast

import pytest
from livekit import rtc
from livekit.agents import JobContext
from livekit.api import AccessToken, LiveKitAPI, VideoGrants

from bot.job_room import JobRoom
from bot.livekit_server import LiveKitServer
from bot.room_plan import JobPlan, RoomPlan, new_session_id
from bot.rooms import Rooms
from tests.waiting import until


@pytest.fixture
def plan(agent_name: str) -> RoomPlan:
    return RoomPlan(agent_name=agent_name, session_id=new_session_id())


@asynccontextmanager
async def joined(livekit: LiveKitServer, plan: RoomPlan) -> AsyncGenerator[JobRoom]:
    """A bot in the room, with as much of a job around it as it needs."""
    secret = livekit.api_secret.get_secret_value()
    token = (
        AccessToken(livekit.api_key, secret)
        .with_identity(f"bot-{plan.session_id}")
        .with_kind("agent")
        .with_grants(VideoGrants(room_join=True, room=plan.room_name))
        .to_jwt()
    )
    room = rtc.Room()
    async with LiveKitAPI(livekit.url, livekit.api_key, secret) as api:
        job = SimpleNamespace(room=SimpleNamespace(name=plan.room_name))
        context = SimpleNamespace(room=room, api=api, job=job)
        job_room = JobRoom(
            context=cast("JobContext", context), plan=JobPlan(session_id=plan.session_id)
        )
        await room.connect(livekit.url, token)
        try:
            yield job_room
        finally:
            await room.disconnect()


async def test_bot_deletes_its_room_at_the_end(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan
) -> None:
    await rooms.create(plan)
    async with joined(livekit_server, plan) as bot:
        await bot.delete(reason="goodbye")
        assert await rooms.find(plan.room_name) is None


async def test_bot_that_was_replaced_leaves_the_room_to_the_other(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan
) -> None:
    await rooms.create(plan)
    async with joined(livekit_server, plan) as late:

        async def is_out() -> bool:
            return not late.room.isconnected()

        async with joined(livekit_server, plan):
            await until(is_out)
            await late.delete(reason="error")
            assert await rooms.find(plan.room_name) is not None
