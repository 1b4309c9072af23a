from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

from livekit import rtc
from pipecat.frames.frames import UserAudioRawFrame
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.transports.livekit.transport import LiveKitParams

from processors.room.microphone import RoomInput
from tests.fake_pipeline import open_fake_pipeline


@dataclass
class Client:
    """A room whose caller says what the test queues."""

    audio: asyncio.Queue[rtc.AudioFrameEvent] = field(default_factory=asyncio.Queue)

    async def setup(self, _: FrameProcessorSetup) -> None: ...

    async def connect(self) -> None: ...

    async def disconnect(self) -> None: ...

    async def get_next_audio_frame(self) -> AsyncIterator[tuple[rtc.AudioFrameEvent, str]]:
        while True:
            yield await self.audio.get(), "caller"

    def say(self, audio: bytes) -> None:
        self.audio.put_nowait(
            rtc.AudioFrameEvent(rtc.AudioFrame(audio, 16_000, 1, len(audio) // 2))
        )


class Owner:
    async def cleanup(self) -> None: ...


async def test_what_the_caller_says_arrives_whole_and_in_order_even_from_before_the_start() -> None:
    client = Client()
    params = LiveKitParams(audio_in_enabled=True, audio_in_sample_rate=16_000)
    microphone = RoomInput(cast(Any, Owner()), cast(Any, client), params)
    said = [bytes([number, 0]) * 320 for number in range(5)]
    for audio in said[:2]:
        client.say(audio)
    async with open_fake_pipeline(microphone) as pipeline:
        for audio in said[2:]:
            client.say(audio)
        heard = await pipeline.until_down(UserAudioRawFrame, count=5)
    assert [frame.audio for frame in heard] == said
    assert {(frame.user_id, frame.sample_rate) for frame in heard} == {("caller", 16_000)}
