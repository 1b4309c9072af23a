from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any, cast

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    FunctionCallCancelFrame,
    FunctionCallFromLLM,
    FunctionCallResultFrame,
    FunctionCallResultProperties,
    FunctionCallsStartedFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMContextAssistantTurnFrame,
    LLMContextUserTurnFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMMessagesAppendFrame,
    LLMTextFrame,
    MetricsFrame,
    TranscriptionFrame,
    TTSTextFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import MetricsData, TTFBMetricsData
from pipecat.observers.base_observer import FramePushed
from pipecat.processors.filters.identity_filter import IdentityFilter
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.tests.utils import run_test
from pipecat.utils.text.base_text_aggregator import TextType
from typing_extensions import override

from processors.agent_protocol.audience import Audience
from processors.agent_protocol.events import (
    ConversationListener,
    Side,
    Stage,
    ToolCall,
    ToolOutcome,
)
from processors.agent_protocol.observer import ConversationObserver
from processors.floor import Floor
from processors.frames import (
    BotPauseFrame,
    BotResumeFrame,
    HeardTextFrame,
    PlayoutStartedFrame,
    PlayoutStoppedFrame,
)

DOWN, UP = FrameDirection.DOWNSTREAM, FrameDirection.UPSTREAM


class Recorder(ConversationListener):
    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    @override
    def caller_started(self) -> None:
        self.events.append(("caller_started",))

    @override
    def caller_fell_silent(self, silence_secs: float) -> None:
        self.events.append(("caller_fell_silent", silence_secs))

    @override
    def caller_words(self, text: str, *, is_final: bool) -> None:
        self.events.append(("caller_words", text, is_final))

    @override
    def caller_stopped(self, *, has_words: bool) -> None:
        self.events.append(("caller_stopped", has_words))

    @override
    def reply_started(self) -> None:
        self.events.append(("reply_started",))

    @override
    def reply_written(self, *, has_words: bool) -> None:
        self.events.append(("reply_written", has_words))

    @override
    def tools_started(self, calls: Sequence[ToolCall]) -> None:
        self.events.append(("tools_started", *calls))

    @override
    def tool_ended(self, outcome: ToolOutcome) -> None:
        self.events.append(("tool_ended", outcome))

    @override
    def playout_started(self) -> None:
        self.events.append(("playout_started",))

    @override
    def words_heard(self, text: str, *, is_remembered: bool = True) -> None:
        self.events.append(("words_heard", text, is_remembered))

    @override
    def playout_stopped(self, *, is_interrupted: bool) -> None:
        self.events.append(("playout_stopped", is_interrupted))

    @override
    def interrupted(self) -> None:
        self.events.append(("interrupted",))

    @override
    def failed(self, stage: Stage) -> None:
        self.events.append(("failed", stage))

    @override
    def paused(self) -> None:
        self.events.append(("paused",))

    @override
    def resumed(self) -> None:
        self.events.append(("resumed",))

    @override
    def turn_added(self, side: Side, text: str) -> None:
        self.events.append(("turn_added", side, text))

    @override
    def measured(self, stage: Stage, data: Sequence[MetricsData]) -> None:
        self.events.append(("measured", stage, data))


def observer_for(listener: ConversationListener) -> ConversationObserver:
    return ConversationObserver(audience=Audience(floor=Floor(), listeners=[listener]))


async def observe(*frames: Frame, direction: FrameDirection = DOWN) -> list[tuple[Any, ...]]:
    recorder = Recorder()
    observer = observer_for(recorder)
    nobody = cast(FrameProcessor, None)
    for frame in frames:
        await observer.on_push_frame(FramePushed(nobody, nobody, frame, direction, 0))
    return recorder.events


def heard(text: str) -> HeardTextFrame:
    return HeardTextFrame(text, text_type=TextType.WORD)


@pytest.mark.promise("Captions and clients", "Every event of a turn is told once and in order.")
async def test_a_turn_and_its_reply_are_told() -> None:
    events = await observe(
        InterimTranscriptionFrame("what", "caller", ""),
        UserStartedSpeakingFrame(),
        InterruptionFrame(),
        TranscriptionFrame("what time", "caller", ""),
        VADUserStoppedSpeakingFrame(stop_secs=0.2),
        UserStoppedSpeakingFrame(),
        LLMFullResponseStartFrame(),
        LLMTextFrame("Ten."),
        LLMFullResponseEndFrame(),
        PlayoutStartedFrame(),
        heard("Ten."),
        TTSTextFrame("Ten.", text_type=TextType.SENTENCE),
        PlayoutStoppedFrame(),
    )
    assert events == [
        ("caller_words", "what", False),
        ("caller_started",),
        ("interrupted",),
        ("caller_words", "what time", True),
        ("caller_fell_silent", 0.2),
        ("caller_stopped", True),
        ("reply_started",),
        ("reply_written", True),
        ("playout_started",),
        ("words_heard", "Ten.", True),
        ("playout_stopped", False),
    ]


