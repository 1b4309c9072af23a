from __future__ import annotations

import pytest

from bench.sound import room_tone, silence, tone
from bench.standin.script import turn_hz
from bench.tones import tone_secs, tone_windows

RATE_HZ = 16_000


def voice(turn: int, secs: float) -> bytes:
    return tone(turn_hz(turn), secs, sample_rate_hz=RATE_HZ)


@pytest.mark.parametrize("turn", range(20))
def test_a_turn_is_told_from_every_other(turn: int) -> None:
    pcm = voice(turn, 0.4)
    assert tone_secs(pcm, turn) == pytest.approx(0.4)
    assert not any(tone_secs(pcm, other) for other in range(20) if other != turn)


def test_old_audio_before_new_is_counted() -> None:
    pcm = voice(3, 0.1) + silence(0.2) + voice(4, 0.3)
    assert tone_secs(pcm, 3) == pytest.approx(0.1, abs=0.02)
    assert tone_secs(pcm, 4) == pytest.approx(0.3, abs=0.02)


def test_silence_and_noise_are_nobody() -> None:
    pcm = silence(0.1) + room_tone(0.3, dbfs=-20)
    assert not any(tone_windows(pcm, turn).any() for turn in range(20))
