"""Two jobs of one room, sent for as by a runner cut off from its store: one bot stays."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import cast

import pytest
from livekit import rtc
from livekit.agents import JobContext
from livekit.api import AccessToken, VideoGrants
from typing_extensions import override

from bot.errors import SessionError
from bot.livekit.server import LiveKitServer
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.rooms import Rooms
from bot.worker.bot_job import BotJob
from bot.worker.bot_rooms import BotRooms
from bot.worker.job_room import JobRoom
from bot.worker.worker_line import Errand, WorkerLine
from tests.bot.worker.test_bot_rooms import rooms_of_bots
from tests.waiting import until


class Worker(WorkerLine):
    """Looks into the room for its bot."""

    def __init__(self, rooms: BotRooms, job: BotJob) -> None:
        super().__init__()
        self._rooms, self._job = rooms, job

    @override
    async def ask(self, errand: Errand, *, limit_secs: float = 5.0, **details: str) -> str:
        return await self._rooms.run(errand, details, self._job)


def a_bot(livekit: LiveKitServer, plan: RoomPlan, rooms: BotRooms, job_id: str) -> JobRoom:
    job = BotJob(job_id=job_id, room_name=plan.room_name, session_id=plan.session_id)
    token = (
        AccessToken(livekit.api_key, livekit.api_secret.get_secret_value())
        .with_identity(job.identity)
        .with_kind("agent")
        .with_attributes({"lk.agent.state": "listening", "parley.job": job_id})
        .with_grants(VideoGrants(room_join=True, room=plan.room_name))
        .to_jwt()
    )
    room = rtc.Room()

    async def connect(**_: object) -> None:
        await room.connect(livekit.url, token)

    context = SimpleNamespace(room=room, job=SimpleNamespace(id=job_id), connect=connect)
    return JobRoom(
        context=cast("JobContext", context),
        worker=Worker(rooms, job),
        plan=JobPlan(session_id=plan.session_id),
    )


@pytest.mark.promise("Lost bots", "However many bots are sent for, one has the call.")
@pytest.mark.parametrize("apart_secs", [0.0, 0.02, 0.5])
async def test_of_two_bots_for_one_room_one_stays_and_the_other_ends_nothing(
    livekit_server: LiveKitServer, rooms: Rooms, agent_name: str, apart_secs: float
) -> None:
    plan = RoomPlan(agent_name=agent_name, session_id=new_session_id())
    await rooms.create(plan)
    async with rooms_of_bots(livekit_server) as of_bots:
        both = [a_bot(livekit_server, plan, of_bots, f"AJ_{number}") for number in range(2)]

        async def join(bot: JobRoom, after_secs: float) -> None:
            await asyncio.sleep(after_secs)
            with suppress(SessionError):
                await bot.connect()

        async def is_settled() -> bool:
            return sorted(bot.is_replaced for bot in both) == [False, True]

        try:
            await asyncio.gather(join(both[0], 0.0), join(both[1], apart_secs))
            await until(is_settled)
            stays, leaves = sorted(both, key=lambda bot: bot.is_replaced)
            await leaves.delete(reason="error")
            assert stays.room.isconnected() and not leaves.room.isconnected()
            seen = await rooms.look_at(plan.room_name)
            assert seen.sid == stays.room.local_participant.sid
        finally:
            for bot in both:
                await bot.room.disconnect()
