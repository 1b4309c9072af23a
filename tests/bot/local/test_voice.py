from __future__ import annotations

import numpy as np
import pytest

from bench.sound import samples_of
from bot.local.voice import SAMPLE_RATE_HZ, Voice, tone


@pytest.fixture(scope="module")
def voice() -> Voice:
    return Voice()


def test_the_same_sentence_is_the_same_audio(voice: Voice) -> None:
    said = voice.say("Hello there.", speed=1.0)
    assert said == voice.say("Hello there.", speed=1.0)
    assert SAMPLE_RATE_HZ // 2 < len(said) // 2 < 2 * SAMPLE_RATE_HZ


def test_text_is_cut_at_sentences(voice: Voice) -> None:
    assert voice.sentences("Dr. Smith is in. Come back!") == ["Dr. Smith is in.", "Come back!"]


@pytest.mark.parametrize("text", ["...", "\N{SMILING FACE WITH SUNGLASSES}", " "])
def test_what_cannot_be_pronounced_is_no_error(voice: Voice, text: str) -> None:
    assert len(voice.say(text, speed=1.0)) < SAMPLE_RATE_HZ


def test_a_tone_is_loud_from_its_first_sample() -> None:
    samples = samples_of(tone(440.0, duration_secs=0.5))
    assert len(samples) == SAMPLE_RATE_HZ // 2
    assert samples[0] > 16_000
    assert int(np.abs(np.fft.rfft(samples)).argmax()) == 220
