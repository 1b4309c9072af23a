"""No bot at all: what a caller says comes straight back. Measures the room itself (R)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from livekit import rtc

_SAMPLE_RATE_HZ = 48_000


@asynccontextmanager
async def open_echo(url: str, token: str) -> AsyncGenerator[None]:
    """Echo the first audio track of the room while the block runs."""
    room = rtc.Room()
    source = rtc.AudioSource(_SAMPLE_RATE_HZ, 1, queue_size_ms=0)
    tasks: list[asyncio.Task[None]] = []

    async def echo(track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=_SAMPLE_RATE_HZ, frame_size_ms=10)
        try:
            async for event in stream:
                await source.capture_frame(event.frame)
        finally:
            await stream.aclose()

    def on_track(track: rtc.Track, *_: object) -> None:
        tasks.append(asyncio.create_task(echo(track)))

    room.on("track_subscribed", on_track)
    await room.connect(url, token)
    try:
        microphone = rtc.LocalAudioTrack.create_audio_track("echo", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await room.local_participant.publish_track(microphone, options)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await room.disconnect()
        await source.aclose()
