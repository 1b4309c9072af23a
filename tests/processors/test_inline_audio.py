from __future__ import annotations

import asyncio

from pipecat.frames.frames import (
    CancelFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    StartFrame,
    SystemFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from typing_extensions import override

from processors.inline_audio import InlineAudio
from tests.fake_pipeline import open_fake_pipeline

DOWN = FrameDirection.DOWNSTREAM


def audio(number: int) -> InputAudioRawFrame:
    return InputAudioRawFrame(bytes([number, 0]) * 512, 16_000, 1)


class Listener(FrameProcessor):
    """Passes frames on; takes as long to start, and to hear audio 1, as the test likes."""

    def __init__(self) -> None:
        super().__init__()
        self.may_start = asyncio.Event()
        self.may_hear = asyncio.Event()
        self.may_hear.set()
        self.heard: list[int] = []

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, StartFrame):
            await self.may_start.wait()
        if isinstance(frame, InputAudioRawFrame):
            if frame.audio[0] == 1:
                await self.may_hear.wait()
            self.heard.append(frame.audio[0])
            if frame.audio[0] == 0:
                raise ValueError("bad audio")
        await self.push_frame(frame, direction)


class InlineListener(InlineAudio, Listener):
    """What is tested."""


async def test_audio_is_processed_before_the_push_returns() -> None:
    listener = InlineListener()
    listener.may_start.set()
    async with open_fake_pipeline(listener) as pipeline:
        await listener.queue_frame(audio(1), DOWN)
        assert listener.heard == [1]
        assert [frame for frame in pipeline.down if isinstance(frame, InputAudioRawFrame)]


async def test_audio_from_before_the_start_stays_ahead_of_later_audio() -> None:
    listener = InlineListener()
    listener.may_hear.clear()
    for number in (1, 2):
        await listener.queue_frame(audio(number), DOWN)
    asyncio.get_running_loop().call_soon(listener.may_start.set)
    async with open_fake_pipeline(listener) as pipeline:
        later = asyncio.create_task(listener.queue_frame(audio(3), DOWN))
        await asyncio.sleep(0)
        listener.may_hear.set()
        await later
        await pipeline.until_down(InputAudioRawFrame, count=3)
        await listener.queue_frame(audio(4), DOWN)
        assert listener.heard == [1, 2, 3, 4]


async def test_bad_audio_is_an_error_and_the_next_is_heard() -> None:
    listener = InlineListener()
    listener.may_start.set()
    async with open_fake_pipeline(listener) as pipeline:
        await listener.queue_frame(audio(0), DOWN)
        await listener.queue_frame(audio(1), DOWN)
        [error] = await pipeline.until_up(ErrorFrame)
    assert "bad audio" in error.error
    assert listener.heard == [0, 1]


async def test_other_frames_wait_their_turn() -> None:
    listener = InlineListener()
    listener.may_start.set()
    async with open_fake_pipeline(listener) as pipeline:
        other = SystemFrame()
        await listener.queue_frame(other, DOWN)
        await listener.queue_frame(audio(1), DOWN)
        assert other not in pipeline.down
        await pipeline.settle()
        assert other in pipeline.down


async def test_bad_audio_from_before_the_start_does_not_send_the_rest_through_the_queue() -> None:
    listener = InlineListener()
    for number in (0, 2):
        await listener.queue_frame(audio(number), DOWN)
    asyncio.get_running_loop().call_soon(listener.may_start.set)
    async with open_fake_pipeline(listener) as pipeline:
        await pipeline.until_down(InputAudioRawFrame)
        await pipeline.settle()
        await listener.queue_frame(audio(3), DOWN)
        # Processed before the call returned: nothing waits any more.
        assert listener.heard == [0, 2, 3]


async def test_audio_waits_while_a_processor_holds_its_frames() -> None:
    listener = InlineListener()
    listener.may_start.set()
    async with open_fake_pipeline(listener) as pipeline:
        is_ready = asyncio.Event()
        await listener.pause_processing_all_frames_until(is_ready.wait)
        for number in (1, 2):
            await listener.queue_frame(audio(number), DOWN)
        await asyncio.sleep(0.01)
        assert listener.heard == []
        is_ready.set()
        await pipeline.until_down(InputAudioRawFrame, count=2)
        await pipeline.settle()
        await listener.queue_frame(audio(3), DOWN)
        assert listener.heard == [1, 2, 3]


async def test_audio_after_a_cancellation_is_dropped() -> None:
    listener = InlineListener()
    listener.may_start.set()
    async with open_fake_pipeline(listener) as pipeline:
        await listener.queue_frame(CancelFrame(), DOWN)
        await pipeline.until_down(CancelFrame)
        await listener.queue_frame(audio(1), DOWN)
        assert listener.heard == []
