"""Voices that make audio at rates of their own, and what the room hears of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    LLMFullResponseEndFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.tests.utils import run_test
from typing_extensions import override

from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.speaking import Speaking
from processors.text_to_speech.with_fallback import TextToSpeechWithFallback
from tests.fake_output import build_output
from tests.fake_pipeline import open_fake_pipeline
from tests.fake_speech_server import SpeechAnswer, open_fake_speech_server
from tests.spoken_reply import reply, spoken
from tests.spoken_sound import RATE_HZ, SECS, likeness, pcm, wav


class _Service(TTSService):
    """Some of Pipecat's tell in their frames at which rate a server made the audio."""

    def __init__(self, *, made_hz: int, channels: int = 1, **service: Any) -> None:
        self._form = (made_hz, channels)
        self.fails = False
        super().__init__(
            settings=TTSSettings(model=None, voice=None, language=None),
            push_start_frame=True,
            push_stop_frames=True,
            **service,
        )

    @override
    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        made_hz, channels = self._form
        if self.fails:
            yield ErrorFrame("HTTP 503")
            return
        audio = pcm(made_hz, channels=channels)
        for start in range(0, len(audio), 4000):
            yield TTSAudioRawFrame(audio[start : start + 4000], made_hz, channels)


class _Voice(Speaking, _Service): ...


@pytest.mark.promise(
    "Text-to-speech",
    "A voice of any sample rate is heard at its right pitch and pace, also after another one.",
)
@pytest.mark.parametrize("made_hz", [16_000, 22_050, 24_000, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
async def test_audio_of_another_form_is_heard_as_it_was_made(made_hz: int, channels: int) -> None:
    voice = _Voice(made_hz=made_hz, channels=channels)
    down, _ = await run_test(voice, frames_to_send=[TTSSpeakFrame("Hello.")])
    audio = [frame for frame in down if isinstance(frame, TTSAudioRawFrame)]
    assert {(frame.sample_rate, frame.num_channels) for frame in audio} == {(RATE_HZ, 1)}
    heard = b"".join(frame.audio for frame in audio)
    assert likeness(heard) > 0.99
    assert abs(len(heard) / 2 / RATE_HZ - SECS) < 0.02


@pytest.mark.promise(
    "Text-to-speech",
    "A voice of any sample rate is heard at its right pitch and pace, also after another one.",
)
async def test_a_second_voice_of_another_rate_is_heard_in_the_room() -> None:
    first = _Voice(made_hz=22_050, sample_rate=22_050)
    second = _Voice(made_hz=16_000, sample_rate=16_000)
    output = build_output()
    voice = TextToSpeechWithFallback(first, second)
    async with open_fake_pipeline(Pipeline([voice, output])) as pipeline:
        await pipeline.send(*reply("One is it."))
        await pipeline.until_down(LLMFullResponseEndFrame, 1)
        first.fails = True
        await pipeline.send(*reply("Two is it."))
        await pipeline.until_down(LLMFullResponseEndFrame, 2)
        assert not [frame for frame in pipeline.up if isinstance(frame, ErrorFrame)]
        assert abs(output.playout.captured_samples / RATE_HZ - 2 * SECS) < 0.1


@pytest.mark.promise(
    "Text-to-speech",
    "However a server says that it knows no rate, it speaks; a text that is refused changes "
    "nothing for the next.",
)
@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (400, b'{"error": {"message": "Unsupported sample rate: 24000"}}'),
        (400, b'{"error": "sampleRate must be one of [16000]"}'),
        (422, b'{"detail": [{"msg": "Extra inputs are not permitted"}]}'),
        (422, b'{"sample_rate": ["Unknown field."]}'),
        (413, b""),
        (500, b"unexpected keyword argument 'sample_rate'"),
        (500, b"Internal Server Error"),
        (501, b"not implemented"),
    ],
)
async def test_a_server_that_knows_no_rate_speaks(status: int, refusal: bytes) -> None:
    async with open_fake_speech_server() as server:
        server.answer = lambda body: (
            SpeechAnswer(refusal, "application/json", status)
            if "sample_rate" in body
            else SpeechAnswer(pcm())
        )
        service = OpenAITextToSpeech(api_key="key", base_url=server.base_url)
        said = await spoken(service, reply("One is it. ", "Two is it."))
        assert ["sample_rate" in body for body in server.requests[-2:]] == [False, False]
    assert (said.heard, said.errors) == (pcm() * 2, [])


@pytest.mark.promise(
    "Text-to-speech",
    "However a server says that it knows no rate, it speaks; a text that is refused changes "
    "nothing for the next.",
)
@pytest.mark.parametrize("unknown", ["sample_rate", "pcm"])
async def test_what_a_server_does_not_know_is_learnt_by_texts_side_by_side(unknown: str) -> None:
    def answer(body: dict[str, Any]) -> SpeechAnswer:
        if unknown in (*body, body["response_format"]):
            return SpeechAnswer(unknown.encode(), "text/plain", 400, delay_secs=0.2)
        is_wav = body["response_format"] == "wav"
        return SpeechAnswer(wav(), "audio/wav") if is_wav else SpeechAnswer(pcm())

    async with open_fake_speech_server() as server:
        server.answer = answer
        service = OpenAITextToSpeech(api_key="key", base_url=server.base_url)
        async with open_fake_pipeline(service) as pipeline:
            await service.prepare("One is it.", is_first=True)
            await pipeline.send(TTSSpeakFrame("Two is it."), TTSSpeakFrame("One is it."))
            await pipeline.until_down(TTSTextFrame, 2)
            assert not [frame for frame in pipeline.up if isinstance(frame, ErrorFrame)]


@pytest.mark.promise(
    "Text-to-speech",
    "However a server says that it knows no rate, it speaks; a text that is refused changes "
    "nothing for the next.",
)
@pytest.mark.parametrize(
    "refusal",
    [
        b'{"error": {"message": "See our policy for more information."}}',
        b'{"error": {"message": "Not this.", "input": "The format, pcm or sample_rate."}}',
        b'{"error": {"message": "Cannot read: The format, pcm or sample_rate."}}',
        b"",
    ],
)
async def test_a_text_that_is_refused_changes_nothing_for_the_next(refusal: bytes) -> None:
    async with open_fake_speech_server() as server:
        server.answer = lambda body: (
            SpeechAnswer(refusal, "application/json", 400)
            if body["input"].startswith("The")
            else SpeechAnswer(pcm())
        )
        service = OpenAITextToSpeech(api_key="key", base_url=server.base_url)
        said = await spoken(service, reply("The format is it. ", "Two is it."))
        last = server.requests[-1]
    assert (last["response_format"], "sample_rate" in last) == ("pcm", True)
    assert said.remembered == ["Two is it."]


@pytest.mark.promise(
    "Text-to-speech",
    "A server of one's own is asked for the rate that is played, or it may send its model's.",
)
@pytest.mark.parametrize(
    ("host", "is_asked"),
    [
        ("api.openai.com", False),
        ("eu.api.openai.com", False),
        ("mine.openai.azure.com", False),
        ("voice.example", True),
    ],
)
async def test_openais_models_are_not_asked_for_the_rate(host: str, *, is_asked: bool) -> None:
    asked: list[bool] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            asked.append(b"sample_rate" in request.read())
        return httpx2.Response(200, headers={"content-type": "audio/pcm"}, content=pcm())

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        service = OpenAITextToSpeech(
            api_key="key", base_url=f"https://{host}/v1", http_client=client
        )
        said = await spoken(service, "One is it.")
    assert (said.heard, asked) == (pcm(), [is_asked])
