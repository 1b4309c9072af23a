"""Kept speech where there are two voices: a reply is not begun in one that will not go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from pipecat.frames.frames import TTSAudioRawFrame, TTSTextFrame

from processors.fallback import REST_SECS
from processors.text_to_speech.cartesia import CartesiaTextToSpeech
from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.with_fallback import TRUST_SECS, TextToSpeechWithFallback
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.services.stand_ins.cartesia import open_cartesia
from tests.services.stand_ins.deepgram_speak import open_openai_voice
from tests.services.stand_ins.speech import Speech, VoiceServer
from tests.services.text_to_speech.kept_voices import shelf_at
from tests.spoken_reply import reply
from tests.spoken_sound import pcm, sound
from tests.virtual_time import run_in_virtual_time

FIRST, SECOND = pcm(), (-sound()).tobytes()
PIECES = ["Sure,", "it is noon."]


class Call:
    """A call with two voices, of which both have kept how a reply begins."""

    def __init__(self, pipeline: FakePipeline, one: VoiceServer, two: VoiceServer) -> None:
        self.pipeline, self.one, self.two = pipeline, one, two
        self._said = 0

    async def says(self, text: str = " ".join(PIECES)) -> bytes:
        """Return what is heard of a reply."""
        before = len(self.pipeline.down)
        self._said += len(PIECES) if "," in text else 1
        await self.pipeline.send(*reply(text))
        await self.pipeline.until_down(TTSTextFrame, self._said)
        audio = [f for f in self.pipeline.down[before:] if isinstance(f, TTSAudioRawFrame)]
        return b"".join(frame.audio for frame in audio)


def build(one: VoiceServer, two: VoiceServer, path: Path) -> TextToSpeechWithFallback:
    return TextToSpeechWithFallback(
        OpenAITextToSpeech(api_key="k", base_url=one.base_url, shelf=shelf_at(path, of="one")),
        CartesiaTextToSpeech(api_key="k", base_url=two.base_url, shelf=shelf_at(path, of="two")),
    )


def in_call(path: Path, hold: Callable[[Call], Awaitable[None]]) -> None:
    async def main() -> None:
        async with open_openai_voice() as one, open_cartesia() as two:
            one.answer = lambda _: Speech(FIRST)
            two.answer = lambda _: Speech(SECOND)
            for status in (200, 500):
                one.refusal = 0 if status == 200 else status
                async with open_fake_pipeline(build(one, two, path)) as pipeline:
                    await Call(pipeline, one, two).says("Sure.")
                    await Call(pipeline, one, two).says("Sure, ")
            one.refusal = 0
            one.texts.clear()
            two.texts.clear()
            async with open_fake_pipeline(build(one, two, path)) as pipeline:
                await hold(Call(pipeline, one, two))

    run_in_virtual_time(main())


def test_kept_speech_of_the_first_is_heard_once_it_has_answered(tmp_path: Path) -> None:
    async def hold(call: Call) -> None:
        assert await call.says() == FIRST * 2
        assert await call.says() == FIRST * 2
        assert call.one.texts == [*PIECES, PIECES[1]]

    in_call(tmp_path, hold)


@pytest.mark.promise(
    "Fallback",
    "A reply does not begin in kept speech of a first voice of which it is not known that it "
    "answers.",
)
def test_a_first_voice_that_fails_begins_no_reply(tmp_path: Path) -> None:
    async def hold(call: Call) -> None:
        call.one.refusal = 500
        # At first, and each time it is tried again.
        for _ in range(2):
            assert await call.says() == SECOND * 2
            assert await call.says() == SECOND * 2
            await asyncio.sleep(REST_SECS)

    in_call(tmp_path, hold)


def test_trust_in_the_first_voice_does_not_last(tmp_path: Path) -> None:
    async def hold(call: Call) -> None:
        await call.says()
        await asyncio.sleep(TRUST_SECS)
        call.one.refusal = 500
        assert await call.says() == SECOND * 2

    in_call(tmp_path, hold)


@pytest.mark.promise(
    "Text-to-speech",
    "Kept speech is never that of another voice, model, server, speed or language.",
)
def test_the_second_has_kept_its_own(tmp_path: Path) -> None:
    async def hold(call: Call) -> None:
        call.one.refusal = 500
        await call.says("Noon.")
        call.two.texts.clear()
        assert await call.says() == SECOND * 2
        assert call.two.texts == PIECES[1:]

    in_call(tmp_path, hold)
