"""Rooms by themselves, without a webhook: ends, their reasons, limits and old tokens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.utils import formatdate

import pytest
from livekit import rtc
from livekit.api import LiveKitAPI

from bot.errors import RoomError
from bot.http.backend import Backend, open_backend
from bot.http.health import PartsHealth
from bot.livekit.access import LiveKitAccess
from bot.livekit.server import LiveKitServer
from bot.rooms.own_session import SessionState
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.rooms.rooms import BotState, Rooms
from bot.rooms.tokens import Caller
from bot.settings import Settings
from bot.worker.bot_job import BotJob
from bot.worker.bot_rooms import BotRooms
from tests.bot.http.api_client import Api, open_api
from tests.fake_bot import FakeBots
from tests.virtual_time import run_in_virtual_time
from tests.waiting import until


def a_plan() -> RoomPlan:
    return RoomPlan(agent_name="parley", session_id=new_session_id())


def reason_of(api: Api, plan: RoomPlan) -> str | None:
    record = api.backend.records.find(plan.session_id)
    return record.end_reason if record else None


async def test_reason_a_bot_left_is_known_at_the_next_look() -> None:
    async with open_api() as api:
        plan = a_plan()
        api.rooms.ends[plan.session_id] = "goodbye"
        await api.backend.sweep.sweep()
        assert reason_of(api, plan) == "goodbye"


async def test_session_whose_room_is_gone_without_a_word_has_ended() -> None:
    async with open_api() as api:
        plan = a_plan()
        await api.rooms.create(plan)
        await api.backend.sweep.sweep()
        assert reason_of(api, plan) is None
        api.rooms.live.clear()
        await api.backend.sweep.sweep()
        await api.backend.sweep.sweep()
        assert reason_of(api, plan) == "ended"
        api.rooms.ends[plan.session_id] = "time_limit"
        await api.backend.sweep.sweep()
        assert reason_of(api, plan) == "time_limit"


@pytest.mark.promise("Rooms", "One list of LiveKit's that misses a room ends no session.")
async def test_one_list_that_misses_a_room_ends_no_session() -> None:
    async with open_api() as api:
        plan = a_plan()
        await api.rooms.create(plan)
        await api.backend.sweep.sweep()
        for _ in range(2):
            held = dict(api.rooms.live)
            api.rooms.live.clear()
            await api.backend.sweep.sweep()
            api.rooms.live |= held
            await api.backend.sweep.sweep()
            await api.backend.sweep.sweep()
        assert reason_of(api, plan) is None
        assert list(api.rooms.live) == [plan.room_name]


@pytest.mark.promise("Rooms", "A room whose session has ended is deleted and gets no other bot.")
@pytest.mark.parametrize("how", ["noted", "in its metadata", "said by its bot", "gone before"])
async def test_room_that_stands_after_its_session_gets_no_bot_and_is_deleted(how: str) -> None:
    """Its bot could not delete it, or an old token has brought it back."""
    async with open_api() as api:
        plan = a_plan()
        await api.rooms.create(plan)
        room = api.rooms.live[plan.room_name]
        room.bot = BotState.ABSENT
        if how == "noted":
            api.rooms.ends[plan.session_id] = "goodbye"
        elif how == "in its metadata":
            room.metadata = RoomMetadata(session_id=plan.session_id, end_reason="goodbye")
        elif how == "said by its bot":
            room.bot, room.said_end = BotState.READY, "goodbye"
            await api.backend.sweep.sweep()
            room.bot, room.said_end = BotState.ABSENT, None
        else:
            await api.backend.sweep.sweep()
            api.rooms.live.clear()
            await api.backend.sweep.sweep()
            await api.backend.sweep.sweep()
            api.rooms.live[plan.room_name] = room
        await api.backend.sweep.sweep()
        assert api.rooms.live == {}
        assert room.dispatches == 1


async def test_one_room_that_cannot_be_deleted_holds_up_no_other() -> None:
    async with open_api() as api:
        plans = [a_plan() for _ in range(4)]
        for plan in plans:
            await api.rooms.create(plan)
            api.rooms.ends[plan.session_id] = "goodbye"
        fails = iter([True, False, False, False])

        async def fail_once(call: str) -> None:
            if call == "delete" and next(fails):
                raise RoomError("livekit_unreachable", "The LiveKit server is silent.")

        api.rooms.on_request = fail_once
        await api.backend.sweep.sweep()
        assert len(api.rooms.live) == 1


@pytest.mark.promise("Limits", "Rooms of tokens beyond MAX_SESSIONS are ended, and no others.")
@pytest.mark.parametrize("is_parked", [True, False])
async def test_rooms_of_tokens_beyond_the_limit_are_ended_and_those_of_starts_never(
    is_parked: bool,
) -> None:
    async with open_api(max_sessions=2, parked_bots=1) as api:
        for _ in range(2 * is_parked):
            await api.backend.parking.tend()
        by_token = [a_plan() for _ in range(10)]
        await api.rooms.create(by_token[0])
        started = await api.backend.sessions.start(caller=Caller())
        for plan in by_token[1:]:
            await api.rooms.create(plan)
        # LiveKit dates by seconds: those of the same one are in any order.
        api.rooms.live[started.plan.room_name].created_at = 1e10
        await api.backend.sweep.sweep()
        left = {name for name, room in api.rooms.live.items() if not room.metadata.is_parked}
        assert left == {by_token[0].room_name, started.plan.room_name}
        assert reason_of(api, by_token[5]) == "error"


async def test_rooms_are_left_alone_while_they_say_goodbye() -> None:
    async with open_api() as api:
        started = await api.backend.sessions.start(caller=Caller())
        api.backend.records.note_ended(started.plan.session_id, "drained")
        api.backend.sweep.close()
        await api.backend.sweep.sweep()
        assert list(api.rooms.live) == [started.plan.room_name]


async def test_parked_room_that_could_not_be_deleted_is_found_again() -> None:
    async with open_api(parked_bots=1) as api:
        await api.backend.parking.tend()

        async def fail(call: str) -> None:
            if call == "delete":
                raise RoomError("livekit_unreachable", "The LiveKit server is silent.")

        api.rooms.on_request = fail
        await api.backend.parking.close()
        assert api.rooms.live
        api.rooms.on_request = _nothing
        await api.backend.sweep.sweep()
        assert api.rooms.live == {}


@pytest.mark.promise("Rooms", "Without a webhook, all that happens to rooms is known within 5 s.")
def test_running_backend_looks_every_five_seconds() -> None:
    async def story() -> None:
        async with open_api() as api:
            api.backend.start()
            for _ in range(3):
                await asyncio.sleep(7.7)
                left, ended = a_plan(), a_plan()
                for plan in (left, ended):
                    await api.rooms.create(plan)
                api.rooms.live[left.room_name].bot = BotState.ABSENT
                api.rooms.ends[ended.session_id] = "goodbye"
                await asyncio.sleep(5.1)
                assert reason_of(api, ended) == "goodbye"
                assert ended.room_name not in api.rooms.live
                assert api.backend.watch.is_watching(left.session_id)
                api.rooms.live[left.room_name].bot = BotState.READY

    run_in_virtual_time(story())


@pytest.mark.promise("Rooms", "A parked room is no call: it is not counted, and gets one bot.")
def test_parked_room_whose_bot_is_on_its_way_gets_no_second_one() -> None:
    async def story() -> None:
        async with open_api(parked_bots=1) as api:
            api.rooms.bot_of_new_rooms = BotState.ABSENT
            await api.backend.parking.tend()
            await api.backend.sweep.sweep()
            await asyncio.sleep(10.0)
            assert api.rooms.live
            assert {room.dispatches for room in api.rooms.live.values()} == {1}

    run_in_virtual_time(story())


@pytest.mark.promise("Rooms", "Without a webhook, all that happens to rooms is known within 5 s.")
@pytest.mark.parametrize(("age_secs", "is_lost"), [(60.0, True), (5.0, False)])
@pytest.mark.parametrize("ahead_secs", [-600, 0, 600])
async def test_a_bot_that_was_lost_before_the_runner_came_is_replaced_at_once(
    age_secs: float, is_lost: bool, ahead_secs: int
) -> None:
    async with open_api() as api:
        # LiveKit may have another clock.
        api.rooms.clock.hear(formatdate(time.time() + ahead_secs, usegmt=True))
        plan = a_plan()
        await api.rooms.create(plan)
        room = api.rooms.live[plan.room_name]
        room.created_at = api.rooms.clock.now_secs() - age_secs
        room.has_caller, room.bot = True, BotState.ABSENT
        room.metadata = replace(room.metadata, is_admitted=True)
        await api.backend.sweep.sweep()
        await asyncio.sleep(0.2)
        assert (room.dispatches, room.metadata.is_recovering) == (1 + is_lost, is_lost)


@pytest.mark.promise("Rooms", "Without a webhook, all that happens to rooms is known within 5 s.")
async def test_one_room_that_cannot_be_looked_at_holds_up_no_other() -> None:
    async with open_api() as api:
        plans = [a_plan() for _ in range(3)]
        for plan in plans:
            await api.rooms.create(plan)
            api.rooms.live[plan.room_name].bot = BotState.ABSENT
        fails = iter([True])

        async def fail_once(call: str) -> None:
            if call == "look_at" and next(fails, False):
                raise RoomError("livekit_unreachable", "The LiveKit server is silent.")

        api.rooms.on_request = fail_once
        await api.backend.sweep.sweep()
        watched = [api.backend.watch.is_watching(plan.session_id) for plan in plans]
        assert sum(watched) == 2


async def _nothing(_: str) -> None:
    pass


@asynccontextmanager
async def a_runner(livekit: LiveKitServer, settings: Settings) -> AsyncGenerator[Backend]:
    """A runner that nobody sends a webhook."""

    async def look_at_parts() -> PartsHealth:
        return PartsHealth()

    access = LiveKitAccess(url=livekit.url, api_key=livekit.api_key, api_secret=livekit.api_secret)
    async with open_backend(
        settings=settings, livekit=access, join_link=None, look_at_parts=look_at_parts
    ) as backend:
        backend.start()
        yield backend


@pytest.fixture
def own_settings(agent_name: str) -> Settings:
    return Settings.model_validate({"agent_name": agent_name, "max_sessions": 2, "parked_bots": 0})


@asynccontextmanager
async def joined(livekit: LiveKitServer, token: str) -> AsyncGenerator[rtc.Room]:
    room = rtc.Room()
    await room.connect(livekit.url, token)
    try:
        yield room
    finally:
        await room.disconnect()


async def bot_ends(livekit: LiveKitServer, plan: RoomPlan, *, reason: str) -> None:
    """End a session as its bot's worker does, which is on another machine perhaps."""
    key, secret = livekit.api_key, livekit.api_secret.get_secret_value()
    async with LiveKitAPI(livekit.url, key, secret) as api:
        rooms = BotRooms(api=api, api_key=key, api_secret=secret)
        job = BotJob(job_id="AJ_job", room_name=plan.room_name, session_id=plan.session_id)
        await rooms.end(job, reason=reason, usage="")


