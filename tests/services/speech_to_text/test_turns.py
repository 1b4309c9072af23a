"""Every recogniser inside the caller's side: a turn ends in bounded time, with each word once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from pipecat.pipeline.pipeline import Pipeline

from bot.languages.en import LANGUAGE as ENGLISH
from processors.speech_to_text import segment_recognition
from processors.speech_to_text.deepgram import DeepgramSpeechToText
from processors.speech_to_text.openai import OpenAISpeechToText
from processors.speech_to_text.with_fallback import SpeechToTextWithFallback
from processors.turns.words_once import WordsOnce
from tests.fake_deepgram import open_fake_deepgram
from tests.fake_pipeline import open_fake_pipeline
from tests.services.speech_to_text.ears import Ear
from tests.services.speech_to_text.subjects import EARS
from tests.services.stand_ins.whisper_server import open_fake_whisper_server
from tests.turn_rig import TurnRig

WORDS = "Good morning to you."

# Windows of 32 ms of silence within which a turn is over.
_QUICK = 20
"""The final words say that they are the last, or where they end."""
_MUTE = 52
"""Nothing came at all; a live connection is not yet called dead."""


@asynccontextmanager
async def talk(name: str) -> AsyncGenerator[tuple[TurnRig, Ear]]:
    async with AsyncExitStack() as stack:
        ear, service = await EARS[name](stack, "")
        words = getattr(service, "words", None)
        assert isinstance(words, WordsOnce)
        rig = TurnRig(words=words)
        both = Pipeline([service, rig.aggregator])
        ear.pipeline = rig.pipeline = await stack.enter_async_context(open_fake_pipeline(both))
        yield rig, ear


async def said(ear: Ear, text: str) -> None:
    """Answer, and let it arrive."""
    await ear.answer(text)
    for _ in range(10):
        await asyncio.sleep(0.005)
        await ear.pipeline.settle()


async def windows_until_over(rig: TurnRig, turns: int = 1) -> int:
    """The caller is silent until so many turns are over."""
    for count in range(200):
        if len(rig.messages) >= turns:
            return count
        await rig.hush(1)
    return 200


@pytest.mark.parametrize("name", EARS)
async def test_a_turn_is_over_soon_after_its_words_have_come(name: str) -> None:
    async with talk(name) as (rig, ear):
        await rig.say(40)
        await rig.hush(8)
        await ear.until_asked()
        await said(ear, WORDS)
        assert await windows_until_over(rig) <= _QUICK
        assert rig.messages == [WORDS]


@pytest.mark.parametrize("name", EARS)
async def test_words_that_come_after_the_turn_has_ended_are_a_turn_and_not_lost(name: str) -> None:
    async with talk(name) as (rig, ear):
        await rig.say(40)
        await rig.hush(8)
        await ear.until_asked()
        await rig.hush(_MUTE)
        assert rig.is_over and not rig.messages
        await said(ear, WORDS)
        assert await windows_until_over(rig) <= _QUICK
        assert rig.messages == [WORDS]


@pytest.mark.parametrize("name", EARS)
async def test_a_turn_without_words_is_over_too(name: str) -> None:
    async with talk(name) as (rig, ear):
        await rig.say(20)
        await rig.hush(8)
        await ear.until_asked()
        await said(ear, "")
        count = 0
        while not rig.is_over and count < _MUTE:
            await rig.hush(1)
            count += 1
        # A stock websocket service does not say that there are no words.
        assert count <= (_QUICK if ear.is_ours or not ear.is_live else _MUTE)
        assert rig.is_over and not rig.messages


@pytest.mark.parametrize("name", EARS)
async def test_two_utterances_of_one_turn_bring_all_words_in_order(name: str) -> None:
    async with talk(name) as (rig, ear):
        rig.analyzer.probability = 0.4
        await rig.say(40)
        await rig.hush(8)
        await ear.until_asked()
        await said(ear, "I would like")
        await rig.say(40)
        await rig.hush(8)
        await ear.until_asked(2)
        rig.analyzer.probability = 0.99
        await said(ear, "to book a table.")
        await windows_until_over(rig)
        assert " ".join(map(str, rig.messages)) == "I would like to book a table."


@pytest.mark.parametrize("name", ["openai", "stock_segments"])
async def test_a_server_that_never_answers_keeps_no_turn_open(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_recognition, "PAUSE_SECS", 0.01)
    async with talk(name) as (rig, ear):
        await rig.say(20)
        await rig.hush(8)
        await ear.until_asked()
        for _ in range(_MUTE):
            await rig.hush(1)
        assert rig.is_over
        await ear.until_asked(2)
        await said(ear, WORDS)
        await windows_until_over(rig)
        assert rig.messages == [WORDS]


async def test_a_turn_in_which_the_first_dies_has_all_its_words_from_the_second() -> None:
    async with open_fake_deepgram() as one, open_fake_whisper_server() as two:
        service = SpeechToTextWithFallback(
            DeepgramSpeechToText(api_key="k", base_url=one.base_url),
            OpenAISpeechToText(api_key="k", base_url=two.base_url),
        )
        rig = TurnRig(words=service.words)
        both = Pipeline([service, rig.aggregator])
        async with open_fake_pipeline(both) as rig.pipeline:
            await rig.say(20)
            await one.say("good mor", is_final=False, span_secs=(0.0, 0.5))
            one.drop()
            await rig.say(20)
            await rig.hush(8)
            await two.until(uploads=1)
            two.say(WORDS)
            async with asyncio.timeout(10):
                while not rig.messages:
                    await asyncio.sleep(0.005)
                    await rig.hush(1)
            assert rig.messages == [WORDS]
            await one.until(connections=2)
            await one.say(WORDS, span_secs=(0.0, 1.2))
            await rig.hush(_MUTE)
            assert rig.messages == [WORDS]


@pytest.mark.promise("Speech-to-text", "What the first recogniser said the second does not repeat.")
async def test_words_of_the_first_that_were_taken_do_not_come_again_from_the_second() -> None:
    async with open_fake_deepgram() as one, open_fake_whisper_server() as two:
        service = SpeechToTextWithFallback(
            DeepgramSpeechToText(api_key="k", base_url=one.base_url),
            OpenAISpeechToText(api_key="k", base_url=two.base_url),
            numerals=ENGLISH.numerals,
        )
        rig = TurnRig(words=service.words)
        both = Pipeline([service, rig.aggregator])
        async with open_fake_pipeline(both) as rig.pipeline:
            await rig.say(40)
            await one.until(audio_bytes=40 * 1024)
            await one.say("twenty five or thirty six", is_final=False, span_secs=(0.0, 1.2))
            for _ in range(10):
                await asyncio.sleep(0.005)
                await rig.pipeline.settle()
            # No final comes: the words are taken as they are.
            await windows_until_over(rig)
            assert rig.messages == ["twenty five or thirty six"]
            one.drop()
            await two.until(uploads=1)
            two.say("25 or 36.")
            for _ in range(10):
                await asyncio.sleep(0.005)
                await rig.hush(1)
            assert rig.messages == ["twenty five or thirty six"]
