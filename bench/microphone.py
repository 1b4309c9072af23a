"""A microphone that never stops: faint room noise, and speech on request, 10 ms at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.sound import SAMPLE_RATE_HZ, loud_bounds, room_tone
from bench.stats import percentile

_FRAME_SECS = 0.01
_FRAME_BYTES = 320
# A machine that stalled this long has lost the audio, as a real sound card would.
_OVERRUN_SECS = 1.0


@dataclass(frozen=True)
class Utterance:
    """One stretch of the caller's speech, in `time.monotonic` seconds."""

    u0_secs: float
    """First sample above -50 dBFS."""
    u1_secs: float
    """Last sample above -50 dBFS."""
    end_secs: float
    """Last sample of the file."""


@dataclass
class _Request:
    pcm: bytes
    first_loud: int
    last_loud: int
    done: asyncio.Future[Utterance]
    position: int = 0
    start_secs: float = 0.0

    def utterance(self) -> Utterance:
        return Utterance(
            u0_secs=self.start_secs + self.first_loud / SAMPLE_RATE_HZ,
            u1_secs=self.start_secs + self.last_loud / SAMPLE_RATE_HZ,
            end_secs=self.start_secs + len(self.pcm) / 2 / SAMPLE_RATE_HZ,
        )


@dataclass
class Microphone:
    """Pushes frames on a monotonic schedule; a frame is due when its last sample is spoken."""

    push: Callable[[bytes], Awaitable[None]]
    """Takes one frame of 10 ms at `SAMPLE_RATE_HZ`."""
    lags_secs: list[float] = field(default_factory=list[float])
    """How late each frame was pushed."""
    said: list[Utterance] = field(default_factory=list[Utterance])
    """What was spoken, in order."""
    _queue: list[_Request] = field(default_factory=list[_Request])
    _noise: bytes = field(default_factory=lambda: room_tone(1.0))

    @property
    def lag_p99_ms(self) -> float:
        """The 99th percentile of the push lag; a run with more than 5 ms measures the machine."""
        return percentile(self.lags_secs, 99) * 1000 if self.lags_secs else 0.0

    @property
    def is_speaking(self) -> bool:
        return bool(self._queue)

    async def say(self, pcm: bytes) -> Utterance:
        """Speak `pcm` (at `SAMPLE_RATE_HZ`) after what is already waiting; return when it is out.

        Cancelling stops the waiting, not the speech.
        """
        first_loud, last_loud = loud_bounds(pcm)
        done: asyncio.Future[Utterance] = asyncio.get_running_loop().create_future()
        self._queue.append(_Request(pcm, first_loud, last_loud, done))
        return await asyncio.shield(done)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Microphone]:
        """Push frames until the block ends."""
        task = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for request in self._queue:
                request.done.cancel()

    async def _run(self) -> None:
        due_secs = time.monotonic()
        count = 0
        while True:
            due_secs += _FRAME_SECS
            count += 1
            wait_secs = due_secs - time.monotonic()
            if wait_secs > 0:
                await asyncio.sleep(wait_secs)
            lag_secs = time.monotonic() - due_secs
            self.lags_secs.append(lag_secs)
            if lag_secs > _OVERRUN_SECS:
                due_secs += lag_secs
            await self.push(self._next_frame(count, due_secs))

    def _next_frame(self, count: int, due_secs: float) -> bytes:
        if not self._queue:
            start = count * _FRAME_BYTES % len(self._noise)
            return self._noise[start : start + _FRAME_BYTES]
        request = self._queue[0]
        if request.position == 0:
            request.start_secs = due_secs - _FRAME_SECS
        frame = request.pcm[request.position : request.position + _FRAME_BYTES]
        request.position += _FRAME_BYTES
        if request.position >= len(request.pcm):
            self._queue.pop(0)
            self.said.append(request.utterance())
            if not request.done.done():
                request.done.set_result(request.utterance())
        return frame.ljust(_FRAME_BYTES, b"\0")
