from __future__ import annotations

import pytest

from bench.barge_in import heard_words, silence_ms
from bench.corpus import clips, noises
from bench.tones import WINDOW_SECS


def test_the_old_reply_is_silent_after_its_last_sound_however_often_it_went_on() -> None:
    stopped, went_on = [True] * 12 + [False] * 30, [True] * 5 + [False] * 30
    assert silence_ms(stopped) == pytest.approx(12 * WINDOW_SECS * 1000)
    assert silence_ms(stopped + went_on) == pytest.approx(47 * WINDOW_SECS * 1000)
    assert silence_ms([False] * 20) == 0


def test_a_reply_that_sounds_to_the_end_is_never_silent() -> None:
    assert silence_ms([True] * 5 + [False] * 30 + [True] * 20) is None


def test_the_local_recogniser_hears_words_and_none_in_a_noise() -> None:
    stop = next(clip for clip in clips() if clip.name == "Stop. x1.0")
    assert "stop" in heard_words(stop).lower()
    assert heard_words(noises()[0]) == ""