async def test_empty_turns_and_empty_replies_are_told_as_such() -> None:
    events = await observe(
        UserStartedSpeakingFrame(),
        TranscriptionFrame("hello", "caller", ""),
        UserStoppedSpeakingFrame(),
        UserStartedSpeakingFrame(),
        UserStoppedSpeakingFrame(),
        UserStartedSpeakingFrame(),
        InterimTranscriptionFrame("hel", "caller", ""),
        UserStoppedSpeakingFrame(),
        LLMFullResponseStartFrame(),
        LLMTextFrame("Hi"),
        LLMFullResponseEndFrame(),
        LLMFullResponseStartFrame(),
        LLMTextFrame(" "),
        LLMFullResponseEndFrame(),
    )
    assert [event for event in events if event[0] in ("caller_stopped", "reply_written")] == [
        ("caller_stopped", True),
        ("caller_stopped", False),
        ("caller_stopped", True),
        ("reply_written", True),
        ("reply_written", False),
    ]


@pytest.mark.promise("Captions and clients", "Every event of a turn is told once and in order.")
async def test_the_upstream_copy_of_a_broadcast_frame_is_not_told_again() -> None:
    assert await observe(UserStartedSpeakingFrame(), InterruptionFrame(), direction=UP) == []


async def test_tools_are_told_from_start_to_end() -> None:
    call = FunctionCallFromLLM("weather", "1", {"place": "Rome"}, None)
    progress = FunctionCallResultProperties(is_final=False)
    silent = FunctionCallResultProperties(run_llm=False)
    events = await observe(
        FunctionCallsStartedFrame([call]),
        FunctionCallResultFrame("weather", "1", {}, "so far", properties=progress),
        FunctionCallResultFrame("weather", "1", {}, {"degrees": 20}),
        FunctionCallResultFrame("end_call", "2", {}, "bye", properties=silent),
        FunctionCallResultFrame("weather", "3", {}, "broken", error="it raised"),
        FunctionCallCancelFrame("weather", "4"),
    )
    assert events == [
        ("tools_started", ToolCall("1", "weather", {"place": "Rome"})),
        ("tool_ended", ToolOutcome("1", "weather", {"degrees": 20}, False, False, True)),
        ("tool_ended", ToolOutcome("2", "end_call", "bye", False, False, False)),
        ("tool_ended", ToolOutcome("3", "weather", "broken", True, False, True)),
        ("tool_ended", ToolOutcome("4", "weather", None, True, True, False)),
    ]


class _Ears(STTService):
    @override
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None]:
        yield None


class _Voice(TTSService):
    @override
    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None]:
        yield None


@pytest.mark.promise("Captions and clients", "A failure is told with the stage that failed.")
@pytest.mark.parametrize(
    ("processor", "stage"),
    [
        (_Ears(), Stage.SPEECH_TO_TEXT),
        (LLMService(), Stage.LANGUAGE_MODEL),
        (_Voice(), Stage.TEXT_TO_SPEECH),
        (IdentityFilter(), Stage.OTHER),
        (None, Stage.OTHER),
    ],
)
async def test_an_error_names_its_stage(processor: FrameProcessor | None, stage: Stage) -> None:
    frame = ErrorFrame("it broke", processor=processor)
    assert await observe(frame, direction=UP) == [("failed", stage)]


@pytest.mark.promise(
    "Captions and clients",
    "What was said and typed is told as conversation; what we tell the model is not.",
)
async def test_what_the_memory_takes_in_is_told_but_not_what_we_tell_the_model() -> None:
    events = await observe(
        LLMContextUserTurnFrame("Hello", ""),
        LLMContextAssistantTurnFrame("Hi", ""),
        LLMMessagesAppendFrame([{"role": "user", "content": "typed"}], run_llm=True),
        LLMMessagesAppendFrame([{"role": "developer", "content": "Nobody is there."}]),
    )
    assert events == [
        ("turn_added", Side.CALLER, "Hello"),
        ("turn_added", Side.BOT, "Hi"),
        ("turn_added", Side.CALLER, "typed"),
    ]


async def test_a_false_interruption_is_told() -> None:
    assert await observe(BotPauseFrame(), BotResumeFrame()) == [("paused",), ("resumed",)]


async def test_figures_name_the_stage_that_measured_them() -> None:
    recorder = Recorder()
    observer = observer_for(recorder)
    data: list[MetricsData] = [TTFBMetricsData(processor="x", value=0.1)]
    nobody = cast(FrameProcessor, None)
    await observer.on_push_frame(FramePushed(LLMService(), nobody, MetricsFrame(data), DOWN, 0))
    assert recorder.events == [("measured", Stage.LANGUAGE_MODEL, data)]


async def test_a_pipeline_tells_each_frame_once() -> None:
    recorder = Recorder()
    await run_test(
        IdentityFilter(),
        frames_to_send=[PlayoutStartedFrame(), heard("Hi"), PlayoutStoppedFrame()],
        observers=[observer_for(recorder)],
    )
    assert recorder.events == [
        ("playout_started",),
        ("words_heard", "Hi", True),
        ("playout_stopped", False),
    ]


async def test_audio_costs_next_to_nothing() -> None:
    observer = observer_for(Recorder())
    nobody = cast(FrameProcessor, None)
    data = FramePushed(nobody, nobody, InputAudioRawFrame(b"\0" * 640, 16_000, 1), DOWN, 0)
    started_secs = time.process_time()
    for _ in range(5_000):
        await observer.on_push_frame(data)
    # 100 s of audio from both sides; seen: below 5 ms.
    assert time.process_time() - started_secs < 0.25
