"""Pipecat's user aggregator, where the caller's audio ends."""

from __future__ import annotations

from pipecat.frames.frames import Frame, InputAudioRawFrame
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregator
from pipecat.processors.frame_processor import FrameDirection

from processors.inline_audio import InlineAudio


class CallerSide(InlineAudio, LLMUserAggregator):
    """Keeps the caller's audio from travelling on: nobody after it listens."""

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push everything but audio."""
        if not isinstance(frame, InputAudioRawFrame):
            await super().push_frame(frame, direction)
