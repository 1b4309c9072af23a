"""Two voices that are one to the pipeline: the second speaks what the first did not."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from loguru import logger
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    StartFrame,
    TTSAudioRawFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
from pipecat.services.settings import TTSSettings
from typing_extensions import override

from ..fallback import Fallback
from ..provider_requests import EmptyAnswerError, failure_of
from ..refusals import DoubtedRefusalError
from .forms.samples import OneRate
from .persevering import may_pass
from .shelf.shelf import KeptSpeechFrame
from .shelf.spare_lines import SpareLines
from .speaking import Speaking
from .speech_attempts import is_sound
from .verdict import is_refusal, names_setting

TRUST_SECS = 60.0
"""After an answer of the first voice its kept speech may begin a reply: for as long it is likely to
speak the rest too. A turn and its reply take 5 to 30 s."""
_REFUSED_TEXTS = 8
"""Remembered; two are asked for at a time."""


class TextToSpeechWithFallback(Speaking):
    """Speaks with the first voice; with the second, what the first made no sound of.

    A piece whose speech broke off is said again from its start. The first gets one attempt, and is
    spared for a while after a failure. What is heard has one sample rate, whatever theirs are:
    Pipecat's output takes no second one.

    Kept speech of the first is used while it answers: else a reply would begin in one voice and go
    on in the other, each time the first is tried again.

    A second that refuses is no reason to be silent: the first is tried at once, rested or not, and
    both together are given up only if neither will ever speak.

    Args:
        first: Preferred.
        second: Takes over.
        fallback: Which one it is now.
    """

    def __init__(
        self, first: Speaking, second: Speaking, *, fallback: Fallback | None = None
    ) -> None:
        self._first = first
        super().__init__(
            settings=TTSSettings(model=None, voice=None, language=None),
            push_start_frame=True,
            push_stop_frames=True,
            patience_secs=max(first.patience_secs, second.patience_secs),
            longest_silence_secs=first.patience_secs + second.longest_silence_secs,
        )
        self.speaks_ahead = first.speaks_ahead
        self._second = second
        self._fallback = fallback or Fallback()
        self._trusted_until_secs = 0.0
        self._is_second_lost = False
        self._refused_texts = deque[str](maxlen=_REFUSED_TEXTS)
        """By the second, though they may be all that it refuses."""
        # Speech ahead asks for two texts at a time; the second voice may take one only.
        self._second_is_free = asyncio.Lock()

    @override
    def can_generate_metrics(self) -> bool:
        """Return True."""
        return True

    @property
    @override
    def spoken_language(self) -> str:
        """That of the first voice, whose speech is asked for ahead."""
        return self._first.spoken_language

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Set both up."""
        await super().setup(setup)
        await asyncio.gather(self._first.setup(setup), self._second.setup(setup))

    @override
    async def cleanup(self) -> None:
        """Clean both up."""
        await super().cleanup()
        await self._first.cleanup()
        await self._second.cleanup()

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Have both start and end."""
        if isinstance(frame, StartFrame):
            await self._tell_both(frame, direction)
            await super().process_frame(frame, direction)
            return
        if isinstance(frame, TTSUpdateSettingsFrame) and self._is_for_us(frame):
            # Names of voices and models are a vendor's; without an address they mean the first.
            voice = self._second if frame.service is self._second else self._first
            await voice.process_frame(dataclasses.replace(frame, service=None), direction)
            return
        await super().process_frame(frame, direction)
        if isinstance(frame, EndFrame | CancelFrame):
            await self._tell_both(frame, direction)

    @override
    async def speech(
        self, text: str, *, is_first: bool, attempts: int = 2, is_fresh: bool = False
    ) -> AsyncGenerator[Frame]:
        """Yield the frames of one text's speech, of whichever voice makes it."""
        clock = asyncio.get_running_loop()
        has_sound = is_kept = False
        failure: Exception | None = None
        if not self._is_first_spared(clock.time()):
            is_in_doubt = is_fresh or clock.time() >= self._trusted_until_secs
            made = self._first.speech(text, is_first=is_first, attempts=1, is_fresh=is_in_doubt)
            try:
                async with aclosing(self._at_one_rate(made)) as frames:
                    async for frame in frames:
                        is_kept = is_kept or isinstance(frame, KeptSpeechFrame)
                        has_sound = has_sound or is_sound(frame)
                        yield frame
            except Exception as error:
                self._note_failure(error, clock.time())
                if has_sound or self._is_second_lost:
                    raise
                failure = error
            else:
                if not is_kept:
                    self._note_success(clock.time())
                return
        made = self._second.speech(text, is_first=is_first, attempts=attempts, is_fresh=is_fresh)
        async with aclosing(self._of_second(made, text, failure)) as frames:
            async for frame in frames:
                yield frame

    async def _of_second(
        self, made: AsyncGenerator[Frame], text: str, failure: Exception | None
    ) -> AsyncGenerator[Frame]:
        """Yield the second's speech; `failure` is what the first has just failed with."""
        has_sound = False
        try:
            async with self._turn_of_second(), aclosing(self._at_one_rate(made)) as frames:
                async for frame in frames:
                    has_sound = has_sound or is_sound(frame)
                    yield frame
        except Exception as error:
            is_refused = isinstance(error, DoubtedRefusalError) or not may_pass(error)
            if has_sound or not is_refused or self._fallback.is_lost:
                raise
            if is_refusal(error) and not names_setting(error):
                if text in self._refused_texts:
                    # The first could not speak it meanwhile either.
                    raise
                self._refused_texts.append(text)
            self._note_second_refusal(error)
            if failure is None or may_pass(failure):
                failure = EmptyAnswerError("the second voice refuses")
            raise failure from error

    @property
    @override
    def spare_lines(self) -> SpareLines | None:
        """Those of the one that keeps any."""
        return self._first.spare_lines or self._second.spare_lines

    @override
    def spare(self, text: str) -> Sequence[Frame]:
        """Return what either has kept of a text, at the rate of the pair."""
        samples = OneRate(self.sample_rate)
        return [
            TTSAudioRawFrame(samples.feed(frame), self.sample_rate, 1)
            if isinstance(frame, TTSAudioRawFrame)
            else frame
            for frame in self._first.spare(text) or self._second.spare(text)
        ]

    def _is_for_us(self, frame: TTSUpdateSettingsFrame) -> bool:
        return frame.service in (None, self, self._first, self._second)

    async def _at_one_rate(self, speech: AsyncGenerator[Frame]) -> AsyncGenerator[Frame]:
        samples = OneRate(self.sample_rate)
        async with aclosing(speech) as frames:
            async for frame in frames:
                if not isinstance(frame, TTSAudioRawFrame):
                    yield frame
                elif audio := samples.feed(frame):
                    yield TTSAudioRawFrame(audio, self.sample_rate, 1)
        if audio := samples.finish():
            yield TTSAudioRawFrame(audio, self.sample_rate, 1)

    def _note_success(self, now_secs: float) -> None:
        self._fallback.note_success()
        self._trusted_until_secs = now_secs + TRUST_SECS

    def _note_failure(self, error: Exception, now_secs: float) -> None:
        self._trusted_until_secs = 0.0
        problem, category = failure_of(error)
        logger.warning("The first voice failed: {}", problem)
        if is_refusal(error) and not names_setting(error):
            # Perhaps of this text only: it is asked for the next one, and refuses at once if not.
            return
        self._fallback.note_failure(now_secs, is_permanent=category.is_permanent)

    def _is_first_spared(self, now_secs: float) -> bool:
        """Return True if the second is to speak, who may be worse off than a first that rests."""
        is_better = not self._is_second_lost or self._fallback.is_lost
        return is_better and self._fallback.is_needed(now_secs)

    def _note_second_refusal(self, error: Exception) -> None:
        problem, category = failure_of(error)
        logger.warning("The second voice refuses: {}; the first is tried", problem)
        self._is_second_lost = self._is_second_lost or category.is_permanent
        self._fallback.note_success()

    def _turn_of_second(self) -> asyncio.Lock:
        return asyncio.Lock() if self._second.speaks_ahead else self._second_is_free

    async def _tell_both(self, frame: Frame, direction: FrameDirection) -> None:
        for voice in (self._first, self._second):
            await voice.process_frame(frame, direction)
