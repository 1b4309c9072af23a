from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    EndFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMMessagesAppendFrame,
    TTSSpeakFrame,
    UserIdleTimeoutUpdateFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from pipecat.workers.runner import WorkerRunner
from typing_extensions import override

from bot.call.lines import Lines
from processors.floor import Floor
from processors.turns.caller_side import CallerSide
from tests.fake_output import build_output
from tests.fake_pipeline import open_fake_pipeline
from tests.fake_room import settle
from tests.heard_talk import STORY, Talk, TellingVoice, words_of
from tests.turn_rig import TurnRig
from tests.virtual_time import VirtualClock, run_in_virtual_time


class Worker:
    """Takes frames when the test lets it."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.door = asyncio.Event()
        self.arrives = True

    async def queue_frame(self, frame: Frame) -> None:
        await self.door.wait()
        self.frames.append(frame)
        if self.arrives:
            self._on_arrival(self, frame)

    def add_reached_downstream_filter(self, types: object) -> None:
        assert types == (InterruptionFrame,)

    def add_event_handler(self, event: str, handler: Callable[[object, Frame], None]) -> None:
        assert event == "on_frame_reached_downstream"
        self._on_arrival = handler


async def test_what_was_said_before_the_pipeline_is_there_comes_first_and_in_order() -> None:
    lines, worker = Lines(), Worker()
    lines.say("Hello.")
    delivering = asyncio.create_task(lines.deliver(cast(PipelineWorker, worker)))
    await settle()
    lines.answer("What time is it?", nudge_secs=20.0)
    lines.say("One moment.", is_remembered=False)
    lines.ask_again()
    lines.end(farewell="Goodbye!", reason="idle")
    worker.door.set()
    await settle()
    delivering.cancel()
    greeting, interruption, _, typed, aside, again, farewell, end = worker.frames
    assert isinstance(aside, TTSSpeakFrame) and aside.append_to_context is False
    assert isinstance(again, LLMMessagesAppendFrame) and again.run_llm and not again.messages
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


def test_typed_text_is_answered_also_when_the_cut_hangs() -> None:
    async def main() -> None:
        lines, worker = Lines(), Worker()
        worker.door.set()
        worker.arrives = False
        delivering = asyncio.create_task(lines.deliver(cast(PipelineWorker, worker)))
        lines.answer("What time is it?", nudge_secs=20.0)
        await asyncio.sleep(2.0)
        delivering.cancel()
        assert [type(frame) for frame in worker.frames] == [
            InterruptionFrame,
            UserIdleTimeoutUpdateFrame,
            LLMMessagesAppendFrame,
        ]

    run_in_virtual_time(main())


class Model(FrameProcessor):
    """Keeps what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[Any]] = []

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame):
            messages: list[Any] = [*frame.context.get_messages()]
            self.asked.append([message["content"] for message in messages])
        else:
            await self.push_frame(frame, direction)


@pytest.mark.promise("Memory", "Text that is typed over a reply follows what was heard of it.")
def test_typed_text_that_cuts_a_reply_follows_it_in_memory() -> None:
    async def main() -> None:
        rig, model, lines = TurnRig(), Model(), Lines()
        output = build_output(floor=rig.floor)
        parts = [rig.aggregator, model, output, LLMAssistantAggregator(rig.context)]
        async with open_fake_pipeline(Pipeline(parts), clock=VirtualClock()) as pipeline:
            talk = Talk(output, pipeline, rig.context)
            delivering = asyncio.create_task(lines.deliver(pipeline.worker))
            await talk.begin(TellingVoice(), STORY, 1000, 1.4)
            lines.answer("Stop it, please.", nudge_secs=20.0)
            await asyncio.sleep(0.5)
            delivering.cancel()
            heard = words_of(STORY, heard_secs=talk.heard_secs(1000))
            assert talk.memory == [heard, "Stop it, please."]
        assert model.asked == [[heard, "Stop it, please."]]

    run_in_virtual_time(main())
