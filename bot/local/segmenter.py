"""Cuts a stream of 32 ms frames into segments of speech. Time is counted in samples."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from bot.local.silero import FRAME_SAMPLES

SAMPLES_PER_MS = 16

# Silero's usual thresholds: speech starts above the first and goes on above the second.
_SPEECH_STARTS = 0.5
_SPEECH_GOES_ON = 0.35
_START_FRAMES = 3
# Soft onsets score low, so a segment begins 192 ms before its first voiced frame. With twice that
# the recogniser hears words in the breath before them.
_PRE_ROLL_FRAMES = 6
# After a second of silence what was said before no longer helps to understand what comes.
_GAP_FRAMES = 31
# A decode costs 20 ms per second of audio, so a long monologue is handed over in parts: at the
# first short pause when there is one, in the middle of a word only as a last resort.
SPLIT_AFTER_MS = 7_000
SPLIT_PAUSE_MS = 192
HARD_SPLIT_AFTER_MS = 12_000
_REST_MS = 1_000
"""Silence that closes a segment when the client switched endpointing off."""


class SegmentEvent(Enum):
    """What one more frame meant for the current segment."""

    STARTED = "started"
    PAUSED = "paused"
    """Silent for `draft_pause_ms`: time to transcribe ahead."""
    ENDED = "ended"
    """Silent long enough to be over."""
    OVERLONG = "overlong"
    """Too long to go on as one piece; the caller is still speaking."""


@dataclass
class Segment:
    """One stretch of speech, with a little silence before and after."""

    start: int
    """Position of the first sample in the stream."""
    voiced_until: int
    """Position after the last voiced frame."""
    frames: list[np.ndarray] = field(default_factory=list)
    gap: list[np.ndarray] | None = None
    """The audio between the segment before and this one; None if that is long ago."""

    @property
    def samples(self) -> int:
        return len(self.frames) * FRAME_SAMPLES

    @property
    def end(self) -> int:
        return self.start + self.samples

    @property
    def voiced_samples(self) -> int:
        return self.voiced_until - self.start


class Segmenter:
    """Follows one stream; the owner asks for the segment when an event says so."""

    def __init__(self, *, endpointing_ms: int | None, draft_pause_ms: int) -> None:
        """Start in silence.

        Args:
            endpointing_ms: Silence that ends a segment; None for a generous default.
            draft_pause_ms: Silence after which a segment has probably ended.
        """
        self.position = 0
        self.segment: Segment | None = None
        self._endpointing = (endpointing_ms or _REST_MS) * SAMPLES_PER_MS
        self._draft_pause = draft_pause_ms * SAMPLES_PER_MS
        self._quiet: deque[np.ndarray] = deque(maxlen=_GAP_FRAMES)
        self._has_segment_before = False
        self._voiced_frames = 0

    @property
    def is_silent(self) -> bool:
        """True when the last frame was not voiced."""
        return self._voiced_frames == 0

    def push(self, frame: np.ndarray, probability: float) -> SegmentEvent | None:
        """Take one frame and say what changed, if anything."""
        self.position += FRAME_SAMPLES
        threshold = _SPEECH_STARTS if self.is_silent else _SPEECH_GOES_ON
        is_voiced = probability >= threshold
        self._voiced_frames = self._voiced_frames + 1 if is_voiced else 0
        if self.segment is None:
            return self._wait_for_speech(frame)
        self.segment.frames.append(frame)
        if is_voiced:
            self.segment.voiced_until = self.position
        return self._judge(self.segment)

    def take(self, *, goes_on: bool) -> Segment | None:
        """Close the current segment and return it; None if there is none or it holds no speech.

        Args:
            goes_on: Open the next segment at once, without waiting for speech to start.
        """
        taken, self.segment = self.segment, None
        if taken is not None:
            self._quiet.clear()
            self._has_segment_before = True
        if goes_on:
            self.segment = Segment(self.position, self.position, gap=[])
        return taken if taken is not None and taken.voiced_samples else None

    def _wait_for_speech(self, frame: np.ndarray) -> SegmentEvent | None:
        is_gap_known = self._has_segment_before and len(self._quiet) < _GAP_FRAMES
        self._quiet.append(frame)
        if self._voiced_frames < _START_FRAMES:
            return None
        quiet, own = list(self._quiet), _PRE_ROLL_FRAMES + _START_FRAMES
        frames, gap = quiet[-own:], quiet[:-own]
        start = self.position - len(frames) * FRAME_SAMPLES
        self.segment = Segment(start, self.position, frames, gap if is_gap_known else None)
        return SegmentEvent.STARTED

    def _judge(self, segment: Segment) -> SegmentEvent | None:
        silent = self.position - segment.voiced_until
        if silent >= self._endpointing:
            return SegmentEvent.ENDED
        if segment.samples >= HARD_SPLIT_AFTER_MS * SAMPLES_PER_MS:
            return SegmentEvent.OVERLONG
        is_long = segment.samples >= SPLIT_AFTER_MS * SAMPLES_PER_MS
        if is_long and silent >= SPLIT_PAUSE_MS * SAMPLES_PER_MS:
            return SegmentEvent.OVERLONG
        if self._draft_pause <= silent < self._draft_pause + FRAME_SAMPLES:
            return SegmentEvent.PAUSED
        return None
