"""OpenAI's unmodified SDK against the local voice; what it says is heard back."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
import wave
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from bench.sound import resampled
from bench.words import word_error_rate
from tests.contract.deepgram_caller import transcribed
from tests.contract.openai_client import faults, opened
from tests.local_providers import LocalProviders

_VOICE_HZ = 24_000
_STOP_LIMIT_SECS = 5.0
_SENTENCE = "The quick brown fox jumps over the lazy dog."


async def _speech(client: AsyncOpenAI, text: str, **options: Any) -> bytes:
    settings: Any = {"model": "gpt-4o-mini-tts", "voice": "alloy", "response_format": "pcm"}
    response = await client.audio.speech.create(input=text, **{**settings, **options})
    return response.content


async def test_what_is_said_is_heard_back(local_providers: LocalProviders) -> None:
    text = "Good morning. Your table is ready, and the weather is lovely today."
    async with opened(local_providers) as client:
        pcm = await _speech(client, text)
    heard = await transcribed(local_providers, resampled(pcm, from_hz=_VOICE_HZ))
    assert word_error_rate(text, heard.text) <= 0.1


async def test_the_same_words_sound_the_same(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        first, second = await asyncio.gather(*(_speech(client, _SENTENCE) for _ in range(2)))
    assert first == second and len(first) > _VOICE_HZ


async def test_a_wav_has_a_header_of_its_own(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        data = await _speech(client, _SENTENCE, response_format="wav")
        pcm = await _speech(client, _SENTENCE)
    with wave.open(io.BytesIO(data)) as recording:
        assert (recording.getframerate(), recording.getnchannels()) == (_VOICE_HZ, 1)
    assert data.endswith(pcm)


async def test_speed_changes_the_length(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        slow, fast = await asyncio.gather(
            _speech(client, _SENTENCE, speed=0.8), _speech(client, _SENTENCE, speed=1.5)
        )
    assert len(slow) > 1.5 * len(fast)


async def test_the_first_sentence_comes_before_the_last_is_made(
    local_providers: LocalProviders,
) -> None:
    text = " ".join([_SENTENCE] * 30)
    async with (
        opened(local_providers) as client,
        client.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="alloy", response_format="pcm", input=text
        ) as response,
    ):
        assert response.headers["content-type"] == "audio/pcm"
        begun_secs = time.monotonic()
        first_secs = None
        async for _ in response.iter_bytes():
            first_secs = first_secs or time.monotonic() - begun_secs
        whole_secs = time.monotonic() - begun_secs
    assert first_secs is not None and first_secs < whole_secs / 4


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"response_format": "mp3"}, "response_format"),
        ({"text": "   "}, "input"),
        ({"text": "a" * 4_097}, "input"),
        ({"speed": 9.0}, "speed"),
    ],
)
async def test_a_bad_request_names_its_field(
    local_providers: LocalProviders, options: dict[str, Any], param: str
) -> None:
    async with opened(local_providers) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            await _speech(client, options.pop("text", _SENTENCE), **options)
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, openai.AuthenticationError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
async def test_asked_for_errors_are_the_sdks(
    local_providers: LocalProviders, status: int, error: type[openai.APIStatusError]
) -> None:
    async with opened(local_providers) as client:
        with pytest.raises(error):
            await _speech(client, _SENTENCE, extra_headers=faults(status=status))


async def test_empty_and_broken_audio_come_as_asked(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        assert await _speech(client, _SENTENCE, extra_headers=faults(empty=True)) == b""
        odd = await _speech(client, _SENTENCE, extra_headers=faults(garbage=True))
        assert len(odd) % 2 == 1
        with pytest.raises((openai.APIError, httpx.TransportError)):
            await _speech(client, _SENTENCE, extra_headers=faults(drop_after_bytes=1_000))


async def test_slow_audio_comes_at_the_speed_asked_for(local_providers: LocalProviders) -> None:
    plan = faults(first_audio_ms=150, audio_speed=4.0, tone_hz=440.0)
    begun_secs = time.monotonic()
    async with opened(local_providers) as client:
        pcm = await _speech(client, _SENTENCE, extra_headers=plan)
    audio_secs = len(pcm) / 2 / _VOICE_HZ
    # The last block of 100 ms leaves at its beginning.
    assert time.monotonic() - begun_secs >= 0.15 + (audio_secs - 0.1) / 4


async def test_server_sent_events_carry_the_same_audio(local_providers: LocalProviders) -> None:
    audio = b""
    async with opened(local_providers) as client:
        pcm = await _speech(client, _SENTENCE)
        events = await _speech(client, _SENTENCE, stream_format="sse")
    for line in events.decode().splitlines():
        event = json.loads(line.removeprefix("data: ")) if line else {}
        audio += base64.b64decode(event.get("audio", ""))
    assert audio == pcm
    assert '"speech.audio.done"' in events.decode()


async def test_a_client_that_leaves_stops_the_voice(local_providers: LocalProviders) -> None:
    text = " ".join([_SENTENCE] * 60)
    async with httpx.AsyncClient(base_url=local_providers.http_url) as client:
        await client.delete("/log")
        body = {"model": "any", "voice": "alloy", "input": text, "response_format": "pcm"}
        async with client.stream("POST", "/v1/audio/speech", json=body) as response:
            async for _ in response.aiter_bytes():
                break
        entry: dict[str, Any] = {"ended_secs": None}
        async with asyncio.timeout(_STOP_LIMIT_SECS):
            while entry["ended_secs"] is None:
                await asyncio.sleep(0.02)
                entry = (await client.get("/log")).json()["requests"][-1]
    whole_bytes = 60 * 2 * 2 * _VOICE_HZ
    assert 0 < entry["sent_bytes"] < whole_bytes / 2
