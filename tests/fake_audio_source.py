"""An audio source without a network: plays what it is given in the event loop's time."""

from __future__ import annotations

import asyncio

import numpy as np
from livekit import rtc

_ON_THE_WAY_SECS = 0.15
"""A network leg and a jitter buffer."""


class FakeAudioSource:
    """Stands for `livekit.rtc.AudioSource` and remembers what was played.

    Time stands still until the event loop's next turn: what one call reads, the next call still
    finds, as the native source's own queue of whole blocks does for the microseconds in between.

    What was played last is lost when it is closed at once: it is on its way to the ear.

    As the native one it can refuse a frame, or take one and never say so, and still count it as
    queued; and refuse to be emptied.
    """

    def __init__(self, *, sample_rate_hz: int) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._loop = asyncio.get_running_loop()
        self._queue = np.empty(0, np.int16)
        self._now: int | None = None
        self._advanced_to = self._clock()
        self._last_played = self._advanced_to
        self.is_closed = False
        """Nothing plays any more."""
        self.played = np.empty(0, np.int16)
        self.longest_queue_ms = 0.0
        self.refusals = 0
        """So many of the next captures raise."""
        self.hangs = 0
        """So many of the next captures never return."""
        self.keeps_queue = False

    @property
    def queued_duration(self) -> float:
        self._advance()
        return len(self._queue) / self._sample_rate_hz

    def close(self) -> None:
        """Play nothing more; what was played within the last moment is not heard."""
        self._advance()
        heard_until = self._clock() - round(_ON_THE_WAY_SECS * self._sample_rate_hz)
        lost = min(max(self._last_played - heard_until, 0), len(self.played))
        self.played = self.played[: len(self.played) - lost]
        self._queue = self._queue[:0]
        self.is_closed = True

    def clear_queue(self) -> None:
        """Drop what has not been played."""
        self._advance()
        if self.keeps_queue:
            raise RuntimeError("InvalidState")
        self._queue = self._queue[:0]

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Queue one frame."""
        self._advance()
        if self.is_closed:
            raise RuntimeError("an error of the native source: it is closed")
        if self.refusals:
            self.refusals -= 1
            raise RuntimeError("an error of the native source: InvalidState")
        if self.hangs:
            self.hangs -= 1
            await asyncio.Event().wait()
        self._queue = np.concatenate([self._queue, np.frombuffer(frame.data, np.int16)])
        queue_ms = len(self._queue) / self._sample_rate_hz * 1000
        self.longest_queue_ms = max(self.longest_queue_ms, queue_ms)
        await asyncio.sleep(0)

    def _clock(self) -> int:
        """Return the sample of now."""
        if self._now is None:
            # The least rounding error must not lose a sample at an exact instant.
            self._now = int(self._loop.time() * self._sample_rate_hz + 1e-6)
            self._loop.call_soon(self._tick)
        return self._now

    def _tick(self) -> None:
        self._now = None

    def _advance(self) -> None:
        now = self._clock()
        if self.is_closed:
            return
        count = min(now - self._advanced_to, len(self._queue))
        self.played = np.concatenate([self.played, self._queue[:count]])
        self._queue = self._queue[count:]
        if count:
            self._last_played = self._advanced_to + count
        self._advanced_to = now
