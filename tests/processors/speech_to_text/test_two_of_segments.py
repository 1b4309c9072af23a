"""Two recognisers of whole utterances in the place of one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from pipecat.frames.frames import ErrorFrame, TranscriptionFrame

from processors.frames import TranscriptSettledFrame
from processors.speech_to_text import segment_recognition
from processors.speech_to_text.openai import OpenAISpeechToText
from tests.processors.speech_to_text.recogniser_pair import STARTED, STOPPED, Pair, pair_of, sound
from tests.processors.speech_to_text.test_openai import overloaded
from tests.services.stand_ins.whisper_server import FakeWhisperServer, open_fake_whisper_server


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_recognition, "PAUSE_SECS", 0.01)


@asynccontextmanager
async def segment_pair(
    rest_secs: float = 30.0,
) -> AsyncGenerator[tuple[Pair, FakeWhisperServer, FakeWhisperServer]]:
    async with open_fake_whisper_server() as one, open_fake_whisper_server() as two:
        first = OpenAISpeechToText(api_key="k", base_url=one.base_url)
        second = OpenAISpeechToText(api_key="k", base_url=two.base_url)
        async with pair_of(first, second, rest_secs=rest_secs) as pair:
            yield pair, one, two


async def test_words_of_an_earlier_utterance_settle_no_later_one() -> None:
    async with segment_pair() as (pair, one, two):
        for number in (1, 2):
            await pair.voice(STARTED)
            await pair.speak(*[number] * 50)
            await pair.voice(STOPPED)
        await one.until(uploads=1)
        one.say("One.")
        await pair.pipeline.until_down(TranscriptionFrame)
        one.drop()
        one.drop()
        await two.until(uploads=1)
        assert sound(*[2] * 50) in two.uploads[0].audio
        assert sound(*[1] * 10) not in two.uploads[0].audio
        two.say("Two.")
        await pair.pipeline.until_down(TranscriptionFrame, 2)
        assert pair.finals() == ["One.", "Two."] and not pair.errors()


async def test_a_second_that_fails_an_utterance_gives_it_to_a_first_that_has_not() -> None:
    async with segment_pair() as (pair, one, two):
        one.refusals = [500] * 2
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await pair.voice(STOPPED)
        await two.until(uploads=1)
        two.say("One.")
        await pair.pipeline.until_down(TranscriptionFrame)
        two.refusals = [500] * 2
        await pair.voice(STARTED)
        await pair.speak(*[2] * 50)
        await pair.voice(STOPPED)
        await one.until(uploads=3)
        assert sound(*[2] * 50) in one.uploads[2].audio
        one.say("Two.")
        await pair.pipeline.until_down(TranscriptionFrame, 2)
        assert pair.finals() == ["One.", "Two."] and not pair.errors()


async def test_an_utterance_that_both_fail_is_told_of_once_and_goes_to_nobody_again() -> None:
    async with segment_pair() as (pair, one, two):
        one.refusals, two.refusals = [500] * 2, [500] * 2
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await pair.voice(STOPPED)
        await pair.pipeline.until_up(ErrorFrame)
        await pair.pipeline.until_down(TranscriptSettledFrame)
        await asyncio.sleep(0.05)
        await pair.pipeline.settle()
        assert len(one.uploads) == len(two.uploads) == 2 and len(pair.errors()) == 1


async def test_a_failure_like_the_last_one_is_stood_in_for_too() -> None:
    async with segment_pair(rest_secs=0.0) as (pair, one, two):
        for count, text in enumerate(("One.", "Two."), start=1):
            one.refusals = [500] * 2
            await pair.voice(STARTED)
            await pair.speak(*[count] * 50)
            await pair.voice(STOPPED)
            await two.until(uploads=count)
            two.say(text)
            await pair.pipeline.until_down(TranscriptionFrame, count)
        assert pair.finals() == ["One.", "Two."] and not pair.errors()


@pytest.mark.promise(
    "Fallback", "A first recogniser that wants to be left alone for long is not asked meanwhile."
)
async def test_a_first_that_wants_a_moment_is_not_waited_for() -> None:
    async with segment_pair() as (pair, one, two):
        one.give(lambda _: asyncio.sleep(0, overloaded("4")))
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await pair.voice(STOPPED)
        await two.until(uploads=1)
        two.say("One.")
        await pair.pipeline.until_down(TranscriptionFrame)
        assert len(one.uploads) == 1 and pair.finals() == ["One."]
