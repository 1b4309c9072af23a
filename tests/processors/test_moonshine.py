from __future__ import annotations

import numpy as np
import pytest

from bench.sound import samples_of
from bench.words import word_error_rate
from processors.moonshine import Moonshine, read_tokens
from tests.contract.speech_clips import BECKETT


@pytest.fixture(scope="module")
def moonshine() -> Moonshine:
    return Moonshine()


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return samples_of(BECKETT.pcm()).astype(np.float32) / 32_768


def test_recorded_speech_is_understood(moonshine: Moonshine, speech: np.ndarray) -> None:
    heard = moonshine.transcribe(speech)
    assert heard is not None
    assert word_error_rate(BECKETT.words, heard.text) == 0.0
    assert 0.5 < heard.confidence <= 1.0


def test_the_rest_of_a_sentence_is_heard_after_its_beginning(
    moonshine: Moonshine, speech: np.ndarray
) -> None:
    begun = moonshine.transcribe(speech[:24_000])
    assert begun is not None and begun.tokens
    whole = moonshine.transcribe(speech[:48_000], after=begun)
    assert whole is not None
    assert word_error_rate("ever tried", begun.text) == 0.0
    assert word_error_rate("ever failed", whole.text) == 0.0


def test_a_cancelled_decode_returns_nothing(moonshine: Moonshine, speech: np.ndarray) -> None:
    assert moonshine.transcribe(speech, is_cancelled=lambda: True) is None


def test_a_blink_of_audio_holds_no_words(moonshine: Moonshine) -> None:
    heard = moonshine.transcribe(np.zeros(100, np.float32))
    assert heard is not None and heard.text == ""


def test_tokens_are_read_with_short_and_long_lengths() -> None:
    long = b"x" * 130
    data = b"\x03<s>" + b"\x02ab" + bytes([130 % 128 + 128, 130 // 128]) + long + b"\x00"
    assert read_tokens(data) == [b"", b"ab", long, b""]


def test_memory_that_is_given_back_changes_no_word(
    moonshine: Moonshine, speech: np.ndarray
) -> None:
    before = moonshine.transcribe(speech)
    moonshine.give_back_memory()
    after = moonshine.transcribe(speech)
    assert before and after and before.text == after.text
