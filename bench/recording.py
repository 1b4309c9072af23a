"""What a caller hears: samples with the monotonic time at which each was heard."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque

import numpy as np

from bench.sound import BOT_LOUD, BOT_QUIET, SAMPLE_RATE_HZ, WideSamples, samples_of

_ONSET_RUN_SAMPLES = 3
_QUIET_BEFORE_SECS = 0.2
_QUIET_AFTER_SECS = 0.15
# How far before the asked time the quiet that an onset needs is looked for.
_LOOK_BACK_SECS = 2.0
# Frames come every 10 ms; the earliest of a second's worth tells when they were really due.
_CLOCK_FRAMES = 100
_STREAM_PAUSE_SECS = 0.2


class Recording:
    """Audio of one track with per-sample times of `time.monotonic`. Fed by a `Listener`."""

    def __init__(self, *, sample_rate_hz: int = SAMPLE_RATE_HZ) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._pcm = bytearray()
        self._frame_ends: list[int] = []
        """Sample index after each frame."""
        self._frame_end_secs: list[float] = []
        """Monotonic time of each frame's end."""
        self._offsets_secs: deque[float] = deque(maxlen=_CLOCK_FRAMES)
        self._last_arrival_secs = 0.0

    def append(self, pcm: bytes, *, arrived_secs: float) -> None:
        """Add a frame that ends at `arrived_secs` or, if the loop was late, a little before."""
        if arrived_secs - self._last_arrival_secs > _STREAM_PAUSE_SECS:
            self._offsets_secs.clear()
        self._last_arrival_secs = arrived_secs
        self._pcm += pcm
        end = len(self._pcm) // 2
        self._offsets_secs.append(arrived_secs - end / self.sample_rate_hz)
        self._frame_ends.append(end)
        self._frame_end_secs.append(min(self._offsets_secs) + end / self.sample_rate_hz)

    @property
    def end_secs(self) -> float:
        """Time of the newest sample; 0.0 if nothing was heard yet."""
        return self._frame_end_secs[-1] if self._frame_end_secs else 0.0

    def index_at(self, at_secs: float) -> int:
        """Return the index of the first sample heard at or after `at_secs`."""
        frame = bisect_left(self._frame_end_secs, at_secs)
        if frame == len(self._frame_ends):
            return len(self._pcm) // 2
        back = round((self._frame_end_secs[frame] - at_secs) * self.sample_rate_hz)
        start = self._frame_ends[frame - 1] if frame else 0
        return max(start, self._frame_ends[frame] - back)

    def secs_at(self, index: int) -> float:
        """Return when sample `index` was heard."""
        frame = min(bisect_right(self._frame_ends, index), len(self._frame_ends) - 1)
        return self._frame_end_secs[frame] - (self._frame_ends[frame] - index) / self.sample_rate_hz

    def heard(self, since_secs: float, until_secs: float | None = None) -> bytes:
        """Return the PCM heard between two times; up to now if `until_secs` is None."""
        end = len(self._pcm) // 2 if until_secs is None else self.index_at(until_secs)
        return bytes(self._pcm[2 * self.index_at(since_secs) : 2 * end])

    def is_loud(self, *, since_secs: float) -> bool:
        """Return whether anything heard since `since_secs` is above -40 dBFS."""
        samples = self._samples(self.index_at(since_secs))
        return bool(samples.size and np.abs(samples).max() > BOT_LOUD)

    def onset_after(self, since_secs: float) -> float | None:
        """Return when the bot first began to sound after `since_secs`; None if it has not.

        An onset is a run of loud samples after 200 ms of quiet.
        """
        first = self.index_at(since_secs)
        base = max(0, first - round(_LOOK_BACK_SECS * self.sample_rate_hz))
        samples = self._samples(base)
        quiet = round(_QUIET_BEFORE_SECS * self.sample_rate_hz)
        # A recording begins in quiet.
        gap_start = 0 if base else -quiet
        for run in _loud_runs(samples):
            if base + run >= first and _has_quiet(samples, gap_start, run, quiet):
                return self.secs_at(base + run)
            gap_start = run + 1
        return None

    def offset_after(self, since_secs: float) -> float | None:
        """Return when the bot's sound ended: its last loud sample before 150 ms of quiet.

        `None` while it still sounds, or if nothing was loud since `since_secs`.
        """
        base = self.index_at(since_secs)
        samples = self._samples(base)
        loud = np.flatnonzero(np.abs(samples) > BOT_LOUD)
        if loud.size == 0:
            return None
        quiet = round(_QUIET_AFTER_SECS * self.sample_rate_hz)
        ends = np.append(loud[1:], samples.size)
        gaps = np.flatnonzero(ends - loud >= quiet)
        return self.secs_at(base + int(loud[gaps[0]])) if gaps.size else None

    def loud_secs(self) -> list[float]:
        """Return the time of each frame with a sample above -40 dBFS."""
        samples, start = self._samples(0), 0
        found: list[float] = []
        for end, end_secs in zip(self._frame_ends, self._frame_end_secs, strict=True):
            if np.abs(samples[start:end]).max(initial=0) > BOT_LOUD:
                found.append(end_secs)
            start = end
        return found

    def _samples(self, start: int) -> WideSamples:
        # A copy: a view would keep the bytearray from growing. Wide enough for abs(-32768).
        return samples_of(bytes(self._pcm[2 * start :])).astype(np.int32)


def _loud_runs(samples: WideSamples) -> list[int]:
    """Return the start of each run of at least `_ONSET_RUN_SAMPLES` loud samples."""
    loud = np.abs(samples) > BOT_LOUD
    if loud.size < _ONSET_RUN_SAMPLES:
        return []
    together = np.logical_and.reduce(
        [loud[k : loud.size - _ONSET_RUN_SAMPLES + 1 + k] for k in range(_ONSET_RUN_SAMPLES)]
    )
    starts = together & ~np.concatenate(([False], together[:-1]))
    return [int(index) for index in np.flatnonzero(starts)]


def _has_quiet(samples: WideSamples, start: int, end: int, needed: int) -> bool:
    """Return whether `needed` samples of quiet lie in between; speech may fade in after them."""
    if end - start < needed:
        return False
    if start < 0:
        return True
    marks = np.flatnonzero(np.abs(samples[start:end]) >= BOT_QUIET)
    edges = np.concatenate(([-1], marks, [end - start]))
    return bool(np.diff(edges).max() > needed)
