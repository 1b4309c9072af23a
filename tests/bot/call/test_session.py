"""Whole sessions in this process: real LiveKit server, real local providers, a real caller."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from livekit import rtc

from bench import voice
from bot.call.course import RELOAD_GRACE_SECS, EndReason
from bot.call.session import Session
from bot.errors import SessionError, SettingsError
from bot.languages.de import LANGUAGE as GERMAN
from bot.rooms.plan import JobPlan, RoomMetadata
from bot.settings import Settings
from tests import fake_openai
from tests.bot.call.session_call import OpenCall, ask, greeted, said
from tests.fake_deepgram import open_fake_deepgram
from tests.fake_openai import open_fake_openai
from tests.unkind_server import open_unkind_server, refused


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


async def test_a_bot_that_waits_for_a_caller_and_cannot_hear_leaves_at_once(
    open_call: OpenCall,
) -> None:
    async with open_call(deepgram_base_url="ws://127.0.0.1:9") as call:
        began_secs = time.monotonic()
        assert await call.reason() is EndReason.PROVIDER_FAILED
        assert time.monotonic() - began_secs < 15.0
        assert call.room.reason == "provider_failed"


@pytest.mark.promise(
    "Language model",
    "A model that is gone for good is told of, then the bot says goodbye and the call ends "
    "with provider_failed.",
)
async def test_a_model_that_refuses_the_key_is_told_of_before_the_call_ends(
    open_call: OpenCall,
) -> None:
    async with open_unkind_server() as server:
        server.answers = [refused(401, "bad key")] * 9
        async with open_call(openai_llm_base_url=server.base_url) as call, call.join() as caller:
            await greeted(caller)
            await caller.say(voice.spoken("What time is it in Tokyo?"))
            assert await call.reason() is EndReason.PROVIDER_FAILED
            assert "can't think" in said(caller) and "hang up" in said(caller)
            assert call.room.reason == "provider_failed"


@pytest.mark.promise(
    "Text-to-speech",
    "A voice that is gone for good ends the call at once with provider_failed: nobody would hear a "
    "goodbye.",
)
async def test_a_voice_that_refuses_the_key_ends_the_call_without_a_word(
    open_call: OpenCall,
) -> None:
    async with open_fake_openai() as fake:
        fake.speech = fake_openai.status(401)
        async with open_call(openai_tts_base_url=fake.base_url) as call, call.join() as caller:
            assert await call.reason() is EndReason.PROVIDER_FAILED
            assert call.room.reason == "provider_failed"
            assert said(caller) == ""


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


async def test_a_model_that_refuses_one_request_is_no_end(open_call: OpenCall) -> None:
    async with open_unkind_server() as server:
        server.answers = [refused(400)] * 99
        async with open_call(openai_llm_base_url=server.base_url) as call, call.join() as caller:
            await greeted(caller)
            await ask(caller, "What time is it in Tokyo?")
            assert "lost my train of thought" in said(caller)
            assert not call.task.done()


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


async def test_a_step_of_leaving_that_fails_does_not_keep_the_room(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)

        def fail(method: str) -> None:
            del method
            raise rtc.ConnectError("the network is gone")

        call.room.room.local_participant.unregister_rpc_method = fail
        await caller.say(voice.spoken("Thank you, goodbye."))
        assert await call.reason() is EndReason.GOODBYE
        assert call.room.reason == "goodbye"
        assert await call.rooms.find(call.plan.room_name) is None


async def test_a_session_that_cannot_be_built_deletes_its_room(tmp_path: Path) -> None:
    broken = tmp_path / "servers.json"
    broken.write_text("{")
    settings = Settings.model_validate({"mcp_servers": str(broken)})
    room = LonelyRoom()
    session = Session(settings=settings, plan=JobPlan(session_id="s1"), session_room=room)
    with pytest.raises(SettingsError):
        await session.run()
    assert room.reasons == ["error"]


class LonelyRoom:
    """A room nobody can join."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.reasons: list[str] = []

    async def connect(self) -> None:
        raise SessionError("room_unreachable", "The bot could not join the room.")

    async def delete(self, *, reason: str) -> None:
        self.reasons.append(reason)
