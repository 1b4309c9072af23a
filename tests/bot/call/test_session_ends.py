"""Whole sessions in this process, each through one of the ways in which a call ends."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from livekit import rtc

from bench import voice
from bot.call.course import EndReason
from bot.rooms.plan import RoomMetadata
from bot.spent import Spent
from tests.bot.call.session_call import OpenCall, ask, greeted, said
from tests.waiting import until


@pytest.mark.promise(
    "Ending a call", "Every call that ends tells its caller why, and then its room is deleted."
)
async def test_a_goodbye_ends_the_call_after_the_bot_has_said_it_too(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        await caller.say(voice.spoken("Thank you, goodbye."))
        assert await call.told(caller) is EndReason.GOODBYE
        assert "goodbye" in said(caller)


@pytest.mark.promise("Ending a call", "The room of a caller who left is deleted.")
async def test_a_caller_who_leaves_ends_the_session_within_the_grace(open_call: OpenCall) -> None:
    async with open_call(resume_secs=2.0) as call:
        async with call.join() as caller:
            await caller.wait_for_bot()
        left_secs = time.monotonic()
        assert await call.reason() is EndReason.CALLER_LEFT
        assert time.monotonic() - left_secs < 8.0


async def test_a_caller_who_comes_back_within_the_grace_goes_on(open_call: OpenCall) -> None:
    async with open_call() as call:
        async with call.join() as caller:
            await greeted(caller)
        async with call.join() as caller:
            await caller.wait_for_bot()
            await ask(caller, "What time is it in Tokyo?")
            assert "tokyo" in said(caller)
            assert not call.task.done()


@pytest.mark.promise("Ending a call", "What is spoken and what is typed end a silence alike.")
async def test_silence_is_asked_about_each_time_and_ends_the_call_only_unanswered(
    open_call: OpenCall,
) -> None:
    async def hold(*, is_typed: bool) -> None:
        async with open_call(idle_nudge_secs=2.5) as call, call.join() as caller:
            await greeted(caller)
            asked_secs = await caller.wait_for_onset(time.monotonic())
            await caller.wait_for_silence(0.3, since_secs=asked_secs)
            if is_typed:
                await caller.type_text("What time is it in Tokyo?")
            else:
                await caller.say(voice.spoken("What time is it in Tokyo?"))
            assert await call.told(caller) is EndReason.IDLE
            words = re.findall("still there|tokyo|goodbye", said(caller))
            assert words == ["still there", "tokyo", "still there", "goodbye"]

    async with asyncio.TaskGroup() as calls:
        for is_typed in (True, False):
            calls.create_task(hold(is_typed=is_typed))


@pytest.mark.promise(
    "Ending a call",
    "A call may last as long as is set, from the first join; 15 s before, the bot says so.",
)
async def test_the_time_limit_is_announced_and_kept(open_call: OpenCall) -> None:
    async with open_call(session_max_secs=16.0) as call, call.join() as caller:
        joined_secs = time.monotonic()
        assert await call.told(caller) is EndReason.TIME_LIMIT
        assert time.monotonic() - joined_secs > 15.0
        assert "nearly up" in said(caller) and "our time is up" in said(caller)


@pytest.mark.promise("Ending a call", "A room that is taken away ends its session.")
async def test_a_room_that_is_taken_away_ends_the_session(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await caller.wait_for_bot()
        await call.rooms.delete(call.plan.room_name)
        assert await call.reason() is EndReason.CALLER_LEFT


@pytest.mark.promise("Ending a call", "A room that is taken away ends its session.")
async def test_a_room_that_is_taken_away_before_anybody_came_was_never_joined(
    open_call: OpenCall,
) -> None:
    async with open_call() as call:
        await until(call.is_waiting, limit_secs=20.0)
        await call.rooms.delete(call.plan.room_name)
        # By itself it would wait for its caller for 60 s.
        assert await asyncio.wait_for(call.reason(), 30.0) is EndReason.NEVER_JOINED


@pytest.mark.promise(
    "Ending a call", "Every call that ends tells its caller why, and then its room is deleted."
)
async def test_a_drain_is_said_before_it_ends_the_call(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        drained = RoomMetadata(session_id=call.plan.session_id, end_reason="drained")
        await call.rooms.set_metadata(call.plan.room_name, drained)
        assert await call.told(caller) is EndReason.DRAINED
        assert "have to go" in said(caller)


@pytest.mark.promise(
    "Cost", "A call that has used up what one may ends with a goodbye that says so."
)
async def test_a_spent_budget_is_said_before_it_ends_the_call(open_call: OpenCall) -> None:
    async def of_the_call() -> None:
        async with open_call(session_max_tokens=1) as call, call.join() as caller:
            await greeted(caller)
            await caller.type_text("What time is it in Tokyo?")
            assert await call.told(caller) is EndReason.SESSION_BUDGET
            assert "one call may take" in said(caller)
            assert Spent.from_json(call.room.usage).prompt_tokens > 1

    async def of_the_day() -> None:
        async with open_call() as call, call.join() as caller:
            await greeted(caller)
            asked = RoomMetadata(session_id=call.plan.session_id, end_asked="daily_budget")
            await call.rooms.set_metadata(call.plan.room_name, asked)
            assert await call.told(caller) is EndReason.DAILY_BUDGET
            assert "limit for today" in said(caller)
            assert Spent.from_json(call.room.usage).call_ms > 1_000

    async with asyncio.TaskGroup() as calls:
        calls.create_task(of_the_call())
        calls.create_task(of_the_day())


async def test_a_step_of_leaving_that_fails_does_not_keep_the_room(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)

        def fail(method: str) -> None:
            del method
            raise rtc.ConnectError("the network is gone")

        call.room.room.local_participant.unregister_rpc_method = fail
        await caller.say(voice.spoken("Thank you, goodbye."))
        assert await call.reason() is EndReason.GOODBYE
