"""What servers that speak OpenAI's protocol answer with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from pipecat.frames.frames import (
    ErrorFrame,
    InputAudioRawFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)

from processors.frames import TranscriptSettledFrame
from processors.speech_to_text.openai import OpenAISpeechToText
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.services.stand_ins.whisper_server import FakeWhisperServer, open_fake_whisper_server

SEGMENTS = [{"id": 0, "text": " Good morning.", "no_speech_prob": 0.1}, {"text": " And to you."}]
VERBOSE = {"task": "transcribe", "language": "english", "duration": 1.5, "segments": SEGMENTS}


@asynccontextmanager
async def listening(
    patience_secs: float = 2.0,
) -> AsyncGenerator[tuple[FakePipeline, FakeWhisperServer]]:
    async with open_fake_whisper_server() as fake:
        service = OpenAISpeechToText(
            api_key="k", base_url=fake.base_url, patience_secs=patience_secs
        )
        async with open_fake_pipeline(service) as pipeline:
            yield pipeline, fake


async def utter(pipeline: FakePipeline) -> None:
    await pipeline.send_up(VADUserStartedSpeakingFrame())
    await pipeline.until_up(VADUserStartedSpeakingFrame)
    await pipeline.send(*[InputAudioRawFrame(b"\1" * 640, 16_000, 1)] * 75)
    await pipeline.send_up(VADUserStoppedSpeakingFrame())


@pytest.mark.parametrize(
    ("raw", "content_type", "text"),
    [
        (json.dumps({"text": "  Good\n morning. \n"}), "application/json", "Good morning."),
        (json.dumps({**VERBOSE, "text": " Good morning."}), "application/json", "Good morning."),
        (json.dumps(VERBOSE), "application/json", "Good morning. And to you."),
        (json.dumps({"text": "Good morning."}), "text/plain", "Good morning."),
        ("Good morning.\n", "text/plain", "Good morning."),
        (json.dumps({"text": " Hello.\n [BLANK_AUDIO]\n"}), "application/json", "Hello."),
    ],
)
async def test_the_words_are_found_however_a_server_writes_them(
    raw: str, content_type: str, text: str
) -> None:
    async with listening() as (pipeline, fake):
        await utter(pipeline)
        fake.send(raw, content_type)
        found = await pipeline.until_down(TranscriptionFrame)
        assert found[0].text == text and found[0].finalized and len(fake.uploads) == 1


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        ("<html>said: hello</html>", "text/html"),
        ("<!DOCTYPE html><p>Bad gateway</p>", "text/plain"),
        ('{"error": {"message": "said: hello"}}', "application/json"),
        ('{"error": "busy", "text": ""}', "application/json"),
        ('["a"]', "text/plain"),
        ('{"text": 5}', "application/json"),
        ("Good morning.", "application/json"),
        (b"\xff\xfe\x00", "text/plain"),
    ],
)
async def test_what_is_no_transcription_is_asked_for_again(
    raw: str | bytes, content_type: str
) -> None:
    async with listening() as (pipeline, fake):
        await utter(pipeline)
        fake.send(raw, content_type)
        fake.say("Good morning.")
        found = await pipeline.until_down(TranscriptionFrame)
        assert found[0].text == "Good morning." and len(fake.uploads) == 2


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        *((text, "text/plain") for text in ("", "   ", "\n", "[BLANK_AUDIO]")),
        ('{"text": ""}', "application/json"),
        ('{"text": null}', "application/json"),
        ('{"text": null, "segments": null}', "application/json"),
        ('{"text": null, "segments": []}', "application/json"),
    ],
)
async def test_an_empty_text_says_that_there_are_no_words(raw: str, content_type: str) -> None:
    async with listening() as (pipeline, fake):
        await utter(pipeline)
        fake.send(raw, content_type)
        await pipeline.until_down(TranscriptSettledFrame)
        assert len(fake.uploads) == 1


def overloaded(secs: str) -> web.Response:
    return web.json_response({"error": {}}, status=429, headers={"Retry-After": secs})


async def test_a_server_that_wants_a_moment_is_given_it() -> None:
    async with listening() as (pipeline, fake):
        began_secs = asyncio.get_running_loop().time()
        await utter(pipeline)
        fake.give(lambda _: asyncio.sleep(0, overloaded("0.5")))
        await fake.until(uploads=2)
        assert asyncio.get_running_loop().time() - began_secs > 0.45
        fake.say("Good morning.")
        await pipeline.until_down(TranscriptionFrame)


async def test_a_server_that_wants_a_minute_is_not_asked_in_vain() -> None:
    async with listening() as (pipeline, fake):
        await utter(pipeline)
        fake.give(lambda _: asyncio.sleep(0, overloaded("60")))
        found = await pipeline.until_up(ErrorFrame)
        await pipeline.until_down(TranscriptSettledFrame)
        assert len(fake.uploads) == 1 and "429" in found[0].error
