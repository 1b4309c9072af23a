"""Our speech service against servers that do not send what OpenAI sends: 24 kHz PCM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import httpx
import numpy as np
import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSTextFrame,
)
from pipecat.tests.utils import run_test

from processors.text_to_speech.openai import OpenAITextToSpeech
from tests.contract.other_server import OtherServer, open_piper_server
from tests.contract.wav_voice import ANSWERS, TONE_HZ, TONE_SECS, Answer, open_wav_voice

_VOICE_HZ = 24_000


@pytest.fixture(scope="module")
def piper_server() -> Iterator[OtherServer]:
    with open_piper_server() as server:
        yield server


async def _spoken(base_url: str) -> Sequence[Frame]:
    service = OpenAITextToSpeech(
        api_key="key",
        base_url=base_url,
        settings=OpenAITextToSpeech.Settings(model="any", voice="any"),
    )
    down, up = await run_test(service, frames_to_send=[TTSSpeakFrame("Hello.")])
    assert not [frame for frame in up if isinstance(frame, ErrorFrame)]
    return down


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.__name__)
async def test_a_wav_is_heard_as_it_was_made(answer: Answer) -> None:
    async with open_wav_voice(answer) as base_url:
        _assert_is_tone(await _spoken(base_url))


async def test_a_piper_voice_is_heard_at_its_own_rate(piper_server: OtherServer) -> None:
    """PCM is asked for and comes, with the rate of the voice in a header of its own."""
    answered = await _answered_pcm(piper_server)
    assert answered.headers["content-type"] == "audio/pcm_s16le"
    assert answered.headers["x-sample-rate"] == "22050"
    assert len(answered.content) == 2 * 22_050 * TONE_SECS
    _assert_is_tone(await _spoken(piper_server.base_url))


async def _answered_pcm(server: OtherServer) -> httpx.Response:
    body = {"model": "any", "voice": "any", "input": "Hello.", "response_format": "pcm"}
    async with httpx.AsyncClient(base_url=server.base_url) as http:
        return await http.post("/audio/speech", json=body)


def _assert_is_tone(frames: Sequence[Frame]) -> None:
    audio = [frame for frame in frames if isinstance(frame, TTSAudioRawFrame)]
    assert {(frame.sample_rate, frame.num_channels) for frame in audio} == {(_VOICE_HZ, 1)}
    samples = np.frombuffer(b"".join(frame.audio for frame in audio), "<i2") / 32_767
    assert len(samples) / _VOICE_HZ == pytest.approx(TONE_SECS, rel=0.02)
    assert _tone_share(samples) > 0.99
    assert float(np.abs(samples).max()) == pytest.approx(0.3, rel=0.05)
    assert [frame.text for frame in frames if isinstance(frame, TTSTextFrame)] == ["Hello."]


def _tone_share(samples: np.ndarray) -> float:
    """Return how much of the sound's power is the tone; a header played as sound is none of it."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequencies_hz = np.fft.rfftfreq(len(samples), 1 / _VOICE_HZ)
    return float(power[np.abs(frequencies_hz - TONE_HZ) < 10].sum() / power.sum())
