"""What every caller can do, in a room or beside one: speak, hear, and wait for what is heard."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from bench.microphone import Microphone, Utterance
from bench.recording import Recording
from bench.sound import SAMPLE_RATE_HZ, resampled

_POLL_SECS = 0.02


class Listener(ABC):
    """A microphone, and ears whose every sample has a time of `time.monotonic`."""

    def __init__(self, *, microphone: Microphone) -> None:
        self.microphone = microphone

    @property
    @abstractmethod
    def recording(self) -> Recording:
        """What was heard so far."""

    async def wait_until(self, is_met: Callable[[], bool], timeout_secs: float) -> None:
        """Look every 20 ms until `is_met`.

        Raises:
            TimeoutError: if it is not met in time.
        """
        async with asyncio.timeout(timeout_secs):
            while not is_met():  # noqa: ASYNC110 - it may look at anything, samples too
                await asyncio.sleep(_POLL_SECS)

    async def say(self, pcm: bytes, *, sample_rate_hz: int = SAMPLE_RATE_HZ) -> Utterance:
        """Speak 16-bit mono `pcm`; return its marks when the last sample is out."""
        return await self.microphone.say(resampled(pcm, from_hz=sample_rate_hz))

    def heard(self, since_secs: float = 0.0, until_secs: float | None = None) -> bytes:
        """Return the 16 kHz PCM heard from the bot between two times."""
        return self.recording.heard(since_secs, until_secs)

    async def wait_for_onset(self, since_secs: float, timeout_secs: float = 10.0) -> float:
        """Return when the bot first began to sound after `since_secs`.

        Raises:
            TimeoutError: if it stays silent.
        """
        await self.wait_until(
            lambda: self.recording.onset_after(since_secs) is not None, timeout_secs
        )
        onset_secs = self.recording.onset_after(since_secs)
        assert onset_secs is not None
        return onset_secs

    async def wait_for_silence(
        self, quiet_secs: float = 1.0, *, since_secs: float = 0.0, timeout_secs: float = 30.0
    ) -> None:
        """Wait until the bot has been silent for `quiet_secs`, all of it after `since_secs`.

        Raises:
            TimeoutError: if it keeps sounding.
        """
        start_secs = max(since_secs, time.monotonic())

        def is_quiet() -> bool:
            now = time.monotonic()
            if now - start_secs < quiet_secs:
                return False
            return not self.recording.is_loud(since_secs=now - quiet_secs)

        await self.wait_until(is_quiet, timeout_secs)
