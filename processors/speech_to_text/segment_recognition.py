"""A layer around any of Pipecat's recognisers that transcribe an utterance when it is over."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.stt_service import STTService
from pipecat.utils.errors import ErrorCategory, classify_http_status_code
from typing_extensions import override

from ..refusals import ServiceRefusals
from .invented_words import is_invented, without_marks
from .recognition import Recognition
from .segment_failures import is_hopeless, is_passing, judged, pause_before_next, status_of
from .trouble import HearingTrouble

PATIENCE_SECS = 10.0
"""For one attempt: a server of one's own may have no graphics card, and load its model first."""

PER_AUDIO_SEC = 0.3
"""More of it for each second of speech; faster-whisper's small model takes that on two cores."""

PAUSE_SECS = 0.2
"""Before the second attempt: a server that is restarted, or asked too often, needs a moment."""

LONGEST_PAUSE_SECS = 5.0
"""As for a language model: a server that wants more has to be done without, if the utterance is not
to be tried for as long as that."""

RELIEVED_PAUSE_SECS = 0.5
"""Then it is done without if somebody else hears the utterance."""

END_SECS = 1.0
"""At the end of a session, for what is under way: who hangs up does not wait for a server."""

GONE_SECS = 20.0
"""An utterance is tried, where nobody else hears: a provider that is restarted is back by then."""

AGAIN_SECS = 1.5
"""Before each attempt after the second."""

MOST_FAILURES = 3
"""Utterances in a row that got no answer; then the service is called unusable."""


class SegmentRecognition(Recognition):
    """Gives each utterance a deadline and more than one attempt, and always an end.

    What is left of an utterance is its words, or `TranscriptSettledFrame`: it had none, or its
    words were made up by the model, or all attempts failed.

    Args:
        args: Of the service.
        patience_secs: For an attempt, before what the length of the speech adds; None for 10 s.
        kwargs: Of the service.
    """

    def __init__(self, *args: Any, patience_secs: float | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience_secs = patience_secs or PATIENCE_SECS
        self.gone_secs = GONE_SECS
        self._failures = 0
        self._refusals = ServiceRefusals()
        self._trouble = HearingTrouble(push=self.push_frame, owner=self)
        self._ending = asyncio.Event()
        self._spoken_secs = 0.0
        self._end_secs = math.inf
        self._deadline: asyncio.Timeout | None = None
        self._waiting = deque[float]()
        """How long the caller spoke in each utterance whose words are owed."""

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Measure how long the caller speaks."""
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._spoken_secs = 0.0
        elif isinstance(frame, InputAudioRawFrame) and self.unsettled.is_speaking:
            self._spoken_secs += frame.num_frames / frame.sample_rate
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._waiting.append(self._spoken_secs)
        await super().process_frame(frame, direction)

    @override
    async def stop(self, frame: EndFrame) -> None:
        """Wait for what is under way, but not long."""
        self._end_secs = asyncio.get_running_loop().time() + END_SECS
        self._ending.set()
        if self._deadline:
            self._deadline.reschedule(min(self._end_secs, self._deadline.when() or math.inf))
        await super().stop(frame)

    @override
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame, None]:
        """Transcribe an utterance.

        Args:
            audio: All of it, as the service wants it.
        """
        frames, error = await self._attempts(audio)
        if error and not self._is_ending:
            await self._tell(error)
        elif not error:
            self._refusals.note_served()
            self._failures = 0
            await self._trouble.end()
        spoken_secs = self._waiting.popleft() if self._waiting else 0.0
        words = [f for f in frames if isinstance(f, TranscriptionFrame)]
        for frame in words:
            frame.text = without_marks(frame.text)
        words = [f for f in words if not is_invented(f.text, spoken_secs=spoken_secs)]
        for frame in words:
            yield frame
        if not words and self._has_all:
            self.unsettled.is_asked = False
            await self.push_settled()

    @override
    async def push_final(self, frame: TranscriptionFrame, *, is_last: bool) -> None:
        """Push words; they are not the last ones if the caller has spoken again since."""
        if self._has_all:
            await super().push_final(frame, is_last=True)
        elif self.words.admit(frame):
            # Pipecat's segmented service calls all words the last ones.
            await STTService.push_frame(self, frame)

    @property
    def _is_ending(self) -> bool:
        return self._end_secs < math.inf

    @property
    def utterances_owed(self) -> int:
        """How many have been given to the service, and neither words nor their absence came."""
        return len(self._waiting)

    @property
    def _has_all(self) -> bool:
        return not self._waiting and not self.unsettled.is_speaking

    async def _attempts(self, audio: bytes) -> tuple[list[Frame], ErrorFrame | None]:
        """Ask a second time, and again for as long as nobody else would hear it."""
        clock = asyncio.get_running_loop()
        gone_secs = clock.time() + (0.0 if self.on_failure else self.gone_secs)
        longest_secs = RELIEVED_PAUSE_SECS if self.is_relieved() else LONGEST_PAUSE_SECS
        frames, error = await self._attempt(audio)
        longest_secs = max(longest_secs, gone_secs - clock.time())
        pause_secs = None
        if error:
            pause_secs = pause_before_next(error, PAUSE_SECS, longest_secs=longest_secs)
        while error and pause_secs is not None and not self._is_ending:
            if pause_secs > LONGEST_PAUSE_SECS:
                await self._trouble.begin()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause_secs)
            frames, error = await self._attempt(audio)
            if error is None or not is_passing(error):
                break
            await self._trouble.begin()
            left_secs = gone_secs - clock.time()
            pause_secs = pause_before_next(error, AGAIN_SECS, longest_secs=left_secs)
            if pause_secs is None:
                break
        return frames, error

    async def _attempt(self, audio: bytes) -> tuple[list[Frame], ErrorFrame | None]:
        audio_secs = len(audio) / (2 * self.sample_rate)
        try:
            patience_secs = self._patience_secs + PER_AUDIO_SEC * audio_secs
            deadline_secs = asyncio.get_running_loop().time() + patience_secs
            async with asyncio.timeout_at(min(deadline_secs, self._end_secs)) as self._deadline:
                frames = [frame async for frame in self.ask_service(audio) if frame]
        except TimeoutError as error:
            return [], ErrorFrame("no answer in time", exception=error)
        except Exception as error:  # noqa: BLE001 - whatever the service's client raises
            return [], judged(ErrorFrame(str(error), exception=error), self._refusals)
        finally:
            self._deadline = None
        error = next((frame for frame in frames if isinstance(frame, ErrorFrame)), None)
        return frames, error and judged(error, self._refusals)

    async def _tell(self, error: ErrorFrame) -> None:
        """Report that an utterance was lost, without the server's words: they may quote it."""
        self._failures += 1
        status = status_of(error)
        how = f"HTTP {status}" if status else type(error.exception or error).__name__
        category = classify_http_status_code(status or 0)
        if category.is_permanent and not is_hopeless(error):
            category = ErrorCategory.SERVER
        elif not status:
            category = ErrorCategory.CONNECTIVITY
        await self.push_error(
            f"the speech-to-text service did not transcribe an utterance ({how})",
            category=category,
            force_treat_as_permanent=is_hopeless(error) or self._failures >= MOST_FAILURES,
        )
