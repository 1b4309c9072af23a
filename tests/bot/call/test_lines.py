from __future__ import annotations

import asyncio
from typing import cast

import pytest
from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    EndFrame,
    Frame,
    InterruptionFrame,
    LLMMessagesAppendFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregatorParams
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from bot.call.lines import Lines
from processors.floor import Floor
from processors.turns.caller_side import CallerSide
from tests.fake_room import settle
from tests.virtual_time import run_in_virtual_time


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


@pytest.mark.promise("Ending a call", "What is spoken and what is typed end a silence alike.")
def test_typed_text_begins_the_silence_anew() -> None:
    params = LLMUserAggregatorParams(
        user_turn_strategies=ExternalUserTurnStrategies(), user_idle_timeout=20.0
    )

    async def main() -> list[float]:
        lines, asked_secs, loop = Lines(), list[float](), asyncio.get_running_loop()
        caller_side = CallerSide(LLMContext(), floor=Floor(), params=params)
        caller_side.add_event_handler(
            "on_user_turn_idle", lambda *_: asked_secs.append(loop.time() - stopped_secs)
        )
        worker = PipelineWorker(Pipeline([caller_side]), enable_rtvi=False, idle_timeout_secs=None)
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run())
        delivering = asyncio.create_task(lines.deliver(worker))
        await asyncio.sleep(1.0)
        await worker.queue_frame(BotStoppedSpeakingFrame())
        stopped_secs = loop.time()
        await asyncio.sleep(15.0)
        lines.answer("What time is it?", nudge_secs=20.0)
        await asyncio.sleep(30.0)
        delivering.cancel()
        await worker.queue_frame(EndFrame())
        await asyncio.wait({running, delivering})
        return asked_secs

    assert run_in_virtual_time(main()) == [pytest.approx(35.0, abs=0.5)]
