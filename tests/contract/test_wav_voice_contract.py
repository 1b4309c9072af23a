"""Our speech service against a FastAPI server that answers with WAV."""

from __future__ import annotations

from collections.abc import Sequence

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

from processors.text_to_speech import OpenAITextToSpeech
from tests.contract.wav_voice import ANSWERS, TONE_HZ, TONE_SECS, Answer, open_wav_voice

_VOICE_HZ = 24_000


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
        frames = await _spoken(base_url)
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
