"""Finds the script's lines in a stream of audio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.sound import USER_LOUD, samples_of
from bench.standin.script import Script, SpokenLine

_ONSET_RUN_SAMPLES = 3
_QUIET_SECS = 0.6


@dataclass(frozen=True)
class FoundLine:
    """A line whose first loud sample has come."""

    line: SpokenLine
    number: int
    start_secs: float
    """Of the stream."""


class LineFinder:
    """Waits for sound after each new line of the script.

    Args:
        script: A line that it has already belongs to the streams of its time.
        sample_rate_hz: Of the stream, 16-bit mono.
    """

    def __init__(self, script: Script, sample_rate_hz: int) -> None:
        self._script = script
        self._sample_rate_hz = sample_rate_hz
        self._samples = 0
        self._number = script.line_number
        self._last_loud_secs = 0.0
        self._line_end_secs = 0.0

    @property
    def heard_secs(self) -> float:
        """How much audio has come."""
        return self._samples / self._sample_rate_hz

    def hear(self, pcm: bytes) -> FoundLine | None:
        """Take the next piece of audio; returns the line that begins in it."""
        loud = np.abs(samples_of(pcm[: len(pcm) & ~1]).astype(np.int32)) > USER_LOUD
        first_sample = self._samples
        self._samples += loud.size
        if loud.sum() < _ONSET_RUN_SAMPLES:
            return None
        onset_secs = (first_sample + int(np.flatnonzero(loud)[0])) / self._sample_rate_hz
        is_after_quiet = onset_secs - self._last_loud_secs > _QUIET_SECS
        is_over = onset_secs > self._line_end_secs
        is_repeat = self._script.is_repeating and is_after_quiet and is_over
        self._last_loud_secs = self.heard_secs
        if self._script.line_number <= self._number and not is_repeat:
            return None
        self._number = self._script.line_number
        self._line_end_secs = onset_secs + self._script.line.secs
        return FoundLine(self._script.line, self._number, onset_secs)
