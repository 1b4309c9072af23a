"""Deepgram's unmodified SDK against the local recogniser, with recorded human speech."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import numpy as np
import pytest
from deepgram.core.api_error import ApiError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bench.sound import samples_of
from bench.words import normalized, word_error_rate
from tests.contract.deepgram_caller import (
    Heard,
    connected,
    read,
    send_audio,
    text_of,
    transcribed,
)
from tests.contract.speech_clips import BECKETT, TWO_CITIES, WHEEL_CLIPS, human_clips
from tests.local_providers import LocalProviders

# Measured 2.3 to 2.7 %; processors round differently, and one word of these clips is 0.5 %.
_HUMAN_WER_LIMIT = 0.05
# On a machine busy with other things; alone it is 0.02.
_FOUR_CALLERS_LATE_SECS = 1.5
_FINALIZE_LIMIT_SECS = 3.0


async def test_recorded_people_are_understood(local_providers: LocalProviders) -> None:
    clips = human_clips()
    wrong_words = words = 0.0
    for clip in clips:
        heard = await transcribed(local_providers, clip.pcm())
        count = len(normalized(clip.words))
        wrong_words += word_error_rate(clip.words, heard.text) * count
        words += count
    assert len(clips) >= len(WHEEL_CLIPS)
    assert wrong_words / words <= _HUMAN_WER_LIMIT


async def test_interims_come_while_someone_speaks_and_one_final_ends_each_utterance(
    local_providers: LocalProviders,
) -> None:
    heard = await transcribed(local_providers, BECKETT.pcm(), is_real_time=True, vad_events="true")
    assert len(heard.interims) > 5
    assert all(result.speech_final for result in heard.finals)
    assert heard.kinds.count("SpeechStarted") == len([r for r in heard.finals if text_of(r)])
    assert heard.kinds[-1] == "Metadata"
    last_word = heard.finals[0].channel.alternatives[0].words[-1]
    assert last_word.word == "tried" and last_word.punctuated_word


async def test_four_callers_at_once_are_heard_in_time(local_providers: LocalProviders) -> None:
    clip = BECKETT.pcm()
    calls = [transcribed(local_providers, clip, is_real_time=True) for _ in range(4)]
    for heard in await asyncio.gather(*calls):
        assert word_error_rate(BECKETT.words, heard.text) <= 0.1
        late_secs = [
            at_secs - (message.start + message.duration)
            for at_secs, message in heard.messages
            if message.type == "Results" and message.speech_final
        ]
        assert sorted(late_secs)[len(late_secs) // 2] < _FOUR_CALLERS_LATE_SECS


@pytest.mark.parametrize("sample_rate_hz", [8_000, 24_000, 48_000])
async def test_any_sample_rate_is_understood(
    local_providers: LocalProviders, sample_rate_hz: int
) -> None:
    pcm = BECKETT.pcm(sample_rate_hz=sample_rate_hz)
    heard = await transcribed(
        local_providers, pcm, sample_rate=sample_rate_hz, bytes_per_ms=sample_rate_hz // 500
    )
    assert word_error_rate(BECKETT.words, heard.text) <= 0.2


async def test_telephone_audio_is_understood(local_providers: LocalProviders) -> None:
    pcm = _mulaw(BECKETT.pcm(sample_rate_hz=8_000))
    heard = await transcribed(
        local_providers, pcm, encoding="mulaw", sample_rate=8_000, bytes_per_ms=8
    )
    assert word_error_rate(BECKETT.words, heard.text) <= 0.2


async def test_finalize_is_answered_at_once_with_the_words(
    local_providers: LocalProviders,
) -> None:
    heard = Heard()
    pcm = BECKETT.pcm()[: 32 * 1_250] + bytes(32 * 150)
    async with (
        connected(local_providers, endpointing="2000") as socket,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(read(socket, heard))
        await send_audio(socket, pcm, is_real_time=True)
        asked_secs = time.monotonic()
        await socket.send_finalize()
        while not heard.finals:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        answered_secs = time.monotonic() - asked_secs
        await socket.send_close_stream()
    assert heard.finals[0].from_finalize and heard.finals[0].speech_final
    assert word_error_rate("ever tried", text_of(heard.finals[0])) == 0.0
    assert answered_secs < _FINALIZE_LIMIT_SECS


async def test_finalize_in_silence_is_answered_too(local_providers: LocalProviders) -> None:
    heard = Heard()
    async with connected(local_providers) as socket, asyncio.TaskGroup() as group:
        group.create_task(read(socket, heard))
        await send_audio(socket, bytes(32 * 400))
        await socket.send_keep_alive()
        await socket.send_finalize()
        await socket.send_close_stream()
    assert [(text_of(final), final.from_finalize) for final in heard.finals] == [("", True)]


async def test_silence_noise_and_tones_are_not_words(local_providers: LocalProviders) -> None:
    rng = np.random.default_rng(0)
    times = np.arange(32_000) / 16_000
    sounds = (np.zeros(32_000), rng.normal(0, 0.02, 32_000), 0.3 * np.sin(2_764 * times))
    for sound in sounds:
        heard = await transcribed(local_providers, (sound * 32_767).astype("<i2").tobytes())
        assert heard.text == ""


async def test_utterance_end_follows_a_second_of_silence(local_providers: LocalProviders) -> None:
    pcm = BECKETT.pcm()[: 32 * 1_250] + bytes(32 * 1_200)
    heard = await transcribed(local_providers, pcm, utterance_end_ms="1000")
    assert heard.kinds.count("UtteranceEnd") == 1


async def test_a_long_monologue_comes_in_parts(local_providers: LocalProviders) -> None:
    heard = await transcribed(local_providers, TWO_CITIES.pcm(), endpointing="1500")
    spans = [final.duration for final in heard.finals if text_of(final)]
    assert len(spans) > 3 and max(spans) <= 12.1


async def test_without_punctuation_the_words_are_bare(local_providers: LocalProviders) -> None:
    heard = await transcribed(local_providers, BECKETT.pcm(), punctuate="false")
    assert heard.text.islower() and "." not in heard.text


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"encoding": "opus"}, "encoding"),
        ({"sample_rate": 4_000}, "sample_rate"),
        ({"language": "fr"}, "language"),
        ({"endpointing": "soon"}, "endpointing"),
    ],
)
async def test_bad_options_are_refused_by_name(
    local_providers: LocalProviders, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(ApiError) as refused:
        async with connected(local_providers, **options):
            pass
    assert refused.value.status_code == 400
    query = "&".join(
        f"{key}={value}"
        for key, value in {"encoding": "linear16", "sample_rate": 16_000, **options}.items()
    )
    with pytest.raises(InvalidStatus) as raw:
        await connect(f"{local_providers.deepgram_url}/v1/listen?{query}")
    body = json.loads(raw.value.response.body or b"")
    assert body["err_code"] == "Bad Request" and field in body["err_msg"]


async def test_wrong_credentials_look_like_deepgrams(local_providers: LocalProviders) -> None:
    with pytest.raises(ApiError) as refused:
        async with connected(local_providers, faults={"status": 401}):
            pass
    assert refused.value.status_code == 401


async def test_nonsense_is_answered_and_the_stream_goes_on(
    local_providers: LocalProviders,
) -> None:
    url = f"{local_providers.deepgram_url}/v1/listen?encoding=linear16&sample_rate=16000"
    async with connect(url) as socket:
        for nonsense in ("hello", "[1]", '{"type": "Sing"}'):
            await socket.send(nonsense)
            assert json.loads(await socket.recv())["type"] == "Error"
        await socket.send(b"\x00")
        await socket.send('{"type": "CloseStream"}')
        assert json.loads(await socket.recv())["type"] == "Metadata"
    assert not socket.protocol.extensions, "audio must not be compressed"


def _mulaw(pcm: bytes) -> bytes:
    """Encode 16-bit PCM as G.711 mu-law."""
    samples = samples_of(pcm).astype(np.int32)
    sign = np.where(samples < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(samples), 32_635) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 15
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()
