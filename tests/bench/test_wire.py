from __future__ import annotations

import pytest
from livekit import rtc

from bench.sound import SAMPLE_RATE_HZ, samples_of, tone
from bench.wire import VirtualSource, VirtualStream, calling, installed

OUT_HZ = 24_000


def frame(secs: float) -> rtc.AudioFrame:
    pcm = tone(500, secs, sample_rate_hz=OUT_HZ)
    return rtc.AudioFrame(pcm, OUT_HZ, 1, len(pcm) // 2)


async def test_what_is_cleared_is_never_heard() -> None:
    source = VirtualSource(OUT_HZ, 1, queue_size_ms=200)
    await source.capture_frame(frame(0.2))
    source.clear_queue()
    assert source.queued_duration == 0
    source.play()
    heard = samples_of(source.recording.heard(0.0))
    assert (abs(heard) > 1000).sum() < OUT_HZ * 0.05


async def test_a_full_queue_makes_a_capture_wait() -> None:
    source = VirtualSource(OUT_HZ, 1, queue_size_ms=60)
    for _ in range(5):
        await source.capture_frame(frame(0.02))
        assert source.queued_duration <= 0.06 + 1e-3


async def test_the_microphone_reaches_every_stream_at_its_own_rate() -> None:
    with installed():
        assert rtc.AudioSource is VirtualSource
        slow = VirtualStream(None, sample_rate=16_000, frame_size_ms=20)
        fast = VirtualStream(None)
        async with calling() as caller:
            await caller.say(tone(400, 0.05, sample_rate_hz=SAMPLE_RATE_HZ))
            first, second = await anext(slow), await anext(fast)
        await slow.aclose()
        await fast.aclose()
    assert first.frame.samples_per_channel == 320
    assert (second.frame.sample_rate, second.frame.samples_per_channel) == (48_000, 480)
    assert rtc.AudioSource is not VirtualSource


def test_upsampling_keeps_the_pitch() -> None:
    stream = VirtualStream(None)
    pcm = tone(400, 0.5, sample_rate_hz=SAMPLE_RATE_HZ)
    raised = samples_of(stream._at_own_rate(samples_of(pcm)))  # pyright: ignore[reportPrivateUsage]
    VirtualStream.readers.clear()
    assert raised.size == 24_000
    assert max(abs(raised)) == pytest.approx(max(abs(samples_of(pcm))), rel=0.02)
