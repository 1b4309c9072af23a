"""The path of a frame through one session, as a list one can read aloud."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipecat.pipeline.worker import PipelineParams, PipelineWorker, ProcessorUnusablePolicy
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMUserAggregatorParams,
)
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from bot.call.person import Instructed
from bot.call.services import (
    build_drafts,
    build_language_model,
    build_speech_to_text,
    build_text_to_speech,
)
from bot.languages.choice import language_for
from bot.settings import Settings
from bot.stages.table import stages_of
from processors.agent_protocol.audience import Audience
from processors.agent_protocol.observer import ConversationObserver
from processors.agent_protocol.rtvi import CallerRTVI
from processors.floor import Floor
from processors.observed_pipeline import ObservedPipeline
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ
from processors.room.transport import INPUT_SAMPLE_RATE_HZ, RoomTransport
from processors.turns.analyzer import TurnAnalyzer
from processors.turns.caller_side import CallerSide
from processors.turns.draft import DraftRecogniser
from processors.turns.end import TurnEnd
from processors.turns.start import TurnStart
from processors.turns.talk_context import OnSummary, TalkContext
from processors.turns.voice_activity import VoiceActivity
from tools.runtime.runtime import ToolRuntime

_START_LIMIT_SECS = 10.0
_CANCEL_LIMIT_SECS = 3.0
"""Pipecat's 20 s are for batch jobs; a caller who left must not hold a process that long."""


@dataclass(frozen=True)
class SessionPipeline:
    """One session's pipeline and the parts of it that the session talks to."""

    worker: PipelineWorker
    caller_side: CallerSide
    language_model: Instructed
    context: TalkContext


def build_pipeline(  # noqa: PLR0913 - what one session's pipeline is made of
    *,
    settings: Settings,
    session_id: str,
    transport: RoomTransport,
    floor: Floor,
    audience: Audience,
    tools: ToolRuntime,
    rtvi: CallerRTVI | None = None,
    on_summary: OnSummary | None = None,
) -> SessionPipeline:
    """Put the parts of one session together; nothing runs yet."""
    speech_to_text = build_speech_to_text(settings)
    text_to_speech = build_text_to_speech(settings)
    language_model = build_language_model(settings, voice=text_to_speech, tools=tools)
    context = TalkContext(
        tools=list(tools.function_schemas()),
        # The local one is a script.
        is_summarised=not stages_of(settings).language_model.is_local,
        on_summary=on_summary,
    )
    caller_side = CallerSide(
        context,
        floor=floor,
        params=_user_params(settings, transport, floor),
        words=speech_to_text.words,
        numerals=language_for(settings.language).numerals,
    )
    processors = [
        transport.input(),
        speech_to_text,
        caller_side,
        language_model,
        text_to_speech,
        transport.output(),
        LLMAssistantAggregator(context),
    ]
    observer = ConversationObserver(audience=audience)
    worker = PipelineWorker(
        ObservedPipeline(processors, observer=observer, observed=observer.frame_types),
        name=f"session-{session_id}",
        conversation_id=session_id,
        params=PipelineParams(
            audio_in_sample_rate=INPUT_SAMPLE_RATE_HZ,
            audio_out_sample_rate=OUTPUT_SAMPLE_RATE_HZ,
            enable_metrics=True,
            enable_usage_metrics=True,
        ),
        enable_rtvi=rtvi is not None,
        rtvi_processor=rtvi,
        enable_turn_tracking=False,
        # A deaf or mute bot is worse than none; the session ends itself, and says so first.
        processor_unusable_policy=ProcessorUnusablePolicy.CONTINUE,
        # The session has its own idea of idleness, with words.
        idle_timeout_secs=None,
        setup_timeout_secs=_START_LIMIT_SECS,
        start_timeout_secs=_START_LIMIT_SECS,
        cancel_timeout_secs=_CANCEL_LIMIT_SECS,
    )
    return SessionPipeline(
        worker=worker, caller_side=caller_side, language_model=language_model, context=context
    )


def build_turns(  # noqa: PLR0913 - all that tells when the caller's turn begins and ends
    settings: Settings,
    *,
    voice_activity: VoiceActivity,
    analyzer: TurnAnalyzer,
    floor: Floor,
    is_audible: Callable[[], bool],
    heard_text: Callable[[], str],
    is_microphone_off: Callable[[], bool] = bool,
    drafts: DraftRecogniser | None = None,
) -> UserTurnStrategies:
    """Decide when turns begin and end, by the words of the caller's language too."""
    caller_words = language_for(settings.language).caller_words
    start = TurnStart(
        voice_activity=voice_activity,
        floor=floor,
        is_audible=is_audible,
        heard_text=heard_text,
        caller_words=caller_words,
        drafts=drafts,
    )
    end = TurnEnd(
        voice_activity=voice_activity,
        analyzer=analyzer,
        floor=floor,
        caller_words=caller_words,
        is_microphone_off=is_microphone_off,
        drafts=drafts,
    )
    return UserTurnStrategies(start=[start], stop=[end])


def _user_params(
    settings: Settings, transport: RoomTransport, floor: Floor
) -> LLMUserAggregatorParams:
    voice_activity = VoiceActivity()
    turns = build_turns(
        settings,
        voice_activity=voice_activity,
        analyzer=TurnAnalyzer(),
        floor=floor,
        is_audible=lambda: transport.playout.is_audible,
        heard_text=lambda: transport.heard_text,
        is_microphone_off=lambda: transport.microphone.is_off,
        drafts=build_drafts(settings),
    )
    return LLMUserAggregatorParams(
        vad_analyzer=voice_activity,
        user_turn_strategies=turns,
        user_idle_timeout=settings.idle_nudge_secs,
    )
