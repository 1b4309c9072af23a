"""Our own observer beside stock ones, a recorder and a filter, in a pipeline of our processors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self, cast

import numpy as np
import pytest
from livekit import rtc
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    LLMTextFrame,
    MetricsFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    UserAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import TTFBMetricsData
from pipecat.observers.base_observer import BaseObserver, FrameProcessed, FramePushed
from pipecat.observers.service_metrics_observer import ServiceMetricsObserver
from pipecat.observers.user_bot_latency_observer import UserBotLatencyObserver
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMUserAggregatorParams,
)
from pipecat.processors.audio.audio_buffer_processor import AudioBufferProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.utils.asyncio.task_manager import BaseTaskManager
from pipecat.workers.runner import WorkerRunner
from typing_extensions import override

from processors.floor import Floor
from processors.observed_pipeline import ObservedPipeline
from processors.room.microphone import RoomInput
from processors.room.microphone_signs import MicrophoneSigns
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ, RoomOutput
from processors.room.transport import build_params
from processors.turns.caller_side import CallerSide
from tests.fake_audio_source import FakeAudioSource
from tests.voice_frames import reply, sentence
from tests.waiting import until

CALLER_LEVEL, BOT_LEVEL = 3000, 8000
FRAME_SAMPLES = 512
CALLER_LEVELS = [CALLER_LEVEL] * 10 + [0] * 5


@dataclass
class Client:
    """A room whose caller says what the test queues, and listens."""

    audio_source: FakeAudioSource
    audio: asyncio.Queue[rtc.AudioFrame] = field(default_factory=asyncio.Queue)
    microphone: MicrophoneSigns = field(default_factory=MicrophoneSigns)

    async def connect(self, _: BaseTaskManager) -> None: ...

    async def disconnect(self) -> None: ...

    async def wait_for_listener(self) -> None: ...

    @property
    def caller_audio(self) -> Self:
        return self

    async def frames(self) -> AsyncGenerator[tuple[rtc.AudioFrame, str]]:
        while True:
            yield await self.audio.get(), "caller"


class Owner:
    async def cleanup(self) -> None: ...


class Voice(FrameProcessor):
    """Says what it is told, and how long that took."""

    ignores_audio = True

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, TTSSpeakFrame):
            await self.push_frame(frame, direction)
            return
        data = TTFBMetricsData(processor=self.name, value=0.25)
        for said in (MetricsFrame([data]), *reply(sentence(frame.text, secs=0.2, level=BOT_LEVEL))):
            await self.push_frame(said)


class Watcher(BaseObserver):
    """Keeps what it is woken for: who pushed which frame, and who took one."""

    def __init__(self) -> None:
        super().__init__()
        self.pushed: list[tuple[str, type[Frame]]] = []
        self.processed: set[tuple[str, type[Frame]]] = set()

    @override
    async def on_push_frame(self, data: FramePushed) -> None:
        self.pushed.append((type(data.source).__name__, type(data.frame)))

    @override
    async def on_process_frame(self, data: FrameProcessed) -> None:
        self.processed.add((type(data.processor).__name__, type(data.frame)))


class Meter(FrameProcessor):
    """A stock kind of processor that wants the caller's audio."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[int] = []

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self.heard.append(int(np.frombuffer(frame.audio, np.int16)[0]))
        await self.push_frame(frame, direction)


def build_output(client: Client, owner: Any, floor: Floor) -> RoomOutput:
    return RoomOutput(cast(Any, client), build_params(), transport=owner, floor=floor)


class Talk:
    """A caller and a bot on our transport, in a pipeline with guests."""

    def __init__(
        self,
        *,
        observers: Sequence[BaseObserver] = (),
        before: Sequence[FrameProcessor] = (),
        between: Sequence[FrameProcessor] = (),
        after: Sequence[FrameProcessor] = (),
    ) -> None:
        context, owner, floor = LLMContext(), cast(Any, Owner()), Floor()
        self.source = FakeAudioSource(sample_rate_hz=OUTPUT_SAMPLE_RATE_HZ)
        self.client = Client(self.source)
        self.own = Watcher()
        self.output = build_output(self.client, owner, floor)
        strategies = UserTurnStrategies(start=[], stop=[])
        processors = [
            RoomInput(cast(Any, self.client), build_params(), transport=owner),
            *before,
            CallerSide(
                context,
                floor=floor,
                params=LLMUserAggregatorParams(user_turn_strategies=strategies),
            ),
            *between,
            Voice(),
            self.output,
            *after,
            LLMAssistantAggregator(context),
        ]
        self.worker = PipelineWorker(
            ObservedPipeline(
                processors, observer=self.own, observed=[LLMTextFrame, BotStartedSpeakingFrame]
            ),
            params=PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=24_000),
            observers=list(observers),
            cancel_on_idle_timeout=False,
            enable_rtvi=False,
            enable_turn_tracking=False,
        )

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(self.worker)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(runner.run())
            try:
                yield
            finally:
                await self.worker.queue_frame(EndFrame())

    async def hold(self) -> None:
        """The caller speaks, then the bot answers."""
        await self.worker.queue_frame(VADUserStartedSpeakingFrame())
        for level in CALLER_LEVELS:
            pcm = np.full(FRAME_SAMPLES, level, np.int16).tobytes()
            self.client.audio.put_nowait(rtc.AudioFrame(pcm, 16_000, 1, FRAME_SAMPLES))
            await asyncio.sleep(0.005)
        await self.worker.queue_frames(
            [VADUserStoppedSpeakingFrame(), LLMTextFrame("One."), TTSSpeakFrame("One two.")]
        )

        async def is_heard() -> bool:
            return int(np.count_nonzero(self.source.played)) >= 0.2 * OUTPUT_SAMPLE_RATE_HZ

        await until(is_heard)


