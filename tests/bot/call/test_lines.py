from __future__ import annotations

import asyncio
from typing import cast

from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InterruptionFrame,
    LLMMessagesAppendFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.worker import PipelineWorker

from bot.call.lines import Lines
from tests.fake_room import settle


class Worker:
    """Takes frames when the test lets it."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.door = asyncio.Event()

    async def queue_frame(self, frame: Frame) -> None:
        await self.door.wait()
        self.frames.append(frame)


async def test_what_was_said_before_the_pipeline_is_there_comes_first_and_in_order() -> None:
    lines, worker = Lines(), Worker()
    lines.say("Hello.")
    delivering = asyncio.create_task(lines.deliver(cast(PipelineWorker, worker)))
    await settle()
    lines.answer("What time is it?", nudge_secs=20.0)
    lines.end(farewell="Goodbye!", reason="idle")
    worker.door.set()
    await settle()
    delivering.cancel()
    greeting, interruption, _, typed, farewell, end = worker.frames
    assert isinstance(greeting, TTSSpeakFrame) and greeting.text == "Hello."
    assert isinstance(interruption, InterruptionFrame)
    assert isinstance(typed, LLMMessagesAppendFrame) and typed.run_llm
    assert typed.messages == [{"role": "user", "content": "What time is it?"}]
    assert isinstance(farewell, TTSSpeakFrame) and farewell.text == "Goodbye!"
    assert isinstance(end, EndFrame) and end.reason == "idle"


async def test_an_end_without_a_farewell_says_nothing() -> None:
    lines, worker = Lines(), Worker()
    worker.door.set()
    delivering = asyncio.create_task(lines.deliver(cast(PipelineWorker, worker)))
    lines.end(reason="goodbye")
    await settle()
    delivering.cancel()
    assert [type(frame) for frame in worker.frames] == [EndFrame]
