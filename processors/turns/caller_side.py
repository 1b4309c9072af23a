"""Pipecat's user aggregator, where the caller's audio and words end."""

from __future__ import annotations

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMUserAggregator,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection
from typing_extensions import override

from processors.frames import TranscriptSettledFrame, WordsTakenFrame
from processors.inline_audio import InlineAudio
from processors.scripts import without_gaps
from processors.turns.word_units import Numerals
from processors.turns.words_once import WordsOnce

_Words = TranscriptionFrame | InterimTranscriptionFrame


class CallerSide(InlineAudio, LLMUserAggregator):
    """Takes each of the caller's words once, so that the turn and the context hold the same ones.

    The caller's audio does not travel on: nobody after it listens.

    Args:
        context: The conversation's memory.
        params: As for Pipecat's aggregator.
        words: The account of a recogniser that asks it about every transcript; None: it is asked
            here.
        numerals: The number words of the caller's language, if it is asked here.
    """

    def __init__(
        self,
        context: LLMContext,
        *,
        params: LLMUserAggregatorParams | None = None,
        words: WordsOnce | None = None,
        numerals: Numerals | None = None,
    ) -> None:
        super().__init__(context, params=params)
        self._is_asked_before = words is not None
        self._words = words or WordsOnce(numerals=numerals)

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Drop words that have been taken before."""
        if isinstance(frame, InputAudioRawFrame):
            self._words.on_audio(frame.num_frames / frame.sample_rate)
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            self._words.on_voice()
        elif isinstance(frame, _Words) and not self._has_new_words(frame):
            is_answer = isinstance(frame, TranscriptionFrame) and frame.finalized
            if not is_answer or isinstance(frame, WordsTakenFrame):
                return
            # Its words came before, and nothing more follows.
            frame = TranscriptSettledFrame()
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
        """Push everything but audio."""
        if not isinstance(frame, InputAudioRawFrame):
            await super().push_frame(frame, direction)