async def test_our_own_observer_is_woken_for_pushes_of_what_it_looks_at_and_no_more() -> None:
    talk = Talk()
    async with talk.running():
        await talk.hold()
    kinds = {kind for _, kind in talk.own.pushed}
    assert kinds == {LLMTextFrame, BotStartedSpeakingFrame}
    assert ("CallerSide", LLMTextFrame) in talk.own.pushed
    assert not talk.own.processed


async def test_a_second_observer_sees_all_and_changes_nothing_for_the_first() -> None:
    watcher = Watcher()
    talk = Talk(observers=[watcher])
    async with talk.running():
        await talk.hold()
    for seen in (
        ("RoomInput", UserAudioRawFrame),
        ("CallerSide", LLMTextFrame),
        ("Voice", TTSAudioRawFrame),
        ("RoomOutput", BotStartedSpeakingFrame),
    ):
        assert seen in watcher.pushed
    assert watcher.pushed.count(("RoomInput", UserAudioRawFrame)) == len(CALLER_LEVELS)
    assert ("CallerSide", UserAudioRawFrame) in watcher.processed
    assert {kind for _, kind in talk.own.pushed} == {LLMTextFrame, BotStartedSpeakingFrame}


async def test_an_observer_added_during_the_talk_sees_what_follows() -> None:
    watcher = Watcher()
    talk = Talk()
    async with talk.running():
        await talk.hold()
        talk.worker.add_observer(watcher)
        talk.client.audio.put_nowait(rtc.AudioFrame(bytes(1024), 16_000, 1, FRAME_SAMPLES))
        await until(lambda: _is(("RoomInput", UserAudioRawFrame) in watcher.pushed))


async def test_pipecats_latency_observer_measures_our_turns() -> None:
    observer = UserBotLatencyObserver()
    measured: list[float] = []
    observer.add_event_handler("on_latency_measured", lambda _, secs: measured.append(secs))
    talk = Talk(observers=[observer])
    async with talk.running():
        await talk.hold()
    assert len(measured) == 1 and 0 < measured[0] < 1


async def test_pipecats_metrics_observer_gets_each_figure_once() -> None:
    observer = ServiceMetricsObserver()
    figures: list[float] = []
    observer.add_event_handler("on_service_latency", lambda _, one: figures.append(one.seconds))
    talk = Talk(observers=[observer])
    async with talk.running():
        await talk.hold()
    assert figures == [0.25]


async def test_a_stock_recorder_behind_the_output_records_both_sides() -> None:
    recorder = AudioBufferProcessor(
        sample_rate=OUTPUT_SAMPLE_RATE_HZ, num_channels=2, auto_start_recording=True
    )
    tracks: list[tuple[bytes, bytes]] = []

    @recorder.event_handler("on_track_audio_data")
    async def keep(_: object, caller: bytes, bot: bytes, *__: object) -> None:
        tracks.append((caller, bot))

    del keep
    talk = Talk(after=[recorder])
    async with talk.running():
        await talk.hold()
    [(caller, bot)] = tracks
    # Resampled from 16 kHz, it has soft edges.
    loud = np.count_nonzero(np.abs(np.frombuffer(caller, np.int16)) > CALLER_LEVEL / 2)
    assert loud == pytest.approx(10 * FRAME_SAMPLES * 24_000 / 16_000, rel=0.1)
    assert np.count_nonzero(np.frombuffer(bot, np.int16) == BOT_LEVEL) == 4800


@pytest.mark.parametrize("place", ["before", "between", "after"])
async def test_a_stock_processor_hears_the_caller_wherever_it_stands(place: str) -> None:
    meter = Meter()
    talk = Talk(**cast(Any, {place: [meter]}))
    async with talk.running():
        await talk.hold()
    assert meter.heard == CALLER_LEVELS


async def _is(value: bool) -> bool:
    return value