@pytest.mark.promise("Rooms", "A runner that ends takes its parked rooms along.")
async def test_real_parked_rooms_are_gone_with_their_runner(
    livekit_server: LiveKitServer, own_settings: Settings, rooms: Rooms
) -> None:
    settings = own_settings.model_copy(update={"parked_bots": 2})

    async def are_parked() -> bool:
        return [room.is_parked for room in await rooms.list_live()] == [True, True]

    async with a_runner(livekit_server, settings):
        await until(are_parked)
    assert await rooms.list_live() == []


async def test_real_end_is_known_with_its_reason_and_an_old_token_opens_nothing(
    livekit_server: LiveKitServer, own_settings: Settings, bots: FakeBots
) -> None:
    async with a_runner(livekit_server, own_settings) as backend:
        prepared = await backend.sessions.prepare(caller=Caller())
        plan, token = prepared.plan, prepared.token.jwt
        async with joined(livekit_server, token):
            await until(lambda: _has_a_bot(backend, plan))
            await bot_ends(livekit_server, plan, reason="goodbye")
        state = await backend.own_session.state(plan.session_id, authorization=f"Bearer {token}")
        assert state == (SessionState.ENDED, "goodbye")
        async with joined(livekit_server, token) as again:
            reason: asyncio.Future[rtc.DisconnectReason.ValueType] = asyncio.Future()
            again.on("disconnected", reason.set_result)
            async with asyncio.timeout(8.0):
                assert await reason == rtc.DisconnectReason.ROOM_DELETED

        async def is_gone() -> bool:
            return await backend.rooms.find(plan.room_name) is None

        await until(is_gone)
    # A runner that was started since knows it too.
    async with a_runner(livekit_server, own_settings) as later:
        state = await later.own_session.state(plan.session_id, authorization=f"Bearer {token}")
        assert state == (SessionState.ENDED, "goodbye")


async def test_real_tokens_beyond_the_limit_live_for_one_sweep(
    livekit_server: LiveKitServer, own_settings: Settings, bots: FakeBots
) -> None:
    async with a_runner(livekit_server, own_settings) as backend:
        tokens = [(await backend.sessions.prepare(caller=Caller())).token.jwt for _ in range(5)]
        rooms = [rtc.Room() for _ in tokens]
        for room, token in zip(rooms, tokens, strict=True):
            await room.connect(livekit_server.url, token)

        async def are_two_left() -> bool:
            return len(await backend.rooms.list_live()) == 2

        await until(are_two_left)
        for room in rooms:
            await room.disconnect()


async def _has_a_bot(backend: Backend, plan: RoomPlan) -> bool:
    return await backend.rooms.bot_state(plan.room_name) is BotState.READY
