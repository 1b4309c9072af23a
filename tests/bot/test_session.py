"""Whole sessions in this process: real LiveKit server, real local providers, a real caller."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from livekit import rtc
from livekit.protocol.room import CreateRoomRequest

from bench import voice
from bench.caller import Caller
from bot.livekit_server import LiveKitServer
from bot.room_plan import JobPlan, RoomMetadata, RoomPlan, new_session_id
from bot.rooms import Rooms
from bot.session import RELOAD_GRACE_SECS, EndReason, Session
from bot.settings import Settings
from bot.tokens import Caller as CallerDetails
from bot.tokens import Tokens
from tests.bot.session_room import TestRoom
from tests.local_providers import LocalProviders

_END_LIMIT_SECS = 40.0


@dataclass
class Call:
    """One session under test and what a caller needs to join it."""

    task: asyncio.Task[EndReason]
    room: TestRoom
    rooms: Rooms
    plan: RoomPlan
    server_url: str
    token: str

    def join(self) -> AbstractAsyncContextManager[Caller]:
        return Caller.join(self.server_url, self.token)

    async def reason(self) -> EndReason:
        return await asyncio.wait_for(asyncio.shield(self.task), _END_LIMIT_SECS)


OpenCall = Callable[..., AbstractAsyncContextManager[Call]]


@pytest.fixture
async def rooms(livekit_server: LiveKitServer) -> AsyncIterator[Rooms]:
    async with Rooms(
        url=livekit_server.url,
        api_key=livekit_server.api_key,
        api_secret=livekit_server.api_secret,
        agent_name="nobody",
    ) as opened:
        yield opened


@pytest.fixture
def open_call(
    livekit_server: LiveKitServer, local_providers: LocalProviders, rooms: Rooms
) -> OpenCall:
    @asynccontextmanager
    async def open_it(**changes: object) -> AsyncGenerator[Call]:
        settings = Settings(_env_file=None).model_copy(  # pyright: ignore[reportCallIssue]
            update={
                "deepgram_base_url": local_providers.deepgram_url,
                "openai_base_url": local_providers.openai_url,
                "idle_nudge_secs": 60.0,
                **changes,
            }
        )
        plan = RoomPlan(agent_name="nobody", session_id=new_session_id())
        await rooms._api.room.create_room(  # pyright: ignore[reportPrivateUsage]
            CreateRoomRequest(name=plan.room_name, empty_timeout=60, departure_timeout=30)
        )
        room = TestRoom(server=livekit_server, rooms=rooms, plan=plan)
        job = JobPlan(session_id=plan.session_id, caller_identity=plan.caller_identity)
        session = Session(settings=settings, plan=job, session_room=room)
        task = asyncio.create_task(session.run())
        tokens = Tokens(
            api_key=livekit_server.api_key,
            api_secret=livekit_server.api_secret,
            session_max_secs=600,
        )
        token = tokens.for_caller(plan, caller=CallerDetails()).jwt
        try:
            yield Call(task, room, rooms, plan, livekit_server.url, token)
        finally:
            task.cancel()
            await asyncio.wait({task})

    return open_it


async def greeted(caller: Caller) -> None:
    await caller.wait_for_bot()
    await caller.wait_for_onset(0.0)
    await caller.wait_for_silence()


async def ask(caller: Caller, text: str) -> None:
    spoken = await caller.say(voice.spoken(text))
    await caller.wait_for_onset(spoken.u1_secs)
    await caller.wait_for_silence()


def said(caller: Caller) -> str:
    return " ".join(caption.text for caption in caller.bot_captions).lower()


async def test_a_question_is_answered_aloud_and_in_captions(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        await ask(caller, "What time is it in Tokyo?")
        assert "tokyo" in said(caller)
        assert "tokyo" in " ".join(c.text for c in caller.own_captions).lower()


async def test_an_interruption_ends_the_reply_and_its_caption(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        await caller.say(voice.spoken("Please tell me a long story."))
        begun = await caller.wait_for_onset(time.monotonic())
        await caller.wait_until(lambda: time.monotonic() > begun + 2.0, 5.0)
        stop = await caller.say(voice.spoken("Stop, please."))
        await caller.wait_for_silence(0.3, since_secs=stop.u1_secs + 0.01, timeout_secs=3.0)
        story = caller.bot_captions[1].text
        assert story.startswith("Once upon a time") and not story.rstrip().endswith("end.")


async def test_a_goodbye_ends_the_call_after_the_bot_has_said_it_too(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        await caller.say(voice.spoken("Thank you, goodbye."))
        assert await call.reason() is EndReason.GOODBYE
        assert "goodbye" in said(caller)
        assert call.room.reason == "goodbye"
        assert await call.rooms.find(call.plan.room_name) is None
        await caller.wait_until(lambda: caller.disconnect_reason is not None, 5.0)
        assert caller.disconnect_reason == "ROOM_DELETED"


async def test_a_caller_who_leaves_ends_the_session_within_the_grace(open_call: OpenCall) -> None:
    async with open_call() as call:
        async with call.join() as caller:
            await caller.wait_for_bot()
        left_secs = time.monotonic()
        assert await call.reason() is EndReason.CALLER_LEFT
        assert time.monotonic() - left_secs < RELOAD_GRACE_SECS + 5.0


async def test_a_caller_who_comes_back_within_the_grace_goes_on(open_call: OpenCall) -> None:
    async with open_call() as call:
        async with call.join() as caller:
            await greeted(caller)
        async with call.join() as caller:
            await caller.wait_for_bot()
            await ask(caller, "What time is it in Tokyo?")
            assert "tokyo" in said(caller)
            assert not call.task.done()


async def test_silence_is_asked_about_once_and_then_ends_the_call(open_call: OpenCall) -> None:
    async with open_call(idle_nudge_secs=1.5) as call, call.join() as caller:
        await greeted(caller)
        assert await call.reason() is EndReason.IDLE
        assert "still there" in said(caller) and "goodbye" in said(caller)


async def test_the_time_limit_is_announced_and_kept(open_call: OpenCall) -> None:
    async with open_call(session_max_secs=16.0) as call, call.join() as caller:
        assert await call.reason() is EndReason.TIME_LIMIT
        assert "nearly up" in said(caller) and "our time is up" in said(caller)


async def test_a_room_that_is_taken_away_ends_the_session(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await caller.wait_for_bot()
        await call.rooms.delete(call.plan.room_name)
        assert await call.reason() is EndReason.CALLER_LEFT


async def test_a_recogniser_that_refuses_the_key_ends_the_session_with_a_reason(
    open_call: OpenCall,
) -> None:
    async with open_call(deepgram_base_url="ws://127.0.0.1:9") as call, call.join():
        assert await call.reason() is EndReason.PROVIDER_FAILED
        assert call.room.reason == "provider_failed"


async def test_a_drain_is_said_before_it_ends_the_call(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        drained = RoomMetadata(session_id=call.plan.session_id, end_reason="drained")
        await call.rooms.set_metadata(call.plan.room_name, drained)
        assert await call.reason() is EndReason.DRAINED
        assert "have to go" in said(caller)


@pytest.mark.parametrize("enable_rtvi", [False, True])
async def test_pipecats_own_protocol_is_on_the_wire_only_on_request(
    open_call: OpenCall, enable_rtvi: bool
) -> None:
    async with open_call(enable_rtvi=enable_rtvi) as call, call.join() as caller:
        labels: set[str] = set()

        def note(packet: rtc.DataPacket) -> None:
            if packet.topic in (None, ""):
                labels.add(json.loads(packet.data)["label"])

        caller.room.on("data_received", note)
        await greeted(caller)
        await ask(caller, "What time is it in Tokyo?")
        assert labels == ({"rtvi-ai"} if enable_rtvi else set())
