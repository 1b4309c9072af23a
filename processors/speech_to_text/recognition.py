"""What every recogniser gets, whoever made it: each word once, an end to waiting, one complaint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
from pipecat.services.stt_service import STTService
from typing_extensions import override

from ..frames import TranscriptSettledFrame
from ..inline_audio import InlineAudio
from ..turns.word_units import Numerals
from ..turns.words_once import WordsOnce
from .results import Result
from .unsettled_audio import UnsettledAudio

QUIET_SECS = 10.0
"""A failure that has not happened for this long is told again: it is another one."""


class Recognition(InlineAudio, STTService):
    """Mixed into any of Pipecat's recognisers, ahead of it.

    `words` must hear of the caller's sound: give it to `CallerSide`.

    Args:
        args: Of the service.
        numerals: The language's number words, which a recogniser may also write as digits.
        kwargs: Of the service.
    """

    def __init__(self, *args: Any, numerals: Numerals | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = WordsOnce(numerals=numerals)
        self.unsettled = UnsettledAudio(bytes_per_sec=0)
        self._is_answer_awaited = False
        self._is_answer = False
        self._passing = set[int]()
        self._told_secs: dict[str, float] = {}
        self.on_failure: Callable[[ErrorFrame, bool], Awaitable[None]] | None = None
        """Who answers for its failures: nobody else, observers included, then sees them. Told of
        every one, and whether it is news."""
        self.is_relieved: Callable[[], bool] = lambda: False
        """Whether somebody else hears what this one does not."""

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Size the buffers by the sample rate."""
        await super().setup(setup)
        self.unsettled = UnsettledAudio(bytes_per_sec=2 * self.sample_rate)

    def ask_service(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Give audio to the service that this is mixed into."""
        # Abstract for those who look at this class alone.
        return super().run_stt(audio)  # pyright: ignore[reportAbstractUsage]

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Follow the caller's voice; let the words of others pass."""
        if isinstance(frame, TranscriptionFrame | InterimTranscriptionFrame):
            self._passing.add(frame.id)
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            self.unsettled.on_voice_started()
            self._is_answer_awaited = self._is_answer = False
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self.unsettled.on_voice_stopped()
        await super().process_frame(frame, direction)

    @override
    def request_finalize(self) -> None:
        """The service has been asked for its last words."""
        self._is_answer_awaited = True

    @override
    def confirm_finalize(self) -> None:
        """The words that are pushed next are those; Pipecat would mark later ones if none are."""
        self._is_answer = self._is_answer_awaited
        self._is_answer_awaited = False

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push words that are new."""
        if frame.id in self._passing:
            self._passing.discard(frame.id)
        elif isinstance(frame, ErrorFrame) and frame.processor is self and self.on_failure:
            await self.on_failure(frame, True)
            return
        elif isinstance(frame, InterimTranscriptionFrame):
            self.unsettled.watch.on_result()
            await self.push_interim(frame)
            return
        elif isinstance(frame, TranscriptionFrame):
            is_last = frame.finalized or self._is_answer
            self._is_answer = False
            self.unsettled.watch.on_result()
            is_last = self.unsettled.settle(Result(frame.text, True, is_last, None)) or is_last
            await self.push_final(frame, is_last=is_last)
            return
        await super().push_frame(frame, direction)

    async def push_interim(self, frame: InterimTranscriptionFrame) -> None:
        """Push words that may change, if there are new ones."""
        if self.words.admit(frame):
            await super().push_frame(frame)

    async def push_final(self, frame: TranscriptionFrame, *, is_last: bool) -> None:
        """Push final words that are new, or say that none follow.

        Args:
            frame: The words; cut to the new ones.
            is_last: They are all of what the caller has said.
        """
        if self.words.admit(frame):
            frame.finalized = is_last
            await super().push_frame(frame)
        elif is_last:
            # Its words came before, or there were none.
            await self.push_settled()

    async def push_settled(self) -> None:
        """Say that nothing follows the final words so far."""
        await self.stop_ttfb_metrics()
        await super().push_frame(TranscriptSettledFrame())

    @override
    async def push_error_frame(
        self, error: ErrorFrame, force_treat_as_permanent: bool = False
    ) -> None:
        """Tell of a failure, if it is news or the end."""
        if self.is_news(error.error) or force_treat_as_permanent:
            await super().push_error_frame(error, force_treat_as_permanent)
        elif self.on_failure:
            error.processor = self
            await self.on_failure(error, False)

    def is_news(self, problem: str) -> bool:
        """Return True if nobody has been told of this problem lately."""
        now_secs = asyncio.get_running_loop().time()
        last_secs = self._told_secs.get(problem)
        self._told_secs[problem] = now_secs
        return last_secs is None or now_secs - last_secs >= QUIET_SECS
