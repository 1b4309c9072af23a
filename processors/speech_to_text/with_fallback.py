"""Two recognisers in the place of one: the second hears what the first has failed to."""

from __future__ import annotations

import asyncio

from loguru import logger
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    STTMetadataFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
from pipecat.services.stt_service import SegmentedSTTService, STTService
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from ..fallback import Fallback
from ..frames import EndOfTurnHeardFrame, TranscriptSettledFrame, TroubleFrame
from ..turns.stretch import Stretch
from ..turns.word_units import Numerals
from ..turns.words_once import WordsOnce
from .common_words import CommonWords
from .handover import Handover
from .recognition import Recognition
from .results import Result
from .seam import Seam
from .segment_recognition import SegmentRecognition
from .trouble import CommonTrouble
from .unsettled_audio import ANSWER_SECS, UnsettledAudio

_PASSING = (InterimTranscriptionFrame, EndOfTurnHeardFrame)
_WORDS = (TranscriptionFrame, TranscriptSettledFrame, *_PASSING)
_VOICE = (VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame)
_DOWN, _UP = FrameDirection.DOWNSTREAM, FrameDirection.UPSTREAM


class SpeechToTextWithFallback(Pipeline):
    """One recogniser at a time hears the caller; both are connected, so the second starts at once.

    When the first fails, the audio it has not settled goes to the second within the same
    utterance, and so does what follows, until the first has rested. Its late words are dropped:
    the second hears the same audio. An error comes out only when nobody is left to hear.

    Args:
        first: Any of Pipecat's recognisers.
        second: Another one.
        fallback: Decides whose turn it is.
        numerals: The language's number words, which a recogniser may also write as digits.
    """

    def __init__(
        self,
        first: STTService,
        second: STTService,
        *,
        fallback: Fallback | None = None,
        numerals: Numerals | None = None,
    ) -> None:
        self._head = Seam(self._from_before)
        self._middle = Seam(self._from_first)
        self._tail = Seam(self._from_second)
        super().__init__([self._head, first, self._middle, second, self._tail])
        self.first = first
        self.second = second
        self.active = first
        """Whom the caller's audio goes to, and whose words count."""
        self.words = WordsOnce(numerals=numerals)
        for service, on_failure in ((first, self._first_failed), (second, self._second_failed)):
            if isinstance(service, Recognition):
                service.words = CommonWords(self.words, of=service, active=lambda: self.active)
                service.on_failure = on_failure
                service.is_relieved = lambda it=service: it is first and second.is_usable
        self._fallback = fallback or Fallback()
        self._unsettled = UnsettledAudio(bytes_per_sec=0)
        self._asked_secs = 0.0
        self._handover = Handover()
        self._has_first_failed = False
        """In the present utterance, or since."""
        self._task: asyncio.Task[None] | None = None
        self._trouble = CommonTrouble(first, second, push=self._tail.push_frame)

    @property
    @override
    def is_usable(self) -> bool:
        """Whether anybody is left to hear."""
        return self.first.is_usable or self.second.is_usable

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Set both up."""
        self._unsettled = UnsettledAudio(bytes_per_sec=2 * setup.audio_in_sample_rate)
        await super().setup(setup)

    @override
    async def cleanup(self) -> None:
        """Give up what is being handed over."""
        await super().cleanup()
        if self._task:
            await self.cancel_task(self._task)

    async def _from_before(self, frame: Frame, direction: FrameDirection) -> None:
        """Between what is before us and the first."""
        if isinstance(frame, InputAudioRawFrame):
            await self._take_audio(frame)
        elif isinstance(frame, _VOICE) and direction is _DOWN:
            await self._take_voice(frame, direction)
        elif isinstance(frame, ErrorFrame) and frame.processor is self.first:
            await self._first_failed(frame)
        elif not self._handover.is_ours(frame):
            await self._head.push_frame(frame, direction)

    async def _from_first(self, frame: Frame, direction: FrameDirection) -> None:
        """Between the two: what comes from the first, and what goes up to it."""
        if self._handover.is_ours(frame):
            return
        if isinstance(frame, ErrorFrame) and frame.processor is self.second:
            await self._second_failed(frame)
        elif isinstance(frame, STTMetadataFrame) and self.active is not self.first:
            return
        elif isinstance(frame, _WORDS) and direction is _DOWN:
            await self._pass_words(frame, self.first)
        elif isinstance(frame, TroubleFrame):
            await self._trouble.note(frame, of=self.first)
        elif isinstance(frame, (InputAudioRawFrame, *_VOICE)):
            # The second does not hear what the first does.
            seam = self._tail if direction is _DOWN else self._head
            await seam.push_frame(frame, direction)
        else:
            await self._middle.push_frame(frame, direction)

    async def _from_second(self, frame: Frame, direction: FrameDirection) -> None:
        """Between the second and what is behind us."""
        if self._handover.is_ours(frame):
            return
        if isinstance(frame, _VOICE) and direction is _UP:
            await self._take_voice(frame, direction)
        elif isinstance(frame, _WORDS) and direction is _DOWN:
            await self._pass_words(frame, self.second)
        elif isinstance(frame, TroubleFrame):
            await self._trouble.note(frame, of=self.second)
        elif not isinstance(frame, STTMetadataFrame) or frame.service_name == self.active.name:
            await self._tail.push_frame(frame, direction)

    async def _take_audio(self, frame: InputAudioRawFrame) -> None:
        self._unsettled.take(frame.audio)
        await self._active_seam(_DOWN).push_frame(frame, _DOWN)
        is_watched = self.active is self.first and not isinstance(self.first, SegmentedSTTService)
        if is_watched and not self._handover.is_on and self._unsettled.is_overdue(frame.audio):
            self._unsettled.watch.reset()
            self._note_failure("it says nothing to speech")
            self._use(self.second)

    async def _take_voice(self, frame: Frame, direction: FrameDirection) -> None:
        """Let whoever is active know of the caller's voice, and choose who that is."""
        now_secs = asyncio.get_running_loop().time()
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._has_first_failed = False
            self._choose(now_secs)
            self._unsettled.on_voice_started()
        else:
            self._asked_secs = now_secs
            self._unsettled.on_voice_stopped()
            self._unsettled.watch.on_finalize_sent()
        await self._active_seam(direction).push_frame(frame, direction)

    def _active_seam(self, direction: FrameDirection) -> Seam:
        """Return where to push a frame so that only the active one gets it, or neither yet."""
        if self._handover.is_on:
            return self._tail if direction is _DOWN else self._head
        if direction is _DOWN:
            return self._head if self.active is self.first else self._middle
        return self._middle if self.active is self.first else self._tail

    async def _pass_words(self, frame: Frame, service: STTService) -> None:
        if service is not self.active or not self._is_new(frame, service):
            return
        self._unsettled.watch.on_result()
        if not isinstance(frame, _PASSING):
            text = frame.text if isinstance(frame, TranscriptionFrame) else ""
            is_last = not isinstance(frame, TranscriptionFrame) or frame.finalized
            stretch = Stretch.of(frame)
            span_secs = (stretch.start_secs, stretch.end_secs) if stretch else None
            if isinstance(service, SegmentRecognition):
                self._unsettled.settle_utterances(owed=service.utterances_owed)
            else:
                self._unsettled.settle(Result(text, True, is_last or None, span_secs))
            if service is self.first:
                self._fallback.note_success()
        await self._tail.push_frame(frame)

    def _is_new(self, frame: Frame, service: STTService) -> bool:
        is_words = isinstance(frame, TranscriptionFrame | InterimTranscriptionFrame)
        return isinstance(service, Recognition) or not is_words or self.words.admit(frame)

    def _choose(self, now_secs: float) -> None:
        """The caller begins to speak: whose turn is it?"""
        is_owed = self._unsettled.is_asked and now_secs - self._asked_secs < ANSWER_SECS
        if self._fallback.is_needed(now_secs) and self.second.is_usable:
            self._use(self.second)
        elif self.first.is_usable and not is_owed:
            self._use(self.first)

    async def _first_failed(self, error: ErrorFrame, is_news: bool = True) -> None:
        if not self.second.is_usable:
            if is_news:
                await self._head.push_frame(error, _UP)
            return
        if error.category is ErrorCategory.UNKNOWN and self.first.is_usable:
            return  # It complains, and hears on.
        self._has_first_failed = True
        self._note_failure(error.error)
        if self._unsettled.is_owed or not self.first.is_usable:
            self._use(self.second)

    async def _second_failed(self, error: ErrorFrame, is_news: bool = True) -> None:
        if self.active is not self.second:
            return
        is_lost = error.category is not ErrorCategory.UNKNOWN and self._unsettled.is_owed
        is_worth_a_try = is_lost and not self._has_first_failed
        if self.first.is_usable and (is_worth_a_try or not self.second.is_usable):
            self._use(self.first)
        elif is_news:
            await self._head.push_frame(error, _UP)

    def _note_failure(self, problem: str) -> None:
        now_secs = asyncio.get_running_loop().time()
        if not self._fallback.is_needed(now_secs):
            logger.warning(f"speech-to-text: {problem}; {self.second.name} stands in")
        self._fallback.note_failure(now_secs, is_permanent=not self.first.is_usable)

    def _use(self, service: STTService) -> None:
        if service is self.active:
            return
        self.active = service
        self._handover.begin()
        previous = self._task
        self._task = self.create_task(self._hand_over(service, previous), "handover")

    async def _hand_over(self, service: STTService, previous: asyncio.Task[None] | None) -> None:
        if previous:
            await self.cancel_task(previous)
        await service.broadcast_service_metadata()
        await self._handover.give(self._unsettled, service)
