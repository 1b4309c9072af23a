"""The one observer that tells what happens in a conversation.

Frames come in, events of `ConversationListener` go out to the audience. A frame type that means
nothing here (audio above all) costs one dictionary look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    FunctionCallCancelFrame,
    FunctionCallResultFrame,
    FunctionCallsStartedFrame,
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
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.processors.aggregators.llm_context import LLMSpecificMessage
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from typing_extensions import override

from ..frames import (
    AnswerDelayedFrame,
    BotPauseFrame,
    BotResumeFrame,
    HeardTextFrame,
    PlayoutStartedFrame,
    PlayoutStoppedFrame,
    TranscriptSettledFrame,
    TroubleFrame,
    UnspokenTextFrame,
)
from .audience import Audience
from .events import (
    ConversationListener,
    Side,
    Stage,
    ToolCall,
    ToolOutcome,
)

_Case = Callable[[Any, ConversationListener], None]

_STAGES: tuple[tuple[type[Any], Stage], ...] = (
    (STTService, Stage.SPEECH_TO_TEXT),
    (LLMService, Stage.LANGUAGE_MODEL),
    (TTSService, Stage.TEXT_TO_SPEECH),
)


class ConversationObserver(BaseObserver):
    """Tells the audience what the frames mean.

    Pipecat runs it in a task of its own, so nothing a listener does delays a frame.
    """

    def __init__(self, *, audience: Audience) -> None:
        super().__init__(observe_every_push=False)
        self._audience = audience
        self._turn_has_words = False
        self._reply_has_words = False
        self._source_stage = Stage.OTHER
        self._cases: dict[type[Frame], _Case] = {
            UserStartedSpeakingFrame: lambda _, to: to.caller_started(),
            VADUserStoppedSpeakingFrame: lambda f, to: to.caller_fell_silent(f.stop_secs),
            InterimTranscriptionFrame: lambda f, to: to.caller_words(f.text, is_final=False),
            TranscriptionFrame: lambda f, to: to.caller_words(f.text, is_final=True),
            TranscriptSettledFrame: lambda _, to: to.caller_words_settled(),
            UserStoppedSpeakingFrame: lambda _, to: to.caller_stopped(
                has_words=self._turn_has_words
            ),
            LLMFullResponseStartFrame: lambda _, to: to.reply_started(),
            LLMFullResponseEndFrame: lambda _, to: to.reply_written(
                has_words=self._reply_has_words
            ),
            FunctionCallsStartedFrame: lambda f, to: to.tools_started(_tool_calls(f)),
            FunctionCallResultFrame: lambda f, to: to.tool_ended(_outcome(f)),
            FunctionCallCancelFrame: lambda f, to: to.tool_ended(_cancelled(f)),
            PlayoutStartedFrame: lambda _, to: to.playout_started(),
            HeardTextFrame: lambda f, to: to.words_heard(f.text, is_remembered=f.append_to_context),
            PlayoutStoppedFrame: lambda f, to: to.playout_stopped(is_interrupted=f.is_interrupted),
            InterruptionFrame: lambda _, to: to.interrupted(),
            ErrorFrame: lambda f, to: to.failed(_stage(f.processor)),
            AnswerDelayedFrame: lambda _, to: to.answer_delayed(),
            TroubleFrame: lambda f, to: to.trouble(f.part, is_over=f.is_over),
            UnspokenTextFrame: lambda f, to: to.words_unspoken(f.text),
            BotPauseFrame: lambda _, to: to.paused(),
            BotResumeFrame: lambda _, to: to.resumed(),
            LLMContextUserTurnFrame: lambda f, to: to.turn_added(Side.CALLER, f.text),
            LLMContextAssistantTurnFrame: lambda f, to: to.turn_added(Side.BOT, f.text),
            LLMMessagesAppendFrame: _tell_typed,
            MetricsFrame: lambda f, to: to.measured(self._source_stage, f.data),
            # Only noted, for the two `has_words` above: one per token.
            LLMTextFrame: _ignore,
        }

    @property
    def frame_types(self) -> Collection[type[Frame]]:
        """The frames that mean something here."""
        return self._cases.keys()

    @override
    async def on_push_frame(self, data: FramePushed) -> None:
        """Tell the listeners what the frame means, if anything."""
        frame = data.frame
        case = self._cases.get(type(frame))
        # A broadcast frame travels both ways, as two frames: count the downstream one. Errors only
        # travel upstream.
        is_copy = data.direction is FrameDirection.UPSTREAM and not isinstance(frame, ErrorFrame)
        is_progress = isinstance(frame, FunctionCallResultFrame) and not _is_final(frame)
        if case is None or is_copy or is_progress:
            return
        if isinstance(frame, MetricsFrame):
            self._source_stage = _stage(data.source)
        self._note_words(frame)
        if case is not _ignore:
            self._audience.tell(partial(case, frame))
        if isinstance(frame, UserStoppedSpeakingFrame):
            self._turn_has_words = False

    def _note_words(self, frame: Frame) -> None:
        if isinstance(frame, LLMTextFrame):
            self._reply_has_words = self._reply_has_words or bool(frame.text.strip())
        elif isinstance(frame, LLMFullResponseStartFrame):
            self._reply_has_words = False
        elif isinstance(frame, TranscriptionFrame | InterimTranscriptionFrame):
            self._turn_has_words = self._turn_has_words or bool(frame.text.strip())


def _ignore(frame: Frame, to: ConversationListener) -> None:
    del frame, to


def _tool_calls(frame: FunctionCallsStartedFrame) -> list[ToolCall]:
    return [
        ToolCall(call_id=call.tool_call_id, name=call.function_name, arguments=call.arguments)
        for call in frame.function_calls
    ]


def _is_final(frame: FunctionCallResultFrame) -> bool:
    return frame.properties is None or frame.properties.is_final


def _outcome(frame: FunctionCallResultFrame) -> ToolOutcome:
    run_llm = frame.run_llm
    if frame.properties is not None and frame.properties.run_llm is not None:
        run_llm = frame.properties.run_llm
    return ToolOutcome(
        call_id=frame.tool_call_id,
        name=frame.function_name,
        result=frame.result,
        is_error=frame.error is not None,
        is_cancelled=False,
        is_answered=run_llm is not False,
    )


def _cancelled(frame: FunctionCallCancelFrame) -> ToolOutcome:
    return ToolOutcome(
        call_id=frame.tool_call_id,
        name=frame.function_name,
        result=None,
        is_error=True,
        is_cancelled=True,
        is_answered=frame.run_llm,
    )


def _tell_typed(frame: LLMMessagesAppendFrame, to: ConversationListener) -> None:
    """Tell what was typed; what we ourselves tell the model has another role."""
    for message in frame.messages:
        is_foreign = isinstance(message, LLMSpecificMessage)
        if is_foreign or message.get("role") != Side.CALLER.value:
            continue
        text = message.get("content")
        if isinstance(text, str):
            to.turn_added(Side.CALLER, text)


def _stage(processor: FrameProcessor | None) -> Stage:
    for service, stage in _STAGES:
        if isinstance(processor, service):
            return stage
    return Stage.OTHER
