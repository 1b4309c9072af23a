"""Whole sessions in this process: real LiveKit server, real local providers, a real caller."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from livekit import rtc

from bench import voice
from bot.call.course import EndReason
from bot.call.ear import Ear
from bot.call.session import Session
from bot.errors import SessionError, SettingsError
from bot.languages.de import LANGUAGE as GERMAN
from bot.rooms.job_plan import JobPlan
from bot.settings import Settings
from tests.bot.call.session_call import OpenCall, ask, greeted, said
from tests.fake_deepgram import open_fake_deepgram
from tests.local_providers import LocalProviders


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


@pytest.mark.promise(
    "Tools", "When the call ends, a write has 3 s to finish; all else is stopped at once."
)
async def test_a_write_outlasts_the_room_and_is_finished(
    open_call: OpenCall, tmp_path: Path
) -> None:
    names = ("slow.py", "begun", "deleted", "written")
    file, begun, deleted, written = (tmp_path / name for name in names)
    file.write_text(_SLOW_WEATHER)
    async with open_call(tools_path=file) as call, call.join() as caller:
        await caller.wait_for_bot()
        await caller.type_text("What is the weather in Paris?")
        await caller.wait_until(begun.exists, 20.0)
        await call.rooms.delete(call.plan.room_name)
        await asyncio.wait_for(call.room.deleted.wait(), 20.0)
        assert not written.exists()
        deleted.touch()
        assert await call.reason() is EndReason.CALLER_LEFT
        assert written.exists()


# A write that takes longer than the end of its room.
_SLOW_WEATHER = """
import asyncio
from pathlib import Path
from tools.tool import tool


@tool(effect="write")
async def note_weather(place: str) -> str:
    \"\"\"Note the weather.

    Args:
        place: A city.
    \"\"\"
    Path(__file__).with_name("begun").touch()
    while not Path(__file__).with_name("deleted").exists():
        await asyncio.sleep(0.02)
    Path(__file__).with_name("written").touch()
    return "noted"
"""


@pytest.mark.promise(
    "Languages", "A call in another language is greeted, nudged and parted from in it."
)
async def test_what_the_bot_says_by_itself_is_in_the_callers_language(open_call: OpenCall) -> None:
    # The local recogniser knows English only.
    async with (
        open_fake_deepgram() as ears,
        open_call(language="de", idle_nudge_secs=1.0, deepgram_base_url=ears.base_url) as call,
        call.join() as caller,
    ):
        await greeted(caller)
        assert await call.reason() is EndReason.IDLE
        sentences = (GERMAN.session.greeting, GERMAN.session.nudge, GERMAN.session.idle_goodbye)
        assert all(sentence.lower() in said(caller) for sentence in sentences)


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


async def test_a_session_that_cannot_be_built_deletes_its_room(tmp_path: Path) -> None:
    broken = tmp_path / "servers.json"
    broken.write_text("{")
    settings = Settings.model_validate({"mcp_servers": str(broken)})
    room = LonelyRoom()
    session = Session(settings=settings, plan=JobPlan(session_id="s1"), session_room=room)
    with pytest.raises(SettingsError):
        await session.run()
    assert room.reasons == ["error"]


@pytest.mark.promise(
    "Ending a call", "Every call that ends tells its caller why, and then its room is deleted."
)
async def test_a_bot_that_cannot_join_its_room_deletes_it_as_an_error(
    local_providers: LocalProviders,
) -> None:
    settings = Settings.model_validate(
        {
            "deepgram_base_url": local_providers.deepgram_url,
            "openai_base_url": local_providers.openai_url,
        }
    )
    room = LonelyRoom()
    session = Session(settings=settings, plan=JobPlan(session_id="s1"), session_room=room)
    assert await session.run() is EndReason.ERROR
    assert room.reasons == ["error"]


@pytest.mark.promise(
    "Ending a call", "Every call that ends tells its caller why, and then its room is deleted."
)
async def test_a_session_that_is_cancelled_deletes_its_room(settings: Settings) -> None:
    room = LonelyRoom(is_silent=True)
    session = Session(settings=settings, plan=JobPlan(session_id="s1"), session_room=room)
    running = asyncio.create_task(session.run())
    await asyncio.wait_for(room.is_asked.wait(), 20.0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert room.reasons == ["error"]


class LonelyRoom:
    """A room nobody can join: it says so, or nothing at all."""

    def __init__(self, *, is_silent: bool = False) -> None:
        self.room = rtc.Room()
        self.is_replaced = False
        self.reasons: list[str] = []
        self.is_asked = asyncio.Event()
        self._is_silent = is_silent

    async def send_for_next(self, *, caller: str) -> None:
        raise AssertionError(f"nobody is to come for {caller}")

    def ear(self, settings: Settings) -> AbstractAsyncContextManager[Ear]:
        raise AssertionError(f"nobody gives a call: {settings.agent_name}")

    def let_be(self) -> None:
        self.is_replaced = True

    async def leave(self) -> None:
        raise AssertionError("nobody else has a call")

    def abandon(self, why: str) -> None:
        raise AssertionError(f"nobody else has a call: {why}")

    async def has_other_bot(self) -> bool:
        return False

    async def connect(self) -> None:
        self.is_asked.set()
        if self._is_silent:
            await asyncio.Event().wait()
        raise SessionError("room_unreachable", "The bot could not join the room.")

    async def delete(self, *, reason: str, usage: str = "") -> None:
        self.reasons.append(reason)
