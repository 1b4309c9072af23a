"""What a voice does about a text whose speech is late or fails: it says so, and tries again."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Any

from loguru import logger
from pipecat.frames.frames import Frame, InterruptionFrame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from ..answer_wait import AnswerWait
from ..frames import AnswerDelayedFrame, Part, TroubleFrame
from ..provider_requests import EmptyAnswerError, failure_of, is_transient
from ..retry_after import retry_after_secs
from .spare_speech import SpareSpeech
from .speech_attempts import is_sound

GONE_SECS = 20.0
"""A text is waited for. A provider that fails over or is restarted is back within that; the caller
has not forgotten what they asked."""

PAUSES_SECS = (0.5, 1.0, 2.0)
"""Between one try and the next; then the last one again."""

MOST_BROKEN = 2
"""Half sentences: a third one would be noise to the caller, who has the caption."""

LATE_SECS = 1.8
"""Of silence before a text: then the caller is told, as a turn may be silent for 3 s at most, and
the model has had its part of them. Public first-byte times: p99 1.5 s."""

OTHERS_SECS = 0.9
"""What model and tools may have taken of that before; the caller is told 2.7 s after their turn."""

LEAST_LATE_SECS = 0.6
"""A voice that was asked only just now may speak at once: first byte p50 0.4 s."""

AGAIN_SECS = 8.0
"""Then each time after as much silence; more often would be nagging."""


_LOOK_SECS = 0.2
"""Whether a sentence that has begun goes on, or is to be said anew."""

_EARLY_SECS = 0.001
"""A timer may be that early."""

_SIGN_SECS = 1.0
"""Between two signs that a reply goes on; a voice may be silent for longer (`Speaking`)."""


class Persevering(SpareSpeech):
    """Speaks each text at last; the middle of `Speaking`.

    The caller hears a spare line meanwhile, made by this voice when it was well.
    """

    gone_secs = GONE_SECS
    """How long a text is tried."""

    _audible_until_secs = 0.0
    """When the audio so far has been heard, if nothing holds it."""
    _has_begun = False
    """A sound of the present text was given on."""
    _is_troubled = False

    def __init__(self, **service: Any) -> None:
        super().__init__(**service)
        self._answer_wait = AnswerWait()

    @abstractmethod
    async def speak(self, text: str, context_id: str, *, is_first: bool, attempts: int) -> None:
        """Speak a text once.

        Raises:
            Exception: Whatever it failed with, perhaps half-way.
        """

    async def speak_at_last(self, text: str, context_id: str, *, is_first: bool) -> None:
        """Speak a text, again from its start if it fails, as long as there is hope.

        Raises:
            Exception: What it failed with at last.
        """
        clock = asyncio.get_running_loop()
        hopeless_secs = clock.time() + self.gone_secs
        late = self.create_task(self._tell_when_late(text, context_id), "late")
        tries = broken = 0
        try:
            while True:
                self._has_begun = False
                try:
                    await self._try(text, context_id, is_first=is_first, is_again=tries > 0)
                    return
                except Exception as error:
                    pause_secs = max(
                        PAUSES_SECS[min(tries, len(PAUSES_SECS) - 1)],
                        retry_after_secs(error) or 0.0,
                    )
                    tries += 1
                    broken += self._has_begun
                    await self._tell_trouble(is_over=False)
                    is_late = clock.time() + pause_secs > hopeless_secs
                    if not may_pass(error) or is_late or broken > MOST_BROKEN:
                        raise
                    logger.warning("text-to-speech: {}; it is tried again", failure_of(error)[0])
                if self._has_begun:
                    # What was heard of it belongs to a sentence of its own.
                    await self.announce(context_id, text)
                    self._has_begun = False
                await self._pause(pause_secs, context_id)
        finally:
            late.cancel()

    @override
    async def append_speech(self, reply_id: str, frame: Frame) -> None:
        """Note until when something is heard."""
        if isinstance(frame, TTSAudioRawFrame):
            now_secs = asyncio.get_running_loop().time()
            self._audible_until_secs = max(now_secs, self._audible_until_secs)
            self._audible_until_secs += frame.num_frames / frame.sample_rate
            if is_sound(frame):
                self._has_begun = True
                self._answer_wait.note_sound()
        await super().append_speech(reply_id, frame)

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """What was to be heard is dropped by an interruption."""
        self._answer_wait.note(frame)
        if isinstance(frame, InterruptionFrame):
            self._audible_until_secs = 0.0
        await super().process_frame(frame, direction)

    async def note_well(self) -> None:
        """The voice speaks."""
        await self._tell_trouble(is_over=True)

    async def _try(self, text: str, context_id: str, *, is_first: bool, is_again: bool) -> None:
        kept = self.spare(text) if is_again else ()
        for frame in kept:
            await self.append_speech(context_id, frame)
        if not kept:
            await self.speak(text, context_id, is_first=is_first, attempts=1 if is_again else 2)

    async def _pause(self, secs: float, context_id: str) -> None:
        """Wait, and keep Pipecat from taking the reply for finished."""
        await super().append_to_audio_context(context_id, AnswerDelayedFrame())
        while secs > 0:
            await asyncio.sleep(min(_SIGN_SECS, secs))
            secs -= _SIGN_SECS
            await super().append_to_audio_context(context_id, AnswerDelayedFrame())

    async def _tell_when_late(self, text: str, context_id: str) -> None:
        """Say that it takes a moment, while nothing of a text is heard, or no more of it."""
        clock = asyncio.get_running_loop()
        lines, is_first, heard_until_secs = self.spare_lines, True, clock.time()
        due_secs = clock.time() + self._answer_wait.patience_secs(
            LATE_SECS, others_secs=OTHERS_SECS, least_secs=LEAST_LATE_SECS
        )
        while lines:
            if self._audible_until_secs > heard_until_secs:
                heard_until_secs = self._audible_until_secs
                due_secs = heard_until_secs + (LATE_SECS if is_first else AGAIN_SECS)
            left_secs = due_secs - clock.time()
            if left_secs > _EARLY_SECS or self._has_begun:
                await asyncio.sleep(left_secs if left_secs > _EARLY_SECS else _LOOK_SECS)
                continue
            line = lines.lost if self._is_troubled and is_first else lines.late
            await self.say_spare(line, context_id, then=text)
            self._has_begun = is_first = False
            due_secs = clock.time() + AGAIN_SECS

    async def _tell_trouble(self, *, is_over: bool) -> None:
        if self._is_troubled is is_over:
            self._is_troubled = not is_over
            await self.push_frame(TroubleFrame(part=Part.VOICE, is_over=is_over))


def may_pass(error: Exception) -> bool:
    """Return True if the same text may be spoken soon."""
    is_final = isinstance(error, EmptyAnswerError) and error.is_final
    category = failure_of(error)[1]
    is_lasting = category.is_permanent or category is ErrorCategory.QUOTA
    return is_transient(error) and not is_final and not is_lasting
