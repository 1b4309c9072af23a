"""Gives a recogniser the audio that another one has left without words."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.stt_service import STTService

from .recognition import Recognition
from .unsettled_audio import UnsettledAudio

PIECE_SECS = 0.1
"""Of audio in a frame: what is settled is forgotten by whole frames."""

HEARD_SECS = 1.0
"""A frame passes a recogniser in a millisecond, unless that is stuck."""


class Handover:
    """One at a time. While it is on, live audio is only kept: it follows in its place."""

    def __init__(self) -> None:
        self.is_on = False
        self._ours = set[int]()
        self._has_passed = asyncio.Event()

    def begin(self) -> None:
        """From now on audio is kept for the new one."""
        self.is_on = True

    def is_ours(self, frame: Frame) -> bool:
        """Return True for a frame that was made here, and has passed the recogniser."""
        if frame.id not in self._ours:
            return False
        self._ours.discard(frame.id)
        self._has_passed.set()
        return True

    async def give(self, unsettled: UnsettledAudio, to: STTService) -> None:
        """Give all unsettled audio to a recogniser, and let it know if that is speech."""
        kept = unsettled.kept
        position = kept.start_bytes
        if isinstance(to, Recognition):
            to.unsettled.kept.move_to(position)
        is_known = unsettled.is_owed
        if is_known:
            # Audio may overtake other frames, and one that hears segments keeps only speech.
            await self._give(VADUserStartedSpeakingFrame(), to, is_awaited=True)
        while audio := kept.audio_after(position):
            position = kept.end_bytes
            size = int(PIECE_SECS * to.sample_rate) * 2
            for start in range(0, len(audio), size):
                piece = InputAudioRawFrame(audio[start : start + size], to.sample_rate, 1)
                await self._give(piece, to)
                if isinstance(to, Recognition):
                    # It has had no time to answer.
                    to.unsettled.watch.reset()
        # No await may stand between the end of the loop and this line: live audio would slip by.
        self.is_on = False
        if unsettled.is_owed and not is_known:
            await self._give(VADUserStartedSpeakingFrame(), to)
        if unsettled.is_asked:
            await self._give(VADUserStoppedSpeakingFrame(), to)

    async def _give(self, frame: Frame, to: STTService, *, is_awaited: bool = False) -> None:
        self._ours.add(frame.id)
        self._has_passed.clear()
        await to.queue_frame(frame)
        if is_awaited:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._has_passed.wait(), HEARD_SECS)
