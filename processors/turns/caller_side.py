"""Pipecat's user aggregator, where the caller's audio and words end."""

from __future__ import annotations

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    LLMContextFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMUserAggregator,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
from typing_extensions import override

from ..audio_listeners import is_audio_heard_after
from ..floor import Floor
from ..frames import (
    SummaryFrame,
    SummaryRequestFrame,
    TranscriptSettledFrame,
    WordsTakenFrame,
)
from ..inline_audio import InlineAudio
from ..scripts import without_gaps
from .talk_context import TalkContext
from .voice_activity import WINDOW_SECS, VoiceActivity
from .word_units import Numerals
from .words_once import WordsOnce

_Words = TranscriptionFrame | InterimTranscriptionFrame


class CallerSide(InlineAudio, LLMUserAggregator):
    """Takes each of the caller's words once, so that the turn and the context hold the same ones.

    The caller's audio does not travel on, unless somebody after it may listen. Nobody else tells
    the floor of the caller: of voice before a strategy sees the frame, of a turn when the pipeline
    is told, whoever decided about it.

    Args:
        context: The conversation's memory.
        floor: Who speaks.
        params: As for Pipecat's aggregator.
        words: The account of a recogniser that asks it about every transcript; None: it is asked
            here.
        numerals: The number words of the caller's language, if it is asked here.
    """

    def __init__(
        self,
        context: LLMContext,
        *,
        floor: Floor,
        params: LLMUserAggregatorParams | None = None,
        words: WordsOnce | None = None,
        numerals: Numerals | None = None,
    ) -> None:
        super().__init__(context, params=params)
        self._floor = floor
        self._is_asked_before = words is not None
        self._words = words or WordsOnce(numerals=numerals)
        self._is_audio_heard_after = False
        self._asked_mark = 0
        analyzer = params.vad_analyzer if params else None
        self._voice_activity = analyzer if isinstance(analyzer, VoiceActivity) else None
        self._voiced_before = 0

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Look who is there."""
        await super().setup(setup)
        self._is_audio_heard_after = is_audio_heard_after(self)

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Drop words that have been taken before."""
        if isinstance(frame, InputAudioRawFrame):
            self._words.on_audio(frame.num_frames / frame.sample_rate)
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            self._words.on_voice()
            self._floor.voice_began()
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._floor.voice_ended()
        elif isinstance(frame, _Words) and not self._has_new_words(frame):
            is_answer = isinstance(frame, TranscriptionFrame) and frame.finalized
            if not is_answer or isinstance(frame, WordsTakenFrame):
                return
            # Its words came before, and nothing more follows.
            frame = TranscriptSettledFrame()
        elif isinstance(frame, SummaryFrame) and isinstance(self.context, TalkContext):
            self.context.summarise(frame.text, frame.mark)
            return
        await super().process_frame(frame, direction)

    @override
    def aggregation_string(self) -> str:
        """Return what was said, its pieces joined as their script has it."""
        return without_gaps(super().aggregation_string())

    def _has_new_words(self, frame: _Words) -> bool:
        if isinstance(frame, WordsTakenFrame):
            return self._words.take(frame.text)
        return self._is_asked_before or self._words.admit(frame)

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push everything but audio that nobody listens to."""
        if direction is FrameDirection.DOWNSTREAM:
            if isinstance(frame, UserStartedSpeakingFrame):
                self._floor.caller_began()
                self._voiced_before = self._voiced_windows(is_turn_new=True)
            elif isinstance(frame, UserStoppedSpeakingFrame):
                windows = self._voiced_windows() - self._voiced_before
                self._floor.caller_ended(voiced_secs=windows * WINDOW_SECS)
        if self._is_audio_heard_after or not isinstance(frame, InputAudioRawFrame):
            await super().push_frame(frame, direction)
        if isinstance(frame, LLMContextFrame) and isinstance(self.context, TalkContext):
            await self._ask_for_summary(self.context)

    def _voiced_windows(self, *, is_turn_new: bool = False) -> int:
        """Return how many there have been; without those that a new turn has begun with."""
        voice = self._voice_activity
        if voice is None:
            return 0
        return voice.voiced_total - (voice.voiced_run if is_turn_new else 0)

    async def _ask_for_summary(self, context: TalkContext) -> None:
        """Have what the memory has forgotten told in short, after the answer that is asked for."""
        if not context.has_forgotten:
            return
        text, mark = context.forgotten
        if mark != self._asked_mark:
            self._asked_mark = mark
            await super().push_frame(SummaryRequestFrame(text=text, mark=mark))
