from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Self, cast

from livekit import rtc
from pipecat.audio.filters.base_audio_filter import BaseAudioFilter
from pipecat.frames.frames import BotConnectedFrame, FilterControlFrame, UserAudioRawFrame
from pipecat.utils.asyncio.task_manager import BaseTaskManager
from typing_extensions import override

from processors.room.microphone import RoomInput
from processors.room.microphone_signs import MicrophoneSigns
from processors.room.transport import build_params
from tests.fake_pipeline import open_fake_pipeline


@dataclass
class Client:
    """A room whose caller says what the test queues."""

    audio: asyncio.Queue[rtc.AudioFrame] = field(default_factory=asyncio.Queue)
    owners: int = 0
    microphone: MicrophoneSigns = field(default_factory=MicrophoneSigns)

    async def connect(self, _: BaseTaskManager) -> None:
        self.owners += 1

    async def disconnect(self) -> None:
        self.owners -= 1

    @property
    def caller_audio(self) -> Self:
        return self

    async def frames(self) -> AsyncIterator[tuple[rtc.AudioFrame, str]]:
        while True:
            yield await self.audio.get(), "caller"

    def say(self, audio: bytes) -> None:
        self.audio.put_nowait(rtc.AudioFrame(audio, 16_000, 1, len(audio) // 2))


class Owner:
    async def cleanup(self) -> None: ...


class EverySecond(BaseAudioFilter):
    """Holds back every first piece, then gives both, turned to noise."""

    def __init__(self) -> None:
        self.rate_hz = 0
        self.is_running = False
        self._held = b""

    @override
    async def start(self, sample_rate: int) -> None:
        self.rate_hz, self.is_running = sample_rate, True

    @override
    async def stop(self) -> None:
        self.is_running = False

    @override
    async def process_frame(self, frame: FilterControlFrame) -> None: ...

    @override
    async def filter(self, audio: bytes) -> bytes:
        if not self._held:
            self._held = audio
            return b""
        audio, self._held = self._held + audio, b""
        return bytes(255 - byte for byte in audio)


def microphone_of(client: Client, *, audio_in_filter: BaseAudioFilter | None = None) -> RoomInput:
    params = build_params(audio_in_filter=audio_in_filter)
    return RoomInput(cast(Any, client), params, transport=cast(Any, Owner()))


async def test_what_the_caller_says_arrives_whole_and_in_order_even_from_before_the_start() -> None:
    client = Client()
    said = [bytes([number, 0]) * 320 for number in range(5)]
    for audio in said[:2]:
        client.say(audio)
    async with open_fake_pipeline(microphone_of(client)) as pipeline:
        assert client.owners == 1
        for audio in said[2:]:
            client.say(audio)
        heard = await pipeline.until_down(UserAudioRawFrame, count=5)
        assert await pipeline.until_down(BotConnectedFrame)
    assert [frame.audio for frame in heard] == said
    assert {(frame.user_id, frame.sample_rate) for frame in heard} == {("caller", 16_000)}
    assert client.owners == 0


async def test_a_stock_filter_changes_what_is_heard() -> None:
    client, noise = Client(), EverySecond()
    async with open_fake_pipeline(microphone_of(client, audio_in_filter=noise)) as pipeline:
        assert noise.rate_hz == 16_000
        for number in (1, 2):
            client.say(bytes([number, 0]) * 320)
        [frame] = await pipeline.until_down(UserAudioRawFrame)
    assert frame.audio == bytes([254, 255]) * 320 + bytes([253, 255]) * 320
    assert frame.num_frames == 640
    assert not noise.is_running
