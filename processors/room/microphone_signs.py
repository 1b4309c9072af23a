"""Whether anything can come from the caller's microphone: it is there, it is on, it gives sound."""

from __future__ import annotations

import time
from collections.abc import Callable


class MicrophoneSigns:
    """Notes signs of life of one caller's microphone. The room tells it, the session asks it.

    Args:
        clock_secs: Monotonic.
    """

    def __init__(self, *, clock_secs: Callable[[], float] = time.monotonic) -> None:
        self._clock_secs = clock_secs
        self._is_there = False
        self._is_muted = False
        self._alive_secs = clock_secs()

    @property
    def is_off(self) -> bool:
        """There is none, or the caller's side has muted it."""
        return not self._is_there or self._is_muted

    @property
    def dead_secs(self) -> float:
        """For how long there has been no sample but zeros, which no microphone that is on gives."""
        return self._clock_secs() - self._alive_secs

    def came(self, *, is_muted: bool) -> None:
        """A microphone is there."""
        self._is_there, self._is_muted = True, is_muted
        self._alive_secs = self._clock_secs()

    def went(self) -> None:
        """It is there no more."""
        self._is_there = False

    def muted(self, *, is_muted: bool) -> None:
        """It was muted, or is on again."""
        self._is_muted = is_muted

    def hear(self, pcm: bytes) -> None:
        """Take what it gives: PCM of any width."""
        if pcm.count(0) < len(pcm):
            self._alive_secs = self._clock_secs()
