"""Whole sessions in this process with a provider that refuses: at once, or one request."""

from __future__ import annotations

import time

import pytest

from bench import voice
from bot.call.course import EndReason
from tests import fake_openai
from tests.bot.call.session_call import OpenCall, ask, greeted, said
from tests.fake_openai import open_fake_openai
from tests.unkind_server import open_unkind_server, refused


@pytest.mark.promise(
    "Ending a call", "Every call that ends tells its caller why, and then its room is deleted."
)
async def test_a_recogniser_that_refuses_the_key_ends_the_session_with_a_reason(
    open_call: OpenCall,
) -> None:
    gone = {"deepgram_base_url": "ws://127.0.0.1:9", "speech_to_text_patience_secs": 5.0}
    async with open_call(**gone) as call, call.join() as caller:
        assert await call.told(caller) is EndReason.PROVIDER_FAILED


async def test_a_bot_that_waits_for_a_caller_and_cannot_hear_leaves_at_once(
    open_call: OpenCall,
) -> None:
    gone = {"deepgram_base_url": "ws://127.0.0.1:9", "speech_to_text_patience_secs": 5.0}
    async with open_call(**gone) as call:
        began_secs = time.monotonic()
        assert await call.reason() is EndReason.PROVIDER_FAILED
        assert time.monotonic() - began_secs < 15.0


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
            assert await call.told(caller) is EndReason.PROVIDER_FAILED
            assert "can't think" in said(caller) and "hang up" in said(caller)


@pytest.mark.promise(
    "Text-to-speech",
    "A voice that is gone for good and has kept nothing of itself ends the call at once with "
    "provider_failed.",
)
async def test_a_voice_that_refuses_the_key_ends_the_call_and_shows_its_words(
    open_call: OpenCall,
) -> None:
    async with open_fake_openai() as fake:
        fake.speech = fake_openai.status(401)
        async with open_call(openai_tts_base_url=fake.base_url) as call, call.join() as caller:
            assert await call.reason() is EndReason.PROVIDER_FAILED
            assert call.room.reason == "provider_failed"
            assert "i'm parley" in said(caller)


async def test_a_model_that_refuses_one_request_is_no_end(open_call: OpenCall) -> None:
    async with open_unkind_server() as server:
        server.answers = [refused(400)] * 99
        async with open_call(openai_llm_base_url=server.base_url) as call, call.join() as caller:
            await greeted(caller)
            await ask(caller, "What time is it in Tokyo?")
            assert "lost my train of thought" in said(caller)
            assert not call.task.done()
