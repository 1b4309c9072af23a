from __future__ import annotations

import time

import pytest

from bench.microphone import Microphone
from bench.sound import SAMPLE_RATE_HZ, samples_of, silence, tone


async def test_marks_are_the_first_and_last_loud_sample_of_the_file() -> None:
    heard: list[bytes] = []

    async def push(frame: bytes) -> None:
        heard.append(frame)

    beep = tone(500, 0.1, sample_rate_hz=SAMPLE_RATE_HZ)
    async with Microphone(push=push).running() as microphone:
        utterance = await microphone.say(silence(0.05) + beep + silence(0.025))
        now = time.monotonic()
    assert utterance.u0_secs == pytest.approx(utterance.end_secs - 0.125, abs=1e-3)
    assert utterance.u1_secs == pytest.approx(utterance.end_secs - 0.025, abs=1e-3)
    assert utterance.end_secs <= now + 0.01
    assert sum(1 for frame in heard if abs(samples_of(frame)).max() > 1000) == 10


async def test_it_gives_faint_noise_when_nobody_speaks() -> None:
    heard: list[bytes] = []

    async def push(frame: bytes) -> None:
        heard.append(frame)

    async with Microphone(push=push).running() as microphone:
        with pytest.raises(ValueError, match="louder"):
            await microphone.say(silence(0.1))
        await microphone.say(tone(500, 0.02, sample_rate_hz=SAMPLE_RATE_HZ))
    assert all(len(frame) == 320 for frame in heard)
